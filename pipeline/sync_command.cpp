#include "pipeline/sync_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "pipeline/timeline.h"

namespace transload {
namespace {

double Megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

struct RoundTimes {
  double seconds = 0;
  double cut_over = 0;  // from the last write to the verdict of sync --final
};

std::string Tell(int number, const RepairRound& round, const Report& report, bool final_round,
                 const RoundTimes& times) {
  const auto still =
      std::count_if(report.tables.begin(), report.tables.end(),
                    [](const ReportTable& table) { return table.verdict == Verdict::kMismatch; });
  return fmt::format(
      "round {}: {} rows in {} tables differed and were repaired, {:.1f} s; read {:.1f} MB of the "
      "source and {:.1f} MB of the target; {}{}",
      number, round.rows(), round.tables, times.seconds, Megabytes(round.cost.source_bytes),
      Megabytes(round.cost.target_bytes),
      final_round ? "the final one"
                  : fmt::format("a cut-over now would take about {:.1f} s from the last write to "
                                "the verdict of sync --final",
                                times.cut_over),
      still == 0 ? "" : fmt::format("; tables that still differ: {}", still));
}

}  // namespace

Report SyncMigration(const Options& options, Progress& progress, const StopFlag& stop) {
  if (options.verify == VerifyLevel::kNone || options.verify == VerifyLevel::kCount) {
    throw UsageError("sync needs to know the rows that differ: --verify checksum or full");
  }
  Options each = options;
  each.repair = Repair::kApply;
  const int most_rounds = options.final_round ? 1 : options.sync_rounds;
  std::vector<std::string> told;
  Report report;
  TargetMemory memory;
  std::uint64_t found_before = 0;
  std::uint64_t repaired = 0;
  Timeline all_rounds;
  std::string started;
  double both_seconds = 0;  // of reading both sides as a whole, the last time that was done
  for (int number = 1;; ++number) {
    const Timeline timeline;
    RepairRound round;
    round.memory = &memory;
    round.timeline = &all_rounds;
    round.last = number == most_rounds;
    round.found_before = found_before;
    try {
      report = VerifyRound(each, progress, stop, round);
    } catch (Error& error) {
      // "Nothing was touched" is said of a command.
      if (repaired > 0 && error.exit_code == ExitCode::kRefused) {
        error.exit_code = ExitCode::kStopped;
      }
      throw;
    }
    repaired += round.rows();
    if (started.empty()) started = report.run.started;
    RoundTimes times;
    times.seconds = timeline.Now();
    if (!round.cost.target_known) both_seconds = round.cost.read_seconds;
    times.cut_over =
        std::max(both_seconds, round.cost.read_seconds) + times.seconds - round.cost.read_seconds;
    const std::string text = Tell(number, round, report, options.final_round, times);
    progress.Message(MessageLevel::kInfo, text);
    told.push_back(text);
    if (round.rows() > 0 && found_before > 0 && round.rows() >= found_before && !round.last) {
      told.emplace_back("rounds no longer find less: the source changes as fast as it is followed");
    }
    if (round.ends()) break;
    found_before = round.rows();
  }
  if (options.final_round) {
    told.emplace_back(
        "sequences are not moved by sync: transload run --refresh-sequences, with the "
        "same source and target, sets them to the source's values of now");
  }
  report.run.command = "sync";
  report.run.started = started;
  report.notes.insert(report.notes.begin(), told.begin(), told.end());
  return report;
}

}  // namespace transload
