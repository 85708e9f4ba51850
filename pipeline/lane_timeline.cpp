#include "pipeline/lane_timeline.h"

#include <fmt/format.h>

namespace transload {
namespace {

// Between two partitions a lane asks the ledger for the next one.
constexpr double kPause = 0.25;
// What comes later than the data has a place in the chart too.
constexpr std::size_t kMostSpans = 4000;

// "shop.orders id >= 5000": of which table. "counting shop.orders" stands as it is.
std::string_view TableOf(std::string_view text) {
  if (text.starts_with("counting ")) return text;
  return text.substr(0, text.find(' '));
}

}  // namespace

LaneTimeline::~LaneTimeline() {
  for (auto& [lane, line] : lines_) {
    if (line.open) line.span.to = timeline_.Now();
    Tell(line);
  }
}

void LaneTimeline::LaneDoing(int lane, std::string_view text) {
  shown_.LaneDoing(lane, text);
  const double now = timeline_.Now();
  std::lock_guard lock(mutex_);
  Line& line = lines_[lane];
  if (line.open) line.span.to = now;
  line.open = !text.empty();
  if (!line.open) return;
  const std::string_view table = TableOf(text);
  if (line.span.text == table && now - line.span.to < kPause) return;
  Tell(line);
  line.span.lane = fmt::format("lane {}", lane + 1);
  line.span.text = table;
  line.span.from = line.span.to = now;
}

void LaneTimeline::Tell(Line& line) {
  if (!line.span.text.empty() && told_++ < kMostSpans) timeline_.Add(std::move(line.span));
  line.span = {};
}

}  // namespace transload
