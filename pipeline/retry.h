// What is tried again after a failure: how long to wait before, and the record of it.
#ifndef TRANSLOAD_PIPELINE_RETRY_H_
#define TRANSLOAD_PIPELINE_RETRY_H_

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/progress.h"
#include "pipeline/stop_flag.h"
#include "verify/report.h"

namespace transload {

// The pause before a try that follows `attempt` others: 0.5 s, 1 s, 2 s, ... up to 30 s, each
// shortened by a random part, so that those who failed together do not come back together.
std::chrono::milliseconds BackOff(int attempt);

// A failure that a new try may get past: a lost connection or snapshot, a lock, a full disk.
bool MayTryAgain(const Error& error);

// The same failure when the tries are used up: nobody above is to try again.
Error GivenUp(const Error& error, int tries);

// Every retry of a run, for the user while it happens and for the report. Thread-safe.
class RetryLog {
 public:
  // `retries`: how many tries may follow the first.
  RetryLog(int retries, Progress& progress) : retries_(retries), progress_(progress) {}

  int retries() const { return retries_; }
  // Tells that try number `attempt` has failed, and returns the pause before the next one. `what`:
  // a table's label, "ledger", "index by_name", ...; `partition` may be empty.
  std::chrono::milliseconds Note(const std::string& what, const std::string& partition,
                                 const Error& error, int attempt);
  // Of a retry that waits by its own rules, in the layers below.
  void NoteWait(const std::string& what, const std::string& partition, const std::string& reason,
                int attempt, std::chrono::milliseconds wait);
  std::vector<ReportRetry> retried() const;
  // How many there were, those that `retried` has no room for too.
  std::uint64_t count() const;

 private:
  static constexpr std::size_t kMost = 1000;

  int retries_;
  Progress& progress_;
  mutable std::mutex mutex_;
  std::vector<ReportRetry> retried_;
  std::uint64_t count_ = 0;
};

// Rests; false when the user wants to stop meanwhile.
bool Rest(std::chrono::milliseconds time, const StopFlag& stop);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_RETRY_H_
