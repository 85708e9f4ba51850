// What the two client libraries have in common: one statement in, a small result out.
#ifndef TRANSLOAD_EXTRACT_MYSQL_SQL_CONNECTION_H_
#define TRANSLOAD_EXTRACT_MYSQL_SQL_CONNECTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace transload::mysql {

using SqlValue = std::optional<std::string>;

// A result held in memory: for the catalogue and single values, never for table data.
struct SqlResult {
  std::vector<std::string> columns;
  std::vector<bool> is_text;  // by column: of a type for text
  std::vector<std::vector<SqlValue>> rows;

  // The column's index by its name, whatever its case; -1 when there is none.
  int Find(std::string_view column) const;
  // A value, or empty text for NULL and for a column that this server does not have.
  std::string Text(std::size_t row, std::string_view column) const;
  SqlValue Value(std::size_t row, std::string_view column) const;
};

class SqlConnection {
 public:
  virtual ~SqlConnection() = default;
  virtual SqlResult Query(const std::string& sql) = 0;
  virtual std::uint64_t id() const = 0;  // CONNECTION_ID()

  // The first column of the first row; nothing without a row or for NULL.
  SqlValue Scalar(const std::string& sql);
};

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_SQL_CONNECTION_H_
