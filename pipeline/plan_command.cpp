// transload plan and preflight: look before you leap.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "load/ddl.h"
#include "pipeline/commands.h"
#include "pipeline/endpoints.h"
#include "pipeline/flow.h"
#include "pipeline/postgres_extras.h"
#include "pipeline/postgres_rename.h"
#include "pipeline/postgres_schema.h"

namespace transload {
namespace {

// A window of 6 MB, Linux's usual most, in each 20 ms: 300 MB/s for one connection.
constexpr RoundTrip kFar{20'000};

}  // namespace

PlanResult PlanMigration(const Options& options, Progress& progress, const StopFlag& stop) {
  Endpoints ends(Resolve(options));
  Planned planned = MakePlanned(ends, progress, stop);
  RefuseEmpty(ends, planned.plan);
  CheckConditions(ends, planned.plan);
  PlanResult result;
  result.source = ends.source->Info();
  result.target_display_url = ends.target.Info().display_url;
  result.target_version = ends.target.Info().version;
  result.jobs = ends.options.jobs;
  result.jobs_reason = options.jobs > 0 ? "--jobs" : "one per core, at most 8";
  const bool in_turn =
      ChooseFlow(result.jobs, std::thread::hardware_concurrency()) == &RunFlowInTurn;
  result.jobs_reason += in_turn ? "; each reads, encodes and writes in turn: no core is left over"
                                : "; each reads, encodes and writes at the same time";
  if (Farthest(ends.round_trips) >= kFar && options.jobs == 0) {
    result.jobs_reason +=
        "; with far servers more may pay: a connection moves one window of TCP in a round trip";
  }
  result.round_trips = ends.round_trips;
  result.partition_bytes = ends.options.partition_bytes;
  result.partition_bytes_reason = ends.partition_size_reason;
  progress.Phase("partitions", planned.plan.tables.size());
  for (const TablePlan& table : planned.plan.tables) {
    stop.ThrowIfRequested();
    TableSplit split{table.SourceLabel(), 1, "one partition"};
    // Cutting may count its rows, with the very condition that the source has refused.
    const std::vector<Hazard>& refusals = planned.plan.refusals;
    const bool refused = std::any_of(refusals.begin(), refusals.end(), [&](const Hazard& refusal) {
      return refusal.where == split.table;
    });
    if (const SourceTable* source = refused ? nullptr : planned.FindSource(table)) {
      SplitPlan plan = ends.Split(*source, table.where);
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
    if (std::unique_ptr<PostgresSchema> schema = PostgresSchema::For(ends)) {
      schema->Read(planned.plan, {}, {});
      result.ddl = schema->Script();
    } else {
      result.ddl = ddl::Script(planned.plan, ends.target.Info().version_num);
    }
  }
  if (std::string said = TellOfLargeObjects(ends); !said.empty()) {
    planned.plan.hazards.push_back({"large objects", std::move(said)});
  }
  result.plan = std::move(planned.plan);
  result.facts = std::move(planned.facts);
  return result;
}

std::vector<PreflightItem> CheckPreflight(const Options& options) {
  Endpoints ends(Resolve(options));
  Planned planned = MakeRoughPlan(ends);
  CheckConditions(ends, planned.plan);
  std::vector<PreflightItem> items = PreflightSides(ends, planned.plan);
  for (PreflightItem& item : PreflightPostgresPair(ends, planned.plan))
    items.push_back(std::move(item));
  for (PreflightItem& item : CheckRenames(ends)) items.push_back(std::move(item));
  for (const Hazard& refusal : planned.plan.refusals) {
    items.push_back({CheckResult::kRefusal, refusal.where, refusal.text});
  }
  return items;
}

}  // namespace transload
