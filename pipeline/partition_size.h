// How much source data one partition has at most.
//
// A partition is what a fault costs, so it is small: 64 MiB. To begin and to commit one takes some
// fifteen answers of the servers, though, one after the other. Where those are far away a lane
// would wait for answers more than it moves, and so partitions grow with the distance, up to a
// bound: who loses a connection then does not lose too much with it.
#ifndef TRANSLOAD_PIPELINE_PARTITION_SIZE_H_
#define TRANSLOAD_PIPELINE_PARTITION_SIZE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "core/options.h"
#include "core/round_trip.h"

namespace transload {

struct RoundTrips {
  std::optional<RoundTrip> source;  // nothing: a file, or an engine that cannot be asked so
  RoundTrip target{};
};

RoundTrip Farthest(const RoundTrips& round_trips);

struct PartitionSize {
  std::uint64_t bytes = 0;
  std::string reason;  // for plan
};

PartitionSize ChoosePartitionSize(const Options& options, const RoundTrips& round_trips);

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_PARTITION_SIZE_H_
