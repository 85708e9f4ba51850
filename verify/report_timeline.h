// The run's timeline as an inline SVG: one row per lane, time from left to right.
#ifndef TRANSLOAD_VERIFY_REPORT_TIMELINE_H_
#define TRANSLOAD_VERIFY_REPORT_TIMELINE_H_

#include <string>
#include <vector>

#include "verify/report.h"

namespace transload {

// Empty when there are no spans. Colours come from the page's CSS classes.
std::string TimelineSvg(const std::vector<ReportSpan>& spans);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_REPORT_TIMELINE_H_
