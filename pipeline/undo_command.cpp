// transload undo: drop exactly what a run made.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "load/ledger.h"
#include "load/undo.h"
#include "pipeline/commands.h"
#include "pipeline/endpoints.h"

namespace transload {

UndoneRun UndoRun(const Options& options) {
  Options resolved = Resolve(options);
  std::optional<Ledger> ledger = Ledger::OpenReadOnly(resolved);
  if (!ledger) {
    throw RefusedError(
        fmt::format("there is no ledger (schema {}) in this database: nothing to undo",
                    resolved.ledger_schema));
  }
  UndoneRun undone;
  undone.run = resolved.run_id;
  if (undone.run.empty()) {
    for (const RunRecord& run : ledger->ListRuns()) {
      if (run.state == "undone" && !resolved.forget) continue;
      undone.run = run.id;
      break;
    }
  }
  std::optional<RunRecord> run = ledger->FindRun(undone.run);
  if (!run)
    throw RefusedError("there is no run to undo" + (undone.run.empty() ? "" : ": " + undone.run));
  ledger.reset();
  resolved.run_id = undone.run;
  if (run->state != "undone") {
    UndoResult result = Undo(resolved, resolved.force);
    if (!result.done) {
      throw RefusedError(
          fmt::format("nothing was undone, because:\n  {}", fmt::join(result.in_the_way, "\n  ")));
    }
    undone.dropped = std::move(result.dropped);
    undone.kept = std::move(result.kept);
  }
  if (resolved.forget) {
    Ledger::Open(resolved).Forget(undone.run);
    undone.ledger_forgotten = true;
  }
  return undone;
}

}  // namespace transload
