// What a source and a target of PostgreSQL have in common as seen by a client, without libpq: the
// words of a connection string, a session's settings, the meaning of an SQLSTATE.
#ifndef TRANSLOAD_CORE_POSTGRES_CLIENT_H_
#define TRANSLOAD_CORE_POSTGRES_CLIENT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace transload {

// libpq's keywords with their values: the user's, and what every connection of transload needs.
//
// Passwords come from the user's string, then an environment variable of transload's, then libpq's
// own ways (PGPASSWORD, ~/.pgpass, a service file). They are looked up again for every connection,
// so that a password rotated during a long run is picked up.
class PostgresLogin {
 public:
  struct Side {
    std::string application_name;
    std::string password_variable;  // of the environment
    std::uint64_t connect_timeout_ms = 0;
    std::uint64_t stall_timeout_ms = 0;
  };
  PostgresLogin(std::map<std::string, std::string> given, const Side& side);

  // For libpq, secret: never log it.
  std::string ConnectionString() const;
  // The same without secrets, fit for a program's arguments; the password for its environment,
  // empty when libpq is to find it by itself; and the other secrets (sslpassword), by libpq's
  // names.
  std::string ConnectionStringWithoutSecrets() const;
  std::string Password() const;
  std::vector<std::pair<std::string, std::string>> OtherSecrets() const;

 private:
  std::map<std::string, std::string> values_;
  std::string password_variable_;
};

// What every session sets right after connecting, on either side: encodings and formats, so that
// text forms are the same everywhere, generous limits instead of none, an empty search path.
std::vector<std::pair<std::string, std::string>> CommonSettings(std::uint64_t lock_timeout_ms);

// For a connection over which many rows come. libpq asks the kernel for no more bytes at once than
// its buffer has room for, 16 KiB; an answer that does not fit makes it larger, and it stays so.
inline constexpr char kWidenBufferSql[] = "select pg_catalog.repeat(' ', 250000)";

// Whether a table and its partitions are what the transaction's snapshot saw: one boolean. What a
// rewriting ALTER TABLE or a TRUNCATE has left behind since looks empty to it. Whoever asks holds a
// lock on the table. `name`: qualified, as an SQL text.
std::string AsInSnapshotSql(std::string_view name);

// libpq's message without its prefix and its last line end.
std::string TidyMessage(std::string_view message);

// The server ended the session together with the statement.
bool EndsSession(std::string_view sqlstate);
bool MayRetry(std::string_view sqlstate);
// Of a connection that was not made, by libpq's message: a refused login has no SQLSTATE that libpq
// would tell.
std::string_view StateOfRefusal(std::string_view message);

}  // namespace transload

#endif  // TRANSLOAD_CORE_POSTGRES_CLIENT_H_
