#include "cli/progress_model.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace transload {
namespace {

constexpr std::uint64_t kMega = 1'000'000;

TEST(ProgressModel, SaysNothingAboutTheEndBeforeItKnows) {
  ProgressModel model(100);
  model.Expect({{"a", 1000, 100 * kMega}});
  model.Phase("data", 0, 100);
  EXPECT_FALSE(model.View(100).eta_seconds);
  model.RowsMoved("a", 10, kMega);
  EXPECT_FALSE(model.View(101).eta_seconds);
  EXPECT_NE(ProgressLine(model.View(101)).find("ETA estimating"), std::string::npos);
}

TEST(ProgressModel, DerivesTheEtaFromBytesLeftAndTheRecentRate) {
  ProgressModel model(0);
  model.Expect({{"a", 1000, 100 * kMega}});
  model.Phase("data", 0, 0);
  model.View(0);
  for (int second = 1; second <= 10; ++second) {
    model.RowsMoved("a", 50, 5 * kMega);
    model.View(second);
  }
  ProgressView view = model.View(10);
  EXPECT_NEAR(view.bytes_per_second, 5e6, 1);
  ASSERT_TRUE(view.eta_seconds);
  EXPECT_NEAR(*view.eta_seconds, 10, 0.01);
  EXPECT_NE(ProgressLine(view).find("ETA 10s + indexes"), std::string::npos) << ProgressLine(view);
}

TEST(ProgressModel, HasARateAtTheFirstLook) {
  ProgressModel model(0);
  model.Expect({{"a", 1000, 100 * kMega}});
  model.Phase("data", 0, 0);
  model.RowsMoved("a", 50, 50 * kMega);
  ProgressView view = model.View(5);
  EXPECT_NEAR(view.bytes_per_second, 10e6, 1);
  EXPECT_TRUE(view.eta_seconds);
}

TEST(ProgressModel, ForgetsAnOldRateAndGivesNoEtaWhileNothingMoves) {
  ProgressModel model(0);
  model.Expect({{"a", 1000, 100 * kMega}});
  model.Phase("data", 0, 0);
  model.View(0);
  model.RowsMoved("a", 50, 50 * kMega);
  for (int second = 1; second <= 60; ++second) model.View(second);
  ProgressView view = model.View(61);
  EXPECT_EQ(view.bytes_per_second, 0);
  EXPECT_FALSE(view.eta_seconds);
}

TEST(ProgressModel, CorrectsWrongEstimates) {
  ProgressModel model(0);
  model.Expect({{"small", 1, 10}, {"large", 1, 1000}});
  model.RowsMoved("small", 1, 500);
  EXPECT_EQ(model.View(1).bytes_total, 1500u);
  model.RowsMoved("large", 1, 100);
  model.TableDone("large");
  EXPECT_EQ(model.View(2).bytes_total, 600u);
  EXPECT_EQ(model.View(2).tables_done, 1u);
}

TEST(ProgressModel, TakesATablesSizeFromTheRowsSeenAndDoesNotGuessBeyondTheExpectedOnes) {
  ProgressModel model(0);
  model.Expect({{"a", 100'000, 10 * kMega}});
  model.Phase("data", 0, 0);
  model.RowsMoved("a", 50'000, 10 * kMega);
  EXPECT_EQ(model.View(5).bytes_total, 20 * kMega);
  EXPECT_NEAR(model.View(5).eta_seconds.value_or(0), 5, 0.01);
  model.RowsMoved("a", 50'001, 10 * kMega);
  EXPECT_FALSE(model.View(10).eta_seconds);
}

TEST(ProgressModel, CountsTheRowsOfVerification) {
  ProgressModel model(0);
  model.Expect({{"a", 1000, 100 * kMega}});
  model.LaneDoing(0, "");
  model.Phase("verify", 1, 0);
  model.ExpectChecked(2000);
  model.RowsChecked(500);
  const ProgressView view = model.View(5);
  EXPECT_NEAR(view.rows_per_second, 100, 0.01);
  EXPECT_NEAR(view.eta_seconds.value_or(0), 15, 0.01);
  const std::string line = ProgressLine(view);
  EXPECT_NE(line.find("25%  500 of about 2,000 rows read  100 rows/s  ETA 15s"), std::string::npos)
      << line;
  // Lanes that have nothing to do are not shown.
  EXPECT_EQ(ProgressBlock(view, 80, false).size(), 3u);
}

TEST(ProgressModel, CountsEarlierRowsAsDoneButNotAsSpeedAndTakesRowsBack) {
  ProgressModel model(0);
  model.Expect({{"a", 10, 1000}});
  model.Phase("data", 0, 0);
  model.View(0);
  model.RowsAlreadyThere("a", 5, 500);
  ProgressView view = model.View(10);
  EXPECT_EQ(view.bytes, 500u);
  EXPECT_EQ(view.bytes_per_second, 0);
  model.RowsTakenBack("a", 9, 900);
  EXPECT_EQ(model.View(11).bytes, 0u);
}

TEST(ProgressBlock, FitsItsWidthAndShowsEveryLane) {
  ProgressModel model(0);
  model.Phase("data", 0, 0);
  model.LaneDoing(1, "orders 12/31, a very long name of a table with ümläuts in it");
  for (int width : {1, 20, 40, 200}) {
    std::vector<std::string> lines = ProgressBlock(model.View(1), width, false);
    ASSERT_EQ(lines.size(), 5u);
    for (const std::string& line : lines) {
      auto columns = std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      });
      EXPECT_LE(columns, width);
    }
  }
  EXPECT_NE(ProgressBlock(model.View(1), 80, false)[3].find("idle"), std::string::npos);
}

// A line that wraps is not where the next drawing looks for it.
TEST(ProgressBlock, CountsTwoColumnsForWideCharacters) {
  ProgressModel model(0);
  model.Phase("data", 0, 0);
  model.LaneDoing(0, "漢字漢字 한글 😀 ✅ x");
  EXPECT_EQ(ProgressBlock(model.View(1), 17, false)[3], "  lane 1  漢字漢");
  EXPECT_EQ(ProgressBlock(model.View(1), 23, false)[3], "  lane 1  漢字漢字 한글");
  EXPECT_EQ(ProgressBlock(model.View(1), 28, false)[3], "  lane 1  漢字漢字 한글 😀 ");
  EXPECT_EQ(ProgressBlock(model.View(1), 31, false)[3], "  lane 1  漢字漢字 한글 😀 ✅ x");
}

TEST(ProgressBlock, LetsNoControlCharacterThrough) {
  ProgressModel model(0);
  model.LaneDoing(0, "evil\033[2Jname\n");
  for (const std::string& line : ProgressBlock(model.View(1), 80, false)) {
    EXPECT_EQ(line.find_first_of("\033\n"), std::string::npos);
  }
}

TEST(Show, WritesAmountsForPeople) {
  EXPECT_EQ(ShowBytes(999), "999 B");
  EXPECT_EQ(ShowBytes(1'250'000'000), "1.2 GB");
  EXPECT_EQ(ShowBytes(999'999), "1.0 MB");
  EXPECT_EQ(ShowSeconds(9.94), "9.9s");
  EXPECT_EQ(ShowSeconds(190), "3m 10s");
  EXPECT_EQ(ShowSeconds(7260), "2h 01m");
  EXPECT_EQ(ShowCount(1234567), "1,234,567");
}

}  // namespace
}  // namespace transload
