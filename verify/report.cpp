#include "verify/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace transload {
namespace {

std::string Counted(std::uint64_t number, const char* noun) {
  return fmt::format("{} {}{}", Grouped(number), noun, number == 1 ? "" : "s");
}

}  // namespace

std::string Grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string_view Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kMatch:
      return "match";
    case Verdict::kNotVerified:
      return "not verified";
    case Verdict::kMismatch:
      return "mismatch";
  }
  return "not verified";
}

std::uint64_t ReportWitness::differing() const {
  return static_cast<std::uint64_t>(
      std::count_if(measures.begin(), measures.end(),
                    [](const ReportMeasure& measure) { return !measure.agrees; }));
}

ReportTotals Totals(const Report& report) {
  ReportTotals totals;
  totals.tables = report.tables.size();
  for (const ReportTable& table : report.tables) {
    totals.matched += table.verdict == Verdict::kMatch ? 1 : 0;
    totals.mismatched += table.verdict == Verdict::kMismatch ? 1 : 0;
    totals.not_verified += table.verdict == Verdict::kNotVerified ? 1 : 0;
    totals.read += table.read;
    totals.written += table.written;
    totals.rejected += table.rejected;
    totals.coerced += table.coerced;
    totals.bytes += table.bytes;
  }
  for (const ReportObject& object : report.objects) {
    totals.objects_created += object.state == "created" || object.state == "unvalidated" ? 1 : 0;
    totals.objects_failed += object.state == "failed" ? 1 : 0;
  }
  return totals;
}

std::vector<ReportObject> ObjectsIn(const Report& report, std::string_view state) {
  std::vector<ReportObject> found;
  std::copy_if(report.objects.begin(), report.objects.end(), std::back_inserter(found),
               [&](const ReportObject& object) { return object.state == state; });
  return found;
}

bool OnlyCompares(const Report& report) {
  return report.run.command == "verify" || report.run.command == "sync";
}

std::string VerdictLine(const Report& report) {
  ReportTotals totals = Totals(report);
  std::string line;
  if (report.outcome.empty()) {
    line = report.run.state.empty() ? "no outcome yet" : report.run.state;
  } else {
    line = report.outcome.front().text;
  }
  line += fmt::format(
      ": {}, {}", Counted(totals.tables, "table"),
      Counted(totals.written, "row") + (OnlyCompares(report) ? " in the target" : " written"));
  if (totals.matched > 0) line += fmt::format(", {} verified", Grouped(totals.matched));
  if (totals.rejected > 0) line += fmt::format(", {} rejected", Counted(totals.rejected, "row"));
  if (totals.coerced > 0) {
    line += fmt::format("; {} changed under a policy", Counted(totals.coerced, "value"));
  }
  if (!report.not_migrated.empty()) {
    line += fmt::format("; {} not migrated", Counted(report.not_migrated.size(), "object"));
  }
  return line;
}

}  // namespace transload
