// transload verify: both sides read afresh and compared, whoever filled the target.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/plan_json.h"
#include "core/version.h"
#include "load/ledger.h"
#include "load/target_columns.h"
#include "mappings/selection.h"
#include "pipeline/commands.h"
#include "pipeline/endpoints.h"
#include "pipeline/extra_checks.h"
#include "pipeline/postgres_rename.h"
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

constexpr std::uint64_t kMostSubtracted = 100'000;

// What the ledger of the run that filled the target knows; nothing of it when there was none.
struct Filled {
  std::string run_id;
  std::map<std::string, TablePlan> plans;  // by source label: the mapping as it was carried out
  std::map<std::string, std::multiset<std::string>> rejected;
  std::optional<double> sample_percent;  // of the rows that it moved
  bool data_only = false;                // the tables are somebody else's
};

// What the ledger says of --sample.
std::optional<double> SampleOf(const std::string& input_json) {
  const nlohmann::json input = nlohmann::json::parse(input_json, nullptr, false);
  if (!input.is_object()) return std::nullopt;
  const double percent = input.value("/options/sample"_json_pointer, 100.0);
  return percent < 100 ? std::optional<double>(percent) : std::nullopt;
}

// A run that loads later what a repair has put there already would leave rows twice.
void RefuseUnlessLoaded(const RunRecord& run, const std::vector<TableRow>& tables) {
  if (run.state == "done") return;
  for (const TableRow& table : tables) {
    const auto data = table.phases.find("data");
    if (data != table.phases.end() && data->second == "done") continue;
    throw RefusedError(fmt::format(
        "run {} has not loaded all of its tables, and rows that it loads later would stand beside "
        "repaired ones: let transload run finish it, or drop what it made with transload undo",
        run.id));
  }
}

bool AllAmong(const std::string& schemas, const std::string& among) {
  std::set<std::string> known;
  std::stringstream names(among);
  for (std::string name; std::getline(names, name, ',');) known.insert(name);
  std::stringstream wanted(schemas);
  for (std::string name; std::getline(wanted, name, ',');) {
    if (!known.contains(name)) return false;
  }
  return true;
}

// The run that is named, else the last one into the schemas that would be planned now, else the
// last one.
std::optional<RunRecord> FindFiller(const Endpoints& ends, std::optional<Ledger>& ledger,
                                    const std::string& schemas) {
  const std::string& named = ends.options.run_id;
  std::optional<RunRecord> last;
  for (RunRecord& run : ledger ? ledger->ListRuns() : std::vector<RunRecord>()) {
    if (run.fingerprint != ends.source->Info().fingerprint || run.state == "undone") continue;
    if (!named.empty() && run.id != named) continue;
    if (!named.empty() || AllAmong(run.target_schemas, schemas)) return ledger->FindRun(run.id);
    if (!last) last = std::move(run);
  }
  if (last) return ledger->FindRun(last->id);
  if (!named.empty()) {
    throw RefusedError(fmt::format("--run {}: the ledger knows no such run of this source", named));
  }
  return std::nullopt;
}

// What a run was asked to move. Tables that it left out are not missing.
class AskedFor {
 public:
  AskedFor() = default;
  AskedFor(const std::string& run_id, const std::string& input_json) : run_id_(run_id) {
    const nlohmann::json input = nlohmann::json::parse(input_json, nullptr, false);
    if (!input.is_object()) return;
    const std::vector<std::string> none;
    asked_.include = input.value("/options/include"_json_pointer, none);
    asked_.exclude = input.value("/options/exclude"_json_pointer, none);
  }

  // Takes them out of the plan, save those that --include asks for now and that stand there.
  void LeaveOut(Endpoints& ends, Planned& planned) {
    left_out_.clear();
    if (asked_.include.empty() && asked_.exclude.empty()) return;
    const std::vector<bool> picked =
        PickTables(planned.catalogue, asked_, [](const char*, const std::string&) {});
    std::erase_if(planned.plan.tables, [&](const TablePlan& table) {
      const SourceTable* source = planned.FindSource(table);
      if (source == nullptr ||
          picked[static_cast<std::size_t>(source - planned.catalogue.tables.data())])
        return false;
      const bool wanted = !ends.options.include.empty();
      if (wanted && ends.target.HasTable(table.schema, table.name)) return false;
      left_out_.push_back(table.SourceLabel());
      return true;
    });
    if (!planned.plan.tables.empty()) return;
    throw RefusedError(
        fmt::format("nothing to compare: run {} was not asked to move {}", run_id_, Listed()));
  }

  std::string Note() const {
    return left_out_.empty() ? ""
                             : fmt::format(
                                   "not compared, because run {} was not asked to move "
                                   "them: {}",
                                   run_id_, Listed());
  }

