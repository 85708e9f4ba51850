// Both ends of a command: the source and the target, opened from the options.
#ifndef TRANSLOAD_PIPELINE_ENDPOINTS_H_
#define TRANSLOAD_PIPELINE_ENDPOINTS_H_

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/options.h"
#include "core/plan.h"
#include "core/progress.h"
#include "core/source_facts.h"
#include "extract/source.h"
#include "load/target.h"
#include "mappings/planner.h"
#include "pipeline/partition_size.h"
#include "pipeline/stop_flag.h"

namespace transload {

// The options with what depends on the machine filled in: jobs, and the URL of a local: target,
// whose cluster is started when needed.
Options Resolve(const Options& options);

struct Endpoints {
  // Connects to both at once. What is wrong with the source is said first.
  explicit Endpoints(const Options& resolved);

  // Cuts a table into the partitions of a run.
  SplitPlan Split(const SourceTable& table, const std::string& where);

  Options options;  // partition_bytes as chosen for these servers
  std::unique_ptr<Source> source;
  std::mutex source_mutex;  // a Source is used by one thread at a time
  Target target;
  RoundTrips round_trips;
  std::string partition_size_reason;

 private:
  Endpoints(const Options& resolved, std::future<Target> connected);
};

struct Planned {
  Planned() = default;
  Planned(Planned&&) = default;  // keeps the tables where they are; a copy would not
  Planned& operator=(Planned&&) = default;

  SourceCatalogue catalogue;
  std::unordered_map<std::string, const SourceTable*> by_name;  // into catalogue.tables
  std::vector<ColumnFacts> facts;
  MigrationPlan plan;

  // The catalogue entry of a planned table, or null.
  const SourceTable* FindSource(const std::string& schema, const std::string& name) const;
  const SourceTable* FindSource(const TablePlan& table) const;
  // What the plan was made from, for planning one table again.
  PlanRequest Request(const Endpoints& ends) const;
};

// Reads the catalogue, learns what the types depend on, and plans. Inside a snapshot when the
// source has taken one.
Planned MakePlanned(Endpoints& ends, Progress& progress, const StopFlag& stop);
// The same without looking at any data: what preflight needs.
Planned MakeRoughPlan(Endpoints& ends);
// Throws where the plan has no table: most likely the name of the source is wrong.
void RefuseNothing(const Endpoints& ends, const MigrationPlan& plan);
// The same, save that a whole PostgreSQL database may be functions, settings of extensions, ...
void RefuseEmpty(const Endpoints& ends, const MigrationPlan& plan);

// Lets the source read the conditions on tables ([table.x] where); those that it does not
// understand become refusals of the plan.
void CheckConditions(Endpoints& ends, MigrationPlan& plan);

// NUL cannot stand in a name, so the key is unambiguous.
std::string TableKey(const std::string& schema, const std::string& name);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_ENDPOINTS_H_
