#include "pipeline/endpoints.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <thread>
#include <utility>

#include "core/url.h"
#include "extract/postgres/postgres_source.h"
#include "load/local_cluster.h"
#include "pipeline/postgres_catalogue.h"
#include "pipeline/work_board.h"

namespace transload {
namespace {

constexpr int kMostJobs = 8;

PlanRequest RequestFor(const Endpoints& ends, const SourceCatalogue& catalogue) {
  const TargetInfo& target = ends.target.Info();
  PlanRequest request{catalogue, ends.source->Info(), ends.options, target.version_num, {},
                      {},        target.icu};
  request.target_extensions.insert(target.extensions_installed.begin(),
                                   target.extensions_installed.end());
  return request;
}

Planned ReadSource(Endpoints& ends) {
  Planned planned;
  planned.catalogue = ends.source->ReadCatalogue();
  for (const SourceTable& table : planned.catalogue.tables) {
    planned.by_name[TableKey(table.schema, table.name)] = &table;
  }
  return planned;
}

}  // namespace

std::string TableKey(const std::string& schema, const std::string& name) {
  return schema + '\0' + name;
}

Options Resolve(const Options& options) {
  Options resolved = options;
  if (resolved.jobs == 0) {
    const int cores = static_cast<int>(std::thread::hardware_concurrency());
    resolved.jobs = std::clamp(cores, 1, kMostJobs);
  }
  if (resolved.index_jobs == 0) resolved.index_jobs = resolved.jobs;
  Url target = ParseUrl(resolved.target_url);
  if (target.scheme == "local") {
    resolved.target_url = LocalCluster::EnsureStarted(target.database, resolved.pg_bin);
  }
  return resolved;
}

Endpoints::Endpoints(const Options& resolved)
    : Endpoints(resolved, std::async(std::launch::async, Target::Connect, std::cref(resolved))) {}

Endpoints::Endpoints(const Options& resolved, std::future<Target> connected)
    : options(resolved), source(OpenSource(options)), target(connected.get()) {
  auto* postgres = dynamic_cast<postgres::PostgresSource*>(source.get());
  if (postgres != nullptr) NamePartitions(*postgres, options);
  round_trips = {source->MeasureRoundTrip(), target.MeasureRoundTrip()};
  PartitionSize size = ChoosePartitionSize(options, round_trips);
  options.partition_bytes = size.bytes;
  partition_size_reason = std::move(size.reason);
}

SplitPlan Endpoints::Split(const SourceTable& table, const std::string& where) {
  return source->Split(
      table, where,
      EvenPartitionBytes(table.estimated_bytes, options.partition_bytes, options.jobs));
}

PlanRequest Planned::Request(const Endpoints& ends) const {
  PlanRequest request = RequestFor(ends, catalogue);
  request.facts = facts;
  return request;
}

const SourceTable* Planned::FindSource(const std::string& schema, const std::string& name) const {
  auto found = by_name.find(TableKey(schema, name));
  return found == by_name.end() ? nullptr : found->second;
}

const SourceTable* Planned::FindSource(const TablePlan& table) const {
  return FindSource(table.source_schema, table.source_name);
}

Planned MakePlanned(Endpoints& ends, Progress& progress, const StopFlag& stop) {
  Planned planned = ReadSource(ends);
  FactRequests wanted = RequestFacts(planned.Request(ends));
  progress.Phase("types", wanted.probe_keys.size() + wanted.scans.size());
  for (const FactRequest& key : wanted.probe_keys) {
    stop.ThrowIfRequested();
    planned.facts.push_back(ends.source->ProbeKey(key.schema, key.table, key.column));
    progress.StepDone(key.table + "." + key.column);
  }
  for (const ScanRequest& scan : wanted.scans) {
    stop.ThrowIfRequested();
    const SourceTable* table = planned.FindSource(scan.schema, scan.table);
    if (table == nullptr)
      throw BugError("the planner wants to scan an unknown table " + scan.table);
    std::vector<ColumnFacts> facts = ends.source->Scan(*table, scan.columns);
    planned.facts.insert(planned.facts.end(), facts.begin(), facts.end());
    progress.StepDone(scan.table);
  }
  planned.plan = MakePlan(planned.Request(ends));
  return planned;
}

Planned MakeRoughPlan(Endpoints& ends) {
  Planned planned = ReadSource(ends);
  planned.plan = MakePlan(planned.Request(ends));
  return planned;
}

void CheckConditions(Endpoints& ends, MigrationPlan& plan) {
  for (const TablePlan& table : plan.tables) {
    if (table.where.empty()) continue;
    try {
      ends.source->CheckCondition(table.source_schema, table.source_name, table.where);
    } catch (const Error& error) {
      if (error.retryable || error.connection_lost || error.interrupted) throw;
      plan.refusals.push_back(
          {table.SourceLabel(), fmt::format("where = \"{}\": {}", table.where, error.what())});
    }
  }
}

void RefuseNothing(const Endpoints& ends, const MigrationPlan& plan) {
  if (!plan.tables.empty()) return;
  throw RefusedError(fmt::format("nothing to do: {} has no tables{}",
                                 ends.source->Info().display_url,
                                 ends.options.include.empty() && ends.options.exclude.empty()
                                     ? "; check the name of the database"
                                     : " that --include and --exclude leave over"));
}

void RefuseEmpty(const Endpoints& ends, const MigrationPlan& plan) {
  const Options& options = ends.options;
  auto* source = dynamic_cast<postgres::PostgresSource*>(ends.source.get());
  const bool whole = options.include.empty() && options.exclude.empty() && !options.data_only;
  if (source == nullptr || !whole || !source->HoldsObjects()) RefuseNothing(ends, plan);
}

}  // namespace transload
