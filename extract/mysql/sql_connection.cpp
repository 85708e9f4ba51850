#include "extract/mysql/sql_connection.h"

#include "core/ascii.h"

namespace transload::mysql {

int SqlResult::Find(std::string_view column) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (EqualIgnoringCase(columns[i], column)) return static_cast<int>(i);
  }
  return -1;
}

SqlValue SqlResult::Value(std::size_t row, std::string_view column) const {
  int at = Find(column);
  if (at < 0 || row >= rows.size()) return std::nullopt;
  return rows[row][static_cast<std::size_t>(at)];
}

std::string SqlResult::Text(std::size_t row, std::string_view column) const {
  return Value(row, column).value_or("");
}

SqlValue SqlConnection::Scalar(const std::string& sql) {
  SqlResult result = Query(sql);
  if (result.rows.empty() || result.rows[0].empty()) return std::nullopt;
  return result.rows[0][0];
}

}  // namespace transload::mysql
