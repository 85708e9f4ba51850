// What only the text of CREATE TABLE and CREATE INDEX tells: checks, constraint names, column
// collations, generation expressions, deferrable foreign keys, index expressions and predicates.
// The PRAGMAs tell the rest.
#ifndef TRANSLOAD_EXTRACT_SQLITE_SCHEMA_SQL_H_
#define TRANSLOAD_EXTRACT_SQLITE_SCHEMA_SQL_H_

#include <string>
#include <string_view>
#include <vector>

namespace transload::sqlite {

struct TableSql {
  struct Column {
    std::string name;
    std::string collation;              // as written, or empty
    std::string generation_expression;  // without its parentheses
  };
  struct Check {
    std::string name;
    std::string expression;  // without its parentheses
  };
  struct ForeignKey {
    std::string name;
    bool deferrable = false;
    bool initially_deferred = false;
  };
  struct Key {  // PRIMARY KEY and UNIQUE, in the order of the text
    std::string name;
    bool primary = false;
    std::vector<std::string> columns;
  };
  std::vector<Column> columns;
  std::vector<Check> checks;
  std::vector<ForeignKey> foreign_keys;  // in the order of the text
  std::vector<Key> keys;

  // Names of columns do not differ in case alone.
  const Column* FindColumn(std::string_view name) const;
};

TableSql ParseTableSql(std::string_view sql);

struct IndexSql {
  std::vector<std::string> parts;  // each part's SQL, without COLLATE and ASC or DESC
  std::string predicate;           // what stands after WHERE
};

IndexSql ParseIndexSql(std::string_view sql);

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_SCHEMA_SQL_H_
