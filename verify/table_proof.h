// The proof at the end of a run: every table of the target is read back through the canonical form
// and compared with what was hashed while the rows were on their way.
//
// Tables are cut into slices by ctid (PostgreSQL 14 and later), by the run's own key ranges where
// the key orders alike on both sides, or not at all. The slices of all tables, largest table first,
// are shared by `jobs` threads with one connection each, all on one snapshot of the target.
#ifndef TRANSLOAD_VERIFY_TABLE_PROOF_H_
#define TRANSLOAD_VERIFY_TABLE_PROOF_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/options.h"
#include "extract/source.h"
#include "verify/accounts.h"
#include "verify/difference_file.h"
#include "verify/repair.h"
#include "verify/table_verdict.h"
#include "verify/witness.h"

namespace transload {

struct ProofWatch {
  // Rows and bytes read back since the last call, of the table at this position. Any thread.
  std::function<void(std::size_t table, std::uint64_t rows, std::uint64_t bytes)> moved;
  // All of a table has been read. Any thread.
  std::function<void(std::size_t table)> table_done;
  // A stretch of work on a table that began then and ends now, on one line of the report's chart:
  // "source 2", "target 1". Any thread.
  std::function<void(const std::string& line, const BoundTable& table,
                     std::chrono::steady_clock::time_point began)>
      worked;
  // All rows are read: the engines are asked for so many tables' aggregates, and when one's are
  // heard. On the calling thread.
  std::function<void(std::size_t tables)> witness_begins;
  std::function<void(const BoundTable& table)> witness_heard;
  // Throws when the user wants to stop. Asked several times a second, on the calling thread.
  std::function<void()> throw_if_stopped;
};

struct ProofRequest {
  std::vector<TableAccount> tables;
  VerifyLevel level = VerifyLevel::kChecksum;
  int jobs = 1;
  // For the drill-down into tables that differ: a reader in the run's snapshot. Without it a
  // mismatch is reported without its rows.
  RowReader* source = nullptr;  // borrowed
  SourceWitness witness;        // for VerifyLevel::kFull
  // Told of every table in which the drill-down found differences, on the calling thread.
  std::function<void(const DrilledTable&)> found;
  DifferenceFile* file = nullptr;  // borrowed; may be missing
  ProofWatch watch;
};

// Verdicts in the order of the tables. A table that cannot be read is "not verified" with the
// error as its reason; throws only when stopped or when the target cannot be reached at all.
std::vector<TableVerdict> ProveTables(const Options& options, const ProofRequest& asked);

class TargetReaders;
struct TargetSum;
// Drills down into every table whose checksums differ, as far as the request allows it. `sums` are
// the target's.
void DrillDownAll(const ProofRequest& request, const std::vector<TargetSum>& sums,
                  TargetReaders& readers, std::vector<TableVerdict>& verdicts);
// At VerifyLevel::kFull: the second witness on every table that was read back.
void HearWitnesses(const ProofRequest& request, TargetReaders& readers,
                   std::vector<TableVerdict>& verdicts);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_TABLE_PROOF_H_
