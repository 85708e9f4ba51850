// The user's wish to stop. Set from a signal handler or another thread, looked at between batches.
#ifndef TRANSLOAD_PIPELINE_STOP_FLAG_H_
#define TRANSLOAD_PIPELINE_STOP_FLAG_H_

#include <atomic>
#include <csignal>

#include "core/error.h"

namespace transload {

class StopFlag {
 public:
  // Async-signal-safe. `signal` is SIGINT or SIGTERM and decides the exit code.
  void Request(int signal) noexcept { signal_.store(signal); }
  bool requested() const noexcept { return signal_.load() != 0; }
  ExitCode exit_code() const noexcept {
    return signal_.load() == SIGTERM ? ExitCode::kTerminated : ExitCode::kInterrupted;
  }
  // Throws an Error that says so when a stop is wanted.
  void ThrowIfRequested() const {
    if (!requested()) return;
    Error error("interrupted; partitions under way were rolled back, the same command resumes");
    error.exit_code = exit_code();
    error.interrupted = true;
    throw error;
  }

 private:
  std::atomic<int> signal_{0};
  static_assert(std::atomic<int>::is_always_lock_free);
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_STOP_FLAG_H_