 private:
  std::string Listed() const {
    constexpr std::size_t kNamed = 10;
    std::string text;
    for (std::size_t i = 0; i < std::min(left_out_.size(), kNamed); ++i) {
      text += (i == 0 ? "" : ", ") + left_out_[i];
    }
    return left_out_.size() <= kNamed
               ? text
               : text + fmt::format(" and {} others", left_out_.size() - kNamed);
  }

  std::string run_id_;
  Options asked_;  // include and exclude alone
  std::vector<std::string> left_out_;
};

Filled ReadFilled(const Endpoints& ends, std::optional<Ledger>& ledger,
                  const std::optional<RunRecord>& filler) {
  Filled filled;
  if (!filler) return filled;
  filled.run_id = filler->id;
  std::map<std::int64_t, std::string> labels;
  const LedgerSnapshot known = ledger->Read(filled.run_id, Ledger::Plans::kRead);
  filled.sample_percent = SampleOf(known.run.input_json);
  filled.data_only = nlohmann::json::parse(known.run.options_json).value("data_only", false);
  for (const TableRow& row : known.tables) {
    TablePlan plan = TablePlanFromJson(row.plan_json);
    labels[row.id] = plan.SourceLabel();
    filled.plans[plan.SourceLabel()] = std::move(plan);
  }
  for (const RejectRow& row : ledger->ReadRejects(filled.run_id, kMostSubtracted)) {
    filled.rejected[labels[row.table_id]].insert(row.key);
  }
  if (ends.options.repair == Repair::kApply) RefuseUnlessLoaded(known.run, known.tables);
  return filled;
}

std::vector<std::string> GoneFromSource(const Filled& filled, const SourceCatalogue& catalogue) {
  std::set<std::string> gone;
  for (const auto& [label, plan] : filled.plans) gone.insert(label);
  for (const SourceTable& table : catalogue.tables) gone.erase(SourceLabel(table));
  return {gone.begin(), gone.end()};
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

}  // namespace

Report VerifyMigration(const Options& options, Progress& progress, const StopFlag& stop) {
  RepairRound round;
  return VerifyRound(options, progress, stop, round);
}

