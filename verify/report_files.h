// Writes the report's files into a folder that only its owner can read.
#ifndef TRANSLOAD_VERIFY_REPORT_FILES_H_
#define TRANSLOAD_VERIFY_REPORT_FILES_H_

#include <string>

#include "verify/report.h"

namespace transload {

// Makes the folder (0700) and proves that a file can be made in it: before the run, so that its end
// is no surprise. Throws a usage error.
void PrepareReportFolder(const std::string& folder);

// report.json, report.html, report.md and junit.xml, each 0600, complete or not at all.
void WriteReportFiles(const Report& report, const std::string& folder);

// One such file: written under another name, synced, then renamed.
void WriteOwnerOnly(const std::string& path, const std::string& content);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_REPORT_FILES_H_
