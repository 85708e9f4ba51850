// One move-only owner for each of ODBC's handles.
//
// A Connection owns its Environment: a connection and what hangs on it is one world, used by one
// thread at a time. A Statement borrows the connection it was made from and must go first.
#ifndef TRANSLOAD_EXTRACT_ODBC_HANDLE_H_
#define TRANSLOAD_EXTRACT_ODBC_HANDLE_H_

#include <sql.h>
#include <sqlext.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "extract/odbc/call_watch.h"
#include "extract/odbc/diagnostics.h"

namespace transload::odbc {

class Environment {
 public:
  Environment();  // ODBC 3
  ~Environment();
  Environment(Environment&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Environment& operator=(Environment&&) = delete;

  SQLHENV get() const { return handle_; }

 private:
  SQLHENV handle_ = nullptr;
};

class Connection {
 public:
  // Connects without asking anybody anything. `text` is the whole connection string, password and
  // all; `shown` stands for it in errors, which are refusals that tell every diagnostic record,
  // without `secret` should a driver repeat it.
  Connection(const std::string& text, const std::string& secret, CallLimits limits);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  SQLHDBC get() const { return handle_; }
  const CallLimits& limits() const { return *limits_; }

  // What SQLGetInfo says; empty or 0 where the driver does not know the question.
  std::string InfoText(SQLUSMALLINT what) const;
  std::uint32_t InfoNumber(SQLUSMALLINT what) const;
  std::uint16_t InfoShort(SQLUSMALLINT what) const;
  bool Supports(SQLUSMALLINT function) const;

  // False when the driver refuses.
  bool SetAttribute(SQLINTEGER attribute, std::uintptr_t value);
  std::string CurrentCatalog() const;

  // The driver's own opinion, where it has one.
  bool dead() const;
  [[noreturn]] void Fail(std::string_view doing) const;

 private:
  // Shared with the thread that says goodbye, which may last longer than the connection.
  std::shared_ptr<Environment> environment_ = std::make_shared<Environment>();
  std::unique_ptr<const CallLimits> limits_;
  SQLHDBC handle_ = nullptr;
  bool connected_ = false;
};

class Statement {
 public:
  explicit Statement(Connection& connection);
  ~Statement();
  Statement(Statement&& other) noexcept
      : connection_(other.connection_), handle_(std::exchange(other.handle_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept;

  SQLHSTMT get() const { return handle_; }
  Connection& connection() const { return *connection_; }

  bool SetAttribute(SQLINTEGER attribute, std::uintptr_t value);
  void Execute(std::string_view sql);
  // Any statement call's outcome: throws unless it succeeded.
  void Check(SQLRETURN outcome, std::string_view doing) const;
  [[noreturn]] void Fail(std::string_view doing) const;
  // Gives up the open result; the statement can be used again.
  void Close() noexcept;

 private:
  Connection* connection_;
  SQLHSTMT handle_ = nullptr;
};

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_HANDLE_H_
