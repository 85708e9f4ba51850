#include "extract/odbc/handle.h"

#include <fmt/format.h>
#include <sqlext.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <new>

#include "core/brief_wait.h"
#include "core/error.h"
#include "extract/odbc/wide_text.h"

namespace transload::odbc {
namespace {

SQLWCHAR* Wide(std::u16string& text) { return reinterpret_cast<SQLWCHAR*>(text.data()); }

// Whether text from `at` to `end` is a value as connection strings write them.
bool IsValue(std::string_view text, std::size_t at, std::size_t end) {
  const std::string_view before = text.substr(0, at);
  const bool ends = end == text.size() || std::string_view(";} \n").find(text[end]) != text.npos;
  return ends && (before.ends_with('=') || before.ends_with("={"));
}

// A short secret may be a part of any word, or a user's name, and stars in its place would tell it.
void Hide(const std::string& secret, std::string& text) {
  constexpr std::size_t kShort = 8;
  if (secret.empty()) return;
  for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos;) {
    const bool hide = secret.size() >= kShort || IsValue(text, at, at + secret.size());
    if (hide) text.replace(at, secret.size(), "***");
    at += hide ? 3 : 1;
  }
}

// What to do about a connection that was refused, by SQLSTATE.
std::string_view ConnectAdvice(const std::vector<Diagnostic>& records) {
  const std::string state = records.empty() ? "" : records.front().state;
  if (state == "IM002" || state == "01000" || state == "IM003") {
    return "the name of the DSN or of the driver is not installed, or its file is missing: "
           "'transload drivers' lists what there is (/etc/odbc.ini, ~/.odbc.ini, "
           "/etc/odbcinst.ini)";
  }
  if (state == "28000" || state == "28P01") {
    return "check user and password (UID= and PWD=, or TRANSLOAD_SOURCE_PASSWORD)";
  }
  if (state == "08001" || state == "08S01" || state == "HYT00") {
    return "check server, port and network, user and password, and that the server runs";
  }
  return "check the connection string";
}

bool HasBlankEnds(const std::string& text) {
  return !text.empty() && (text.front() == ' ' || text.back() == ' ');
}

// Of this process, to any source.
std::atomic<bool> any_connected{false};

}  // namespace

Environment::Environment() {
  if (SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &handle_) != SQL_SUCCESS) {
    throw std::bad_alloc();
  }
  SQLSetEnvAttr(handle_, SQL_ATTR_ODBC_VERSION,
                reinterpret_cast<SQLPOINTER>(std::uintptr_t{SQL_OV_ODBC3}), 0);
}

Environment::~Environment() {
  if (handle_ != nullptr) SQLFreeHandle(SQL_HANDLE_ENV, handle_);
}

Connection::Connection(const std::string& text, const std::string& secret, CallLimits limits)
    : limits_(std::make_unique<const CallLimits>(std::move(limits))) {
  if (SQLAllocHandle(SQL_HANDLE_DBC, environment_->get(), &handle_) != SQL_SUCCESS) {
    throw std::bad_alloc();
  }
  const std::string& shown = limits_->shown;
  CallWatch watch(*limits_, limits_->connect,
                  any_connected ? Silence::kIsALoss : Silence::kIsARefusal);
  SetAttribute(SQL_ATTR_LOGIN_TIMEOUT,
               static_cast<std::uintptr_t>((limits_->connect.count() + 999) / 1000));
  std::u16string wide = ToUtf16(text);
  std::array<SQLWCHAR, 1024> completed{};
  SQLSMALLINT size = 0;
  const SQLRETURN outcome = SQLDriverConnectW(
      handle_, nullptr, Wide(wide), static_cast<SQLSMALLINT>(wide.size()), completed.data(),
      static_cast<SQLSMALLINT>(completed.size()), &size, SQL_DRIVER_NOPROMPT);
  std::fill(wide.begin(), wide.end(), u'\0');
  completed.fill(0);
  if (SQL_SUCCEEDED(outcome)) {
    connected_ = any_connected = true;
    return;
  }
  std::vector<Diagnostic> records = ReadDiagnostics(SQL_HANDLE_DBC, handle_);
  for (Diagnostic& record : records) Hide(secret, record.message);
  SQLFreeHandle(SQL_HANDLE_DBC, std::exchange(handle_, nullptr));
  Error error = RefusedError(fmt::format(
      "cannot connect to source {}: {}; {}{}", shown, Describe(records), ConnectAdvice(records),
      HasBlankEnds(secret)
          ? "; the password begins or ends with a blank, which some drivers (odbc-mariadb) cut "
            "off: give the user another one, or read without ODBC (mysql://)"
          : ""));
  if (!records.empty()) error.code = records.front().state;
  error.connection_lost = true;
  // Of a reconnect in the middle of a run; at the start nobody tries again.
  error.retryable = std::any_of(records.begin(), records.end(), MeansUnreachable);
  throw error;
}

Connection::~Connection() {
  if (handle_ == nullptr) return;
  // A driver may wait for an answer to its goodbye: nobody waits with it for long.
  BrieflyWaitFor(
      [environment = environment_, handle = handle_, connected = connected_] {
        if (connected) {
          // Drivers refuse to disconnect inside a transaction, and would leave it open.
          SQLEndTran(SQL_HANDLE_DBC, handle, SQL_ROLLBACK);
          SQLDisconnect(handle);
        }
        SQLFreeHandle(SQL_HANDLE_DBC, handle);
      },
      limits_->connect);
}

