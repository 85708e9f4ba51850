// Holds a run's reading to a number of bytes per second, over all lanes (--max-rate).
#ifndef TRANSLOAD_PIPELINE_RATE_LIMIT_H_
#define TRANSLOAD_PIPELINE_RATE_LIMIT_H_

#include <chrono>
#include <cstdint>
#include <mutex>

namespace transload {

class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  // 0: no limit.
  explicit RateLimit(std::uint64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}

  // Books `bytes` that were read at `now` and returns how long the caller is to wait before it
  // reads on. Unused time is not saved up: a pause does not allow a burst. Thread-safe.
  Clock::duration Book(std::uint64_t bytes, Clock::time_point now);

 private:
  std::mutex mutex_;
  std::uint64_t bytes_per_second_;
  Clock::time_point booked_until_{};
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_RATE_LIMIT_H_
