#include "pipeline/sync_command.h"

#include <fmt/format.h>

#include "core/error.h"
#include "pipeline/timeline.h"

namespace transload {

Report SyncMigration(const Options& options, Progress& progress, const StopFlag& stop) {
  if (options.verify == VerifyLevel::kNone || options.verify == VerifyLevel::kCount) {
    throw UsageError("sync needs to know the rows that differ: --verify checksum or full");
  }
  Options each = options;
  each.repair = Repair::kApply;
  const int most_rounds = options.final_round ? 1 : options.sync_rounds;
  std::vector<std::string> told;
  Report report;
  std::uint64_t found_before = 0;
  for (int number = 1;; ++number) {
    const Timeline timeline;
    RepairRound round;
    report = VerifyRound(each, progress, stop, round);
    const std::string text = fmt::format(
        "round {}: {} rows in {} tables differed and were repaired, {:.1f} s; {}", number,
        round.rows(), round.tables, timeline.Now(),
        options.final_round
            ? "the final one"
            : fmt::format("a cut-over now would take about {:.1f} s from the last write to the "
                          "verdict of sync --final",
                          timeline.Now()));
    progress.Message(MessageLevel::kInfo, text);
    told.push_back(text);
    if (round.rows() == 0 || number == most_rounds) break;
    if (number > 1 && round.rows() >= found_before) {
      told.push_back("rounds no longer find less: the source changes as fast as it is followed");
      break;
    }
    found_before = round.rows();
  }
  report.run.command = "sync";
  report.notes.insert(report.notes.begin(), told.begin(), told.end());
  return report;
}

}  // namespace transload
