// Where the source is and how to log in.
#ifndef TRANSLOAD_EXTRACT_MYSQL_ENDPOINT_H_
#define TRANSLOAD_EXTRACT_MYSQL_ENDPOINT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "core/options.h"

namespace transload::mysql {

enum class TlsMode { kDisabled, kPreferred, kRequired, kVerifyCa, kVerifyIdentity };

struct Endpoint {
  std::string host;
  unsigned port = 3306;
  std::string socket;  // a path; when set, host and port are not used
  std::string user;
  std::string database;
  TlsMode tls = TlsMode::kPreferred;
  std::string ssl_ca, ssl_cert, ssl_key;
  std::uint64_t connect_timeout_ms = 10'000;
  std::uint64_t stall_timeout_ms = 300'000;
  std::optional<std::string> url_password;
  std::string display_url;

  bool must_encrypt() const { return tls >= TlsMode::kRequired; }
  bool must_verify() const { return tls >= TlsMode::kVerifyCa; }
  // "user@host:3306/db", for messages.
  std::string Where() const;
  // URL, TRANSLOAD_SOURCE_PASSWORD, MYSQL_PWD, ~/.my.cnf, in this order; read anew at each call, so
  // that a password rotated during a run is picked up by the next connection.
  std::string Password() const;
};

// Throws usage errors for what the URL says wrongly.
Endpoint ReadEndpoint(const Options& options);

unsigned WholeSeconds(std::uint64_t milliseconds);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_ENDPOINT_H_
