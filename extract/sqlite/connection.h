// One SQLite connection that can only read, and its statements.
//
// The handle is opened READONLY: its last close can then never checkpoint, and no statement can
// write. A Connection and what hangs on it are used by one thread at a time; only Interrupt may be
// called from any thread, as long as the Connection lives.
#ifndef TRANSLOAD_EXTRACT_SQLITE_CONNECTION_H_
#define TRANSLOAD_EXTRACT_SQLITE_CONNECTION_H_

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace transload::sqlite {

// "name" with its quotes doubled, as SQLite wants an identifier.
std::string QuoteName(std::string_view name);
// 'text' with its quotes doubled.
std::string QuoteText(std::string_view text);

class Statement;

// A value of the row at hand, valid until the next step. It is the connection's own: connections
// are opened without SQLite's mutex and used by one thread at a time, so that it needs no lock.
class Value {
 public:
  explicit Value(sqlite3_value* value) : value_(value) {}
  int Class() const { return sqlite3_value_type(value_); }
  std::int64_t Integer() const { return sqlite3_value_int64(value_); }
  double Real() const { return sqlite3_value_double(value_); }
  // Of a TEXT, in UTF-8 whatever the file stores. Never ends at a NUL.
  std::string_view Text() const {
    const unsigned char* data = sqlite3_value_text(value_);
    if (data == nullptr) throw std::bad_alloc();
    return {reinterpret_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_value_bytes(value_))};
  }
  // Of a BLOB, or of a TEXT of a file in UTF-8: where SQLite has them, nothing copied.
  std::string_view StoredBytes() const {
    const void* data = sqlite3_value_blob(value_);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_value_bytes(value_))};
  }

 private:
  sqlite3_value* value_;
};

// The values that a row function was called with.
class Values {
 public:
  Values(sqlite3_value** first, int count) : first_(first), count_(count) {}
  int size() const { return count_; }
  Value At(int index) const { return Value(first_[index]); }

 private:
  sqlite3_value** first_;
  int count_;
};

class Connection {
 public:
  // `immutable` tells SQLite that nobody writes the file: no locks, no -wal, no -shm.
  Connection(const std::string& path, bool immutable);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* handle() const { return handle_; }
  const std::string& path() const { return path_; }
  // The -wal lies beside the file itself, where `path` is a link to it.
  std::string LogPath() const;

  // How long a read waits for a writer's lock; ten seconds unless told otherwise.
  void WaitForLocks(std::uint64_t milliseconds);

  // What an error of this connection means for the process: kRefused until a run reads rows.
  void set_failure_code(ExitCode code) { failure_code_ = code; }
  // The table that is read, for errors; empty when it is none alone.
  void set_table(const std::string& table) { table_ = table; }
  Error MakeError(int result, const std::string& doing) const;
  // The same of what was found in the file without SQLite's engine.
  Error FileError(int result, const std::string& doing, const std::string& found) const;

  void Execute(const std::string& sql);
  // First column of the first row; nothing without a row.
  std::optional<std::string> Text(const std::string& sql);
  std::int64_t Integer(const std::string& sql);
  // What SQLite has against a query; empty when it would run it.
  std::string WhyNotCompiled(const std::string& sql) const;

  // Whether the file's texts are stored as they are read.
  bool StoresUtf8();

  // Rows may be taken by a function of SQL while they are found, instead of fetched value by value
  // after each step, which costs a fifth more. A query that selects RowCalls calls `take` with all
  // of a row's values: in parts, where they are more than a function may have, counted from 0. What
  // `take` throws is thrown by Step.
  using TakeRow = std::function<void(int part, const Values& values)>;
  void OnRow(TakeRow take) { take_row_ = std::move(take); }
  // The calls for these expressions; `labels` come first in each.
  std::string RowCalls(const std::vector<std::string>& labels,
                       const std::vector<std::string>& expressions) const;
  void RethrowFailure();
  bool failed() const { return failure_ != nullptr; }

