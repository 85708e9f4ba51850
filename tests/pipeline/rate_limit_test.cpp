#include "pipeline/rate_limit.h"

#include <gtest/gtest.h>

namespace transload {
namespace {

using std::chrono::milliseconds;

TEST(RateLimit, LetsEverythingThroughWithoutALimit) {
  RateLimit limit(0);
  EXPECT_EQ(limit.Book(1 << 30, RateLimit::Clock::now()), RateLimit::Clock::duration::zero());
}

TEST(RateLimit, SharesTheRateBetweenAllWhoBook) {
  RateLimit limit(1'000'000);
  auto now = RateLimit::Clock::now();
  EXPECT_EQ(limit.Book(100'000, now), milliseconds(100));
  EXPECT_EQ(limit.Book(100'000, now), milliseconds(200));
  EXPECT_EQ(limit.Book(100'000, now + milliseconds(150)), milliseconds(150));
}

TEST(RateLimit, DoesNotSaveUpAPause) {
  RateLimit limit(1'000'000);
  auto now = RateLimit::Clock::now();
  limit.Book(100'000, now);
  EXPECT_EQ(limit.Book(100'000, now + std::chrono::hours(1)), milliseconds(100));
}

}  // namespace
}  // namespace transload
