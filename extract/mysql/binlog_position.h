// Where the server's change log stands: the coordinates of a snapshot.
#ifndef TRANSLOAD_EXTRACT_MYSQL_BINLOG_POSITION_H_
#define TRANSLOAD_EXTRACT_MYSQL_BINLOG_POSITION_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "extract/mysql/server_version.h"
#include "extract/mysql/sql_connection.h"

namespace transload::mysql {

using Position = std::vector<std::pair<std::string, std::string>>;

// binlog_file, binlog_position, gtid, server_uuid, as far as the server has them and shows them to
// this user. Empty when data may change without anything in it moving: no binary log, no privilege,
// a log that does not hold all.
Position ReadPosition(SqlConnection& connection, const ServerVersion& version);

// Why changes may pass the binary log by, as far as this user can tell: a replica, or a node
// of a Galera cluster, without log_slave_updates, databases that are filtered out, or filters that
// are not seen. Empty: none may.
std::string WhyLogIsNoProof(SqlConnection& connection, const ServerVersion& version);

// The privilege that shows where the log stands, and its filters.
std::string_view LogPrivilege(const ServerVersion& version);

// What tells this server's data from another's, wherever it is reached: without the database.
std::string ServerIdentity(SqlConnection& connection, const ServerVersion& version);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_BINLOG_POSITION_H_
