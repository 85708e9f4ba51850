// Which tables are being loaded and how far: the lanes' shared state of the data phase.
//
// The ledger is the truth; the board is what this process knows of it, kept so that a lane can tell
// without a query when a table is complete or being planned again. All of it is used under one
// mutex, which also guards the ledger's connection.
#ifndef TRANSLOAD_PIPELINE_WORK_BOARD_H_
#define TRANSLOAD_PIPELINE_WORK_BOARD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/plan.h"
#include "transform/bound_table.h"

namespace transload {

struct TableWork {
  std::int64_t id = 0;
  std::int32_t generation = 0;
  TablePlan plan;
  // Rows after which an open remainder is cut; 0 when ranges were all known before.
  std::uint64_t rows_per_partition = 0;
  // Not done when last looked at; 0: loaded. The ledger knows how many there really are.
  std::uint64_t open_partitions = 0;
  std::set<int> lanes;  // at work on it
  // Made when the first lane needs it.
  std::shared_ptr<const BoundTable> bound;
  // Rows in the snapshot, counted without any partition predicate.
  std::optional<std::uint64_t> source_rows;
};

// The size that cuts a table into equal partitions, none larger than `wanted`, and as many for one
// lane as for another: a lane that is left over at the end is a core that has nothing to do.
std::uint64_t EvenPartitionBytes(std::uint64_t table_bytes, std::uint64_t wanted, int lanes);

// What was measured so far, as rows for one partition; never 0.
std::uint64_t RowsPerPartition(std::uint64_t rows, std::uint64_t bytes,
                               std::uint64_t partition_bytes);

class WorkBoard {
 public:
  void Add(TableWork table);
  TableWork& At(std::int64_t table_id);
  std::map<std::int64_t, TableWork>& tables() { return tables_; }

  // Tables that no lane may claim from now: those being planned again.
  const std::set<std::int64_t>& blocked() const { return blocked_; }
  void Block(std::int64_t table_id) { blocked_.insert(table_id); }
  void Unblock(std::int64_t table_id) { blocked_.erase(table_id); }
  bool AllLoaded() const { return unloaded_ == 0; }
  // The ledger has no partition of the table that is not done.
  void Loaded(std::int64_t table_id);
  void PartitionAdded(std::int64_t table_id) { ++At(table_id).open_partitions; }
  // One partition was done up to a key, and the rest of its range became a new one, to be cut
  // further before it is read.
  void PartitionCut(std::int64_t table_id, std::uint64_t rows_per_partition);
  // All of a table's partitions are to be done again, `partitions` of them.
  void Reopen(std::int64_t table_id, std::uint64_t partitions);

 private:
  std::map<std::int64_t, TableWork> tables_;
  std::set<std::int64_t> blocked_;
  std::size_t unloaded_ = 0;
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_WORK_BOARD_H_
