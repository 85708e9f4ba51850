#include "pipeline/partition_size.h"

#include <fmt/format.h>

#include <algorithm>

namespace transload {
namespace {

// A lane moves up to 100 MB/s, so 64 MiB in 0.7 s: fifteen answers that take a millisecond each are
// a fiftieth of that.
constexpr RoundTrip kNear{1000};
// Of 64 MiB. With 256 MiB, fifteen answers of 20 ms are a tenth.
constexpr std::uint64_t kMostTimes = 4;

}  // namespace

RoundTrip Farthest(const RoundTrips& round_trips) {
  return std::max(round_trips.source.value_or(RoundTrip{}), round_trips.target);
}

PartitionSize ChoosePartitionSize(const Options& options, const RoundTrips& round_trips) {
  if (options.partition_bytes_given) return {options.partition_bytes, "--partition-size"};
  const RoundTrip farthest = Farthest(round_trips);
  std::uint64_t times = 1;
  while (times < kMostTimes && kNear * static_cast<RoundTrip::rep>(times) < farthest) times *= 2;
  if (times == 1) return {options.partition_bytes, "a fault costs one at most"};
  return {options.partition_bytes * times,
          fmt::format(
              "{} times the usual: answers take {:.1f} ms, and each partition waits for several",
              times, static_cast<double>(farthest.count()) / 1000)};
}

}  // namespace transload
