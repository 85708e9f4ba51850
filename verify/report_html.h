// report.html: one self-contained file that opens without a network and runs no script.
#ifndef TRANSLOAD_VERIFY_REPORT_HTML_H_
#define TRANSLOAD_VERIFY_REPORT_HTML_H_

#include <string>

#include "verify/report.h"

namespace transload {

std::string ReportHtml(const Report& report);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_REPORT_HTML_H_
