// Puts single rows and whole ranges of one target table right, in one transaction.
//
// Triggers of the user do not fire: a repair is a copy, not a change by the application. As a
// superuser (or with the right to set session_replication_role) foreign keys are not checked per
// row either; otherwise they are, by the server as always, and may refuse the repair. Rows of a
// partitioned table are those of its partitions; a table that others inherit from is taken alone.
#ifndef TRANSLOAD_LOAD_ROW_REPAIR_H_
#define TRANSLOAD_LOAD_ROW_REPAIR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/options.h"
#include "core/pg_type.h"
#include "load/run_lock.h"

namespace transload {

struct RepairTarget {
  std::string schema;
  std::string table;
  std::vector<TargetColumn> columns;  // in the order of the fields
  std::vector<std::string> key;       // of these; empty without one
};

struct RepairCounts {
  std::uint64_t deleted = 0;
  std::uint64_t updated = 0;
  std::uint64_t inserted = 0;
  // Nothing but what is counted here can have changed: no trigger fired, no foreign key acted.
  bool quiet = true;
  // Why some of it was not done, in the server's words; empty when all was.
  std::string refused;
};

// Rolls back unless Finish() was called. One thread. Tuples are those of binary COPY, with their
// field counts, as an encoder writes them.
class RowRepair {
 public:
  // `lock`: without it there is no repair; none where no run filled the target.
  RowRepair(const Options& options, const RepairTarget& target, const std::optional<RunLock>& lock);
  ~RowRepair();

  // Deletes the rows for which a condition (SQL of the target) holds; empty: all of them.
  void Delete(const std::string& where_sql);
  // Rows as the table holds them, which are to go: one for one where it holds several that are the
  // same.
  void PutGone(std::string_view tuples);
  void Put(std::string_view tuples);
  // Deletes what was put to go. Rows put whose key is in the table replace the row there, all
  // others are added.
  void MergePut();
  // All rows put are added.
  void AddPut();
  // Throws with lock_lost, and rolls back, when the lock is gone.
  RepairCounts Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_ROW_REPAIR_H_
