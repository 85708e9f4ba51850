#include "extract/postgres/endpoint.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "core/error.h"
#include "core/url.h"
#include "extract/postgres/sql_text.h"

namespace transload::postgres {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

std::string Escaped(const std::string& value) {
  std::string out = "'";
  for (char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

}  // namespace

Endpoint::Endpoint(const Options& options)
    : connect_timeout_ms(options.connect_timeout_ms),
      stall_timeout_ms(options.stall_timeout_ms),
      lock_timeout_ms(options.lock_timeout_ms) {
  char* message = nullptr;
  std::unique_ptr<PQconninfoOption, FreeOptions> parsed(
      PQconninfoParse(options.source_url.c_str(), &message));
  if (!parsed) {
    const std::string why = message == nullptr ? "" : message;
    PQfreemem(message);
    throw UsageError(NotPostgres("source", options.source_url, why));
  }
  for (PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) values_[option->keyword] = option->val;
  }
  if (values_.contains("sslmode")) CheckSslMode("source", values_["sslmode"]);
  display_url_ = Redacted(options.source_url);
  const auto seconds = std::max<std::uint64_t>(2, (options.connect_timeout_ms + 999) / 1000);
  values_.try_emplace("connect_timeout", std::to_string(seconds));
  values_.try_emplace("keepalives", "1");
  values_.try_emplace("keepalives_idle", "30");
  values_.try_emplace("keepalives_interval", "10");
  values_.try_emplace("keepalives_count", "6");
  values_.try_emplace("tcp_user_timeout", std::to_string(stall_timeout_ms));
  values_.try_emplace("application_name", "transload source");
  values_["client_encoding"] = "UTF8";
}

std::string Endpoint::Password() const {
  if (auto given = values_.find("password"); given != values_.end()) return given->second;
  const char* password = std::getenv("TRANSLOAD_SOURCE_PASSWORD");
  return password == nullptr ? "" : password;
}

std::string Endpoint::ConnectionStringWithoutSecrets() const {
  std::string text;
  for (const auto& [key, value] : values_) {
    if (!IsSecretParameter(key)) text += key + "=" + Escaped(value) + " ";
  }
  return text;
}

std::vector<std::pair<std::string, std::string>> Endpoint::OtherSecrets() const {
  std::vector<std::pair<std::string, std::string>> secrets;
  for (const auto& [key, value] : values_) {
    if (key != "password" && IsSecretParameter(key)) secrets.emplace_back(key, value);
  }
  return secrets;
}

std::string Endpoint::ConnectionString() const {
  std::string text;
  for (const auto& [key, value] : values_) text += key + "=" + Escaped(value) + " ";
  if (!values_.contains("password")) {
    if (std::string password = Password(); !password.empty()) {
      text += "password=" + Escaped(password) + " ";
    }
  }
  return text;
}

std::vector<std::pair<std::string, std::string>> PinnedSettings(const Endpoint& endpoint) {
  return {
      {"client_encoding", "UTF8"},
      {"DateStyle", "ISO, YMD"},
      {"IntervalStyle", "postgres"},
      {"TimeZone", "UTC"},
      {"extra_float_digits", "3"},
      {"bytea_output", "hex"},
      {"lc_monetary", "C"},
      {"xmloption", "content"},
      {"standard_conforming_strings", "on"},
      {"row_security", "off"},  // an error instead of rows left out
      {"search_path", "pg_catalog"},
      {"client_min_messages", "warning"},
      {"default_transaction_read_only", "on"},
      {"synchronize_seqscans", "off"},
      {"jit", "off"},  // a large catalogue is read sooner than its queries are compiled
      {"statement_timeout", "7d"},
      {"lock_timeout", fmt::format("{}ms", endpoint.lock_timeout_ms)},
      {"idle_in_transaction_session_timeout", "7d"},
      {"transaction_timeout", "7d"},               // from 17
      {"idle_session_timeout", "7d"},              // from 14
      {"client_connection_check_interval", "10s"}  // from 14, Linux
  };
}

std::string PinSql(const Endpoint& endpoint) {
  std::string wanted;
  for (const auto& [name, value] : PinnedSettings(endpoint)) {
    wanted +=
        fmt::format("{}({},{})", wanted.empty() ? "" : ",", QuoteText(name), QuoteText(value));
  }
  // Bytes of a database without an encoding arrive as they are: asked for UTF-8, the server would
  // refuse the first that is not, without the row it stands in.
  return "select pg_catalog.set_config(name, case when name = 'client_encoding' and "
         "current_setting('server_encoding') = 'SQL_ASCII' then 'SQL_ASCII' else value end, "
         "false) from (values " +
         wanted + ") as w(name, value) where pg_catalog.current_setting(name, true) is not null";
}

}  // namespace transload::postgres
