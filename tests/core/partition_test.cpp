#include "core/partition.h"

#include <gtest/gtest.h>

namespace transload {
namespace {

TEST(PartitionRange, DescribesItselfForPeople) {
  PartitionRange range;
  EXPECT_EQ(range.Describe(), "whole table");
  range.by = SplitBy::kKey;
  range.columns = {"id"};
  EXPECT_EQ(range.Describe(), "all of id");
  range.lower = KeyBound{"5"};
  EXPECT_EQ(range.Describe(), "id >= 5");
  range.upper = KeyBound{"9"};
  EXPECT_EQ(range.Describe(), "id >= 5 and id < 9");
  range.columns = {"a", "b"};
  range.lower = KeyBound{"1", "x"};
  range.upper.reset();
  EXPECT_EQ(range.Describe(), "(a, b) >= (1, x)");
  range.only_nulls = true;
  EXPECT_EQ(range.Describe(), "(a, b) is null");
}

}  // namespace
}  // namespace transload
