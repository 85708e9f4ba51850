// Which earlier run of the same source into the same target this start goes on with, if any.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "load/undo.h"
#include "pipeline/filled_run.h"
#include "pipeline/migration.h"
#include "pipeline/postgres_rename.h"

namespace transload {
namespace {

bool MadeOnlyTables(const RunRecord& run) {
  return nlohmann::json::parse(run.options_json).value("schema_only", false);
}

bool MadeNoTables(const RunRecord& run) {
  return nlohmann::json::parse(run.options_json).value("data_only", false);
}

// For --restart.
void UndoEarlier(const RunRecord& earlier, const Options& options, Progress& progress) {
  Options undo = options;
  undo.run_id = earlier.id;
  UndoResult undone = Undo(undo, options.force);
  if (!undone.done) {
    std::string in_the_way;
    for (const std::string& line : undone.in_the_way) in_the_way += "\n  " + line;
    throw RefusedError(fmt::format("--restart cannot undo run {}, `transload undo --run {}` may:{}",
                                   earlier.id, earlier.id, in_the_way));
  }
  for (const std::string& text : undone.kept) progress.Message(MessageLevel::kWarning, text);
  progress.Message(MessageLevel::kInfo, fmt::format("run {} undone: {} objects dropped", earlier.id,
                                                    undone.dropped.size()));
}

// Whether a run that has ended lacks an object, or knows of rows that break a constraint.
bool LacksObjects(Ledger& ledger, const RunRecord& run) {
  const std::vector<ObjectRow> objects = ledger.Read(run.id).objects;
  return std::any_of(objects.begin(), objects.end(), [](const ObjectRow& object) {
    return object.action == "failed" || object.action == "unvalidated";
  });
}

bool IsOpen(const RunRecord& run) { return run.state == "running" || run.state == "stopped"; }

// Whether the last start was --retry-rejects, and was cut off.
bool RetryWasCutOff(const RunRecord& run) {
  std::string last;
  for (const nlohmann::json& amendment : nlohmann::json::parse(run.amendments_json)) {
    const std::string what = amendment.value("what", "");
    if (what.starts_with(kResumed)) last = what;
  }
  return IsOpen(run) && last == kResumedForRejects;
}

void CheckRejectsWait(std::optional<Ledger>& ledger, const std::optional<RunRecord>& run) {
  if (run && RetryWasCutOff(*run)) return;
  if (!run || ledger->CountRejects(run->id) == 0) {
    throw RefusedError("--retry-rejects: no run of this source into this target has rejected rows");
  }
  if (IsOpen(*run)) {
    throw RefusedError(fmt::format(
        "--retry-rejects: run {} has not ended yet; let it end first, with the command that began "
        "it",
        run->id));
  }
}

}  // namespace

void Migration::FindEarlierRun() {
  const Options& options = ends_->options;
  std::optional<Ledger> ledger;
  if (ends_->target.HasLedger()) ledger = Ledger::OpenReadOnly(options);
  ledger_found_ = ledger.has_value();
  std::optional<RunRecord> unfinished, finished;
  const std::string& fingerprint = ends_->source->Info().fingerprint;
  const std::string schemas = TargetSchemas(*ends_, planned_.plan);
  if (!options.run_id.empty()) {
    // Of whichever source: it may have moved to another server.
    std::optional<RunRecord> named = ledger ? ledger->FindRun(options.run_id) : std::nullopt;
    if (!named || named->target_schemas != schemas || !(IsOpen(*named) || named->state == "done")) {
      throw RefusedError(fmt::format(
          "--run {}: no such run into this target can be taken up; see `transload status`",
          options.run_id));
    }
    (IsOpen(*named) ? unfinished : finished) = std::move(named);
  } else if (ledger) {
    unfinished = ledger->FindUnfinishedRun(fingerprint, schemas);
    finished = ledger->FindFinishedRun(fingerprint, schemas);
  }
  // It made the tables that rows are to go into now.
  if (finished && options.data_only && MadeOnlyTables(*finished)) finished.reset();
  if (options.restart) {
    ledger.reset();
    if (unfinished || finished) {
      // What is refused anyway keeps what there is.
      CheckPreflight(Standing::kToBeUndone);
      UndoEarlier(unfinished ? *unfinished : *finished, options, progress_);
    }
    restarted_ = true;
    return;
  }
  if (options.refresh_sequences && (unfinished || !finished)) {
    throw RefusedError(unfinished ? "--refresh-sequences: run " + unfinished->id +
                                        " is not finished; the run sets sequences itself at its end"
                                  : "--refresh-sequences: there is no finished run");
  }
  // A run that had ended, and whose target may be in use: nobody has asked for other rows.
  if (unfinished && RetryWasCutOff(*unfinished) && options.reload.empty()) {
    ends_->options.retry_rejects = true;
  }
  // These take a finished run up again.
  const bool once_more =
      options.refresh_sequences || options.retry_rejects || !options.reload.empty();
  if (!unfinished && once_more) unfinished = finished;
  if (!unfinished && finished && !once_more && LacksObjects(*ledger, *finished)) {
    unfinished = finished;
    objects_alone_ = true;
  }
  const bool rows_again = options.retry_rejects || !options.reload.empty();
  if (unfinished && rows_again && MadeNoTables(*unfinished) != options.data_only) {
    throw RefusedError(fmt::format("{}: run {} was begun {} --data-only, and goes on so only",
                                   options.retry_rejects ? "--retry-rejects" : "--reload",
                                   unfinished->id, options.data_only ? "without" : "with"));
  }
  if (options.retry_rejects) CheckRejectsWait(ledger, unfinished);
  if (unfinished) {
    resuming_ = true;
    run_ = *unfinished;
    earlier_snapshot_ = run_.snapshot_json;
    if (run_.fingerprint != fingerprint) {
      moved_from_ = {run_.fingerprint,
                     nlohmann::json::parse(run_.options_json).value("source", "")};
    }
    // Tables are named otherwise then, and the rest of the run is as it was.
    if (rows_again) {
      const AskedFor asked(run_);
      ends_->options.include = asked.include();
      ends_->options.exclude = asked.exclude();
      ends_->options.on_existing = asked.on_existing();
      planned_ = MakeRoughPlan(*ends_);
    }
  } else if (!options.reload.empty()) {
    throw RefusedError("--reload: there is no run whose tables could be loaded again");
  } else if (finished) {
    throw RefusedError(fmt::format(
        "already finished: run {} ended {}; compare both sides with `transload verify`, drop what "
        "it made with `transload undo`, or do it all again with --restart",
        finished->id, finished->finished_at));
  }
}

// Another process may have had the lock since earlier runs were looked for.
void Migration::RefuseMovedRun(const std::string& lock_key) {
  const std::string& fingerprint = ends_->source->Info().fingerprint;
  std::optional<RunRecord> moved;
  if (resuming_) {
    moved = ledger_->FindRun(run_.id);
    if (moved && (moved->state == run_.state || (IsOpen(*moved) && IsOpen(run_)))) return;
  } else {
    if (ends_->options.restart) return;
    moved = ledger_->FindUnfinishedRun(fingerprint, lock_key);
    if (!moved) moved = ledger_->FindFinishedRun(fingerprint, lock_key);
    if (!moved) return;
    if (ends_->options.data_only && moved->state == "done" && MadeOnlyTables(*moved)) return;
  }
  throw RefusedError(fmt::format(
      "another transload was at work on the same source and target schema until now ({}): run {} "
      "is {}; look at it with transload status, and give the command again where that is wanted",
      lock_key, moved ? moved->id : run_.id, moved ? moved->state : "gone"));
}

}  // namespace transload