std::string Connection::InfoText(SQLUSMALLINT what) const {
  std::u16string text(1024, u'\0');
  SQLSMALLINT bytes = 0;
  const SQLRETURN outcome = SQLGetInfoW(
      handle_, what, text.data(), static_cast<SQLSMALLINT>(text.size() * sizeof(char16_t)), &bytes);
  if (!SQL_SUCCEEDED(outcome)) return {};
  text.resize(std::min(text.find(u'\0'), text.size()));
  return ToUtf8(text);
}

std::uint32_t Connection::InfoNumber(SQLUSMALLINT what) const {
  SQLUINTEGER value = 0;
  return SQL_SUCCEEDED(SQLGetInfoW(handle_, what, &value, sizeof value, nullptr)) ? value : 0;
}

std::uint16_t Connection::InfoShort(SQLUSMALLINT what) const {
  SQLUSMALLINT value = 0;
  return SQL_SUCCEEDED(SQLGetInfoW(handle_, what, &value, sizeof value, nullptr)) ? value : 0;
}

bool Connection::Supports(SQLUSMALLINT function) const {
  SQLUSMALLINT supported = SQL_FALSE;
  return SQL_SUCCEEDED(SQLGetFunctions(handle_, function, &supported)) && supported == SQL_TRUE;
}

bool Connection::SetAttribute(SQLINTEGER attribute, std::uintptr_t value) {
  return SQL_SUCCEEDED(
      SQLSetConnectAttrW(handle_, attribute, reinterpret_cast<SQLPOINTER>(value), SQL_IS_UINTEGER));
}

std::string Connection::CurrentCatalog() const {
  std::u16string text(512, u'\0');
  SQLINTEGER bytes = 0;
  const SQLRETURN outcome =
      SQLGetConnectAttrW(handle_, SQL_ATTR_CURRENT_CATALOG, text.data(),
                         static_cast<SQLINTEGER>(text.size() * sizeof(char16_t)), &bytes);
  if (!SQL_SUCCEEDED(outcome)) return InfoText(SQL_DATABASE_NAME);
  text.resize(std::min(text.find(u'\0'), text.size()));
  return text.empty() ? InfoText(SQL_DATABASE_NAME) : ToUtf8(text);
}

bool Connection::dead() const {
  SQLUINTEGER value = SQL_CD_FALSE;
  return SQL_SUCCEEDED(SQLGetConnectAttrW(handle_, SQL_ATTR_CONNECTION_DEAD, &value,
                                          SQL_IS_UINTEGER, nullptr)) &&
         value == SQL_CD_TRUE;
}

void Connection::Fail(std::string_view doing) const {
  Error error = StatementError(ReadDiagnostics(SQL_HANDLE_DBC, handle_), doing);
  if (dead()) error.connection_lost = error.retryable = true;
  throw error;
}

Statement::Statement(Connection& connection) : connection_(&connection) {
  if (SQLAllocHandle(SQL_HANDLE_STMT, connection.get(), &handle_) != SQL_SUCCESS) {
    handle_ = nullptr;
    connection.Fail("starting a statement");
  }
}

Statement::~Statement() {
  if (handle_ == nullptr) return;
  CallWatch watch(connection_->limits(), connection_->limits().stall, Silence::kIsALoss);
  SQLFreeHandle(SQL_HANDLE_STMT, handle_);
}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(connection_, other.connection_);
  std::swap(handle_, other.handle_);
  return *this;
}

bool Statement::SetAttribute(SQLINTEGER attribute, std::uintptr_t value) {
  // The size matters for string attributes only; 0 suits integers and pointers alike.
  return SQL_SUCCEEDED(SQLSetStmtAttrW(handle_, attribute, reinterpret_cast<SQLPOINTER>(value), 0));
}

void Statement::Execute(std::string_view sql) {
  std::u16string wide = ToUtf16(sql);
  CallWatch watch(connection_->limits(), connection_->limits().stall, Silence::kIsAskedAbout,
                  handle_);
  const SQLRETURN outcome =
      SQLExecDirectW(handle_, Wide(wide), static_cast<SQLINTEGER>(wide.size()));
  if (outcome != SQL_NO_DATA) Check(outcome, fmt::format("executing: {}", sql));
}

void Statement::Check(SQLRETURN outcome, std::string_view doing) const {
  if (!SQL_SUCCEEDED(outcome)) Fail(doing);
}

void Statement::Fail(std::string_view doing) const {
  Error error = StatementError(ReadDiagnostics(SQL_HANDLE_STMT, handle_), doing);
  if (connection_->dead()) error.connection_lost = error.retryable = true;
  throw error;
}

void Statement::Close() noexcept {
  if (handle_ == nullptr) return;
  CallWatch watch(connection_->limits(), connection_->limits().stall, Silence::kIsALoss, handle_);
  SQLFreeStmt(handle_, SQL_CLOSE);
}

}  // namespace transload::odbc
