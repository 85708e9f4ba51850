#include "extract/odbc/query.h"

#include <sqlext.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/ascii.h"
#include "extract/odbc/wide_text.h"

namespace transload::odbc {
namespace {

constexpr std::size_t kPieceUnits = 2048;

// One value in pieces. Each piece ends in a terminator that is no part of the value.
Value ReadValue(Statement& statement, SQLUSMALLINT column) {
  std::u16string text;
  std::array<char16_t, kPieceUnits> piece;
  while (true) {
    SQLLEN bytes = SQL_NULL_DATA;
    const SQLRETURN outcome = SQLGetData(statement.get(), column, SQL_C_WCHAR, piece.data(),
                                         piece.size() * sizeof(char16_t), &bytes);
    if (outcome == SQL_NO_DATA) return ToUtf8(text);
    statement.Check(outcome, "reading a value");
    if (bytes == SQL_NULL_DATA) return std::nullopt;
    const std::size_t room = piece.size() - 1;
    const bool more = bytes == SQL_NO_TOTAL || static_cast<std::size_t>(bytes) / 2 > room;
    text.append(piece.data(), more ? room : static_cast<std::size_t>(bytes) / 2);
    if (outcome == SQL_SUCCESS) return ToUtf8(text);
    if (!more) return ToUtf8(text);  // a warning that is not about the length
  }
}

bool IsText(SQLSMALLINT type) {
  switch (type) {
    case SQL_CHAR:
    case SQL_VARCHAR:
    case SQL_LONGVARCHAR:
    case SQL_WCHAR:
    case SQL_WVARCHAR:
    case SQL_WLONGVARCHAR:
      return true;
    default:
      return false;
  }
}

std::string ColumnName(Statement& statement, SQLUSMALLINT column, SQLSMALLINT& type) {
  std::array<SQLWCHAR, 256> name{};
  SQLSMALLINT size = 0;
  SQLULEN width = 0;
  SQLSMALLINT digits = 0, nullable = 0;
  const SQLRETURN outcome =
      SQLDescribeColW(statement.get(), column, name.data(), static_cast<SQLSMALLINT>(name.size()),
                      &size, &type, &width, &digits, &nullable);
  if (!SQL_SUCCEEDED(outcome)) return {};
  const auto* text = reinterpret_cast<const char16_t*>(name.data());
  const std::size_t length =
      std::min(static_cast<std::size_t>(std::max<SQLSMALLINT>(size, 0)), name.size() - 1);
  return ToUtf8({text, length});
}

std::optional<std::int64_t> ParseNumber(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // "12.0" counts too: some drivers give their catalogue's numbers so.
  const bool whole = error == std::errc() && (end == text.data() + text.size() || *end == '.');
  return whole ? std::optional(value) : std::nullopt;
}

}  // namespace

std::string ResultTable::Text(std::size_t row, std::size_t column) const {
  return column < rows[row].size() ? rows[row][column].value_or("") : "";
}

std::string ResultTable::Text(std::size_t row, std::string_view column) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (EqualIgnoringCase(columns[i], column)) return Text(row, i);
  }
  return {};
}

std::optional<std::int64_t> ResultTable::Number(std::size_t row, std::size_t column) const {
  return ParseNumber(Text(row, column));
}

std::optional<std::int64_t> ResultTable::Number(std::size_t row, std::string_view column) const {
  return ParseNumber(Text(row, column));
}

ResultTable Collect(Statement& statement) {
  ResultTable table;
  SQLSMALLINT columns = 0;
  const CallLimits& limits = statement.connection().limits();
  CallWatch watch(limits, limits.stall, Silence::kIsAskedAbout, statement.get());
  statement.Check(SQLNumResultCols(statement.get(), &columns), "asking for the columns");
  for (SQLSMALLINT i = 1; i <= columns; ++i) {
    SQLSMALLINT type = SQL_UNKNOWN_TYPE;
    table.columns.push_back(ColumnName(statement, static_cast<SQLUSMALLINT>(i), type));
    table.is_text.push_back(IsText(type));
  }
  while (columns > 0) {
    const SQLRETURN outcome = SQLFetch(statement.get());
    watch.Moved();
    if (outcome == SQL_NO_DATA) break;
    statement.Check(outcome, "reading a result");
    std::vector<Value>& row = table.rows.emplace_back();
    for (SQLSMALLINT i = 1; i <= columns; ++i) {
      row.push_back(ReadValue(statement, static_cast<SQLUSMALLINT>(i)));
    }
  }
  statement.Close();
  return table;
}

ResultTable RunQuery(Statement& statement, std::string_view sql) {
  statement.Execute(sql);
  return Collect(statement);
}

ResultTable RunQuery(Connection& connection, std::string_view sql) {
  Statement statement(connection);
  return RunQuery(statement, sql);
}

Value Scalar(Statement& statement, std::string_view sql) {
  const ResultTable table = RunQuery(statement, sql);
  return table.rows.empty() || table.rows[0].empty() ? Value() : table.rows[0][0];
}

Value Scalar(Connection& connection, std::string_view sql) {
  Statement statement(connection);
  return Scalar(statement, sql);
}

void Execute(Connection& connection, std::string_view sql) {
  Statement statement(connection);
  statement.Execute(sql);
}

}  // namespace transload::odbc
