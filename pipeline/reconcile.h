// Bringing a resumed run to one state of the source.
//
// Every partition that an earlier start finished is read again from the source, in the new
// snapshot, and hashed; nothing of the target is read. Tables with a partition whose count or hash
// is no longer the same are emptied and loaded again, so that in the end all rows come from the
// snapshot of this start.
#ifndef TRANSLOAD_PIPELINE_RECONCILE_H_
#define TRANSLOAD_PIPELINE_RECONCILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/options.h"
#include "core/plan.h"
#include "core/progress.h"
#include "extract/source.h"
#include "load/ledger.h"
#include "load/target.h"
#include "pipeline/stop_flag.h"

namespace transload {

struct ReconcileServices {
  Source& source;
  Ledger& ledger;
  Target& target;
  const Options& options;
  Progress& progress;
  const StopFlag& stop;
  const RunRecord& run;
};

struct ReconcileResult {
  std::uint64_t partitions_compared = 0;
  std::uint64_t tables_reset = 0;
};

ReconcileResult ReconcilePartitions(const ReconcileServices& services,
                                    const std::vector<TablePlan>& tables,
                                    const std::vector<std::int64_t>& table_ids);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_RECONCILE_H_
