#include "load/conninfo.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "core/error.h"
#include "core/url.h"
#include "load/ddl.h"

namespace transload {
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

std::string Display(const std::map<std::string, std::string>& values) {
  auto get = [&](const char* key) {
    auto found = values.find(key);
    return found == values.end() ? std::string() : found->second;
  };
  std::string url = "postgresql://";
  if (std::string user = get("user"); !user.empty()) {
    url += user + (values.count("password") ? ":***@" : "@");
  }
  std::string host = get("host").empty() ? get("hostaddr") : get("host");
  if (host.find('/') != std::string::npos) {
    // A socket's folder cannot stand in the authority.
    url += "/" + get("dbname") + "?host=" + host;
    if (!get("port").empty()) url += "&port=" + get("port");
    return url;
  }
  url += host;
  if (!get("port").empty()) url += ":" + get("port");
  url += "/" + get("dbname");
  if (!get("service").empty()) url += "?service=" + get("service");
  return url;
}

}  // namespace

Conninfo::Conninfo(const std::string& url, std::uint64_t connect_timeout_ms,
                   std::uint64_t stall_timeout_ms) {
  char* message = nullptr;
  std::unique_ptr<PQconninfoOption, FreeOptions> parsed(PQconninfoParse(url.c_str(), &message));
  if (!parsed) {
    const std::string why = message == nullptr ? "" : message;
    PQfreemem(message);
    throw UsageError(NotPostgres("target", url, why));
  }
  for (PQconninfoOption* option = parsed.get(); option->keyword; ++option) {
    if (option->val) values_[option->keyword] = option->val;
  }
  if (values_.contains("sslmode")) CheckSslMode("target", values_["sslmode"]);
  display_url_ = Display(values_);
  auto seconds = std::max<std::uint64_t>(2, (connect_timeout_ms + 999) / 1000);
  values_.try_emplace("connect_timeout", std::to_string(seconds));
  values_.try_emplace("keepalives", "1");
  values_.try_emplace("keepalives_idle", "30");
  values_.try_emplace("keepalives_interval", "10");
  values_.try_emplace("keepalives_count", "6");
  values_.try_emplace("tcp_user_timeout", std::to_string(stall_timeout_ms));
  values_.try_emplace("application_name", "transload");
  values_["client_encoding"] = "UTF8";
}

std::string Conninfo::ConnectionString() const {
  std::string text;
  for (const auto& [key, value] : values_) text += key + "=" + Escaped(value) + " ";
  if (!values_.count("password")) {
    if (std::string password = Password(); !password.empty()) {
      text += "password=" + Escaped(password) + " ";
    }
  }
  return text;
}

std::string Conninfo::ConnectionStringWithoutSecrets() const {
  std::string text;
  for (const auto& [key, value] : values_) {
    if (!IsSecretParameter(key)) text += key + "=" + Escaped(value) + " ";
  }
  return text;
}

std::string Conninfo::Password() const {
  if (auto given = values_.find("password"); given != values_.end()) return given->second;
  const char* password = std::getenv("TRANSLOAD_TARGET_PASSWORD");
  return password == nullptr ? "" : password;
}

std::vector<std::pair<std::string, std::string>> Conninfo::OtherSecrets() const {
  std::vector<std::pair<std::string, std::string>> secrets;
  for (const auto& [key, value] : values_) {
    if (key != "password" && IsSecretParameter(key)) secrets.emplace_back(key, value);
  }
  return secrets;
}

std::vector<std::pair<std::string, std::string>> SessionSettings(std::uint64_t lock_timeout_ms) {
  return {
      {"client_encoding", "UTF8"},
      {"DateStyle", "ISO, YMD"},
      {"IntervalStyle", "postgres"},
      {"TimeZone", "UTC"},
      {"extra_float_digits", "3"},
      {"bytea_output", "hex"},
      {"standard_conforming_strings", "on"},
      {"row_security", "off"},
      {"search_path", "pg_catalog"},
      {"client_min_messages", "warning"},
      {"statement_timeout", "7d"},
      {"lock_timeout", fmt::format("{}ms", lock_timeout_ms)},
      {"idle_in_transaction_session_timeout", "7d"},
      {"transaction_timeout", "7d"},               // from 17
      {"idle_session_timeout", "7d"},              // from 14
      {"client_connection_check_interval", "10s"}  // from 14, Linux
  };
}

std::string SessionStartSql(const std::vector<std::pair<std::string, std::string>>& settings) {
  std::string values;
  for (const auto& [name, value] : settings) {
    values += fmt::format("{}({}, {})", values.empty() ? "" : ", ", ddl::QuoteLiteral(name),
                          ddl::QuoteLiteral(value));
  }
  // By function where a view of the catalogue would do: that costs the server ten times as much.
  return fmt::format(
      "select pg_catalog.set_config(name, value, false) from (values {}) as w(name, value) "
      "where pg_catalog.current_setting(name, true) is not null; "
      "select current_setting('server_version_num'), pg_backend_pid(), (select backend_start "
      "from pg_catalog.pg_stat_get_activity(pg_backend_pid()))",
      values);
}

}  // namespace transload
