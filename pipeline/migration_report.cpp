// The report of a migration: from the ledger, the plan and the verdicts.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/fault_point.h"
#include "core/version.h"
#include "load/backend_watch.h"
#include "load/set_aside.h"
#include "pipeline/migration.h"
#include "pipeline/postgres_rename.h"
#include "pipeline/reject_export.h"

namespace transload {
namespace {

constexpr std::uint64_t kRejectSamples = 100;
constexpr const char* kNotAskedFor = "verification was not asked for";

// As the ledger gives the time of the start.
std::string UtcNow() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (now - seconds).count());
}

std::string Shown(const MaxRejects& limit) {
  if (limit.rows) return std::to_string(*limit.rows);
  if (limit.percent) return fmt::format("{}%", *limit.percent);
  return "";
}

std::string_view Word(VerifyLevel level) {
  switch (level) {
    case VerifyLevel::kNone:
      return "none";
    case VerifyLevel::kCount:
      return "count";
    case VerifyLevel::kChecksum:
      return "checksum";
    case VerifyLevel::kFull:
      return "full";
  }
  return "";
}

NameValues Settings(const Options& options) {
  NameValues settings = {
      {"jobs", std::to_string(options.jobs)},
      {"index_jobs", std::to_string(options.index_jobs)},
      {"verify", std::string(Word(options.verify))},
      {"on_bad_row", options.on_bad_row == OnBadRow::kStop ? "stop" : "reject"},
      {"partition_bytes", std::to_string(options.partition_bytes)},
  };
  if (options.sample_percent) {
    settings.emplace_back("sample", fmt::format("{}%", *options.sample_percent));
  }
  const Policies defaults;
  for (const PolicyInfo& policy : PolicyCatalogue()) {
    const std::string value = PolicyValue(options.policies, policy.name);
    if (value != PolicyValue(defaults, policy.name)) {
      settings.emplace_back("policy " + policy.name, value);
    }
  }
  return settings;
}

// How often the run was begun or taken up again.
int Starts(const RunRecord& run) {
  const nlohmann::json amendments = nlohmann::json::parse(run.amendments_json);
  return 1 + static_cast<int>(std::count_if(
                 amendments.begin(), amendments.end(), [](const nlohmann::json& amendment) {
                   return amendment.value("what", "").starts_with(kResumed);
                 }));
}

std::string Named(const char* what, const std::vector<std::string>& tables) {
  constexpr std::size_t kNamed = 10;
  std::string text = fmt::format("{} before the load: {} {}, which stood in the target", what,
                                 tables.size(), tables.size() == 1 ? "table" : "tables");
  for (std::size_t i = 0; i < std::min(tables.size(), kNamed); ++i) {
    text += (i == 0 ? ": " : ", ") + tables[i];
  }
  return text + (tables.size() > kNamed ? " and others, see objects in report.json" : "");
}

// What an earlier start of the run has found, in the words that Name() has for it.
Verdict FoundBefore(const std::string& verdict) {
  for (const Verdict one : {Verdict::kMatch, Verdict::kMismatch}) {
    if (Name(one) == verdict) return one;
  }
  return Verdict::kNotVerified;
}

ReportColumn Describe(const ColumnPlan& column) {
  return {column.source.name, column.name, column.source.full_type,
          column.type.Sql(),  column.rule, column.note};
}

}  // namespace

void Migration::Finish() {
  const std::optional<Error>& error = failure_;
  if (error && error->interrupted) HurryStatements(std::chrono::seconds(3));
  phase_.reset();
  report_.run.id = run_.id;
  report_.run.command = "run";
  report_.run.finished = UtcNow();
  report_.run.seconds = timeline_.Now();
  FillReport();

  RunFacts facts = FactsOf(report_);
  facts.allow_unverified = ends_->options.allow_unverified;
  facts.lesser = LesserProof(ends_->options.verify, ends_->options.sample_percent);
  QualifyMatches(report_, facts.lesser);
  const auto& tables = report_.tables;
  const auto not_asked = [](const ReportTable& table) { return table.reason == kNotAskedFor; };
  const bool never_asked =
      objects_alone_ ? !tables.empty() && std::all_of(tables.begin(), tables.end(), not_asked)
                     : ends_->options.verify == VerifyLevel::kNone;
  if (never_asked || ends_->options.schema_only || ends_->options.refresh_sequences) {
    facts.unverified_tables = 0;
    facts.unproven = never_asked ? kNotAskedFor : "no rows were to be moved";
  } else if (tables.empty()) {
    facts.unproven = "there are no tables";
  }
  if (error) {
    progress_.Message(MessageLevel::kError, error->what());
    facts.unverified_tables = 0;
    if (error->interrupted) {
      facts.signal = stop_.exit_code() == ExitCode::kTerminated ? SIGTERM : SIGINT;
    } else if (error->exit_code == ExitCode::kBug) {
      facts.bug = error->what();
    } else {
      facts.fault = error->what();
    }
  }
  report_.outcome = Outcomes(facts);
  const std::string state = error ? "stopped" : "done";
  report_.run.state = state;
  FaultAt(FaultPoint::kReportUnwritten);
  if (write_report_) write_report_(report_);
  FaultAt(FaultPoint::kReportWritten);
  RecordEnd(state);
}

