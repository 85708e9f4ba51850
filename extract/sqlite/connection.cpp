#include "extract/sqlite/connection.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "core/ascii.h"
#include "core/digits.h"
#include "core/sql_quotes.h"

namespace transload::sqlite {
namespace {

constexpr int kCacheKiB = 256;
constexpr int kBusyTimeoutMs = 10'000;
// Instructions of the virtual machine between two looks at the interrupt flag: some 0.1 ms.
constexpr int kProgressSteps = 10'000;
constexpr const char* kRowFunction = "transload_row";

// The path inside a file: URI.
std::string UriPath(std::string_view path) {
  std::string uri;
  for (char c : path) {
    const bool plain = IsLetter(c) || IsDigit(c) || c == '/' || c == '.' || c == '_' || c == '-';
    if (plain) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

// What a user can do about a result code; empty where SQLite's own words are all there is.
std::string Advice(int result, const std::string& path) {
  switch (result & 0xff) {
    case SQLITE_NOTADB:
      return "the file is no SQLite database, or it is encrypted (SQLCipher, SEE): decrypt it into "
             "a plain database first";
    case SQLITE_CORRUPT:
      return fmt::format(
          "the file is damaged: look at it with 'PRAGMA integrity_check', and save what can be "
          "saved into a new file with: sqlite3 '{}' .recover",
          path);
    case SQLITE_CANTOPEN:
      return "it cannot be opened for reading: check the permissions of the file and of its "
             "folder; a database in WAL mode needs its -shm file, or a folder where it can be made";
    case SQLITE_READONLY:
      return "a crashed program left a journal that must be rolled back first, and transload never "
             "writes to its source: open the database once with the program that owns it";
    case SQLITE_BUSY:
      return "another program holds it locked: end its transaction, or try again later";
    case SQLITE_IOERR:
      return "the file could not be read: check the disk";
    case SQLITE_PERM:
      return "permission denied";
    default:
      return {};
  }
}

}  // namespace

std::string QuoteName(std::string_view name) { return Quoted(name, '"'); }
std::string QuoteText(std::string_view text) { return Quoted(text, '\''); }

Connection::Connection(const std::string& path, bool immutable)
    : path_(path), immutable_(immutable) {
  const std::string uri = (path.starts_with('/') ? "file://" : "file:") + UriPath(path) +
                          (immutable ? "?immutable=1" : "");
  const int flags =
      SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_PRIVATECACHE;
  const int result = sqlite3_open_v2(uri.c_str(), &handle_, flags, nullptr);
  if (result != SQLITE_OK) {
    const Error error = MakeError(result, "opening");
    sqlite3_close_v2(handle_);
    throw error;
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
  sqlite3_progress_handler(
      handle_, kProgressSteps,
      [](void* self) { return static_cast<Connection*>(self)->interrupted() ? 1 : 0; }, this);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // For queries of our own only: not for what a view or a trigger of the file may say.
  sqlite3_create_function_v2(handle_, kRowFunction, -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, this,
                             &Connection::CallRow, nullptr, nullptr, nullptr);
  sqlite3_collation_needed(handle_, this, &Connection::StandIn);
}

void Connection::StandIn(void* self, sqlite3* handle, int /*encoding*/, const char* name) {
  auto* connection = static_cast<Connection*>(self);
  MissingCollation& missing = connection->missing_.emplace_back(MissingCollation{connection, name});
  sqlite3_create_collation_v2(handle, name, SQLITE_UTF8, &missing, &Connection::Compare, nullptr);
}

int Connection::Compare(void* collation, int, const void*, int, const void*) {
  const auto* missing = static_cast<const MissingCollation*>(collation);
  Connection& connection = *missing->connection;
  if (!connection.failure_) {
    connection.failure_ = std::make_exception_ptr(connection.ErrorOf(
        SQLITE_ERROR, connection.OfTable("reading"),
        fmt::format("values would have to be compared by the collation {}, which only the "
                    "application that made the database defines",
                    missing->name)));
    sqlite3_interrupt(connection.handle_);
  }
  return 0;
}

void Connection::CallRow(sqlite3_context* context, int count, sqlite3_value** values) {
  auto* self = static_cast<Connection*>(sqlite3_user_data(context));
  try {
    // SQLite evaluates a row's values from left to right, and promises it nowhere.
    const int part = sqlite3_value_int(values[0]);
    if (part != 0 && part != self->last_part_ + 1) throw BugError("parts of a row in disorder");
    self->last_part_ = part;
    self->take_row_(part, Values(values + 1, count - 1));
  } catch (...) {
    self->failure_ = std::current_exception();
    sqlite3_result_error(context, "a row was not taken", -1);
  }
}

std::string Connection::RowCalls(const std::vector<std::string>& labels,
                                 const std::vector<std::string>& expressions) const {
  const auto most = static_cast<std::size_t>(sqlite3_limit(handle_, SQLITE_LIMIT_FUNCTION_ARG, -1));
  const std::size_t room = most - labels.size() - 1;
  std::vector<std::string> calls;
  for (std::size_t at = 0; calls.empty() || at < expressions.size(); at += room) {
    std::vector<std::string> arguments{std::to_string(calls.size())};
    arguments.insert(arguments.end(), labels.begin(), labels.end());
    for (std::size_t i = at; i < std::min(at + room, expressions.size()); ++i) {
      arguments.push_back(expressions[i]);
    }
    calls.push_back(fmt::format("{}({})", kRowFunction, fmt::join(arguments, ",")));
  }
  return fmt::format("{}", fmt::join(calls, ","));
}

void Connection::RethrowFailure() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Connection::WaitForLocks(std::uint64_t milliseconds) {
  sqlite3_busy_timeout(handle_,
                       static_cast<int>(std::min<std::uint64_t>(milliseconds, 86'400'000)));
}

Connection::~Connection() { sqlite3_close_v2(handle_); }

std::string Connection::OfTable(const std::string& doing) const {
  return table_.empty() ? doing : fmt::format("{} table {} of", doing, table_);
}

Error Connection::MakeError(int result, const std::string& doing) const {
  return ErrorOf(result, OfTable(doing),
                 handle_ == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(handle_));
}

Error Connection::FileError(int result, const std::string& doing, const std::string& found) const {
  const std::string words = sqlite3_errstr(result);
  return ErrorOf(result, doing, found.empty() ? words : words + " (" + found + ")");
}

Error Connection::ErrorOf(int result, const std::string& doing, const std::string& detail) const {
  const std::string advice = Advice(result, path_);
  Error error(
      fmt::format("{} {}: {}{}{}", doing, path_, detail, advice.empty() ? "" : "; ", advice));
  error.table = table_;
  error.exit_code = failure_code_;
  error.engine = "SQLite";
  error.code = std::to_string(result);
  const int primary = result & 0xff;
  error.retryable = primary == SQLITE_BUSY || primary == SQLITE_IOERR;
  error.interrupted = primary == SQLITE_INTERRUPT;
  return error;
}

void Connection::Execute(const std::string& sql) {
  Statement statement(*this, sql);
  while (statement.Step()) {
  }
}

std::optional<std::string> Connection::Text(const std::string& sql) {
  Statement statement(*this, sql);
  if (!statement.Step()) return std::nullopt;
  return statement.Text(0);
}

std::int64_t Connection::Integer(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.Step() ? statement.Integer(0) : 0;
}

std::string Connection::WhyNotCompiled(const std::string& sql) const {
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  std::string why = result == SQLITE_OK ? "" : sqlite3_errmsg(handle_);
  sqlite3_finalize(statement);
  return why;
}

bool Connection::StoresUtf8() { return Text("PRAGMA encoding") == "UTF-8"; }

void Connection::BeginRead() {
  if (in_transaction()) Execute("ROLLBACK");
  Execute("BEGIN");
  // A deferred transaction takes its view at the first read.
  Integer("SELECT count(*) FROM sqlite_schema");
  // Rows are read in order and once: a few pages that stay in the processor's own cache are worth
  // more than the 2 MB that SQLite keeps.
  Execute(fmt::format("PRAGMA cache_size = -{}", kCacheKiB));
}

std::string Connection::LogPath() const {
  return sqlite3_filename_wal(sqlite3_db_filename(handle_, "main"));
}

sqlite3_file* Connection::File() const {
  sqlite3_file* file = nullptr;
  const int result = sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  return result == SQLITE_OK && file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

bool Connection::ReadFileBytes(void* to, int size, std::int64_t offset) const {
  sqlite3_file* file = File();
  return file != nullptr && file->pMethods->xRead(file, to, size, offset) == SQLITE_OK;
}

void Connection::ReadFile(void* to, int size, std::int64_t offset) const {
  sqlite3_file* file = File();
  const int result =
      file == nullptr ? SQLITE_IOERR_READ : file->pMethods->xRead(file, to, size, offset);
  if (result == SQLITE_OK) return;
  throw FileError(result, "reading", fmt::format("{} bytes at {}", size, offset));
}

std::uint64_t Connection::FileBytes() const {
  sqlite3_file* file = File();
  sqlite3_int64 size = 0;
  const int result = file == nullptr ? SQLITE_IOERR_FSTAT : file->pMethods->xFileSize(file, &size);
  if (result != SQLITE_OK) throw FileError(result, "reading", "its size");
  return static_cast<std::uint64_t>(size);
}

bool Connection::HasMoved() const {
  int moved = 0;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

// In WAL mode a transaction that began with an empty log reads the file alone, and holds the lock
// without which no checkpoint writes to it (https://www.sqlite.org/walformat.html#wal_locks). A log
// that is not empty now may have been so when it began, or not: that is left to SQLite.
bool Connection::FileIsTheSnapshot() const {
  if (immutable_) return true;
  if (!in_transaction()) return false;
  std::array<unsigned char, 2> versions{};
  if (!ReadFileBytes(versions.data(), 2, 18)) return false;
  if (versions[0] == 1 && versions[1] == 1) return true;
  struct stat log {};
  if (::stat(LogPath().c_str(), &log) != 0) return errno == ENOENT;
  return log.st_size == 0;
}

void Connection::Interrupt() noexcept {
  interrupted_ = true;
  sqlite3_interrupt(handle_);
}

Statement::Statement(Connection& connection, const std::string& sql) : connection_(&connection) {
  const int result = sqlite3_prepare_v2(connection.handle(), sql.data(),
                                        static_cast<int>(sql.size()), &handle_, nullptr);
  if (result != SQLITE_OK) throw connection.MakeError(result, "reading");
}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_), handle_(std::exchange(other.handle_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this != &other) {
    Close();
    connection_ = other.connection_;
    handle_ = std::exchange(other.handle_, nullptr);
  }
  return *this;
}

void Statement::Close() noexcept {
  sqlite3_finalize(handle_);
  handle_ = nullptr;
}

void Statement::BindText(int index, std::string_view value) {
  sqlite3_bind_text64(handle_, index, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Statement::BindBlob(int index, std::string_view value) {
  sqlite3_bind_blob64(handle_, index, value.data(), value.size(), SQLITE_TRANSIENT);
}

std::string_view Statement::Bytes(int column) const {
  const bool text = sqlite3_column_type(handle_, column) == SQLITE_TEXT;
  const void* data =
      text ? sqlite3_column_text(handle_, column) : sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  if (data == nullptr) {
    // An empty blob has no address; memory that ran out has none either.
    if (sqlite3_errcode(sqlite3_db_handle(handle_)) == SQLITE_NOMEM) Fail(SQLITE_NOMEM);
    return {};
  }
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::string Statement::Text(int column) const {
  const unsigned char* data = sqlite3_column_text(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

void Statement::Fail(int result) const {
  connection_->RethrowFailure();
  if (result == SQLITE_ROW) result = SQLITE_INTERRUPT;
  throw connection_->MakeError(result, "reading");
}

}  // namespace transload::sqlite
