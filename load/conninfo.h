// How the target is reached: a postgresql:// URL or a libpq connection string, with what every
// connection of transload needs added to it.
//
// Passwords come from the URL, then TRANSLOAD_TARGET_PASSWORD, then libpq's own ways (PGPASSWORD,
// ~/.pgpass, a service file). They are looked up again for every connection, so that a password
// rotated during a long run is picked up, and they never leave ConnectionString().
#ifndef TRANSLOAD_LOAD_CONNINFO_H_
#define TRANSLOAD_LOAD_CONNINFO_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace transload {

class Conninfo {
 public:
  // Throws a usage error, which never repeats the password, for what libpq cannot parse.
  Conninfo(const std::string& url, std::uint64_t connect_timeout_ms,
           std::uint64_t stall_timeout_ms);

  // For libpq, secret: never log it.
  std::string ConnectionString() const;
  // The same without secrets, fit for a program's arguments; the password for its environment,
  // empty when libpq is to find it by itself; and the other secrets (sslpassword), by libpq's
  // names.
  std::string ConnectionStringWithoutSecrets() const;
  std::string Password() const;
  std::vector<std::pair<std::string, std::string>> OtherSecrets() const;
  // "postgresql://user:***@host:5432/db?sslmode=require": for people.
  const std::string& display_url() const { return display_url_; }

 private:
  std::map<std::string, std::string> values_;  // libpq keyword -> value
  std::string display_url_;
};

// What every session sets right after connecting: encodings and formats (so that text forms are
// the same everywhere), generous limits instead of none, and an empty search path.
std::vector<std::pair<std::string, std::string>> SessionSettings(std::uint64_t lock_timeout_ms);

// What a session begins with, in one message: makes the settings, leaving out those that the server
// does not know, and tells server_version_num, the backend's process ID and when it started.
std::string SessionStartSql(const std::vector<std::pair<std::string, std::string>>& settings);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_CONNINFO_H_
