// A lane: one source connection, one target connection, one partition at a time.
//
// Used by its own thread; Interrupt() and Beat() may be called from any. Connections are made when
// first needed and made anew after a failure; a reader that is lost is replaced from the snapshot's
// spares. A failed move leaves nothing behind in the target.
#ifndef TRANSLOAD_PIPELINE_LANE_H_
#define TRANSLOAD_PIPELINE_LANE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/options.h"
#include "core/progress.h"
#include "extract/source.h"
#include "load/ledger.h"
#include "load/partition_writer.h"
#include "pipeline/flow.h"
#include "pipeline/load_gate.h"
#include "pipeline/partition_move.h"
#include "pipeline/rate_limit.h"
#include "pipeline/stop_flag.h"
#include "transform/bound_table.h"

namespace transload {

// What all lanes of a run share. Everything here outlives them.
struct LaneServices {
  Source& source;
  std::mutex& source_mutex;  // a Source is used by one thread at a time
  Ledger& ledger;
  const Options& options;
  Progress& progress;
  const StopFlag& stop;
  RateLimit& rate;
  const std::atomic<bool>& abandon;
  // Counts rejected rows over all lanes; throws when there are more than --max-rejects. Those of a
  // partition that was rolled back are taken off again.
  std::function<void(std::int64_t)> count_rejects;
  FlowDriver driver = &RunFlow;
  const LoadGate* gate = nullptr;
  std::atomic<std::uint64_t>* rows_moved = nullptr;  // by this process, taken back or not
};

class Lane {
 public:
  Lane(int number, std::string owner, LaneServices& services);
  ~Lane();

  const std::string& owner() const { return owner_; }

  // What the target has of a table, over this lane's connection.
  std::vector<TargetColumn> DescribeTable(const TablePlan& plan);
  // The key that cuts the next partition off an open remainder; nothing when it is the last.
  std::optional<KeyBound> FindBoundary(const TablePlan& plan, const PartitionRange& range,
                                       std::uint64_t rows);
  // Moves and commits a partition. kFenced: somebody else owns it now, nothing was written.
  // `careful`: after the target has refused a row of it; the rows it refuses are rejected.
  FinishResult Move(const Claim& claim, const BoundTable& table, bool careful = false);
  // Rows that make one partition, measured by the last Move when it found its partition far too
  // large, ended it early and left the rest as a new one; 0 when it did not. Stands after an
  // exception too: a commit in doubt may have been one.
  std::uint64_t rows_per_cut() const { return rows_per_cut_; }
  // Rows of the whole table in the snapshot.
  std::uint64_t CountRows(const TablePlan& plan);
  // After an exception: undoes what is open and lets go of connections that are not sound.
  void Recover();

  // Makes whatever blocks in this lane throw soon.
  void Interrupt() noexcept;
  LaneBeat Beat();

 private:
  RowReader& Reader();
  PartitionWriter& Writer();
  void Doing(const std::string& text);

  int number_;
  std::string owner_;
  LaneServices& services_;
  FlowPool pool_;
  std::uint64_t rows_per_cut_ = 0;

  // Guards the pointers against Interrupt(), and what Beat() tells.
  std::mutex mutex_;
  std::unique_ptr<RowReader> reader_;
  std::unique_ptr<PartitionWriter> writer_;
  LaneBeat beat_;
  std::string moving_;          // the table whose rows are under way, for taking them back
  std::int64_t rejecting_ = 0;  // rows rejected of the partition under way
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_LANE_H_
