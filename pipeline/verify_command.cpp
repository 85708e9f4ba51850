// transload verify: both sides read afresh and compared, whoever filled the target.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ctime>
#include <memory>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/version.h"
#include "load/ledger.h"
#include "load/target_columns.h"
#include "pipeline/commands.h"
#include "pipeline/endpoints.h"
#include "pipeline/extra_checks.h"
#include "pipeline/filled_run.h"
#include "pipeline/postgres_rename.h"
#include "pipeline/rejected_row.h"
#include "pipeline/sync_command.h"
#include "pipeline/timeline.h"
#include "pipeline/verify_timeline.h"
#include "verify/compare.h"
#include "verify/report_outcome.h"

namespace transload {
namespace {

std::string Utc(std::time_t when) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(when));
}

NameValues VerifySettings(const Options& options) {
  NameValues settings = {{"jobs", std::to_string(options.jobs)}};
  settings.emplace_back("verify", options.verify == VerifyLevel::kFull       ? "full"
                                  : options.verify == VerifyLevel::kChecksum ? "checksum"
                                                                             : "count");
  if (options.repair != Repair::kNone) {
    settings.emplace_back("repair", options.repair == Repair::kSql ? "sql" : "apply");
  }
  if (options.final_round) settings.emplace_back("final", "true");
  return settings;
}

ReportTable Describe(const TableVerdict& verdict) {
  ReportTable table;
  table.name = verdict.source;
  table.target = verdict.target;
  table.source_rows = verdict.counted;
  table.read = verdict.read;
  table.written = verdict.target_rows;
  table.rejected = verdict.rejected;
  if (verdict.source_sum) table.checksum = verdict.source_sum->Hex();
  if (verdict.target_sum) table.target_checksum = verdict.target_sum->Hex();
  table.verdict = verdict.verdict;
  table.reason = verdict.reason;
  table.seconds = verdict.seconds;
  table.bytes = verdict.target_bytes;
  table.witness = verdict.witness;
  table.drill = verdict.drill;
  return table;
}

class Verification {
 public:
  Verification(const Options& options, Progress& progress, const StopFlag& stop, RepairRound& round)
      : progress_(progress),
        stop_(stop),
        round_(round),
        timeline_(round.timeline != nullptr ? *round.timeline : own_timeline_),
        phase_(std::in_place, timeline_, "phases", "snapshot"),
        ends_(Resolve(options)) {}

  Report Run() {
    progress_.Phase("snapshot", 0);
    Open();
    Bind();
    Compare();
    FillReport();
    return std::move(report_);
  }

 private:
  void NextPhase(const char* name) {
    phase_.reset();
    phase_.emplace(timeline_, "phases", name);
  }

  // Finds the run that filled the target, takes the snapshot, and plans.
  void Open() {
    Planned rough = MakeRoughPlan(ends_);
    RefuseNothing(ends_, rough.plan);
    std::optional<Ledger> ledger = Ledger::OpenReadOnly(ends_.options);
    const std::string schemas = TargetSchemas(ends_, rough.plan);
    const std::optional<RunRecord> filler = FindFiller(ends_, ledger, schemas);
    if (ends_.options.repair == Repair::kApply) {
      held_ = Ledger::OpenForLock(ends_.options);
      held_->Lock(filler ? filler->fingerprint : ends_.source->Info().fingerprint,
                  filler ? filler->target_schemas : schemas);
      round_.lock = held_->held_lock();
    }
    AskedFor asked_for(filler);
    asked_for.LeaveOut(ends_, rough);
    SnapshotRequest snapshot;
    snapshot.readers = ends_.options.jobs;
    snapshot.consistency = ends_.options.consistency;
    snapshot.lock_wait_ms = ends_.options.snapshot_lock_ms;
    for (const TablePlan& table : rough.plan.tables) {
      snapshot.tables.emplace_back(table.source_schema, table.source_name);
    }
    report_.snapshot = ends_.source->TakeSnapshot(snapshot);
    filled_ = ReadFilled(ends_, ledger, filler);
    if (ends_.options.sample_percent) filled_.sample_percent = ends_.options.sample_percent;
    ends_.options.data_only = filled_.data_only;
    planned_ = filler ? MakeRoughPlan(ends_) : MakePlanned(ends_, progress_, stop_);
    asked_for.LeaveOut(ends_, planned_);
    left_out_ = asked_for.Note();
    if (ledger && ends_.options.repair != Repair::kNone) {
      RefuseAppended(ledger->AppendedTables());
      RefuseFilledByOthers(ledger->FilledByOthers(ends_.source->Info().fingerprint));
    }
  }

