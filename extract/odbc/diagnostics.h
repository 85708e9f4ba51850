// The diagnostic records of an ODBC handle, and what they mean for a run.
#ifndef TRANSLOAD_EXTRACT_ODBC_DIAGNOSTICS_H_
#define TRANSLOAD_EXTRACT_ODBC_DIAGNOSTICS_H_

#include <sql.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace transload::odbc {

struct Diagnostic {
  std::string state;  // SQLSTATE, five characters
  int native = 0;     // the driver's own number
  std::string message;
};

// All records, in the driver's order (the most telling first).
std::vector<Diagnostic> ReadDiagnostics(SQLSMALLINT handle_type, SQLHANDLE handle);

// "[08S01] server has gone away (2006)", joined by "; ".
std::string Describe(const std::vector<Diagnostic>& records);

// By SQLSTATE, and by the few native numbers of drivers that put everything under HY000.
bool MeansConnectionLost(const Diagnostic& record);
bool MeansRetryable(const Diagnostic& record);
// A connection attempt that a moment later may succeed: no route, time-out, too many connections.
bool MeansUnreachable(const Diagnostic& record);

// The error for records read while `doing` something. Its code is the first record's SQLSTATE.
Error StatementError(const std::vector<Diagnostic>& records, std::string_view doing);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_DIAGNOSTICS_H_
