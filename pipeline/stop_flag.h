// The user's wish to stop. Set from a signal handler or another thread, looked at between batches.
// A deadline is such a wish made in advance.
#ifndef TRANSLOAD_PIPELINE_STOP_FLAG_H_
#define TRANSLOAD_PIPELINE_STOP_FLAG_H_

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>

#include "core/error.h"

namespace transload {

class StopFlag {
 public:
  using Clock = std::chrono::system_clock;

  StopFlag() = default;
  // As `outer`, which must outlive it, or once the deadline has passed.
  StopFlag(const StopFlag& outer, std::optional<Clock::time_point> deadline)
      : outer_(&outer), deadline_(deadline) {}

  // Async-signal-safe. `signal` is SIGINT or SIGTERM and decides the exit code.
  void Request(int signal) noexcept { signal_.store(signal); }
  bool requested() const noexcept { return signal() != 0 || past_deadline(); }
  ExitCode exit_code() const noexcept {
    if (signal() == 0) return ExitCode::kStopped;
    return signal() == SIGTERM ? ExitCode::kTerminated : ExitCode::kInterrupted;
  }
  // Throws an Error that says so when a stop is wanted.
  void ThrowIfRequested() const {
    if (!requested()) return;
    if (signal() == 0) {
      throw Error(
          "the deadline has come; partitions under way were rolled back, the same command resumes");
    }
    Error error("interrupted; partitions under way were rolled back, the same command resumes");
    error.exit_code = exit_code();
    error.interrupted = true;
    throw error;
  }

 private:
  int signal() const noexcept { return outer_ != nullptr ? outer_->signal() : signal_.load(); }
  bool past_deadline() const noexcept { return deadline_ && Clock::now() >= *deadline_; }

  const StopFlag* outer_ = nullptr;
  std::optional<Clock::time_point> deadline_;
  std::atomic<int> signal_{0};
  static_assert(std::atomic<int>::is_always_lock_free);
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_STOP_FLAG_H_
