// A private PostgreSQL cluster for tests.
//
//   rig::PostgresServer server = rig::PostgresServer::Start({.version = "15"});
//   server.Execute("create database shop");
//   connect(server.Url("shop"));
//
// Runs as an unprivileged user, in a folder of its own, on a port the kernel chose, and never
// outlives the test process, not even a killed one. Without fsync: a crash of the server is a real
// test, a crash of the machine is not. The superuser "postgres" needs no password, on the socket or
// on loopback; every other role needs one (SCRAM): see CreateUser.
//
// Everything here throws std::runtime_error, with the end of the server's log where that helps. A
// version that is not installed is such an error, never a skipped test (scripts/matrix-servers).
// One thread at a time.
#ifndef TRANSLOAD_TESTS_RIG_POSTGRES_SERVER_H_
#define TRANSLOAD_TESTS_RIG_POSTGRES_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "tests/rig/server.h"

namespace transload::rig {

class PostgresServer {
 public:
  static PostgresServer Start(const ServerOptions& options = {});
  ~PostgresServer();  // stops at once and removes the folder
  PostgresServer(PostgresServer&&) noexcept;
  PostgresServer& operator=(PostgresServer&&) noexcept;

  void Stop(StopMode mode = StopMode::kClean);
  void Restart(StopMode mode = StopMode::kClean);  // also after Stop or Kill; the port stays
  void Kill();  // SIGKILL to the postmaster; its backends notice and go

  // As the superuser, over the socket.
  std::string Url(const std::string& database = "postgres") const;
  std::string LibpqConninfo(const std::string& database = "postgres") const;
  // Over 127.0.0.1, or through a Proxy when its port is given. No password stands in it.
  std::string TcpUrl(const std::string& database, const std::string& user = "postgres",
                     std::uint16_t port = 0) const;

  // One or more statements, in one implicit transaction unless they say otherwise.
  void Execute(const std::string& sql, const std::string& database = "postgres") const;
  Rows Query(const std::string& sql, const std::string& database = "postgres") const;
  std::string QueryValue(const std::string& sql, const std::string& database = "postgres") const;
  void CreateUser(const std::string& user, const std::string& password,
                  const std::string& attributes = "") const;  // "createdb nosuperuser"

  pid_t pid() const;  // of the postmaster; -1 when it does not run
  bool running() const;
  int major_version() const;
  std::uint16_t port() const;             // also part of the socket's name
  const std::string& socket_dir() const;  // libpq's "host"
  const std::string& data_dir() const;
  const std::string& bin_dir() const;  // initdb, pg_ctl, postgres of this version
  const std::string& log_file() const;
  const TlsFiles& tls() const;  // throws unless started with tls

 private:
  struct State;
  explicit PostgresServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_POSTGRES_SERVER_H_
