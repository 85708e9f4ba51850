// How a run ended, as facts, and the exit code that follows from them (docs/exit-codes.md).
#ifndef TRANSLOAD_VERIFY_REPORT_OUTCOME_H_
#define TRANSLOAD_VERIFY_REPORT_OUTCOME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/options.h"
#include "verify/report.h"

namespace transload {

struct RunFacts {
  std::string bug;          // a defect of transload: its message
  std::string usage_error;  // nothing was touched
  std::string refusal;      // no connection, preflight, nothing to do: nothing was touched
  int signal = 0;           // SIGINT or SIGTERM
  std::string fault;        // what stopped the run before its end
  std::uint64_t mismatched_tables = 0;
  std::uint64_t failed_checks = 0;  // [[check]] pairs that differ
  std::uint64_t unverified_checks = 0;
  // Tables or partitions where rows read are not rows written plus rows rejected.
  std::uint64_t broken_row_laws = 0;
  std::uint64_t failed_objects = 0;
  std::uint64_t unvalidated_constraints = 0;  // which stand, and which rows break
  std::uint64_t unverified_tables = 0;
  bool allow_unverified = false;
  std::string unproven;  // why nothing was to be verified
  std::string lesser;    // what a match says where it does not speak of all: LesserProof
  std::uint64_t rejected_rows = 0;
};

// "by row counts alone", "as a sample of 10%", both or nothing.
std::string LesserProof(VerifyLevel level, std::optional<double> sample_percent);
// Says so beside every match.
void QualifyMatches(Report& report, const std::string& lesser);

// All that applies, in the order in which the exit code is decided; never empty.
std::vector<ReportOutcome> Outcomes(const RunFacts& facts);
// The first that applies.
ExitCode Decide(const std::vector<ReportOutcome>& outcomes);

// What the report's own numbers say: verdicts, failed objects, rejects, the law of rows. Adds a
// difference of kind "row law" to the report for every table that breaks it, once.
RunFacts FactsOf(Report& report);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_REPORT_OUTCOME_H_
