#include "pipeline/lane_timeline.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace transload {
namespace {

class Shown : public SilentProgress {
 public:
  void LaneDoing(int lane, std::string_view text) override {
    told.push_back(std::to_string(lane) + " " + std::string(text));
  }
  std::vector<std::string> told;
};

TEST(LaneTimeline, DrawsOneBarPerTableAndLane) {
  Shown shown;
  Timeline timeline;
  {
    LaneTimeline lanes(shown, timeline);
    lanes.LaneDoing(0, "shop.orders id < 10");
    lanes.LaneDoing(1, "shop.orders id >= 10");
    lanes.LaneDoing(0, "");
    lanes.LaneDoing(0, "shop.orders id >= 20");
    lanes.LaneDoing(0, "");
    lanes.LaneDoing(0, "shop.notes whole table");
    lanes.LaneDoing(0, "");
  }
  const std::vector<ReportSpan> spans = timeline.spans();
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_EQ(spans[0].lane + " " + spans[0].text, "lane 1 shop.orders");
  EXPECT_EQ(spans[1].lane + " " + spans[1].text, "lane 1 shop.notes");
  EXPECT_EQ(spans[2].lane + " " + spans[2].text, "lane 2 shop.orders");
  for (const ReportSpan& span : spans) EXPECT_LE(span.from, span.to);
  EXPECT_EQ(shown.told.size(), 7u);
  EXPECT_EQ(shown.told.front(), "0 shop.orders id < 10");
}

}  // namespace
}  // namespace transload
