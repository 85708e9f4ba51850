// How a PostgreSQL source is reached: a postgresql:// URL or a libpq connection string.
#ifndef TRANSLOAD_EXTRACT_POSTGRES_ENDPOINT_H_
#define TRANSLOAD_EXTRACT_POSTGRES_ENDPOINT_H_

#include <cstdint>
#include <string>

#include "core/options.h"
#include "core/postgres_client.h"

namespace transload::postgres {

class Endpoint : public PostgresLogin {
 public:
  // Throws a usage error, which never repeats the password, for what libpq cannot parse.
  explicit Endpoint(const Options& options);

  // "postgresql://user:***@host:5432/db": for people.
  const std::string& display_url() const { return display_url_; }

  std::uint64_t connect_timeout_ms = 10'000;
  std::uint64_t stall_timeout_ms = 300'000;
  std::uint64_t lock_timeout_ms = 60'000;

 private:
  std::string display_url_;
};

// What every session begins with: CommonSettings, and no way to write anything; those of them that
// the server knows.
std::string PinSql(const Endpoint& endpoint);

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_ENDPOINT_H_
