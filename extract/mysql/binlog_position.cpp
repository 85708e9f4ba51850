#include "extract/mysql/binlog_position.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "extract/mysql/failure.h"

namespace transload::mysql {
namespace {

// File and position of the binary log; no rows without one, or without the privilege to see it.
SqlResult LogStatus(SqlConnection& connection, const ServerVersion& version) {
  try {
    return connection.Query(version.MySqlSince(80200) ? "SHOW BINARY LOG STATUS"
                                                      : "SHOW MASTER STATUS");
  } catch (const Error& error) {
    if (!IsPrivilegeError(error)) throw;
    return {};
  }
}

bool LogsWhatItReplicates(SqlConnection& connection) {
  const SqlResult set = connection.Query(
      "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_slave_updates', 'log_replica_updates')");
  return std::any_of(set.rows.begin(), set.rows.end(),
                     [](const auto& row) { return row.at(1).value_or("") == "ON"; });
}

bool Replicates(SqlConnection& connection, const ServerVersion& version) {
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

bool HoldsAll(SqlConnection& connection, const ServerVersion& version, const SqlResult& status) {
  if (!status.rows.empty() &&
      !(status.Text(0, "Binlog_Do_DB").empty() && status.Text(0, "Binlog_Ignore_DB").empty())) {
    return false;
  }
  return LogsWhatItReplicates(connection) || !Replicates(connection, version);
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

Position ReadPosition(SqlConnection& connection, const ServerVersion& version) {
  Position position;
  SqlResult status = LogStatus(connection, version);
  if (!HoldsAll(connection, version, status)) return position;
  if (!status.rows.empty()) {
    position.emplace_back("binlog_file", status.Text(0, "File"));
    position.emplace_back("binlog_position", status.Text(0, "Position"));
  }
  std::string gtid = Gtid(connection, version);
  if (!gtid.empty()) position.emplace_back("gtid", gtid);
  if (!position.empty()) {
    position.emplace_back("server_uuid", ServerIdentity(connection, version));
  }
  return position;
}

bool LogHoldsAll(SqlConnection& connection, const ServerVersion& version) {
  return HoldsAll(connection, version, LogStatus(connection, version));
}

std::string ServerIdentity(SqlConnection& connection, const ServerVersion& version) {
  if (!version.mariadb) return connection.Scalar("SELECT @@GLOBAL.server_uuid").value_or("");
  SqlResult uid = connection.Query("SHOW GLOBAL VARIABLES LIKE 'server_uid'");
  if (!uid.rows.empty()) return uid.rows[0].at(1).value_or("");
  // Older MariaDB has no such name: its replication id and where it keeps its files must do.
  return connection.Scalar("SELECT CONCAT_WS('-', @@server_id, @@datadir, @@port)").value_or("");
}

}  // namespace transload::mysql
