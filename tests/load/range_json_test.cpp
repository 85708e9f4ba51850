#include "load/range_json.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace transload {
namespace {

TEST(RangeJson, KeepsRangesAsTheyAre) {
  PartitionRange whole;
  PartitionRange key{SplitBy::kKey, {"a", "b"}, KeyBound{"1", "x'\"\n"}, KeyBound{"2", ""}, false};
  PartitionRange open{SplitBy::kRowid, {}, std::nullopt, KeyBound{"-5"}, false};
  PartitionRange nulls{SplitBy::kKey, {"a"}, std::nullopt, std::nullopt, true};
  PartitionRange binary{
      SplitBy::kKey, {"a"}, KeyBound{std::string("n\0l", 3)}, std::nullopt, false};
  for (const PartitionRange& range : {whole, key, open, nulls, binary}) {
    EXPECT_EQ(RangeFromJson(RangeToJson(range)), range) << RangeToJson(range);
  }
}

TEST(RangeJson, RefusesKindsItDoesNotKnow) {
  EXPECT_THROW(RangeFromJson(R"({"by": "moon"})"), Error);
}

TEST(CutRange, LeavesNoGapAndNoOverlap) {
  PartitionRange range{SplitBy::kKey, {"id"}, KeyBound{"1"}, KeyBound{"9"}, false};
  auto [below, rest] = CutRange(range, {"5"});
  EXPECT_EQ(below.lower, range.lower);
  EXPECT_EQ(below.upper, rest.lower);
  EXPECT_EQ(rest.upper, range.upper);
  EXPECT_THROW(CutRange({}, {"5"}), Error);
}

}  // namespace
}  // namespace transload
