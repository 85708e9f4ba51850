// Small results, whole and as text: catalogue functions, counts, boundaries. Rows of tables go
// through BlockReader instead.
#ifndef TRANSLOAD_EXTRACT_ODBC_QUERY_H_
#define TRANSLOAD_EXTRACT_ODBC_QUERY_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "extract/odbc/handle.h"

namespace transload::odbc {

using Value = std::optional<std::string>;  // UTF-8

struct ResultTable {
  std::vector<std::string> columns;  // names as the driver gives them
  std::vector<bool> is_text;         // by column: of a type for text, as the driver says
  std::vector<std::vector<Value>> rows;

  // By position, as ODBC's own catalogue results are defined; empty when NULL or not there.
  std::string Text(std::size_t row, std::size_t column) const;
  // By name, whatever its case.
  std::string Text(std::size_t row, std::string_view column) const;
  std::optional<std::int64_t> Number(std::size_t row, std::size_t column) const;
  std::optional<std::int64_t> Number(std::size_t row, std::string_view column) const;
};

// All rows of the statement's open result, which is closed.
ResultTable Collect(Statement& statement);
ResultTable RunQuery(Statement& statement, std::string_view sql);
ResultTable RunQuery(Connection& connection, std::string_view sql);
// First column of the first row.
Value Scalar(Statement& statement, std::string_view sql);
Value Scalar(Connection& connection, std::string_view sql);
// For statements without a result.
void Execute(Connection& connection, std::string_view sql);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_QUERY_H_
