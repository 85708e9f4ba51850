#include "pipeline/deadline.h"

#include <gtest/gtest.h>

#include <csignal>

#include "core/error.h"
#include "pipeline/stop_flag.h"

namespace transload {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(Deadline, WithoutADateIsTheNextTimeThatClocksShowIt) {
  const WallClock::time_point noon = ParseDeadline("2031-01-01 12:00", WallClock::now());
  EXPECT_EQ(ParseDeadline("12:30", noon) - noon, std::chrono::minutes(30));
  EXPECT_EQ(ParseDeadline("06:00:01", noon) - noon, hours(18) + seconds(1));
  EXPECT_EQ(ParseDeadline("12:00", noon) - noon, hours(24));
  EXPECT_EQ(ParseDeadline("2031-02-01T12:00:00", noon) - noon, hours(24 * 31));
  EXPECT_EQ(ShowTime(noon), "2031-01-01 12:00:00");
}

TEST(Deadline, RefusesWhatIsNoTimeAndWhatHasPassed) {
  const WallClock::time_point now = WallClock::now();
  for (const char* text : {"", "6:00", "24:00", "12:60", "noon", "2031-02-30 12:00", "2031-01-01",
                           "2031-01-01 12", "2031-01-01x12:00", "2001-01-01 12:00"}) {
    EXPECT_THROW(ParseDeadline(text, now), Error) << text;
  }
}

TEST(Deadline, ForecastTellsOnceWhenTheOutlookChanges) {
  const WallClock::time_point start = WallClock::now();
  DeadlineForecast forecast(start + seconds(100), 1000, start);
  EXPECT_EQ(forecast.Look(start + seconds(5), 10), "");    // too early to tell
  EXPECT_EQ(forecast.Look(start + seconds(20), 400), "");  // in time
  EXPECT_NE(forecast.Look(start + seconds(60), 410), "");  // late
  EXPECT_EQ(forecast.Look(start + seconds(61), 410), "");
  EXPECT_NE(forecast.Look(start + seconds(70), 900), "");  // in time again
  DeadlineForecast without(std::nullopt, 1000, start);
  EXPECT_EQ(without.Look(start + seconds(60), 1), "");
}

TEST(StopFlag, StopsAtItsDeadlineAsARunThatGoesOnLater) {
  StopFlag user;
  StopFlag passed(user, WallClock::now() - seconds(1));
  EXPECT_TRUE(passed.requested());
  EXPECT_EQ(passed.exit_code(), ExitCode::kStopped);
  try {
    passed.ThrowIfRequested();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code, ExitCode::kStopped);
    EXPECT_FALSE(error.interrupted);
  }
  StopFlag later(user, WallClock::now() + hours(1));
  EXPECT_FALSE(later.requested());
  user.Request(SIGTERM);  // the user comes first
  EXPECT_TRUE(later.requested());
  EXPECT_EQ(passed.exit_code(), ExitCode::kTerminated);
}

}  // namespace
}  // namespace transload
