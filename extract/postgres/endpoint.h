// How a PostgreSQL source is reached: a postgresql:// URL or a libpq connection string.
//
// Passwords come from the URL, then TRANSLOAD_SOURCE_PASSWORD, then libpq's own ways (PGPASSWORD,
// ~/.pgpass, a service file). They are looked up again for every connection.
#ifndef TRANSLOAD_EXTRACT_POSTGRES_ENDPOINT_H_
#define TRANSLOAD_EXTRACT_POSTGRES_ENDPOINT_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/options.h"

namespace transload::postgres {

class Endpoint {
 public:
  // Throws a usage error, which never repeats the password, for what libpq cannot parse.
  explicit Endpoint(const Options& options);

  // For libpq, secret: never log it.
  std::string ConnectionString() const;
  // The same without secrets, fit for a program's arguments; the password for its environment,
  // empty when libpq is to find it by itself; and the other secrets (sslpassword), by libpq's
  // names.
  std::string ConnectionStringWithoutSecrets() const;
  std::string Password() const;
  std::vector<std::pair<std::string, std::string>> OtherSecrets() const;
  // "postgresql://user:***@host:5432/db": for people.
  const std::string& display_url() const { return display_url_; }

  std::uint64_t connect_timeout_ms = 10'000;
  std::uint64_t stall_timeout_ms = 300'000;
  std::uint64_t lock_timeout_ms = 60'000;

 private:
  std::map<std::string, std::string> values_;  // libpq keyword -> value
  std::string display_url_;
};

// What every session sets right after connecting. Text forms are the same whatever the role's own
// settings say, and nothing can be written.
std::vector<std::pair<std::string, std::string>> PinnedSettings(const Endpoint& endpoint);
// The statement that sets those of them which the server knows.
std::string PinSql(const Endpoint& endpoint);

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_ENDPOINT_H_
