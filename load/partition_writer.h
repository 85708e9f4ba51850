// One lane's way into the target: a partition's COPY and its ledger row, in one transaction.
//
//   writer.Begin(claim, bound);             BEGIN, LOCK, compare, COPY ... FROM STDIN
//   writer.Write(block); ...                CopyData
//   writer.Finish(outcome)                  end of COPY, count compared, ledger, COMMIT
//
// After BeginCareful there is a COPY per TryWrite instead, each behind a savepoint: for a partition
// with rows that the target refuses.
//
// A writer owns one libpq connection, kept from partition to partition, and is used by one thread;
// only Cancel() may be called from another. Anything that throws leaves the transaction undone. The
// destructor closes the connection and so aborts: it never completes a COPY.
//
// All waiting is bounded: when no byte moves in either direction for the stall timeout, the call
// throws; at the end of COPY and in other statements, where the server may work without a word, it
// throws when the server process turns out not to be at work.
#ifndef TRANSLOAD_LOAD_PARTITION_WRITER_H_
#define TRANSLOAD_LOAD_PARTITION_WRITER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/copy_block.h"
#include "core/error.h"
#include "core/options.h"
#include "core/pg_type.h"
#include "load/ledger.h"

namespace transload {

struct RejectedRow {
  std::string key;     // "id=17", or empty
  std::string column;  // as the source names it
  std::string reason;
  std::string row;  // the row as the source sent it, rendered as JSON
};

struct PartitionOutcome {
  std::uint64_t rows_read = 0;
  std::uint64_t rows_written = 0;   // compared with what COPY says
  std::uint64_t rows_rejected = 0;  // compared with the calls of AddReject
  RowChecksum checksum;             // of the rows written
  // By column name (as the plan's target name) and rule.
  std::vector<CoercionRow> coercions;
  std::uint64_t source_bytes = 0;
  std::uint64_t copy_bytes = 0;
  double read_seconds = 0, encode_seconds = 0, write_seconds = 0;
  std::string sub_checksums_json;  // may be empty
  // Set when the owner stopped early, at the first key not below this bound: the partition is done
  // up to here and the rest becomes a new partition.
  std::optional<KeyBound> ended_at;
};

// Rows of a partition that is done, which had been rejected and are in now.
struct RetriedRows {
  std::vector<std::int64_t> rejects;  // ids in transload.reject
  RowChecksum checksum;               // of those rows
  std::vector<CoercionRow> coercions;
  std::vector<std::string> last;  // statements that run after them
};

enum class FinishResult {
  kCommitted,
  kFenced,  // somebody else owns the partition now; nothing was written
};

class PartitionWriter {
 public:
  // Connects; `lane` shows in application_name and in the ledger.
  PartitionWriter(const Options& options, int lane);
  PartitionWriter(PartitionWriter&&) noexcept;
  PartitionWriter& operator=(PartitionWriter&&) noexcept;
  ~PartitionWriter();

  // All columns of a table, over this connection; empty when there is no such table.
  std::vector<TargetColumn> DescribeTable(const std::string& schema, const std::string& table);

  // `bound`: the columns the encoders were bound to (BindColumns), in the order of the fields.
  // Throws when the table is not what it was then, or was planned anew.
  void Begin(const Claim& claim, const std::vector<TargetColumn>& bound);
  // As Begin, for TryWrite instead of Write. Deferred constraints are checked at once. `first` are
  // statements that run before any row.
  void BeginCareful(const Claim& claim, const std::vector<TargetColumn>& bound,
                    const std::vector<std::string>& first = {});
  // Writes whole tuples, all or none; returns why the target refused them. Throws what leaves the
  // transaction unusable.
  std::optional<Error> TryWrite(std::string_view tuples);
  void Write(const CopyBlock& block);
  void Write(const char* bytes, std::size_t size);  // whole tuples or any part of them
  void AddReject(RejectedRow row);
  // After kFenced and after an Error without connection_lost the writer may Begin() again.
  FinishResult Finish(const PartitionOutcome& outcome);
  // Of a partition that was done before BeginCareful: takes the rows out of the rejects and counts
  // them as written, in the transaction that wrote them.
  FinishResult FinishRetry(const RetriedRows& retried);
  // Column, reason and row of a reject that stays one. Not while a partition is open.
  void SetReject(const RejectRow& reject);
  // Rolls back what Begin() started; the connection stays. Harmless when nothing is open.
  void Abort();
  // Makes a blocked call on another thread throw soon. Any thread; the connection is lost.
  void Cancel() noexcept;

  std::int32_t backend_pid() const;
  const std::string& backend_start() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_PARTITION_WRITER_H_
