// What the readers of one snapshot know together of its tables.
#ifndef TRANSLOAD_EXTRACT_MYSQL_SNAPSHOT_TABLES_H_
#define TRANSLOAD_EXTRACT_MYSQL_SNAPSHOT_TABLES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "extract/mysql/data_connection.h"
#include "extract/mysql/server_version.h"

namespace transload::mysql {

// Thread-safe. Made before the snapshot is taken.
class SnapshotTables {
 public:
  SnapshotTables(const Endpoint& endpoint, const ServerVersion& version);

  // False when another table has come into its place since: by the time it was made or renamed,
  // whole seconds. Asked outside of the snapshot, inside which MySQL 8 shows its own state.
  bool Unchanged(const std::string& schema, const std::string& table);

  // A transaction that has read a table keeps ALTER and the like waiting until it ends. `reader`:
  // its connection's id.
  void SetHeld(const std::string& schema, const std::string& table, std::uint64_t reader);
  bool Held(const std::string& schema, const std::string& table) const;
  bool HeldBy(const std::string& schema, const std::string& table, std::uint64_t reader) const;

 private:
  using Name = std::pair<std::string, std::string>;  // schema, table

  SqlResult AskOutside(const std::string& sql);

  const Endpoint endpoint_;
  const ServerVersion version_;
  mutable std::mutex mutex_;  // all below
  std::unique_ptr<DataConnection> outside_;
  std::map<Name, SqlValue> times_;
  std::map<Name, std::set<std::uint64_t>> held_;
};

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_SNAPSHOT_TABLES_H_
