#include "pipeline/verify_timeline.h"

#include <utility>

namespace transload {

VerifyTimeline::~VerifyTimeline() {
  for (auto& [line, span] : open_) timeline_.Add(std::move(span));
}

void VerifyTimeline::Worked(const std::string& line, const std::string& table,
                            Timeline::Clock::time_point began) {
  constexpr double kPause = 0.05;  // seconds, that no chart shows
  const double from = timeline_.At(began);
  const double to = timeline_.Now();
  std::lock_guard lock(mutex_);
  auto [at, fresh] = open_.try_emplace(line);
  ReportSpan& span = at->second;
  if (!fresh && span.text == table && from - span.to < kPause) {
    span.to = to;
    return;
  }
  if (!fresh) timeline_.Add(span);
  span = {line, table, from, to, false};
}

}  // namespace transload
