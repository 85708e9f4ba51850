#include "extract/odbc/diagnostics.h"

#include <fmt/format.h>
#include <sqlext.h>

#include <algorithm>
#include <array>

#include "extract/odbc/wide_text.h"

namespace transload::odbc {
namespace {

static_assert(sizeof(SQLWCHAR) == sizeof(char16_t), "unixODBC's wide characters are UTF-16 units");

// A driver in trouble may hand out records without end.
constexpr SQLSMALLINT kMaxRecords = 50;

bool IsAnyOf(std::string_view state, std::initializer_list<std::string_view> states) {
  return std::find(states.begin(), states.end(), state) != states.end();
}

std::string_view Advice(const Diagnostic& record) {
  if (record.state == "42000" || record.state == "42S02") {
    return "; if the statement is transload's own, the user may lack the privilege to read that";
  }
  // A key WITHOUT ROWID whose collation only the application has is no way into its table.
  if (record.message.find("no query solution") != std::string::npos ||
      record.message.find("no such collation sequence") != std::string::npos) {
    return "; a key of this table has a collation that only its application knows, which the "
           "driver cannot read: read the file without ODBC (sqlite:)";
  }
  if (record.state == "HYT00" || record.state == "HYT01") {
    return "; a time-out of the driver or of the server: raise it (Timeout= in the connection "
           "string)";
  }
  return "";
}

}  // namespace

std::vector<Diagnostic> ReadDiagnostics(SQLSMALLINT handle_type, SQLHANDLE handle) {
  std::vector<Diagnostic> records;
  for (SQLSMALLINT number = 1; number <= kMaxRecords; ++number) {
    std::array<SQLWCHAR, 6> state{};
    SQLINTEGER native = 0;
    std::u16string text(512, u'\0');
    SQLSMALLINT size = 0;
    auto read = [&] {
      return SQLGetDiagRecW(handle_type, handle, number, state.data(), &native,
                            reinterpret_cast<SQLWCHAR*>(text.data()),
                            static_cast<SQLSMALLINT>(text.size()), &size);
    };
    SQLRETURN outcome = read();
    if (outcome == SQL_SUCCESS_WITH_INFO && size >= static_cast<SQLSMALLINT>(text.size())) {
      text.assign(static_cast<std::size_t>(size) + 1, u'\0');
      outcome = read();
    }
    if (!SQL_SUCCEEDED(outcome)) break;
    Diagnostic& record = records.emplace_back();
    record.state = ToUtf8({reinterpret_cast<char16_t*>(state.data()), 5});
    record.native = native;
    // Some drivers count bytes here: the terminator tells.
    text.resize(std::min(text.find(u'\0'), text.size()));
    record.message = ToUtf8(text);
  }
  return records;
}

std::string Describe(const std::vector<Diagnostic>& records) {
  std::string text;
  for (const Diagnostic& record : records) {
    if (!text.empty()) text += "; ";
    text += fmt::format("{} (SQLSTATE {}, {})", record.message, record.state, record.native);
  }
  return text.empty() ? "the driver gave no reason" : text;
}

bool MeansConnectionLost(const Diagnostic& record) {
  if (record.state.starts_with("08") ||
      IsAnyOf(record.state, {"01002", "57P01", "57P02", "57P03"})) {
    return true;
  }
  // MariaDB's and MySQL's drivers: server gone, lost connection, connection killed.
  const bool mysql = record.native == 2006 || record.native == 2013 || record.native == 2055 ||
                     record.native == 1927 || record.native == 1053;
  // FreeTDS and Microsoft's: "Unexpected EOF", "Write to the server failed", "Connection is dead".
  const bool tds = record.native == 20017 || record.native == 20006 || record.native == 20047;
  return mysql || tds;
}

bool MeansRetryable(const Diagnostic& record) {
  if (MeansConnectionLost(record)) return true;
  // Cancelled, time-out, deadlock victim, serialisation failure; MySQL's interrupted query.
  return IsAnyOf(record.state, {"HY008", "S1008", "HYT00", "HYT01", "40001", "40P01", "57014"}) ||
         record.native == 1317 || record.native == 1205 || record.native == 1213;
}

bool MeansUnreachable(const Diagnostic& record) {
  return IsAnyOf(record.state, {"08001", "08004", "08S01", "08006", "HYT00", "HYT01", "S1T00"});
}

Error StatementError(const std::vector<Diagnostic>& records, std::string_view doing) {
  Error error(fmt::format("source: {} while {}{}", Describe(records), doing,
                          records.empty() ? "" : Advice(records.front())));
  if (!records.empty()) error.code = records.front().state;
  error.connection_lost = std::any_of(records.begin(), records.end(), MeansConnectionLost);
  error.retryable = std::any_of(records.begin(), records.end(), MeansRetryable);
  return error;
}

}  // namespace transload::odbc
