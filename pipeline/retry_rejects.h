// run --retry-rejects: loads the rows that a run rejected, after their cause was mended.
//
// The rows come from the ledger, which keeps their bytes: they are of the run's snapshot, as all
// others. A row that goes in leaves transload.reject in the same transaction; one that still does
// not stays there, with the reason of now.
#ifndef TRANSLOAD_PIPELINE_RETRY_REJECTS_H_
#define TRANSLOAD_PIPELINE_RETRY_REJECTS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "core/options.h"
#include "core/plan.h"
#include "load/ledger.h"
#include "pipeline/stop_flag.h"
#include "transform/bound_table.h"

namespace transload {

struct RetryResult {
  std::uint64_t loaded = 0;
  std::uint64_t left = 0;
};

// The plan that the table was loaded by, with the policies of today's. Throws a usage error when a
// column's type is another one today: that takes --reload.
TablePlan PlanForRetry(TablePlan loaded, const TablePlan& today);

// `tables`: bound by such plans, by their ids in the ledger. `before_change` is called once for a
// table, before the first of its rows is in.
RetryResult RetryRejects(const Options& options, Ledger& ledger, const std::string& run_id,
                         const std::map<std::int64_t, std::unique_ptr<BoundTable>>& tables,
                         const StopFlag& stop,
                         const std::function<void(const BoundTable&)>& before_change);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_RETRY_REJECTS_H_
