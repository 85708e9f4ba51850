// The report as text: the summary table on stdout, and report.md.
#ifndef TRANSLOAD_VERIFY_REPORT_TEXT_H_
#define TRANSLOAD_VERIFY_REPORT_TEXT_H_

#include <string>

#include "verify/report.h"

namespace transload {

// For a terminal: one line a table, then what needs attention, the verdict last.
std::string ReportText(const Report& report);
// Markdown, for a ticket or a wiki.
std::string ReportMarkdown(const Report& report);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_REPORT_TEXT_H_
