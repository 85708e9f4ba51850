// verify --repair: verification whose findings are put right and verified again.
#ifndef TRANSLOAD_PIPELINE_REPAIR_H_
#define TRANSLOAD_PIPELINE_REPAIR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/options.h"
#include "load/row_repair.h"
#include "pipeline/timeline.h"
#include "verify/compare.h"

namespace transload {

struct RepairRound {
  // Asked for, by sync: what is known of the target, and whether the caller ends with this round
  // whatever is found, or when it finds no fewer rows than that. A verdict that ends it is one of
  // both sides read, never of what was known.
  TargetMemory* memory = nullptr;
  bool last = true;
  std::uint64_t found_before = 0;  // 0: nothing is known of it
  Timeline* timeline = nullptr;    // of all rounds; none: the round has its own
  std::optional<RunLock> lock;     // of the run that filled the target, while it is repaired

  std::uint64_t tables = 0;  // put right
  RepairCounts counts;
  double seconds = 0;  // of comparing, repairing and verifying again
  CompareCost cost;
  std::vector<std::string> notes;

  std::uint64_t rows() const { return counts.deleted + counts.updated + counts.inserted; }
  bool ends() const { return last || rows() == 0 || (found_before > 0 && rows() >= found_before); }
};

// VerifyDatabases, and what options.repair asks for. With kApply the tables that differed are put
// right and compared again, with the same snapshot of the source and a fresh one of the target: by
// the ranges that were repaired where nothing else can have changed, else as a whole; the verdicts
// are those after that. With kSql the statements go to repair.sql in the report's folder.
std::vector<TableVerdict> VerifyAndRepair(Source& source, const Options& options,
                                          const CompareRequest& request, RepairRound& round);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_REPAIR_H_
