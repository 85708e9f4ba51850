// How the target is reached: a postgresql:// URL or a libpq connection string, with what every
// connection of transload needs added to it.
#ifndef TRANSLOAD_LOAD_CONNINFO_H_
#define TRANSLOAD_LOAD_CONNINFO_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/postgres_client.h"

namespace transload {

class Conninfo : public PostgresLogin {
 public:
  // Throws a usage error, which never repeats the password, for what libpq cannot parse.
  Conninfo(const std::string& url, std::uint64_t connect_timeout_ms,
           std::uint64_t stall_timeout_ms);

  // "postgresql://user:***@host:5432/db?sslmode=require": for people.
  const std::string& display_url() const { return display_url_; }

 private:
  std::string display_url_;
};

// What a session begins with, in one message: makes the settings, leaving out those that the server
// does not know, and tells server_version_num, the backend's process ID and when it started.
std::string SessionStartSql(const std::vector<std::pair<std::string, std::string>>& settings);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_CONNINFO_H_
