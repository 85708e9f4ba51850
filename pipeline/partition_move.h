// Moves the rows of one partition from a reader to a sink: the heart of a lane.
//
// Knows nothing of connections, claims or transactions: a lane opens the reader's query and the
// sink's COPY before, and finishes or aborts them after. What a bad value means is decided here.
#ifndef TRANSLOAD_PIPELINE_PARTITION_MOVE_H_
#define TRANSLOAD_PIPELINE_PARTITION_MOVE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/copy_block.h"
#include "core/error.h"
#include "core/options.h"
#include "extract/source.h"
#include "pipeline/flow.h"
#include "pipeline/load_gate.h"
#include "pipeline/rate_limit.h"
#include "pipeline/stop_flag.h"
#include "transform/bound_table.h"

namespace transload {

// A row that will not be in the target, as it goes to the ledger.
struct BadRow {
  std::string key;     // "id=17"
  std::string column;  // source name
  std::string reason;
  std::string value;     // the cell, as a person reads it
  std::string_view row;  // the framed cells; valid during the call
};

// Where a partition's blocks go. Used by one thread at a time, but for Cancel.
class BlockSink {
 public:
  virtual ~BlockSink() = default;
  virtual void Write(const CopyBlock& block) = 0;
  // Of a careful move: writes whole tuples, all or none, and returns why the target refused them.
  virtual std::optional<Error> TryWrite(std::string_view tuples) = 0;
  virtual void Reject(const BadRow& row) = 0;
  // Makes a blocked Write on another thread throw soon. Any thread.
  virtual void Cancel() noexcept = 0;
};

// The plan was too hopeful of a column: its type does not hold a value, or a policy made a NULL
// where there was none before. Not the user's to fix: the plan changes.
class Misfit : public Error {
 public:
  enum class Of { kType, kNotNull };
  Misfit(Of what_of, const std::string& what, std::size_t position)
      : Error(what), of(what_of), copied_column(position) {}
  Of of;
  std::size_t copied_column;
};

struct MoveOutcome {
  std::uint64_t rows_read = 0;
  std::uint64_t rows_written = 0;
  std::uint64_t rows_rejected = 0;
  std::uint64_t source_bytes = 0;
  RowChecksum checksum;
  Coercions coercions;
  // Reading was ended early, before this key (MoveContext::cut_after_bytes).
  std::optional<KeyBound> ended_at;
};

struct MoveContext {
  FlowDriver driver = &RunFlow;
  OnBadRow on_bad_row = OnBadRow::kStop;
  // Rows that the target refuses are looked for and rejected, each by itself.
  bool careful = false;
  RateLimit* rate = nullptr;
  const LoadGate* gate = nullptr;
  const StopFlag* stop = nullptr;
  // True when the whole run is to end, whatever the reason: looked at between batches.
  const std::atomic<bool>* abandon = nullptr;
  // A partition larger than this is cut where it stands, if its reader can; 0: never.
  std::uint64_t cut_after_bytes = 0;
  // Rows and bytes of each block that was handed to the target.
  std::function<void(std::uint64_t rows, std::uint64_t bytes)> moved;
  // Asked before a row is rejected, over all lanes: throws when there have been too many.
  std::function<void(std::uint64_t more)> count_rejects;
};

// Reads the query that `reader` has open to its confirmed end. Throws Misfit, or an Error that
// names table, row and column for a bad value under OnBadRow::kStop.
MoveOutcome MovePartition(FlowPool& pool, RowReader& reader, BlockSink& sink,
                          const BoundTable& table, const MoveContext& context);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_PARTITION_MOVE_H_
