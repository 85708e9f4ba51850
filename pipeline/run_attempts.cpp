// A run, taken up again within the process after a failure that a new start may get past.
//
// The lanes, the object workers and the ledger get over a lost connection by themselves. What
// they cannot mend ends a start: the source's snapshot is gone with its server, a connection broke
// in the middle of making the schema or of verifying. A new start then goes on from the ledger, as
// the same command would: with a snapshot of its own, and the source compared when it has moved.
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "pipeline/commands.h"
#include "pipeline/migration.h"
#include "pipeline/retry.h"

namespace transload {
namespace {

// These do one thing to a run that has ended; the user asks for it again.
bool IsWholeRun(const Options& options) {
  return !options.retry_rejects && !options.refresh_sequences;
}

class Attempts {
 public:
  Attempts(const Options& options, Progress& progress, const StopFlag& stop,
           const WriteReport& write_report)
      : options_(options),
        stop_(stop),
        retries_(options.retries, progress),
        setting_{progress, stop, std::nullopt, retries_, write_report, std::nullopt} {
    if (!options.deadline.empty()) {
      setting_.deadline = ParseDeadline(options.deadline, WallClock::now());
    }
  }

  Report Run() {
    for (int attempt = 1;; ++attempt) {
      std::optional<Report> report = Start();
      // Who gets on may fail as often again: a run of days is not to end by its sixth short cut.
      const std::uint64_t written = report ? Totals(*report).written : 0;
      if (written > most_written_) {
        most_written_ = written;
        attempt = 1;
      }
      const bool again = failure_ && IsWholeRun(options_) && connected_ && !stop_.requested() &&
                         MayTryAgain(*failure_) && attempt <= retries_.retries();
      if (!again && report) return std::move(*report);
      // A refusal says by itself what to do; the same command would be refused again.
      if (!again && !MayTryAgain(*failure_)) throw *failure_;
      if (!again) throw attempt > 1 ? GivenUp(*failure_, attempt) : *failure_;
      Rest(retries_.Note("run", "", *failure_, attempt), stop_);
      stop_.ThrowIfRequested();
    }
  }

 private:
  // One start, and what ended it early. No report when it did not come to writing one.
  std::optional<Report> Start() {
    failure_.reset();
    try {
      Migration migration(Resolve(options_), setting_);
      connected_ = true;
      std::optional<Report> report;
      try {
        report = migration.Run();
        failure_ = migration.failure();
        begun_ = true;
      } catch (const Error& error) {
        failure_ = error;
      }
      setting_.predecessor = migration.control_session();
      // A second start must not undo what the first has begun, only what it did not come to undo.
      if (migration.restarted()) options_.restart = false;
      if (report) return report;
    } catch (const Error& error) {
      failure_ = error;
    }
    // Something was touched: the code for "nothing was" would be wrong.
    if (begun_ && failure_->exit_code == ExitCode::kRefused) {
      failure_->exit_code = ExitCode::kStopped;
    }
    return std::nullopt;
  }

  Options options_;
  const StopFlag& stop_;
  RetryLog retries_;
  Migration::Setting setting_;
  bool connected_ = false;  // to both sides, once
  bool begun_ = false;      // a start has written to the ledger
  std::uint64_t most_written_ = 0;
  std::optional<Error> failure_;
};

}  // namespace

Report RunMigration(const Options& options, Progress& progress, const StopFlag& stop,
                    const WriteReport& write_report) {
  return Attempts(options, progress, stop, write_report).Run();
}

}  // namespace transload