// Written more than once over a connection that was lost, the same state does no harm.
void Migration::RecordEnd(const std::string& state) {
  if (HadEnded() && failure_) return;  // it is as it was
  const std::string verdict = nlohmann::json(VerdictLine(report_)).dump();
  for (int attempt = 1;; ++attempt) {
    try {
      if (attempt > 1) ledger_->Reconnect();
      if (HadEnded()) {
        ledger_->SetOutcome(run_.id, verdict);
      } else {
        ledger_->SetRunState(run_.id, state, verdict);
      }
      FaultAt(FaultPoint::kRunEnded);
      return;
    } catch (const Error& lost) {
      // A run that has failed is perhaps taken up again, which says more.
      if (!failure_ && MayTryAgain(lost) && attempt <= retries_.retries() &&
          Rest(retries_.Note("ledger", "", lost, attempt), stop_)) {
        continue;
      }
      // The run's end is the user's to know even when the target is gone.
      report_.notes.push_back(
          fmt::format("the ledger could not be told how the run ended: {}", lost.what()));
      return;
    }
  }
}

void Migration::FillReport() {
  const Options& options = ends_->options;
  const TargetInfo& target = ends_->target.Info();
  report_.source = ends_->source->Info();
  report_.target = {target.version, target.database, run_.target_schemas, target.display_url};
  report_.snapshot = snapshot_;
  report_.not_migrated = planned_.plan.not_migrated;
  report_.names = planned_.plan.names;
  report_.hazards = planned_.plan.hazards;
  report_.notes.insert(report_.notes.end(), notes_.begin(), notes_.end());
  for (std::string& note : ends_->source->FinalNotes()) {
    progress_.Message(MessageLevel::kWarning, note);
    report_.notes.push_back(std::move(note));
  }
  report_.settings = Settings(options);
  report_.versions = {{"transload", kVersion},
                      {"source", report_.source.engine + " " + report_.source.version},
                      {"target", "PostgreSQL " + target.version}};
  for (const Replanned& replan : replans_) {
    report_.replans.push_back({replan.table, replan.column, replan.from, replan.to, replan.reason,
                               replan.rows_discarded});
  }
  report_.retries = retries_.retried();
  if (retries_.count() > report_.retries.size()) {
    report_.notes.push_back(fmt::format("{} retries, of which the first {} are listed",
                                        retries_.count(), report_.retries.size()));
  }
  report_.timeline = timeline_.spans();
  LedgerSnapshot ledger;
  for (int attempt = 1;; ++attempt) {
    try {
      if (attempt > 1) ledger_->Reconnect();
      ledger = ledger_->Read(run_.id);
      break;
    } catch (const Error& lost) {
      if (!failure_ && MayTryAgain(lost) && attempt <= retries_.retries() &&
          Rest(retries_.Note("ledger", "", lost, attempt), stop_)) {
        continue;
      }
      report_.notes.push_back(fmt::format("the ledger could not be read: {}", lost.what()));
      if (!failure_) failure_ = lost;  // without the ledger nothing is proven
      return;
    }
  }
  report_.run.started = ledger.run.started_at;
  report_.run.starts = Starts(ledger.run);
  FillTables(ledger);
  FillObjects(ledger);
  FillRejects(ledger);
}

