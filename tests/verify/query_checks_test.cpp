#include "verify/query_checks.h"

#include <gtest/gtest.h>

namespace transload {
namespace {

TEST(QueryCheck, TakesEqualNumbersForEqualAnswers) {
  EXPECT_TRUE(SameAnswer("1.50", "1.5"));
  EXPECT_TRUE(SameAnswer("0012", "12"));
  EXPECT_TRUE(SameAnswer("1e20", "1e+20"));
  EXPECT_TRUE(SameAnswer("1", "t"));
  EXPECT_TRUE(SameAnswer(std::nullopt, std::nullopt));
  EXPECT_FALSE(SameAnswer("1", "f"));
  EXPECT_FALSE(SameAnswer("", std::nullopt));
  EXPECT_FALSE(SameAnswer("9007199254740993", "9007199254740992"));
  EXPECT_FALSE(SameAnswer("a", "A"));
  EXPECT_FALSE(SameAnswer("10.0.0.10", "10.0.0.1"));
  EXPECT_FALSE(SameAnswer("1.2.0", "01.2"));
}

TEST(QueryCheck, TakesTextsAsTheyStand) {
  EXPECT_TRUE(SameAnswer("0012", "0012", true));
  EXPECT_FALSE(SameAnswer("0012", "12", true));
  EXPECT_FALSE(SameAnswer("1.50", "1.5", true));
  EXPECT_FALSE(SameAnswer("1", "t", true));
}

}  // namespace
}  // namespace transload
