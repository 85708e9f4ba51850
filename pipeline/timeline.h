// When what was done, for the report's chart. Thread-safe.
#ifndef TRANSLOAD_PIPELINE_TIMELINE_H_
#define TRANSLOAD_PIPELINE_TIMELINE_H_

#include <chrono>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "verify/report.h"

namespace transload {

class Timeline {
 public:
  using Clock = std::chrono::steady_clock;

  // A stretch on one line of the chart, from construction to destruction.
  class Span {
   public:
    Span(Timeline& timeline, std::string line, std::string text)
        : timeline_(timeline), from_(timeline.Now()) {
      span_.lane = std::move(line);
      span_.text = std::move(text);
    }
    ~Span() {
      span_.from = from_;
      span_.to = timeline_.Now();
      timeline_.Add(std::move(span_));
    }
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;
    void Fail() { span_.failed = true; }

   private:
    Timeline& timeline_;
    double from_;
    ReportSpan span_;
  };

  double At(Clock::time_point when) const {
    return std::chrono::duration<double>(when - start_).count();
  }
  // Seconds since the run's start.
  double Now() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  void Add(ReportSpan span) {
    std::lock_guard lock(mutex_);
    if (spans_.size() < kMost) spans_.push_back(std::move(span));
  }
  std::vector<ReportSpan> spans() const {
    std::lock_guard lock(mutex_);
    return spans_;
  }

 private:
  // A chart with more bars than this shows nothing more, and the report stays small.
  static constexpr std::size_t kMost = 5000;

  Clock::time_point start_ = Clock::now();
  mutable std::mutex mutex_;
  std::vector<ReportSpan> spans_;
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_TIMELINE_H_
