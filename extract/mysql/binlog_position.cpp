#include "extract/mysql/binlog_position.h"

#include <fmt/format.h>

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

std::string ServerIdentity(SqlConnection& connection, const ServerVersion& version) {
  if (!version.mariadb) return connection.Scalar("SELECT @@GLOBAL.server_uuid").value_or("");
  SqlResult uid = connection.Query("SHOW GLOBAL VARIABLES LIKE 'server_uid'");
  if (!uid.rows.empty()) return uid.rows[0].at(1).value_or("");
  // Older MariaDB has no such name: its replication id and where it keeps its files must do.
  return connection.Scalar("SELECT CONCAT_WS('-', @@server_id, @@datadir, @@port)").value_or("");
}

}  // namespace transload::mysql
