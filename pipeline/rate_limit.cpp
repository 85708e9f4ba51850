#include "pipeline/rate_limit.h"

#include <algorithm>

namespace transload {

RateLimit::Clock::duration RateLimit::Book(std::uint64_t bytes, Clock::time_point now) {
  if (bytes_per_second_ == 0) return Clock::duration::zero();
  std::chrono::duration<double> cost(static_cast<double>(bytes) /
                                     static_cast<double>(bytes_per_second_));
  std::lock_guard lock(mutex_);
  booked_until_ = std::max(booked_until_, now) + std::chrono::duration_cast<Clock::duration>(cost);
  return booked_until_ - now;
}

}  // namespace transload
