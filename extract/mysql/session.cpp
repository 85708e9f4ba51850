#include "extract/mysql/session.h"

#include <fmt/format.h>

#include "core/error.h"

namespace transload::mysql {
namespace {

// A slow target holds up the stream: the server's own patience must outlast it. An hour, not a
// day, so that a vanished client does not hold its snapshot for long.
constexpr const char* kNetTimeoutSeconds = "3600";
// Idle readers wait for their turn.
constexpr const char* kIdleSeconds = "604800";

}  // namespace

std::vector<SessionSetting> SessionSettings(const ServerVersion& version) {
  std::vector<SessionSetting> settings = {
      {"time_zone", "'+00:00'", "+00:00"},
      // No PAD_CHAR_TO_FULL_LENGTH, ANSI_QUOTES, NO_BACKSLASH_ESCAPES; no refusal of zero and
      // invalid dates, which come back to the server as bounds of keys.
      {"sql_mode", "'ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'",
       "ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION"},
      {"character_set_client", "'utf8mb4'", "utf8mb4"},
      {"character_set_connection", "'utf8mb4'", "utf8mb4"},
      {"character_set_results", "'utf8mb4'", "utf8mb4"},
      {"net_write_timeout", kNetTimeoutSeconds, kNetTimeoutSeconds},
      {"net_read_timeout", kNetTimeoutSeconds, kNetTimeoutSeconds},
      {"wait_timeout", kIdleSeconds, kIdleSeconds},
      {"sql_select_limit", "18446744073709551615", "18446744073709551615"},
      {"sql_big_selects", "1", "1"},
      {"group_concat_max_len", "1048576", "1048576"},
      {"lock_wait_timeout", "60", "60"},
      {"sql_quote_show_create", "1", "1"},
      {"sql_auto_is_null", "0", "0"},
  };
  bool new_name = version.MySqlSince(50720) || version.MariaDbSince(110101);
  settings.push_back({new_name ? "transaction_isolation" : "tx_isolation", "'REPEATABLE-READ'",
                      "REPEATABLE-READ"});
  if (version.mariadb) {
    settings.push_back({"max_statement_time", "0", "0.000000"});
    settings.push_back({"idle_transaction_timeout", kIdleSeconds, kIdleSeconds});
    settings.push_back({"idle_readonly_transaction_timeout", kIdleSeconds, kIdleSeconds});
    settings.push_back({"system_versioning_asof", "DEFAULT", "DEFAULT"});
  }
  if (version.MySqlSince(50708)) settings.push_back({"max_execution_time", "0", "0"});
  if (version.MySqlSince(80000)) {
    settings.push_back({"information_schema_stats_expiry", "0", "0"});
  }
  if (version.MySqlSince(80030)) {
    settings.push_back({"show_gipk_in_create_table_and_information_schema", "ON", "1"});
  }
  if (version.MySqlSince(80032)) settings.push_back({"explain_format", "'TRADITIONAL'", ""});
  return settings;
}

void PinSession(SqlConnection& connection, const ServerVersion& version) {
  std::vector<SessionSetting> settings = SessionSettings(version);
  std::string set = "SET ";
  std::string read = "SELECT ";
  for (const SessionSetting& setting : settings) {
    bool first = &setting == &settings.front();
    set += fmt::format("{}SESSION {} = {}", first ? "" : ", ", setting.variable, setting.value);
    read += fmt::format("{}@@SESSION.{}", first ? "" : ", ", setting.variable);
  }
  connection.Query(set);
  SqlResult result = connection.Query(read);
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const std::string& expected = settings[i].expected;
    std::string found = result.rows.at(0).at(i).value_or("");
    if (!expected.empty() && found != expected) {
      throw RefusedError(fmt::format(
          "the source keeps {} = '{}' where this session needs '{}'; a proxy or an init_connect "
          "may be in the way",
          settings[i].variable, found, expected));
    }
  }
}

}  // namespace transload::mysql
