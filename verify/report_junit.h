// The report as a JUnit file, so that a pipeline can show each table as a test.
#ifndef TRANSLOAD_VERIFY_REPORT_JUNIT_H_
#define TRANSLOAD_VERIFY_REPORT_JUNIT_H_

#include <string>
#include <string_view>

#include "verify/report.h"

namespace transload {

// One case per table, per [[check]] and per failed object, and one for the run.
std::string ReportJunit(const Report& report);

// Text made harmless in HTML and XML, in element content and in quoted attributes. Ill-formed UTF-8
// and characters that XML does not allow become U+FFFD.
std::string EscapeMarkup(std::string_view text);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_REPORT_JUNIT_H_
