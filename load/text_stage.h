// Values that cross as text on their way into a column of another type.
//
// Binary COPY takes a type's binary form and nothing else. Where a column's values arrive as text,
// the rows go into a temporary table whose column is text, and from there by INSERT … SELECT into
// the table, cast by the server's own input function, in the partition's transaction.
#ifndef TRANSLOAD_LOAD_TEXT_STAGE_H_
#define TRANSLOAD_LOAD_TEXT_STAGE_H_

#include <string>
#include <utility>
#include <vector>

#include "core/pg_type.h"
#include "load/session.h"

namespace transload {

class TextStage {
 public:
  TextStage() = default;
  TextStage(std::string schema, std::string table, std::vector<TargetColumn> columns);

  bool needed() const { return needed_; }
  std::string CreateSql() const;
  std::string CopySql() const;
  // Names and types of the table's columns, which InsertSql() asks for.
  std::string TypesSql() const;
  std::string InsertSql(const SqlRows& types) const;
  std::string DropSql() const;
  // Columns whose values are cast, each with the query that casts its values alone.
  std::vector<std::pair<std::string, std::string>> CastSql(const SqlRows& types) const;

 private:
  std::string schema_;
  std::string table_;
  std::vector<TargetColumn> columns_;
  bool needed_ = false;
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_TEXT_STAGE_H_
