// transload status: what the ledger says, from any host, while a run is going on or long after.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "load/ledger.h"
#include "pipeline/commands.h"
#include "pipeline/endpoints.h"

namespace transload {
namespace {

std::string StateOf(const TableRow& row) {
  auto done = [&](const char* phase) {
    auto found = row.phases.find(phase);
    return found != row.phases.end() && found->second == "done";
  };
  if (!row.verdict.empty()) return row.verdict == "match" ? "verified" : row.verdict;
  if (done("indexes")) return "indexed";
  if (done("data")) return "loaded";
  return row.sums.partitions_done > 0 ? "loading" : "waiting";
}

StatusRun Describe(Ledger& ledger, const RunRecord& run) {
  LedgerSnapshot snapshot = ledger.Read(run.id);
  StatusRun status;
  status.id = run.id;
  status.state = run.state;
  status.source = nlohmann::json::parse(snapshot.run.options_json).value("source", run.fingerprint);
  status.version = run.version;
  status.started = run.started_at;
  status.finished = run.finished_at;
  if (!run.outcome_json.empty()) {
    const auto outcome = nlohmann::json::parse(run.outcome_json);
    status.note = outcome.is_string() ? outcome.get<std::string>() : outcome.dump();
  }
  std::map<std::int64_t, std::size_t> positions;
  for (const TableRow& row : snapshot.tables) {
    positions[row.id] = status.tables.size();
    status.tables.push_back(
        {row.source_schema.empty() ? row.source_name : row.source_schema + "." + row.source_name,
         StateOf(row), row.sums.partitions, row.sums.partitions_done, row.sums.rows_written,
         row.estimated_rows, row.sums.source_bytes, row.estimated_bytes, row.sums.rows_rejected});
  }
  // What lanes have moved and not committed yet counts as progress, not as done.
  std::map<std::int64_t, std::int64_t> table_of;
  for (const PartitionRow& row : snapshot.partitions) {
    table_of[row.id] = row.table_id;
    if (!row.error.empty() && row.state != "done") {
      status.errors.push_back(fmt::format("{} {}: {}", status.tables[positions[row.table_id]].table,
                                          row.range.Describe(), row.error));
    }
    StatusTable& table = status.tables[positions[row.table_id]];
    if (row.state == "running" && table.state == "waiting") table.state = "loading";
  }
  status.at_work = run.state == "running" && ledger.IsLocked(run.fingerprint, run.target_schemas);
  if (status.at_work) {
    for (const LaneRow& lane : snapshot.lanes) {
      status.lanes.push_back({lane.beat.lane, lane.beat.doing, lane.seen_at,
                              fmt::format("{:.0f} s ago", lane.age_seconds)});
      auto found = table_of.find(lane.beat.partition_id);
      if (found == table_of.end()) continue;
      status.tables[positions[found->second]].rows += lane.beat.rows;
      status.tables[positions[found->second]].bytes += lane.beat.bytes;
    }
  }
  for (const ObjectRow& row : snapshot.objects) {
    if (row.action != "failed" && row.action != "unvalidated") continue;
    ++status.failed_objects;
    status.errors.push_back(fmt::format(
        "{} {}{}: {}", row.kind, row.schema.empty() ? "" : row.schema + ".", row.name, row.detail));
  }
  return status;
}

}  // namespace

std::vector<StatusRun> ReadStatus(const Options& options) {
  Options resolved = Resolve(options);
  std::optional<Ledger> ledger = Ledger::OpenReadOnly(resolved);
  if (!ledger) {
    throw RefusedError(fmt::format(
        "there is no ledger (schema {}) in this database: nothing was migrated into it, or "
        "--ledger-schema was another one",
        resolved.ledger_schema));
  }
  std::vector<StatusRun> runs;
  for (const RunRecord& run : ledger->ListRuns()) {
    if (!resolved.run_id.empty() && run.id != resolved.run_id) continue;
    runs.push_back(Describe(*ledger, run));
  }
  if (runs.empty() && !resolved.run_id.empty()) {
    throw RefusedError(fmt::format("there is no run {} in the ledger (schema {})", resolved.run_id,
                                   resolved.ledger_schema));
  }
  return runs;
}

}  // namespace transload
