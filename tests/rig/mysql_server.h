// Private MariaDB and MySQL servers for tests.
//
//   rig::MariaDbServer server = rig::MariaDbServer::Start();
//   server.Execute("create table t (id int primary key)", "test");
//   connect(server.Url("test"));
//
// Both kinds are a MySqlFamilyServer, so that one suite can run on all of them. Rules as for
// PostgresServer: unprivileged, kernel-chosen port, gone with the test process. The binary log is
// on (row format; MySQL 5.6 without GTIDs, as it comes), InnoDB is small and does not sync.
// "root" at localhost needs no password, on the socket or on loopback; the database "test" exists
// and is empty.
#ifndef TRANSLOAD_TESTS_RIG_MYSQL_SERVER_H_
#define TRANSLOAD_TESTS_RIG_MYSQL_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "tests/rig/server.h"

namespace transload::rig {

class MySqlFamilyServer {
 public:
  ~MySqlFamilyServer();  // kills the server and removes the folder
  MySqlFamilyServer(MySqlFamilyServer&&) noexcept;
  MySqlFamilyServer& operator=(MySqlFamilyServer&&) noexcept;

  void Stop(StopMode mode = StopMode::kClean);
  void Restart(StopMode mode = StopMode::kClean);  // also after Stop or Kill; the port stays
  void Kill();                                     // SIGKILL

  // transload's URL, as root over the socket: "mysql://root@localhost/db?socket=...".
  std::string Url(const std::string& database) const;
  // Over 127.0.0.1, or through a Proxy when its port is given. No password stands in it.
  std::string TcpUrl(const std::string& database, const std::string& user = "root",
                     std::uint16_t port = 0) const;

  // One or more statements, separated by semicolons, in the session's own sql_mode; utf8mb4.
  void Execute(const std::string& sql, const std::string& database = "") const;
  Rows Query(const std::string& sql, const std::string& database = "") const;  // one statement
  std::string QueryValue(const std::string& sql, const std::string& database = "") const;
  // plugin: "mysql_native_password", "caching_sha2_password", ...; empty: the server's default.
  // The user may log in from anywhere and has no privilege until granted one.
  void CreateUser(const std::string& user, const std::string& password,
                  const std::string& plugin = "") const;

  pid_t pid() const;  // -1 when it does not run
  bool running() const;
  bool is_mariadb() const;
  std::string version() const;  // as the server says it: "10.11.6-MariaDB-...", "9.7.0"
  std::uint16_t port() const;   // 0 with Listen::kSocketOnly
  const std::string& socket() const;
  const std::string& socket_dir() const;
  const std::string& data_dir() const;
  const std::string& log_file() const;
  const TlsFiles& tls() const;  // throws unless started with tls

 protected:
  enum class Kind { kMariaDb, kMySql };
  MySqlFamilyServer(Kind kind, const ServerOptions& options);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class MariaDbServer : public MySqlFamilyServer {
 public:
  static MariaDbServer Start(const ServerOptions& options = {}) { return MariaDbServer(options); }

 private:
  explicit MariaDbServer(const ServerOptions& options)
      : MySqlFamilyServer(Kind::kMariaDb, options) {}
};

// Oracle's MySQL: version "9" (the default) or "5.6", both put in place by scripts/matrix-servers.
class MySqlServer : public MySqlFamilyServer {
 public:
  static MySqlServer Start(const ServerOptions& options = {}) { return MySqlServer(options); }

 private:
  explicit MySqlServer(const ServerOptions& options) : MySqlFamilyServer(Kind::kMySql, options) {}
};

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_MYSQL_SERVER_H_