  const TablePlan& PlanOf(const TablePlan& fresh) const {
    const auto kept = filled_.plans.find(fresh.SourceLabel());
    return kept == filled_.plans.end() ? fresh : kept->second;
  }

  // A repair deletes what only the target holds.
  void RefuseAppended(const std::set<std::pair<std::string, std::string>>& appended_to) const {
    std::vector<std::string> tables;
    for (const TablePlan& fresh : planned_.plan.tables) {
      const TablePlan& plan = PlanOf(fresh);
      if (appended_to.contains({plan.schema, plan.name})) tables.push_back(plan.TargetLabel());
    }
    if (tables.empty()) return;
    throw RefusedError(
        fmt::format("rows were appended to {}: what others have put there differs from the source, "
                    "and a repair would delete it; leave {} out with --exclude, or only look at "
                    "the differences with transload verify",
                    fmt::join(tables, ", "), tables.size() == 1 ? "it" : "them"));
  }

  // A mistaken URL would replace one source's rows by another's.
  void RefuseFilledByOthers(
      const std::map<std::pair<std::string, std::string>, Ledger::Filler>& fillers) const {
    for (const TablePlan& fresh : planned_.plan.tables) {
      const TablePlan& plan = PlanOf(fresh);
      const auto found = fillers.find({plan.schema, plan.name});
      if (found == fillers.end() || found->second.run_id == ends_.options.run_id) continue;
      const auto& [run_id, source] = found->second;
      throw RefusedError(fmt::format(
          "{} was filled by run {} from another source, {}, and a repair would put this source's "
          "rows in their place: check both URLs; if it is the same data on another server or "
          "under another path, say so with --run {}",
          plan.TargetLabel(), run_id, source, run_id));
    }
  }

  void Bind() {
    for (const TablePlan& fresh : planned_.plan.tables) {
      const TablePlan& plan = PlanOf(fresh);
      const std::vector<TargetColumn> described =
          ends_.target.DescribeTable(plan.schema, plan.name);
      if (described.empty() && !ends_.target.HasTable(plan.schema, plan.name)) {
        Uncompared(plan, Verdict::kMismatch, "there is no such table in the target");
        continue;
      }
      try {
        // A seed of its own: the sums of two verifications do not compare, and need not.
        bound_.push_back(std::make_unique<BoundTable>(0, 0, plan, BindColumns(described, plan),
                                                      std::uint64_t{0x7472616e736c6f61}));
      } catch (const Error& error) {
        // A column that is gone or generated by now: the other tables are none the worse for it.
        Uncompared(plan, Verdict::kNotVerified, error.what());
        continue;
      }
      if (filled_.sample_percent) bound_.back()->ReadSample(*filled_.sample_percent);
      CompareTable& table = request_.tables.emplace_back();
      table.bound = bound_.back().get();
      table.source = planned_.FindSource(plan);
      for (const std::string& row : filled_.rejected[plan.SourceLabel()]) {
        table.rejected_rows.insert(IdentifyRejected(row, *table.bound));
      }
    }
  }

  void Uncompared(const TablePlan& plan, Verdict verdict, const std::string& why) {
    ReportTable table;
    table.name = plan.SourceLabel();
    table.target = plan.schema + "." + plan.name;
    table.verdict = verdict;
    table.reason = why;
    report_.tables.push_back(std::move(table));
  }

