// report.json, version 1 (docs/report.md, docs/report.schema.json).
#ifndef TRANSLOAD_VERIFY_REPORT_JSON_H_
#define TRANSLOAD_VERIFY_REPORT_JSON_H_

#include <string>

#include "verify/report.h"

namespace transload {

std::string ReportJson(const Report& report);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_REPORT_JSON_H_