  // Starts a read transaction and makes its view of the file be taken now.
  void BeginRead();
  bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

  // Reads bytes of the database file itself through SQLite's own descriptor: closing another one
  // would drop every lock this process holds on the file.
  bool ReadFileBytes(void* to, int size, std::int64_t offset) const;
  // The same, or an error.
  void ReadFile(void* to, int size, std::int64_t offset) const;
  std::uint64_t FileBytes() const;
  // Whether its path leads to another file by now, or to none.
  bool HasMoved() const;
  // Whether what this connection sees is in the database file, all of it, and stays as it is: no
  // page of it is in a -wal, and a read transaction keeps writers off.
  bool FileIsTheSnapshot() const;

  // --- any thread
  void Interrupt() noexcept;
  void ClearInterrupt() noexcept { interrupted_ = false; }
  bool interrupted() const { return interrupted_; }
  void ThrowIfInterrupted() const {
    if (interrupted_) throw FileError(SQLITE_INTERRUPT, "reading", "");
  }

 private:
  // Stands in for a collation that only an application defines. SQLite refuses a query that so much
  // as names one, a table's key among them; this one fails the query that compares by it.
  struct MissingCollation {
    Connection* connection;
    std::string name;
  };

  static void CallRow(sqlite3_context* context, int count, sqlite3_value** values);
  static void StandIn(void* self, sqlite3* handle, int encoding, const char* name);
  static int Compare(void* collation, int, const void*, int, const void*);
  std::string OfTable(const std::string& doing) const;
  Error ErrorOf(int result, const std::string& doing, const std::string& detail) const;
  sqlite3_file* File() const;

  sqlite3* handle_ = nullptr;
  std::string path_;
  std::string table_;
  bool immutable_ = false;
  ExitCode failure_code_ = ExitCode::kRefused;
  std::atomic<bool> interrupted_{false};
  TakeRow take_row_;
  int last_part_ = 0;  // that take_row_ was given
  std::list<MissingCollation> missing_;
  std::exception_ptr failure_;  // of take_row_, or of a comparison
};

class Statement {
 public:
  Statement() = default;
  Statement(Connection& connection, const std::string& sql);
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement() { Close(); }

  explicit operator bool() const { return handle_ != nullptr; }
  sqlite3_stmt* handle() const { return handle_; }
  void Close() noexcept;
  void Reset() { sqlite3_reset(handle_); }

  void BindInteger(int index, std::int64_t value) { sqlite3_bind_int64(handle_, index, value); }
  void BindText(int index, std::string_view value);
  void BindBlob(int index, std::string_view value);

  // True: a row is there. False: SQLITE_DONE, nothing else. Everything else throws.
  bool Step() {
    const int result = sqlite3_step(handle_);
    if (connection_->failed()) Fail(result);
    if (result == SQLITE_ROW && !connection_->interrupted()) return true;
    if (result == SQLITE_DONE) return false;
    if (result == SQLITE_ROW) connection_->ThrowIfInterrupted();
    Fail(result);
  }

  Value At(int column) const { return Value(sqlite3_column_value(handle_, column)); }
  int columns() const { return sqlite3_column_count(handle_); }
  int Class(int column) const { return sqlite3_column_type(handle_, column); }
  bool IsNull(int column) const { return Class(column) == SQLITE_NULL; }
  std::int64_t Integer(int column) const { return sqlite3_column_int64(handle_, column); }
  double Real(int column) const { return sqlite3_column_double(handle_, column); }
  // Bytes of a TEXT or BLOB value, valid until the next step. Never ends at a NUL.
  std::string_view Bytes(int column) const;
  // Any value as SQLite prints it; empty for NULL.
  std::string Text(int column) const;

 private:
  [[noreturn]] void Fail(int result) const;

  Connection* connection_ = nullptr;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_CONNECTION_H_
