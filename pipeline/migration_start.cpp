// How a migration begins: fresh, or from where an earlier start ended.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <nlohmann/json.hpp>
#include <random>

#include "core/fault_point.h"
#include "core/plan_json.h"
#include "core/version.h"
#include "load/ledger_damage.h"
#include "load/pg_archive_objects.h"
#include "load/set_aside.h"
#include "pipeline/key_check.h"
#include "pipeline/migration.h"
#include "pipeline/postgres_extras.h"
#include "pipeline/postgres_rename.h"
#include "pipeline/postgres_schema.h"

namespace transload {
namespace {

// A run id sorts by time and is easy to read out: 20260301-221500-9f3a.
std::string NewRunId(std::uint64_t random) {
  std::time_t now = std::time(nullptr);
  return fmt::format("{:%Y%m%d-%H%M%S}-{:04x}", fmt::gmtime(now), random & 0xFFFF);
}

std::uint64_t RandomSeed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::string OptionsJson(const Options& options, const SourceInfo& source) {
  nlohmann::ordered_json json;
  json["source"] = source.display_url;
  json["jobs"] = options.jobs;
  json["on_bad_row"] = options.on_bad_row == OnBadRow::kStop ? "stop" : "reject";
  json["schema_only"] = options.schema_only;
  json["data_only"] = options.data_only;
  json["partition_bytes"] = options.partition_bytes;
  return json.dump();
}

// What a plan was made from, without the tables that it leaves out: those may change as they like.
SourceCatalogue Selected(const Planned& planned) {
  SourceCatalogue selected;
  for (const TablePlan& table : planned.plan.tables) {
    if (const SourceTable* source = planned.FindSource(table)) selected.tables.push_back(*source);
  }
  selected.sequences = planned.catalogue.sequences;
  return selected;
}

std::string Listed(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "\n  " + line;
  return text;
}

// What names nothing at the source is a mistake, unless the command has begun a run already: then
// the source has changed.
Planned PlanRoughly(Endpoints& ends) {
  try {
    return MakeRoughPlan(ends);
  } catch (const Error& error) {
    if (error.exit_code != ExitCode::kUsage || ends.options.restart) throw;
    std::optional<Ledger> ledger = Ledger::OpenReadOnly(ends.options);
    if (!ledger) throw;
    for (const RunRecord& run : ledger->ListRuns()) {
      const bool unfinished = run.state == "running" || run.state == "stopped";
      if (!unfinished || run.fingerprint != ends.source->Info().fingerprint) continue;
      throw RefusedError(fmt::format(
          "run {} of this source is not finished, and this command cannot go on with it: {}. If "
          "tables were renamed, altered or dropped at the source since, put them back, or name "
          "what there is now and start over with --restart",
          run.id, error.what()));
    }
    throw;
  }
}

}  // namespace

std::string Migration::SnapshotJson(const SnapshotInfo& snapshot) {
  nlohmann::ordered_json json;
  json["method"] = snapshot.method;
  json["proven"] = snapshot.proven;
  for (const auto& [name, value] : snapshot.position) json["position"][name] = value;
  json["notes"] = snapshot.notes;
  return json.dump();
}

void Migration::Open() {
  if (ends_->options.max_load && !ends_->source->Load()) {
    throw UsageError(fmt::format("--max-load: a {} source does not say how busy it is",
                                 ends_->source->Info().engine));
  }
  planned_ = PlanRoughly(*ends_);
  RefuseEmpty(*ends_, planned_.plan);
  CheckConditions(*ends_, planned_.plan);
  FindEarlierRun();
  CheckPreflight(resuming_ ? Standing::kOwn : Standing::kOthers);
  // An earlier process ends before the snapshot is taken that its rows are compared with.
  if (resuming_) HoldLedger(TargetSchemas(*ends_, planned_.plan));
  TakeSnapshot();
  if (postgres_ != nullptr && !ends_->options.refresh_sequences) postgres_->Start(planned_.plan);
  if (resuming_) {
    PlanFromLedger();
  } else {
    HoldLedgerAndPlan();
  }
  Begin();
}

void Migration::HoldLedger(const std::string& lock_key) {
  if (!ledger_) ledger_ = Ledger::Open(ends_->options);
  if (predecessor_) ledger_->EndSession(*predecessor_);
  // Both: a start from where the source was finds the run under that identity until Reconcile().
  if (moved_from_) ledger_->Lock(moved_from_->fingerprint, lock_key);
  ledger_->Lock(ends_->source->Info().fingerprint, lock_key);
  RefuseMovedRun(lock_key);
}

// A ledger that is not there yet is locked by nobody: it is made while the run is planned, and
// while pg_dump is at work. With an older one it is seen first whether the lock can be had.
void Migration::HoldLedgerAndPlan() {
  if (ledger_found_) {
    HoldLedger(TargetSchemas(*ends_, planned_.plan));
    PlanFresh();
    return;
  }
  std::future<void> held = std::async(
      std::launch::async, [this, key = TargetSchemas(*ends_, planned_.plan)] { HoldLedger(key); });
  PlanFresh();
  held.get();
}

void Migration::CheckPreflight(Standing standing) {
  // A resumed run finds its own tables in the target; only a fresh one minds.
  const bool fresh = standing == Standing::kOthers;
  MigrationPlan plan = planned_.plan;
  if (!fresh) {
    plan.tables.clear();
    plan.sequences.clear();
  }
  std::vector<PreflightItem> items = PreflightSides(*ends_, plan);
  for (PreflightItem& item : PreflightPostgresPair(*ends_, planned_.plan))
    items.push_back(std::move(item));
  if (fresh) {
    for (PreflightItem& item : CheckRenames(*ends_)) items.push_back(std::move(item));
  }
  std::vector<std::string> refusals;
  for (const PreflightItem& item : items) {
    const std::string line = item.subject + ": " + item.text;
    if (item.result == CheckResult::kRefusal) refusals.push_back(line);
    const bool said_later = standing == Standing::kToBeUndone;
    if (item.result == CheckResult::kWarning && !said_later) {
      progress_.Message(MessageLevel::kWarning, line);
    }
  }
  for (const Hazard& refusal : planned_.plan.refusals) {
    refusals.push_back(refusal.where + ": " + refusal.text);
  }
  if (!refusals.empty()) {
    if (fresh && ends_->options.on_existing == OnExisting::kFail) NameRunsOfOthers(refusals);
    throw RefusedError("preflight refused:" + Listed(refusals));
  }
  std::vector<TablePlan> again;
  for (const TablePlan& table : planned_.plan.tables) {
    for (const std::string& wanted : ends_->options.reload) {
      if (table.source_name == wanted || table.SourceLabel() == wanted) again.push_back(table);
    }
  }
  if (again.empty()) return;
  TableReader reader(ends_->options);
  RefuseForeignCascades(reader, ends_->options, run_.id, again);
}

// Tables that are in the way may be those of a run of this very data, from where it was then.
void Migration::NameRunsOfOthers(std::vector<std::string>& refusals) const {
  std::optional<Ledger> ledger = Ledger::OpenReadOnly(ends_->options);
  if (!ledger) return;
  const auto fillers = ledger->FilledByOthers(ends_->source->Info().fingerprint);
  std::map<std::string, std::string> runs;
  for (const TablePlan& table : planned_.plan.tables) {
    const auto found = fillers.find({table.schema, table.name});
    if (found != fillers.end()) runs[found->second.run_id] = found->second.source;
  }
  for (const auto& [run_id, source] : runs) {
    refusals.push_back(
        fmt::format("run {} of another source, {}, has made such tables: if it is the same data, "
                    "on another server or under another path now, --run {} takes it up",
                    run_id, source, run_id));
  }
}

void Migration::TakeSnapshot() {
  Phase("snapshot");
  SnapshotRequest request;
  request.readers = ends_->options.jobs;
  request.consistency = ends_->options.consistency;
  request.lock_wait_ms = ends_->options.snapshot_lock_ms;
  for (const TablePlan& table : planned_.plan.tables) {
    request.tables.emplace_back(table.source_schema, table.source_name);
  }
  snapshot_ = ends_->source->TakeSnapshot(request);
  FaultAt(FaultPoint::kSnapshotTaken);
  for (const std::string& note : snapshot_.notes) progress_.Message(MessageLevel::kInfo, note);
}

void Migration::PlanFresh() {
  planned_ = Planned();  // the rough one; of many tables two would take much room
  planned_ = MakePlanned(*ends_, progress_, stop_);
  std::vector<std::string> lines;
  for (const Hazard& refusal : planned_.plan.refusals) {
    lines.push_back(refusal.where + ": " + refusal.text);
  }
  if (!lines.empty()) throw RefusedError("the plan cannot be carried out:" + Listed(lines));
  if (!ends_->options.schema_only) CheckFoldedKeys(*ends_, planned_.plan, progress_, stop_);
  if (!RenamesOf(*ends_).empty()) UseSourceSchemas(planned_.plan.tables);
}

// Types come from the ledger; everything else is planned as before, which the inputs being equal
// makes the same.
void Migration::PlanFromLedger() {
  const Options& options = ends_->options;
  planned_ = Planned();
  // What the values are like matters to rows that are still to come.
  planned_ = HadEnded() ? MakeRoughPlan(*ends_) : MakePlanned(*ends_, progress_, stop_);
  LedgerSnapshot ledger = ledger_->Read(run_.id, Ledger::Plans::kRead);
  if (const std::string damage = LedgerDamage(ledger); !damage.empty()) {
    throw RefusedError(fmt::format(
        "run {} cannot go on, because its ledger in schema {} is damaged: {}. Put back what is "
        "gone, or drop what the run made with `transload undo --force` and begin anew",
        run_.id, options.ledger_schema, damage));
  }
  for (const ObjectRow& object : ledger.objects) {
    if (object.kind == "step") ran_steps_.insert(std::stoul(object.name));
  }
  const SourceCatalogue selected = Selected(planned_);
  const std::string rules = RulesDigest(ends_->source->Info().rules);
  const std::string inputs = InputsJson(options, selected, rules);
  const std::string drift = DescribeDrift(run_.input_json, inputs, ran_steps_);
  // Rows that are tried again come from the ledger, and only a policy may differ: PlanForRetry.
  if (!drift.empty() && options.reload.empty() && !options.retry_rejects) {
    throw RefusedError(fmt::format(
        "run {} cannot go on: what it was planned from has changed:\n{}\nPut it back, or start "
        "over with --restart",
        run_.id, drift));
  }
  // Steps that have not run yet may be others now.
  if (drift.empty()) {
    ledger_->SetInput(run_.id, InputFingerprint(options, selected, rules), inputs);
  }
  fresh_tables_ = std::move(planned_.plan.tables);
  planned_.plan.tables.clear();
  for (const TableRow& row : ledger.tables) {
    planned_.plan.tables.push_back(TablePlanFromJson(row.plan_json));
    table_ids_.push_back(row.id);
    const auto indexes = row.phases.find("indexes");
    if (indexes != row.phases.end() && indexes->second == "done") through_.insert(row.id);
  }
  for (const ObjectRow& object : ledger.objects) {
    const std::string key =
        fmt::format("{}|{}|{}|{}", object.kind, object.schema, object.table, object.name);
    if (object.action == "created" || object.action == "altered") made_.insert(key);
    const std::string fingerprint = ArchiveFingerprint(object.detail);
    if (!fingerprint.empty()) definitions_[key].insert(fingerprint);
    if (object.action == "failed") earlier_failures_.push_back(object);
    if (object.action == "truncated" || object.action == "appended") touched_.insert(key);
  }
  if (RenamesPending()) UseSourceSchemas(fresh_tables_);
  appended_to_ = ledger_->AppendedTables();
  TablesToReload();
}

void Migration::Begin() {
  const SourceInfo& source = ends_->source->Info();
  const Options& options = ends_->options;
  if (resuming_) {
    int taken_back = ledger_->TakeOver(run_.id);
    std::string about;
    if (objects_alone_) about = "; it had ended, and only what it could not make is tried again";
    if (options.retry_rejects) about = "; only its rejected rows are tried again";
    if (taken_back > 0) about = fmt::format("; {} partitions were under way", taken_back);
    progress_.Message(MessageLevel::kInfo, fmt::format("going on with run {}, begun {}{}", run_.id,
                                                       run_.started_at, about));
    const std::string_view how = options.retry_rejects ? kResumedForRejects : kResumed;
    ledger_->AddAmendment(run_.id, std::string(how), "");
    if (HadEnded()) {
      ledger_->GoOnWithEnded(run_.id);
    } else {
      ledger_->SetRunState(run_.id, "running");
    }
  } else {
    run_.seed = RandomSeed();
    run_.id = NewRunId(RandomSeed());
    run_.fingerprint = source.fingerprint;
    run_.target_schemas = TargetSchemas(*ends_, planned_.plan);
    const SourceCatalogue selected = Selected(planned_);
    run_.input_json = InputsJson(options, selected, RulesDigest(source.rules));
    run_.input_hash = InputFingerprint(options, selected, RulesDigest(source.rules));
    run_.options_json = OptionsJson(options, source);
    run_.version = kVersion;
    run_.snapshot_json = SnapshotJson(snapshot_);
    std::vector<NewTable> tables;
    for (const TablePlan& plan : planned_.plan.tables) {
      tables.push_back({plan.source_schema, plan.source_name, plan.schema, plan.name,
                        [&plan] { return ToJson(plan); }, plan.estimated_rows,
                        plan.estimated_bytes});
    }
    table_ids_ = ledger_->BeginRun(run_, tables);
  }
  run_.input_json.clear();  // only a start compares it
  run_.input_json.shrink_to_fit();
  workers_ = std::make_unique<ObjectWorkers>(options, run_.id, options.index_jobs, progress_, stop_,
                                             retries_, timeline_);
  // While pg_dump is at work.
  if (postgres_ != nullptr) workers_->Prepare(1);
}

}  // namespace transload
