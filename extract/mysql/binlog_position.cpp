#include "extract/mysql/binlog_position.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/error.h"
#include "extract/mysql/failure.h"

namespace transload::mysql {
namespace {

// File, position and filters of the binary log; no rows without one. Nothing when the account may
// not see them.
std::optional<SqlResult> LogStatus(SqlConnection& connection, const ServerVersion& version) {
  try {
    return connection.Query(version.MySqlSince(80200) ? "SHOW BINARY LOG STATUS"
                                                      : "SHOW MASTER STATUS");
  } catch (const Error& error) {
    if (!IsPrivilegeError(error)) throw;
    return std::nullopt;
  }
}

bool LogsWhatItReplicates(SqlConnection& connection) {
  const SqlResult set = connection.Query(
      "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_slave_updates', 'log_replica_updates')");
  return std::any_of(set.rows.begin(), set.rows.end(),
                     [](const auto& row) { return row.at(1).value_or("") == "ON"; });
}

// Since MariaDB 10.5.9 a node logs what other nodes wrote even without log_slave_updates.
bool HidesItsCluster(SqlConnection& connection, const ServerVersion& version) {
  if (version.MariaDbSince(100509)) return false;
  const SqlResult set = connection.Query("SHOW GLOBAL VARIABLES LIKE 'wsrep_on'");
  return !set.rows.empty() && set.rows[0].at(1).value_or("") == "ON";
}

bool Replicates(SqlConnection& connection, const ServerVersion& version) {
  if (HidesItsCluster(connection, version)) return true;
  if (version.mariadb) {
    // Seen without the privilege to see more.
    if (!connection.Scalar("SELECT @@GLOBAL.gtid_slave_pos").value_or("").empty()) return true;
    const SqlResult running = connection.Query("SHOW GLOBAL STATUS LIKE 'Slaves_running'");
    return !running.rows.empty() && running.rows[0].at(1).value_or("0") != "0";
  }
  try {
    return !connection
                .Query(version.MySqlSince(80022) ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS")
                .rows.empty();
  } catch (const Error& error) {
    if (!IsPrivilegeError(error)) throw;
    return true;
  }
}

std::string WhyNot(SqlConnection& connection, const ServerVersion& version,
                   const std::optional<SqlResult>& status) {
  if (!status) {
    return fmt::format("without the privilege {} it is not seen whether the binary log holds all",
                       LogPrivilege(version));
  }
  if (status->rows.empty()) return "the server has no binary log";
  if (!status->Text(0, "Binlog_Do_DB").empty() || !status->Text(0, "Binlog_Ignore_DB").empty()) {
    return "the binary log leaves databases out";
  }
  if (!LogsWhatItReplicates(connection) && Replicates(connection, version)) {
    return "the binary log does not hold what the server replicates";
  }
  return "";
}

std::string Gtid(SqlConnection& connection, const ServerVersion& version) {
  if (version.mariadb) {
    return connection.Scalar("SELECT @@GLOBAL.gtid_binlog_pos").value_or("");
  }
  if (connection.Scalar("SELECT @@GLOBAL.gtid_mode").value_or("") != "ON") return {};
  std::string set = connection.Scalar("SELECT @@GLOBAL.gtid_executed").value_or("");
  std::erase(set, '\n');
  return set;
}

}  // namespace

std::string_view LogPrivilege(const ServerVersion& version) {
  return version.MariaDbSince(100502) ? "BINLOG MONITOR" : "REPLICATION CLIENT";
}

Position ReadPosition(SqlConnection& connection, const ServerVersion& version) {
  const std::optional<SqlResult> status = LogStatus(connection, version);
  if (!WhyNot(connection, version, status).empty()) return {};
  Position position = {{"binlog_file", status->Text(0, "File")},
                       {"binlog_position", status->Text(0, "Position")}};
  std::string gtid = Gtid(connection, version);
  if (!gtid.empty()) position.emplace_back("gtid", gtid);
  position.emplace_back("server_uuid", ServerIdentity(connection, version));
  return position;
}

std::string WhyLogIsNoProof(SqlConnection& connection, const ServerVersion& version) {
  return WhyNot(connection, version, LogStatus(connection, version));
}

std::string ServerIdentity(SqlConnection& connection, const ServerVersion& version) {
  if (!version.mariadb) return connection.Scalar("SELECT @@GLOBAL.server_uuid").value_or("");
  SqlResult uid = connection.Query("SHOW GLOBAL VARIABLES LIKE 'server_uid'");
  if (!uid.rows.empty()) return uid.rows[0].at(1).value_or("");
  // Older MariaDB has no such name: its replication id and where it keeps its files must do.
  return connection.Scalar("SELECT CONCAT_WS('-', @@server_id, @@datadir, @@port)").value_or("");
}

}  // namespace transload::mysql