Report VerifyRound(const Options& options, Progress& progress, const StopFlag& stop,
                   RepairRound& round) {
  const std::time_t started = std::time(nullptr);
  Timeline own_timeline;
  Timeline& timeline = round.timeline != nullptr ? *round.timeline : own_timeline;
  std::optional<VerifyTimeline> lines(timeline);
  auto phase = std::make_unique<Timeline::Span>(timeline, "phases", "snapshot");
  auto next_phase = [&](const char* name) {
    phase.reset();
    phase = std::make_unique<Timeline::Span>(timeline, "phases", name);
  };
  Endpoints ends(Resolve(options));
  progress.Phase("snapshot", 0);
  SnapshotRequest snapshot;
  snapshot.readers = ends.options.jobs;
  snapshot.consistency = ends.options.consistency;
  snapshot.lock_wait_ms = ends.options.snapshot_lock_ms;
  Report report;
  Planned rough = MakeRoughPlan(ends);
  RefuseNothing(ends, rough.plan);
  std::optional<Ledger> ledger = Ledger::OpenReadOnly(ends.options);
  const std::string schemas = TargetSchemas(ends, rough.plan);
  const std::optional<RunRecord> filler = FindFiller(ends, ledger, schemas);
  std::optional<Ledger> held;  // of a repair: as long as this lives, no run is at work there
  if (ends.options.repair == Repair::kApply) {
    held = Ledger::OpenForLock(ends.options);
    held->Lock(ends.source->Info().fingerprint, filler ? filler->target_schemas : schemas);
    round.lock = held->held_lock();
  }
  AskedFor asked_for;
  if (filler) asked_for = AskedFor(filler->id, filler->input_json);
  asked_for.LeaveOut(ends, rough);
  for (const TablePlan& table : rough.plan.tables) {
    snapshot.tables.emplace_back(table.source_schema, table.source_name);
  }
  report.snapshot = ends.source->TakeSnapshot(snapshot);
  Filled filled = ReadFilled(ends, ledger, filler);
  if (ends.options.sample_percent) filled.sample_percent = ends.options.sample_percent;
  ends.options.data_only = filled.data_only;
  Planned planned = filled.run_id.empty() ? MakePlanned(ends, progress, stop) : MakeRoughPlan(ends);
  asked_for.LeaveOut(ends, planned);

  std::vector<std::unique_ptr<BoundTable>> bound;
  CompareRequest request;
  for (const TablePlan& fresh : planned.plan.tables) {
    auto kept = filled.plans.find(fresh.SourceLabel());
    const TablePlan& plan = kept == filled.plans.end() ? fresh : kept->second;
    std::vector<TargetColumn> described = ends.target.DescribeTable(plan.schema, plan.name);
    if (described.empty() && !ends.target.HasTable(plan.schema, plan.name)) {
      ReportTable missing;
      missing.name = plan.SourceLabel();
      missing.target = plan.schema + "." + plan.name;
      missing.verdict = Verdict::kMismatch;
      missing.reason = "there is no such table in the target";
      report.tables.push_back(std::move(missing));
      continue;
    }
    try {
      // A seed of its own: the sums of two verifications do not compare, and need not.
      bound.push_back(std::make_unique<BoundTable>(0, 0, plan, BindColumns(described, plan),
                                                   std::uint64_t{0x7472616e736c6f61}));
    } catch (const Error& error) {
      // A column that is gone or generated by now: the other tables are none the worse for it.
      ReportTable not_comparable;
      not_comparable.name = plan.SourceLabel();
      not_comparable.target = plan.schema + "." + plan.name;
      not_comparable.reason = error.what();
      report.tables.push_back(std::move(not_comparable));
      continue;
    }
    if (filled.sample_percent) bound.back()->ReadSample(*filled.sample_percent);
    request.tables.push_back(
        {bound.back().get(), planned.FindSource(plan), filled.rejected[plan.SourceLabel()]});
  }
  request.level = ends.options.verify;
  request.jobs = ends.options.jobs;
  std::optional<DifferenceFile> file;
  if (!ends.options.report_dir.empty()) {
    file.emplace(ends.options.report_dir);
    request.file = &*file;
  }
  request.watch.throw_if_stopped = [&stop] { stop.ThrowIfRequested(); };
  request.watch.moved = [&progress](std::size_t, std::uint64_t rows, std::uint64_t) {
    progress.RowsChecked(rows);
  };
  request.watch.table_done = [&](std::size_t table) {
    progress.StepDone(bound[table]->plan().SourceLabel());
  };
  request.watch.worked = [&lines](const std::string& line, const BoundTable& table,
                                  std::chrono::steady_clock::time_point began) {
    lines->Worked(line, table.plan().SourceLabel(), began);
  };
  next_phase(ends.options.repair == Repair::kApply ? "compare and repair" : "compare");
  progress.Phase("verify", request.tables.size());
  for (const auto& table : bound) progress.ExpectChecked(2 * table->plan().estimated_rows);
  for (const TableVerdict& verdict : VerifyAndRepair(*ends.source, ends.options, request, round)) {
    report.tables.push_back(Describe(verdict));
    for (ReportDifference& difference : ReportDifferences(verdict)) {
      report.differences.push_back(std::move(difference));
    }
  }
  next_phase("checks");
  std::unique_ptr<RowReader> reader = ends.source->NewReader();
  RunExtraChecks(ends, bound, reader.get(), report);
  ends.source->Release(std::move(reader));
  if (file) file->Finish();
  phase.reset();
  lines.reset();
  report.timeline = timeline.spans();

  report.run.id = filled.run_id;
  report.run.started = Utc(started);
  report.run.finished = Utc(std::time(nullptr));
  report.run.command = "verify";
  report.run.state = "done";
  report.run.seconds = timeline.Now();
  report.settings = VerifySettings(ends.options);
  report.source = ends.source->Info();
  const TargetInfo& target = ends.target.Info();
  report.target = {target.version, target.database, "", target.display_url};
  report.versions = {{"transload", kVersion},
                     {"source", report.source.engine + " " + report.source.version},
                     {"target", "PostgreSQL " + target.version}};
  report.notes.push_back(
      filled.run_id.empty()
          ? "no run in the ledger filled this target: the mapping is the one of a fresh plan"
          : fmt::format("mapping and rejected rows are those of run {}", filled.run_id));
  if (std::string note = asked_for.Note(); !note.empty()) report.notes.push_back(std::move(note));
  if (const auto gone = GoneFromSource(filled, planned.catalogue); !gone.empty()) {
    report.notes.push_back(fmt::format("tables of run {} that the source no longer has: {}",
                                       filled.run_id, fmt::join(gone, ", ")));
  }
  for (std::string& note : ends.source->FinalNotes()) report.notes.push_back(std::move(note));
  if (filled.sample_percent) {
    report.notes.push_back(
        fmt::format("compared is a sample of {}% of the source's rows", *filled.sample_percent));
  }
  report.notes.insert(report.notes.end(), round.notes.begin(), round.notes.end());
  RunFacts facts = FactsOf(report);
  facts.allow_unverified = ends.options.allow_unverified;
  facts.lesser = LesserProof(ends.options.verify, filled.sample_percent);
  QualifyMatches(report, facts.lesser);
  report.outcome = Outcomes(facts);
  return report;
}

}  // namespace transload
