#include "verify/report_outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <string_view>

namespace transload {
namespace {

std::string Several(std::uint64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

void AddDifferences(const RunFacts& facts, std::vector<ReportOutcome>& out) {
  if (facts.mismatched_tables > 0) {
    out.push_back({ExitCode::kDifference, "verification found a difference in " +
                                              Several(facts.mismatched_tables, "table", "tables")});
  }
  if (facts.broken_row_laws > 0) {
    out.push_back({ExitCode::kDifference, "rows read are not rows written plus rows rejected in " +
                                              Several(facts.broken_row_laws, "table", "tables")});
  }
  if (facts.failed_checks > 0) {
    out.push_back(
        {ExitCode::kDifference, Several(facts.failed_checks, "check differs", "checks differ") +
                                    " between source and target"});
  }
}

// Of what did not come to its end it cannot be said that it is done, or that the data is in.
bool Ended(const RunFacts& facts) {
  return facts.signal == 0 && facts.bug.empty() && facts.usage_error.empty() &&
         facts.refusal.empty() && facts.fault.empty();
}

void AddMissing(const RunFacts& facts, std::vector<ReportOutcome>& out) {
  const std::string data_is_in = Ended(facts) ? "the data is in, but " : "";
  if (facts.failed_objects > 0) {
    out.push_back({ExitCode::kIncomplete, data_is_in +
                                              Several(facts.failed_objects, "object", "objects") +
                                              " could not be created"});
  }
  if (facts.unvalidated_constraints > 0) {
    out.push_back({ExitCode::kIncomplete, data_is_in +
                                              Several(facts.unvalidated_constraints,
                                                      "constraint stands", "constraints stand") +
                                              " NOT VALID, which rows break"});
  }
  if (facts.unverified_tables > 0 && !facts.allow_unverified) {
    out.push_back({ExitCode::kIncomplete, data_is_in +
                                              Several(facts.unverified_tables, "table", "tables") +
                                              " could not be verified"});
  }
  if (facts.unverified_checks > 0 && !facts.allow_unverified) {
    out.push_back({ExitCode::kIncomplete,
                   Several(facts.unverified_checks, "check", "checks") + " could not be made"});
  }
}

}  // namespace

std::string LesserProof(VerifyLevel level, std::optional<double> sample_percent) {
  std::string text;
  if (level == VerifyLevel::kCount) text = "by row counts alone";
  if (sample_percent) {
    text += fmt::format("{}as a sample of {}%", text.empty() ? "" : ", ", *sample_percent);
  }
  return text;
}

void QualifyMatches(Report& report, const std::string& lesser) {
  for (ReportTable& table : report.tables) {
    if (table.verdict == Verdict::kMatch && table.reason.empty()) table.reason = lesser;
  }
}

std::vector<ReportOutcome> Outcomes(const RunFacts& facts) {
  std::vector<ReportOutcome> out;
  if (!facts.bug.empty()) {
    constexpr std::string_view kDefect = "a defect of transload";
    const bool said = facts.bug.starts_with(kDefect);
    out.push_back({ExitCode::kBug, said ? facts.bug : fmt::format("{}: {}", kDefect, facts.bug)});
  }
  if (!facts.usage_error.empty()) out.push_back({ExitCode::kUsage, facts.usage_error});
  if (!facts.refusal.empty()) out.push_back({ExitCode::kRefused, facts.refusal});
  if (facts.signal == SIGINT) {
    out.push_back({ExitCode::kInterrupted, "interrupted; the same command resumes"});
  } else if (facts.signal == SIGTERM) {
    out.push_back({ExitCode::kTerminated, "terminated; the same command resumes"});
  }
  if (!facts.fault.empty()) {
    out.push_back({ExitCode::kStopped, "stopped before the end: " + facts.fault});
  }
  AddDifferences(facts, out);
  AddMissing(facts, out);
  if (facts.rejected_rows > 0) {
    const std::string rejected = Several(facts.rejected_rows, "row was", "rows were") + " rejected";
    out.push_back({ExitCode::kRejectedRows, Ended(facts)
                                                ? "done, and " + rejected + ", all accounted for"
                                                : rejected + " so far"});
  }
  if (out.empty() && !facts.unproven.empty()) {
    out.push_back({ExitCode::kDone, "done, not verified: " + facts.unproven});
  }
  if (out.empty()) {
    const std::string lesser = facts.lesser.empty() ? "" : ", " + facts.lesser;
    out.push_back({ExitCode::kDone, facts.unverified_tables > 0
                                        ? "done, " +
                                              Several(facts.unverified_tables, "table", "tables") +
                                              " not verified, as allowed"
                                        : "done and verified" + lesser});
  }
  return out;
}

ExitCode Decide(const std::vector<ReportOutcome>& outcomes) {
  return outcomes.empty() ? ExitCode::kBug : outcomes.front().code;
}

RunFacts FactsOf(Report& report) {
  RunFacts facts;
  for (const ReportTable& table : report.tables) {
    facts.mismatched_tables += table.verdict == Verdict::kMismatch ? 1 : 0;
    facts.unverified_tables += table.verdict == Verdict::kNotVerified ? 1 : 0;
    facts.rejected_rows += table.rejected;
    // The law is a run's: what verify finds in the target was written by somebody else's books.
    if (report.run.command == "verify") continue;
    if (table.read == table.written + table.rejected) continue;
    ++facts.broken_row_laws;
    auto same = [&](const ReportDifference& d) {
      return d.table == table.name && d.kind == "row law";
    };
    if (std::any_of(report.differences.begin(), report.differences.end(), same)) continue;
    report.differences.push_back(
        {table.name, "", "", fmt::format("{} read", table.read),
         fmt::format("{} written, {} rejected", table.written, table.rejected), "row law"});
  }
  for (const ReportObject& object : report.objects) {
    facts.failed_objects += object.state == "failed" ? 1 : 0;
    facts.unvalidated_constraints += object.state == "unvalidated" ? 1 : 0;
  }
  for (const ReportCheck& check : report.checks) {
    facts.failed_checks += check.verdict == Verdict::kMismatch ? 1 : 0;
    facts.unverified_checks += check.verdict == Verdict::kNotVerified ? 1 : 0;
  }
  return facts;
}

}  // namespace transload
