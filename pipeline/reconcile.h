// Bringing a resumed run to one state of the source.
//
// Every partition that an earlier start finished is read again from the source, in the new
// snapshot, and hashed. Those whose count or hash is no longer the same are deleted in the target
// and set to be loaded again, in one transaction, so that in the end all rows come from the
// snapshot of this start. A range is deleted by its key; where the key does not order alike on both
// sides (collated text), or the target does not hold just the range's rows there, the table as a
// whole.
#ifndef TRANSLOAD_PIPELINE_RECONCILE_H_
#define TRANSLOAD_PIPELINE_RECONCILE_H_

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
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
  const std::set<std::pair<std::string, std::string>>& appended_to;  // they hold rows of others
};

struct ReconcileResult {
  std::uint64_t partitions_compared = 0;
  std::uint64_t partitions_reset = 0;
  std::uint64_t tables_reset = 0;  // as a whole
};

// `before_change` is called once, before the first row is deleted.
ReconcileResult ReconcilePartitions(const ReconcileServices& services,
                                    const std::vector<TablePlan>& tables,
                                    const std::vector<std::int64_t>& table_ids,
                                    const std::function<void()>& before_change);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_RECONCILE_H_
