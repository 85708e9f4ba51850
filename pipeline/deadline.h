// --deadline: the time by which a run has ended or stopped, resumable.
#ifndef TRANSLOAD_PIPELINE_DEADLINE_H_
#define TRANSLOAD_PIPELINE_DEADLINE_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace transload {

using WallClock = std::chrono::system_clock;

// "06:00", the next time that clocks here show it, or "2026-03-01 06:00"; seconds may follow.
// Throws a usage Error for anything else, and for a time that has passed.
WallClock::time_point ParseDeadline(const std::string& text, WallClock::time_point now);
// "2026-03-01 06:00:00", local time.
std::string ShowTime(WallClock::time_point time);

// Tells while rows are moved whether they will be in by the deadline. Used by one thread.
class DeadlineForecast {
 public:
  // Before so much of the work has been seen there is no forecast.
  static constexpr std::chrono::seconds kFirstForecast{10};

  // Nothing: no deadline, nothing to tell.
  DeadlineForecast(std::optional<WallClock::time_point> deadline, std::uint64_t rows_to_move,
                   WallClock::time_point start)
      : deadline_(deadline), rows_to_move_(rows_to_move), start_(start) {}

  // A sentence for the user when the outlook has changed, else empty.
  std::string Look(WallClock::time_point now, std::uint64_t rows_moved);

 private:
  std::optional<WallClock::time_point> deadline_;
  std::uint64_t rows_to_move_;  // an estimate
  WallClock::time_point start_;
  bool late_ = false;
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_DEADLINE_H_
