// Connections that all see one state of a database file.
//
// No lock is ever asked for that a writer would notice: every reader starts its read transaction
// between two looks at PRAGMA data_version on one control connection. That number changes when
// any other connection has committed, so equal numbers prove that no commit fell between, and that
// all readers see the same state. Else all start again.
#ifndef TRANSLOAD_EXTRACT_SQLITE_SNAPSHOT_H_
#define TRANSLOAD_EXTRACT_SQLITE_SNAPSHOT_H_

#include <memory>
#include <string>
#include <vector>

#include "core/source_facts.h"
#include "extract/sqlite/connection.h"
#include "extract/sqlite/database_file.h"

namespace transload::sqlite {

// A private copy of a database, gone with this object.
class TemporaryCopy {
 public:
  // Through SQLite's backup API, in one pass: one state of the source.
  explicit TemporaryCopy(Connection& source);
  ~TemporaryCopy();
  TemporaryCopy(const TemporaryCopy&) = delete;
  TemporaryCopy& operator=(const TemporaryCopy&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string folder_;
  std::string path_;
};

struct SnapshotConnections {
  std::vector<std::unique_ptr<Connection>> connections;
  Position position;
  bool proven = false;
  int attempts = 0;
};

// `control` must not be in a transaction. Gives up, unproven, after `wait_ms`.
SnapshotConnections OpenSnapshot(Connection& control, int connections, std::uint64_t wait_ms);

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_SNAPSHOT_H_
