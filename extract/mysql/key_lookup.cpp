#include "extract/mysql/key_lookup.h"

#include <fmt/format.h>

#include <map>

#include "core/ascii.h"
#include "core/error.h"
#include "extract/mysql/column_type.h"
#include "extract/mysql/sql_text.h"

namespace transload::mysql {
namespace {

std::string Where(const std::string& schema, const std::string& table) {
  return fmt::format("TABLE_SCHEMA = {} AND TABLE_NAME = {}", QuoteText(schema), QuoteText(table));
}

std::map<std::string, std::vector<std::string>> Indexes(SqlConnection& connection,
                                                        const std::string& where) {
  SqlResult rows = connection.Query(
      "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS WHERE " + where +
      " AND INDEX_TYPE = 'BTREE' ORDER BY INDEX_NAME, SEQ_IN_INDEX");
  std::map<std::string, std::vector<std::string>> indexes;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    std::string column = rows.Text(i, "COLUMN_NAME");
    // A prefix is no column: leave something there that equals no name.
    if (rows.Value(i, "SUB_PART")) column.clear();
    indexes[rows.Text(i, "INDEX_NAME")].push_back(column);
  }
  return indexes;
}

KeyColumn ReadKeyColumn(const SqlResult& rows, std::size_t row) {
  SourceColumn column;
  column.name = rows.Text(row, "COLUMN_NAME");
  column.charset = rows.Text(row, "CHARACTER_SET_NAME");
  column.collation = rows.Text(row, "COLLATION_NAME");
  column.nullable = rows.Text(row, "IS_NULLABLE") == "YES";
  ParseColumnType(rows.Text(row, "COLUMN_TYPE"), column);
  column.format = WireFormat(column);
  return KeyColumn::From(column);
}

}  // namespace

TableKey LookUpKey(SqlConnection& connection, const std::string& schema, const std::string& table,
                   const std::vector<std::string>& columns) {
  std::string where = Where(schema, table);
  auto indexes = Indexes(connection, where);
  TableKey key;
  std::vector<std::string> wanted = columns;
  if (wanted.empty() && indexes.contains("PRIMARY")) wanted = indexes["PRIMARY"];
  for (const auto& [name, parts] : indexes) {
    if (parts == wanted && (key.index.empty() || name == "PRIMARY")) key.index = name;
  }
  key.clustered = key.index == "PRIMARY" &&
                  EqualIgnoringCase(connection
                                        .Query("SELECT ENGINE FROM information_schema.TABLES "
                                               "WHERE " +
                                               where)
                                        .Text(0, "ENGINE"),
                                    "InnoDB");
  SqlResult rows = connection.Query(
      "SELECT COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE FROM "
      "information_schema.COLUMNS WHERE " +
      where);
  for (const std::string& name : wanted) {
    std::size_t row = 0;
    while (row < rows.rows.size() && rows.Text(row, "COLUMN_NAME") != name) ++row;
    if (row < rows.rows.size()) {
      key.columns.push_back(ReadKeyColumn(rows, row));
    } else if (!columns.empty()) {
      throw Error(
          fmt::format("source table {}.{} has no column {} any more: it was altered while "
                      "transload read it; run again",
                      schema, table, name));
    }
  }
  return key;
}

}  // namespace transload::mysql
