// One point in time, seen by many connections.
//
// In this order, the first that the server and the user's privileges allow: FLUSH TABLES WITH READ
// LOCK while all transactions start; LOCK TABLES ... READ, likewise; on MariaDB no lock at all, but
// the proof that every transaction sees the same binary log position; and only when the user
// accepts it (--consistency relaxed), transactions that start one after the other.
//
// A lock that waits stalls every writer behind it. So none is asked for while a long statement
// runs, and a waiting one is killed after the time allowed.
#ifndef TRANSLOAD_EXTRACT_MYSQL_SNAPSHOT_H_
#define TRANSLOAD_EXTRACT_MYSQL_SNAPSHOT_H_

#include <memory>
#include <string>
#include <vector>

#include "extract/mysql/control_connection.h"
#include "extract/mysql/data_connection.h"
#include "extract/mysql/server_version.h"
#include "extract/source.h"

namespace transload::mysql {

struct Snapshot {
  std::vector<std::unique_ptr<DataConnection>> readers;
  std::unique_ptr<ControlConnection> control;      // for probes, in the same snapshot
  std::unique_ptr<ControlConnection> backup_lock;  // holds LOCK INSTANCE FOR BACKUP, or nothing
  SnapshotInfo info;
};

Snapshot TakeSnapshot(const Endpoint& endpoint, const ServerVersion& version,
                      const SnapshotRequest& request);

// Statements of others that have run for at least this long: "id 17, 42 s: UPDATE ...".
std::vector<std::string> LongStatements(SqlConnection& connection, std::uint64_t at_least_ms);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_SNAPSHOT_H_
