// The report as text for a terminal.
#ifndef TRANSLOAD_VERIFY_REPORT_TEXT_H_
#define TRANSLOAD_VERIFY_REPORT_TEXT_H_

#include <string>

#include "verify/report.h"

namespace transload {

// One line a table, then what needs attention, the verdict last.
std::string ReportText(const Report& report);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_REPORT_TEXT_H_
