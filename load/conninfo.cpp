#include "load/conninfo.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <map>
#include <memory>

#include "core/error.h"
#include "core/url.h"
#include "load/ddl.h"

namespace transload {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// libpq keyword -> value
using Values = std::map<std::string, std::string>;

Values Parsed(const std::string& url) {
  char* message = nullptr;
  std::unique_ptr<PQconninfoOption, FreeOptions> parsed(PQconninfoParse(url.c_str(), &message));
  if (!parsed) {
    const std::string why = message == nullptr ? "" : message;
    PQfreemem(message);
    throw UsageError(NotPostgres("target", url, why));
  }
  Values values;
  for (PQconninfoOption* option = parsed.get(); option->keyword; ++option) {
    if (option->val) values[option->keyword] = option->val;
  }
  if (values.contains("sslmode")) CheckSslMode("target", values["sslmode"]);
  return values;
}

std::string Display(const Values& values) {
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
                   std::uint64_t stall_timeout_ms)
    : PostgresLogin(Parsed(url), {"transload", "TRANSLOAD_TARGET_PASSWORD", connect_timeout_ms,
                                  stall_timeout_ms}),
      display_url_(Display(Parsed(url))) {}

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
