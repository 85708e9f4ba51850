// report.md: the report for a ticket or a wiki.
#ifndef TRANSLOAD_VERIFY_REPORT_MARKDOWN_H_
#define TRANSLOAD_VERIFY_REPORT_MARKDOWN_H_

#include <string>

#include "verify/report.h"

namespace transload {

std::string ReportMarkdown(const Report& report);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_REPORT_MARKDOWN_H_
