// transload plan and preflight: look before you leap.
#include <fmt/format.h>

#include <algorithm>

#include "load/ddl.h"
#include "pipeline/commands.h"
#include "pipeline/session.h"

namespace transload {

PlanResult PlanMigration(const Options& options, Progress& progress, const StopFlag& stop) {
  Session session(Resolve(options));
  Planned planned = MakePlanned(session, progress, stop);
  PlanResult result;
  result.source = session.source->Info();
  result.target_display_url = session.target.Info().display_url;
  result.target_version = session.target.Info().version;
  result.jobs = session.options.jobs;
  result.jobs_reason = options.jobs > 0 ? "--jobs" : "one per core, at most 8";
  progress.Phase("partitions", planned.plan.tables.size());
  for (const TablePlan& table : planned.plan.tables) {
    stop.ThrowIfRequested();
    TableSplit split{table.SourceLabel(), 1, "one partition"};
    if (const SourceTable* source = planned.FindSource(table)) {
      SplitPlan plan = session.source->Split(*source, table.where, session.options.partition_bytes);
      split.partitions = plan.ranges.size();
      if (plan.rows_per_partition > 0) {
        split.partitions = std::max<std::uint64_t>(
            split.partitions, table.estimated_rows / plan.rows_per_partition + 1);
      }
      split.explanation = plan.explanation;
    }
    result.splits.push_back(std::move(split));
    result.estimated_rows += table.estimated_rows;
    result.estimated_bytes += table.estimated_bytes;
    progress.StepDone(table.SourceLabel());
  }
  if (options.show_ddl) {
    result.ddl = ddl::Script(planned.plan, session.target.Info().version_num);
  }
  result.plan = std::move(planned.plan);
  result.facts = std::move(planned.facts);
  return result;
}

std::vector<PreflightItem> CheckPreflight(const Options& options) {
  Session session(Resolve(options));
  std::vector<PreflightItem> items = session.source->Preflight(session.options);
  Planned planned = MakeRoughPlan(session);
  for (PreflightItem& item : session.target.Preflight(planned.plan, session.options)) {
    items.push_back(std::move(item));
  }
  for (const Hazard& refusal : planned.plan.refusals) {
    items.push_back({CheckResult::kRefusal, refusal.where, refusal.text});
  }
  return items;
}

}  // namespace transload
