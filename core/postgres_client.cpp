#include "core/postgres_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/url.h"

namespace transload {
namespace {

std::string Escaped(const std::string& value) {
  std::string out = "'";
  for (char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

}  // namespace

PostgresLogin::PostgresLogin(std::map<std::string, std::string> given, const Side& side)
    : values_(std::move(given)), password_variable_(side.password_variable) {
  const auto seconds = std::max<std::uint64_t>(2, (side.connect_timeout_ms + 999) / 1000);
  values_.try_emplace("connect_timeout", std::to_string(seconds));
  values_.try_emplace("keepalives", "1");
  values_.try_emplace("keepalives_idle", "30");
  values_.try_emplace("keepalives_interval", "10");
  values_.try_emplace("keepalives_count", "6");
  values_.try_emplace("tcp_user_timeout", std::to_string(side.stall_timeout_ms));
  values_.try_emplace("application_name", side.application_name);
  values_["client_encoding"] = "UTF8";
}

std::string PostgresLogin::ConnectionString() const {
  std::string text;
  for (const auto& [key, value] : values_) text += key + "=" + Escaped(value) + " ";
  if (!values_.contains("password")) {
    if (const std::string password = Password(); !password.empty()) {
      text += "password=" + Escaped(password) + " ";
    }
  }
  return text;
}

std::string PostgresLogin::ConnectionStringWithoutSecrets() const {
  std::string text;
  for (const auto& [key, value] : values_) {
    if (!IsSecretParameter(key)) text += key + "=" + Escaped(value) + " ";
  }
  return text;
}

std::string PostgresLogin::Password() const {
  if (auto given = values_.find("password"); given != values_.end()) return given->second;
  const char* password = std::getenv(password_variable_.c_str());
  return password == nullptr ? "" : password;
}

std::vector<std::pair<std::string, std::string>> PostgresLogin::OtherSecrets() const {
  std::vector<std::pair<std::string, std::string>> secrets;
  for (const auto& [key, value] : values_) {
    if (key != "password" && IsSecretParameter(key)) secrets.emplace_back(key, value);
  }
  return secrets;
}

std::vector<std::pair<std::string, std::string>> CommonSettings(std::uint64_t lock_timeout_ms) {
  return {
      {"client_encoding", "UTF8"},
      {"DateStyle", "ISO, YMD"},
      {"IntervalStyle", "postgres"},
      {"TimeZone", "UTC"},
      {"extra_float_digits", "3"},
      {"bytea_output", "hex"},
      {"standard_conforming_strings", "on"},
      {"row_security", "off"},  // an error instead of rows left out
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

// The snapshot's catalogue against the one of now.
std::string AsInSnapshotSql(std::string_view name) {
  return fmt::format(
      "with recursive tree as (select oid, relkind, relfilenode from pg_catalog.pg_class where oid "
      "= {}::regclass union all select c.oid, c.relkind, c.relfilenode from tree t join "
      "pg_catalog.pg_inherits i on i.inhparent = t.oid and t.relkind = 'p' join "
      "pg_catalog.pg_class c on c.oid = i.inhrelid) select count(*) > 0 and coalesce(bool_and("
      "relfilenode = pg_catalog.pg_relation_filenode(oid)), true) from tree",
      name);
}

std::string TidyMessage(std::string_view message) {
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) {
    message.remove_suffix(1);
  }
  for (std::string_view prefix : {"ERROR:  ", "FATAL:  "}) {
    if (message.starts_with(prefix)) message.remove_prefix(prefix.size());
  }
  return std::string(message);
}

bool EndsSession(std::string_view sqlstate) {
  return sqlstate.starts_with("57P0") || sqlstate.starts_with("08") || sqlstate == "25P03" ||
         sqlstate == "25P04";
}

// 57014: somebody cancelled the statement, or a time-out of the server's did.
bool MayRetry(std::string_view sqlstate) {
  return sqlstate == "57014" || sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03" ||
         sqlstate.starts_with("53") || EndsSession(sqlstate);
}

std::string_view StateOfRefusal(std::string_view message) {
  const bool full = message.find("too many clients") != message.npos ||
                    message.find("too many connections") != message.npos ||
                    message.find("connection slots are reserved") != message.npos;
  return full ? "53300" : "08006";
}

}  // namespace transload
