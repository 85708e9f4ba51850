#include "verify/report_timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "verify/report_junit.h"

namespace transload {
namespace {

constexpr double kLeft = 110;  // room for the lanes' names
constexpr double kWidth = 1000;
constexpr double kRow = 24;
constexpr double kTop = 6;
constexpr double kLetter = 6.5;  // about

// 1, 2 or 5 times a power of ten, so that about six ticks fit.
double TickStep(double seconds) {
  double step = 0.001;
  for (int i = 0; seconds / step > 6; ++i) step *= i % 3 == 1 ? 2.5 : 2;
  return step;
}

std::string Axis(double seconds, double bottom) {
  std::string out;
  double step = TickStep(seconds);
  for (int tick = 0; tick * step <= seconds * 1.0001; ++tick) {
    const double at = tick * step;
    double x = kLeft + (kWidth - kLeft - 10) * at / seconds;
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"0\" y2=\"{1:.1f}\"/>"
        "<text class=\"tick\" x=\"{0:.1f}\" y=\"{2:.1f}\">{3:g} s</text>\n",
        x, bottom, bottom + 14, at);
  }
  return out;
}

// Phases first, then the lanes by their numbers, then what else there is.
std::vector<std::string> LanesOf(const std::vector<ReportSpan>& spans) {
  std::vector<std::string> lanes;
  for (const ReportSpan& span : spans) {
    if (std::find(lanes.begin(), lanes.end(), span.lane) == lanes.end()) lanes.push_back(span.lane);
  }
  auto rank = [](const std::string& lane) {
    return lane == "phases" ? 0 : lane.starts_with("lane ") ? 1 : 2;
  };
  std::sort(lanes.begin(), lanes.end(), [&](const std::string& a, const std::string& b) {
    // "lane 10" after "lane 9".
    return std::tuple(rank(a), a.size(), a) < std::tuple(rank(b), b.size(), b);
  });
  return lanes;
}

}  // namespace

std::string TimelineSvg(const std::vector<ReportSpan>& spans) {
  if (spans.empty()) return "";
  const std::vector<std::string> lanes = LanesOf(spans);
  double seconds = 0.001;
  for (const ReportSpan& span : spans) seconds = std::max(seconds, span.to);
  double bottom = kTop + kRow * static_cast<double>(lanes.size());
  std::string out = fmt::format(
      "<svg role=\"img\" aria-label=\"Timeline of {} lanes over {:.1f} seconds\" "
      "viewBox=\"0 0 {:.0f} {:.0f}\">\n",
      lanes.size(), seconds, kWidth, bottom + 20);
  out += Axis(seconds, bottom);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    out += fmt::format("<text class=\"lane\" x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n", kLeft - 8,
                       kTop + kRow * static_cast<double>(i) + 15, EscapeMarkup(lanes[i]));
  }
  std::size_t number = 0;
  for (const ReportSpan& span : spans) {
    auto lane =
        static_cast<double>(std::find(lanes.begin(), lanes.end(), span.lane) - lanes.begin());
    double from = std::clamp(span.from, 0.0, seconds);
    double to = std::clamp(span.to, from, seconds);
    double scale = (kWidth - kLeft - 10) / seconds;
    out += fmt::format(
        "<rect class=\"{}\" x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.0f}\" rx=\"2\">"
        "<title>{}: {}, {:.2f} s to {:.2f} s{}</title></rect>\n",
        span.failed ? "failed" : (number++ % 2 == 0 ? "span" : "span other"), kLeft + from * scale,
        kTop + kRow * lane + 2, std::max(1.0, (to - from) * scale), kRow - 4,
        EscapeMarkup(span.lane), EscapeMarkup(span.text), span.from, span.to,
        span.failed ? ", failed" : "");
  }
  // What is wide enough says what it is; the others say it when pointed at.
  for (const ReportSpan& span : spans) {
    const auto lane =
        static_cast<double>(std::find(lanes.begin(), lanes.end(), span.lane) - lanes.begin());
    const double scale = (kWidth - kLeft - 10) / seconds;
    const double width = (std::min(span.to, seconds) - span.from) * scale;
    if (span.failed || width < kLetter * static_cast<double>(span.text.size() + 2)) continue;
    out += fmt::format("<text class=\"label\" x=\"{:.2f}\" y=\"{:.1f}\">{}</text>\n",
                       kLeft + std::max(span.from, 0.0) * scale + kLetter, kTop + kRow * lane + 16,
                       EscapeMarkup(span.text));
  }
  return out + "</svg>\n";
}

}  // namespace transload
