// How long a server takes to answer when there is nothing to do: the way there and back.
#ifndef TRANSLOAD_CORE_ROUND_TRIP_H_
#define TRANSLOAD_CORE_ROUND_TRIP_H_

#include <algorithm>
#include <chrono>

namespace transload {

using RoundTrip = std::chrono::microseconds;

// The shortest of a few: a busy server or network makes some of them longer, never shorter.
template <typename Ask>
RoundTrip ShortestRoundTrip(Ask ask) {
  constexpr int kTries = 3;
  RoundTrip shortest = RoundTrip::max();
  for (int i = 0; i < kTries; ++i) {
    const auto asked = std::chrono::steady_clock::now();
    ask();
    const auto took = std::chrono::steady_clock::now() - asked;
    shortest = std::min(shortest, std::chrono::duration_cast<RoundTrip>(took));
  }
  return shortest;
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_ROUND_TRIP_H_
