#include "pipeline/work_board.h"

#include <gtest/gtest.h>

namespace transload {
namespace {

TEST(EvenPartitionBytes, LeavesASmallTableWhole) {
  EXPECT_EQ(EvenPartitionBytes(0, 64, 4), 64u);
  EXPECT_EQ(EvenPartitionBytes(64, 64, 4), 64u);
}

TEST(EvenPartitionBytes, GivesEveryLaneAsManyPartitions) {
  // Seven of 64 would leave one of two lanes idle during the last: eight of 54.
  EXPECT_EQ(EvenPartitionBytes(430, 64, 2), 54u);
  EXPECT_EQ(EvenPartitionBytes(128, 64, 2), 64u);
  EXPECT_EQ(EvenPartitionBytes(65, 64, 8), 9u);
  EXPECT_EQ(EvenPartitionBytes(65, 64, 1), 33u);
}

TEST(EvenPartitionBytes, NeverGivesMoreThanWanted) {
  for (std::uint64_t table = 1; table < 500; ++table) {
    for (std::uint64_t wanted = 1; wanted < 80; wanted += 7) {
      for (const int lanes : {1, 2, 3, 8}) {
        const std::uint64_t each = EvenPartitionBytes(table, wanted, lanes);
        ASSERT_LE(each, wanted);
        ASSERT_GT(each, 0u);
      }
    }
  }
}

}  // namespace
}  // namespace transload