  void Compare() {
    VerifyTimeline lines(timeline_);
    std::optional<DifferenceFile> file;
    if (!ends_.options.report_dir.empty()) file.emplace(ends_.options.report_dir);
    request_.level = ends_.options.verify;
    request_.jobs = ends_.options.jobs;
    request_.file = file ? &*file : nullptr;
    request_.watch.throw_if_stopped = [this] { stop_.ThrowIfRequested(); };
    request_.watch.moved = [this](std::size_t, std::uint64_t rows, std::uint64_t) {
      progress_.RowsChecked(rows);
    };
    request_.watch.table_done = [this](std::size_t table) {
      progress_.StepDone(bound_[table]->plan().SourceLabel());
    };
    request_.watch.witness_begins = [this](std::size_t tables) {
      progress_.Phase("second witness", tables);
    };
    request_.watch.witness_heard = [this](const BoundTable& table) {
      progress_.StepDone(table.plan().SourceLabel());
    };
    request_.watch.worked = [&lines](const std::string& line, const BoundTable& table,
                                     std::chrono::steady_clock::time_point began) {
      lines.Worked(line, table.plan().SourceLabel(), began);
    };
    NextPhase(ends_.options.repair == Repair::kApply ? "compare and repair" : "compare");
    progress_.Phase("verify", request_.tables.size());
    for (const auto& table : bound_) progress_.ExpectChecked(2 * table->plan().estimated_rows);
    for (const TableVerdict& verdict :
         VerifyAndRepair(*ends_.source, ends_.options, request_, round_)) {
      report_.tables.push_back(Describe(verdict));
      for (ReportDifference& difference : ReportDifferences(verdict)) {
        report_.differences.push_back(std::move(difference));
      }
    }
    NextPhase("checks");
    std::unique_ptr<RowReader> reader = ends_.source->NewReader();
    if (WantsExtraChecks(ends_.options, reader.get())) progress_.Phase("checks", 0);
    RunExtraChecks(ends_, bound_, reader.get(), report_);
    ends_.source->Release(std::move(reader));
    if (file) file->Finish();
  }

  void FillReport() {
    phase_.reset();
    report_.timeline = timeline_.spans();
    report_.run.id = filled_.run_id;
    report_.run.started = Utc(started_);
    report_.run.finished = Utc(std::time(nullptr));
    report_.run.command = "verify";
    report_.run.state = "done";
    report_.run.seconds = timeline_.Now();
    report_.settings = VerifySettings(ends_.options);
    report_.source = ends_.source->Info();
    const TargetInfo& target = ends_.target.Info();
    report_.target = {target.version, target.database, "", target.display_url};
    report_.versions = {{"transload", kVersion},
                        {"source", report_.source.engine + " " + report_.source.version},
                        {"target", "PostgreSQL " + target.version}};
    FillNotes();
    RunFacts facts = FactsOf(report_);
    facts.allow_unverified = ends_.options.allow_unverified;
    facts.lesser = LesserProof(ends_.options.verify, filled_.sample_percent);
    QualifyMatches(report_, facts.lesser);
    report_.outcome = Outcomes(facts);
  }

  void FillNotes() {
    std::vector<std::string>& notes = report_.notes;
    notes.push_back(
        filled_.run_id.empty()
            ? "no run in the ledger filled this target: the mapping is the one of a fresh plan"
            : fmt::format("mapping and rejected rows are those of run {}", filled_.run_id));
    if (!filled_.other_source.empty()) {
      notes.push_back(
          fmt::format("run {} was of another source, {}: compared with it because "
                      "--run names it",
                      filled_.run_id, filled_.other_source));
    }
    if (!left_out_.empty()) notes.push_back(left_out_);
    if (const auto gone = filled_.GoneFrom(planned_.catalogue); !gone.empty()) {
      notes.push_back(fmt::format("tables of run {} that the source no longer has: {}",
                                  filled_.run_id, fmt::join(gone, ", ")));
    }
    for (std::string& note : ends_.source->FinalNotes()) notes.push_back(std::move(note));
    if (filled_.sample_percent) {
      notes.push_back(
          fmt::format("compared is a sample of {}% of the source's rows", *filled_.sample_percent));
    }
    notes.insert(notes.end(), round_.notes.begin(), round_.notes.end());
  }

  Progress& progress_;
  const StopFlag& stop_;
  RepairRound& round_;
  const std::time_t started_ = std::time(nullptr);
  Timeline own_timeline_;
  Timeline& timeline_;
  std::optional<Timeline::Span> phase_;
  Endpoints ends_;
  std::optional<Ledger> held_;  // of a repair: as long as this lives, no run is at work there
  Filled filled_;
  Planned planned_;
  std::string left_out_;  // a note
  std::vector<std::unique_ptr<BoundTable>> bound_;
  CompareRequest request_;
  Report report_;
};

}  // namespace

Report VerifyMigration(const Options& options, Progress& progress, const StopFlag& stop) {
  RepairRound round;
  return VerifyRound(options, progress, stop, round);
}

Report VerifyRound(const Options& options, Progress& progress, const StopFlag& stop,
                   RepairRound& round) {
  return Verification(options, progress, stop, round).Run();
}

}  // namespace transload
