#include "extract/mysql/endpoint.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "core/ascii.h"
#include "core/error.h"
#include "core/url.h"
#include "extract/mysql/option_file.h"

namespace transload::mysql {
namespace {

TlsMode ReadTlsMode(const std::string& text, const char* where) {
  std::string mode = LowerAscii(text);
  std::replace(mode.begin(), mode.end(), '-', '_');
  if (mode.empty() || mode == "preferred") return TlsMode::kPreferred;
  if (mode == "disabled") return TlsMode::kDisabled;
  if (mode == "required") return TlsMode::kRequired;
  if (mode == "verify_ca") return TlsMode::kVerifyCa;
  if (mode == "verify_identity") return TlsMode::kVerifyIdentity;
  throw UsageError(
      fmt::format("{}: ssl-mode={} is none of disabled, preferred, required, verify_ca, "
                  "verify_identity",
                  where, text));
}

unsigned ReadPort(const std::string& text) {
  unsigned port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535) {
    throw UsageError(fmt::format("~/.my.cnf: port '{}' is not a port number", text));
  }
  return port;
}

std::string LoginName() {
  const char* name = std::getenv("USER");
  return name == nullptr ? "root" : name;
}

// ParseUrl has put these where they belong.
bool IsLoginPart(const std::string& name) {
  return name == "user" || name == "password" || name == "host" || name == "port" ||
         name == "database";
}

// The URL's parameters go before what the option file says.
void ReadParameters(const Url& url, const OptionFile& file, Endpoint& endpoint) {
  if (file.ssl_mode) endpoint.tls = ReadTlsMode(*file.ssl_mode, "~/.my.cnf");
  endpoint.ssl_ca = file.ssl_ca.value_or("");
  endpoint.ssl_cert = file.ssl_cert.value_or("");
  endpoint.ssl_key = file.ssl_key.value_or("");
  for (const auto& [name, value] : url.parameters) {
    if (name == "ssl-mode") {
      endpoint.tls = ReadTlsMode(value, "source URL");
    } else if (name == "ssl-ca") {
      endpoint.ssl_ca = value;
    } else if (name == "ssl-cert") {
      endpoint.ssl_cert = value;
    } else if (name == "ssl-key") {
      endpoint.ssl_key = value;
    } else if (name == "socket") {
      endpoint.socket = value;
    } else if (!IsLoginPart(name)) {
      throw UsageError(
          fmt::format("source URL: unknown parameter {}; known are ssl-mode, ssl-ca, "
                      "ssl-cert, ssl-key and socket",
                      name));
    }
  }
  // A file that is not there would otherwise show up as a certificate that does not verify.
  for (const std::string* path : {&endpoint.ssl_ca, &endpoint.ssl_cert, &endpoint.ssl_key}) {
    if (!path->empty() && access(path->c_str(), R_OK) != 0) {
      throw UsageError(fmt::format("source URL, ~/.my.cnf: cannot read {}", *path));
    }
  }
}

}  // namespace

unsigned WholeSeconds(std::uint64_t milliseconds) {
  return static_cast<unsigned>(std::max<std::uint64_t>(1, (milliseconds + 999) / 1000));
}

std::string Endpoint::Where() const {
  std::string place = socket.empty() ? fmt::format("{}:{}", host, port) : socket;
  return fmt::format("{}@{}/{}", user, place, database);
}

std::string Endpoint::Password() const {
  if (url_password) return *url_password;
  for (const char* name : {"TRANSLOAD_SOURCE_PASSWORD", "MYSQL_PWD"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) return value;
  }
  return ReadUserOptionFile().password.value_or("");
}

Endpoint ReadEndpoint(const Options& options) {
  Url url = ParseUrl(options.source_url);
  OptionFile file = ReadUserOptionFile();
  Endpoint endpoint;
  endpoint.connect_timeout_ms = options.connect_timeout_ms;
  endpoint.stall_timeout_ms = options.stall_timeout_ms;
  endpoint.display_url = url.redacted;
  endpoint.url_password = url.password;
  ReadParameters(url, file, endpoint);
  if (url.host.empty() && endpoint.socket.empty()) endpoint.socket = file.socket.value_or("");
  endpoint.host = !url.host.empty() ? url.host : file.host.value_or("localhost");
  endpoint.user = !url.user.empty() ? url.user : file.user.value_or(LoginName());
  if (url.port != 0) {
    endpoint.port = static_cast<unsigned>(url.port);
  } else if (url.host.empty() && file.port) {
    endpoint.port = ReadPort(*file.port);
  }
  endpoint.database = url.database;
  if (endpoint.database.empty()) {
    throw UsageError("source URL: name the database, as in mysql://user@host/database");
  }
  return endpoint;
}

}  // namespace transload::mysql
