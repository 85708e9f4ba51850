// Compares source and target as they are now, whoever filled the target: both sides are read
// afresh, at the same time, each on one snapshot of its own.
#ifndef TRANSLOAD_VERIFY_COMPARE_H_
#define TRANSLOAD_VERIFY_COMPARE_H_

#include <set>
#include <string>
#include <vector>

#include "core/options.h"
#include "extract/source.h"
#include "verify/difference_file.h"
#include "verify/table_proof.h"
#include "verify/table_verdict.h"
#include "verify/target_memory.h"

namespace transload {

struct CompareTable {
  const BoundTable* bound = nullptr;         // borrowed; types from the target as it is
  const SourceTable* source = nullptr;       // borrowed; from the catalogue in the snapshot
  std::multiset<std::string> rejected_rows;  // from the ledger of the run that filled it
};

struct CompareRequest {
  std::vector<CompareTable> tables;
  VerifyLevel level = VerifyLevel::kChecksum;  // kNone is taken for kCount
  int jobs = 1;                                // connections on each side
  DifferenceFile* file = nullptr;              // borrowed; may be missing
  // Borrowed; may be missing. Tables that it knows are not read in the target, except where they
  // differ, and it is told what each will hold. Only at VerifyLevel::kChecksum.
  TargetMemory* memory = nullptr;
  std::function<void(const DrilledTable&)> found;  // as ProofRequest::found
  // `moved` and `table_done` tell of the source's side.
  ProofWatch watch;
};

// What comparing took.
struct CompareCost {
  double read_seconds = 0;         // of reading both sides at once
  std::uint64_t source_bytes = 0;  // of rows, looking into differences included
  std::uint64_t target_bytes = 0;
  bool target_known = false;  // at least one table of the target was not read as a whole
};

// `source` has taken a snapshot with at least `jobs` readers. Verdicts in the order of the tables.
// Rows that the ledger lists as rejected are no differences and are counted apart. Throws when
// stopped, or when one of the sides cannot be reached at all.
std::vector<TableVerdict> VerifyDatabases(Source& source, const Options& options,
                                          const CompareRequest& request,
                                          CompareCost* cost = nullptr);

// Reads the target's tables as they are now and takes what they hold into the verdicts, which are
// of the request's tables. Returns the positions of those that are not what their verdict says.
std::vector<std::size_t> ConfirmTargets(const Options& options, const CompareRequest& request,
                                        const std::vector<std::size_t>& positions,
                                        std::vector<TableVerdict>& verdicts, CompareCost& cost);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_COMPARE_H_
