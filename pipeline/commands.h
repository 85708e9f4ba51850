// The commands of transload as functions: what cli/ calls, one per verb. Each opens what it needs,
// does its work and returns what is to be shown; none prints or exits.
#ifndef TRANSLOAD_PIPELINE_COMMANDS_H_
#define TRANSLOAD_PIPELINE_COMMANDS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/options.h"
#include "core/plan.h"
#include "core/progress.h"
#include "core/source_facts.h"
#include "pipeline/partition_size.h"
#include "pipeline/stop_flag.h"
#include "verify/report.h"

namespace transload {

// How a table will be cut into partitions, for plan.
struct TableSplit {
  std::string table;             // source label, in the order of MigrationPlan::tables
  std::uint64_t partitions = 1;  // known so far, or estimated
  std::string explanation;       // "key id, 31 ranges by index dives"
};

struct PlanResult {
  SourceInfo source;
  std::string target_display_url;
  std::string target_version;  // "15.20"
  MigrationPlan plan;
  std::vector<TableSplit> splits;  // one per table of the plan
  std::vector<ColumnFacts> facts;  // what was probed or scanned
  std::uint64_t estimated_rows = 0;
  std::uint64_t estimated_bytes = 0;
  int jobs = 1;
  std::string jobs_reason;  // "2 cores"
  RoundTrips round_trips;
  std::uint64_t partition_bytes = 0;  // of source data, in one partition at most
  std::string partition_bytes_reason;
  // The statements a run would execute, in order, each ending in ";\n". Filled for plan --ddl.
  std::string ddl;
};

// Changes nothing; needs only read access on both sides.
PlanResult PlanMigration(const Options& options, Progress& progress, const StopFlag& stop);

std::vector<PreflightItem> CheckPreflight(const Options& options);

// The migration, or the rest of one that was stopped. Whatever happens after the ledger exists is
// in the report, errors too; an Error is thrown only for what comes before (exit codes 2 and 3),
// and by `write_report`. That is called before the ledger says that the run has ended: whoever
// finds it ended finds its report too.
using WriteReport = std::function<void(const Report&)>;
Report RunMigration(const Options& options, Progress& progress, const StopFlag& stop,
                    const WriteReport& write_report = nullptr);

// Compares source and target as they are now. The mapping, the policies and the rejected rows are
// those of the run in the ledger that filled the target; without one, those of a fresh plan.
Report VerifyMigration(const Options& options, Progress& progress, const StopFlag& stop);

// What the ledger in the target says of its runs, the newest first.
struct StatusTable {
  std::string table;
  std::string state;  // "waiting", "loading", "loaded", "indexed", "done", "failed"
  std::uint64_t partitions = 0, partitions_done = 0;
  std::uint64_t rows = 0, estimated_rows = 0;
  std::uint64_t bytes = 0, estimated_bytes = 0;
  std::uint64_t rejects = 0;
};
struct StatusLane {
  int lane = 0;
  std::string doing;  // "shop.orders id >= 5000 and id < 9000"
  std::string since;  // ISO 8601, UTC
  std::string heartbeat;
};
struct StatusRun {
  std::string id, state, source, version, started, finished, note;
  bool at_work = false;  // a process has the run's lock
  std::vector<StatusTable> tables;
  std::vector<StatusLane> lanes;
  std::uint64_t failed_objects = 0;
  std::vector<std::string> errors;  // last errors of partitions and objects
};
std::vector<StatusRun> ReadStatus(const Options& options);

// transload local start|stop|url DIR. Returns what is to be printed.
std::string HandleLocal(const std::vector<std::string>& arguments);

struct UndoneRun {
  std::string run;
  std::vector<std::string> dropped;  // "table public.orders", in the order of dropping
  std::vector<std::string> kept;     // with the reason
  bool ledger_forgotten = false;
};
// Throws a refused Error that names what stands in the way; nothing was changed then.
UndoneRun UndoRun(const Options& options);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_COMMANDS_H_
