#include "pipeline/partition_size.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace transload {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

std::uint64_t Chosen(RoundTrips round_trips) {
  return ChoosePartitionSize(Options{}, round_trips).bytes / kMiB;
}

TEST(PartitionSize, IsTheUsualOneForNearServersAndFiles) {
  EXPECT_EQ(Chosen({RoundTrip(80), RoundTrip(120)}), 64U);
  EXPECT_EQ(Chosen({RoundTrip(1000), RoundTrip(1000)}), 64U);
  EXPECT_EQ(Chosen({std::nullopt, RoundTrip(100)}), 64U);
}

TEST(PartitionSize, GrowsWithTheWayToTheServerThatIsFartherOff) {
  EXPECT_EQ(Chosen({RoundTrip(100), RoundTrip(1500)}), 128U);
  EXPECT_EQ(Chosen({RoundTrip(1500), RoundTrip(100)}), 128U);
  EXPECT_EQ(Chosen({RoundTrip(100), RoundTrip(2500)}), 256U);
  EXPECT_EQ(Chosen({std::nullopt, RoundTrip(300'000)}), 256U) << "a fault costs no more than that";
}

TEST(PartitionSize, IsWhatTheUserSaysWhereverTheServersAre) {
  Options options;
  options.partition_bytes = kMiB;
  options.partition_bytes_given = true;
  const PartitionSize size = ChoosePartitionSize(options, {RoundTrip(100), RoundTrip(50'000)});
  EXPECT_EQ(size.bytes, kMiB);
  EXPECT_EQ(size.reason, "--partition-size");
}

TEST(PartitionSize, SaysWhy) {
  EXPECT_THAT(ChoosePartitionSize(Options{}, {RoundTrip(100), RoundTrip(1500)}).reason,
              HasSubstr("answers take 1.5 ms"));
}

}  // namespace
}  // namespace transload