void Migration::FillTables(const LedgerSnapshot& ledger) {
  std::map<std::int64_t, std::uint64_t> coerced;
  std::map<std::int64_t, std::string> labels;
  std::map<std::int64_t, double> seconds;
  for (const PartitionRow& row : ledger.partitions) seconds[row.table_id] += row.seconds;
  for (const CoercionRow& row : ledger.coercions) coerced[row.table_id] += row.rows;
  for (std::size_t i = 0; i < ledger.tables.size(); ++i) {
    const TableRow& row = ledger.tables[i];
    ReportTable table;
    table.name =
        row.source_schema.empty() ? row.source_name : row.source_schema + "." + row.source_name;
    labels[row.id] = table.name;
    table.target = row.schema + "." + row.name;
    table.source_rows = row.source_rows;
    table.read = row.sums.rows_read;
    table.written = row.sums.rows_written;
    table.rejected = row.sums.rows_rejected;
    table.coerced = coerced[row.id];
    table.checksum = row.sums.checksum.Hex();
    table.seconds = seconds[row.id];
    table.bytes = row.sums.source_bytes;
    table.partitions = row.sums.partitions;
    auto id = std::find(table_ids_.begin(), table_ids_.end(), row.id);
    const std::size_t position = static_cast<std::size_t>(id - table_ids_.begin());
    if (position < planned_.plan.tables.size()) {
      for (const ColumnPlan& column : planned_.plan.tables[position].columns) {
        table.columns.push_back(Describe(column));
      }
    }
    if (position < verdicts_.size()) {
      const TableVerdict& verdict = verdicts_[position];
      table.verdict = verdict.verdict;
      table.reason = verdict.reason;
      table.witness = verdict.witness;
      table.drill = verdict.drill;
      if (verdict.target_sum) table.target_checksum = verdict.target_sum->Hex();
      for (ReportDifference& difference : ReportDifferences(verdict)) {
        report_.differences.push_back(std::move(difference));
      }
    } else if (objects_alone_ && !row.verdict.empty()) {
      table.verdict = FoundBefore(row.verdict);
      table.reason = row.verdict_detail + (row.verdict_detail.empty() ? "" : "; ") +
                     "found when the rows were moved";
    } else {
      table.reason = ends_->options.schema_only         ? "no data was asked for"
                     : ends_->options.refresh_sequences ? "sequences alone were set"
                     : ends_->options.verify == VerifyLevel::kNone || objects_alone_
                         ? kNotAskedFor
                         : "the run ended before it was verified";
    }
    report_.tables.push_back(std::move(table));
  }
  for (const CoercionRow& row : ledger.coercions) {
    report_.coercions.push_back(
        {labels[row.table_id], row.column, row.rule, row.rows, row.samples});
  }
}

void Migration::FillObjects(const LedgerSnapshot& ledger) {
  std::vector<std::string> emptied, dropped;
  auto key = [](const ObjectRow& row) {
    return std::array<std::string, 4>{row.kind, row.schema, row.table, row.name};
  };
  std::set<std::array<std::string, 4>> unvalidated;
  for (const ObjectRow& row : ledger.objects) {
    if (row.action == "unvalidated") unvalidated.insert(key(row));
  }
  for (const ObjectRow& row : ledger.objects) {
    if (row.kind == "step" || row.action == kSetAside) continue;
    // Made, and then found to be broken: one object.
    if (row.action != "unvalidated" && unvalidated.contains(key(row))) continue;
    const std::string name = row.schema.empty() ? row.name : row.schema + "." + row.name;
    const bool stood =
        row.action == "truncated" || row.action == "appended" || row.action == "dropped";
    const bool failed = row.action == "failed" || row.action == "unvalidated";
    report_.objects.push_back({row.kind, name, row.table, failed || stood ? row.action : "created",
                               failed ? row.detail : "", 0});
    if (row.kind == "table" && row.action == "truncated") emptied.push_back(name);
    if (row.kind == "table" && row.action == "dropped") dropped.push_back(name);
  }
  if (objects_alone_) {
    report_.notes.emplace_back(
        "the run had ended before: what could not be made then was tried again, and no rows were "
        "moved");
  }
  const bool lacking = std::any_of(ledger.objects.begin(), ledger.objects.end(), [](const auto& o) {
    return o.action == "failed" || o.action == "unvalidated";
  });
  if (lacking && !failure_) {
    report_.notes.emplace_back(
        postgres_ && !RenamesOf(*ends_).empty()
            ? "objects that could not be made are left to you: their definitions name schemas that "
              "have been renamed since"
            : "when the cause of what could not be made is mended, the same command makes it, and "
              "moves no rows");
  }
  if (!emptied.empty()) report_.notes.push_back(Named("emptied", emptied));
  if (!dropped.empty()) report_.notes.push_back(Named("dropped", dropped));
}

void Migration::FillRejects(const LedgerSnapshot& ledger) {
  report_.rejects.limit = Shown(ends_->options.max_rejects);
  report_.rejects.stored_in = ends_->options.ledger_schema + ".reject";
  for (const TableRow& row : ledger.tables) report_.rejects.total += row.sums.rows_rejected;
  if (report_.rejects.total == 0) return;
  std::map<std::int64_t, std::string> labels;
  for (const TableRow& row : ledger.tables) {
    labels[row.id] =
        row.source_schema.empty() ? row.source_name : row.source_schema + "." + row.source_name;
  }
  for (const RejectRow& row : ledger_->ReadRejects(run_.id, kRejectSamples)) {
    report_.rejects.samples.push_back(
        {labels[row.table_id], std::to_string(row.partition_id), row.key, row.column, row.reason});
  }
  const std::string& folder = ends_->options.report_dir;
  if (!folder.empty()) ExportRejects(*ledger_, run_.id, labels, folder);
}

}  // namespace transload
