// What each connection of a verification was busy with, as lines of the report's chart.
#ifndef TRANSLOAD_PIPELINE_VERIFY_TIMELINE_H_
#define TRANSLOAD_PIPELINE_VERIFY_TIMELINE_H_

#include <map>
#include <mutex>
#include <string>

#include "pipeline/timeline.h"

namespace transload {

// One bar per table and line: ranges of a table that follow one another are one stretch.
class VerifyTimeline {
 public:
  explicit VerifyTimeline(Timeline& timeline) : timeline_(timeline) {}  // borrowed
  ~VerifyTimeline();                                                    // tells what is left

  // From then to now. Any thread.
  void Worked(const std::string& line, const std::string& table, Timeline::Clock::time_point began);

 private:
  Timeline& timeline_;
  std::mutex mutex_;
  std::map<std::string, ReportSpan> open_;  // by line
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_VERIFY_TIMELINE_H_
