#include "verify/report_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/printable.h"

namespace transload {
namespace {

constexpr std::size_t kShownLines = 20;

double MegabytesPerSecond(const ReportTable& table) {
  return table.seconds > 0 ? static_cast<double>(table.bytes) / 1e6 / table.seconds : 0;
}

template <typename Items, typename Line>
std::string Section(const char* title, const Items& items, Line&& line) {
  if (items.empty()) return "";
  std::string out = fmt::format("\n{} ({}):\n", title, items.size());
  std::size_t shown = 0;
  for (const auto& item : items) {
    if (shown++ == kShownLines) {
      out += fmt::format("  ... and {} more, see report.json\n", items.size() - kShownLines);
      break;
    }
    out += "  " + Printable(line(item)) + "\n";
  }
  return out;
}

std::string TableLines(const Report& report) {
  std::size_t width = 5;
  for (const ReportTable& table : report.tables) {
    width = std::max(width, std::min<std::size_t>(table.name.size(), 48));
  }
  std::string out = fmt::format("{:<{}} {:>14} {:>14} {:>9} {:>9} {:>9} {:>9}  {}\n", "table",
                                width, "read", OnlyCompares(report) ? "in target" : "written",
                                "rejected", "changed", "MB/s", "seconds", "verdict");
  for (const ReportTable& table : report.tables) {
    out += fmt::format("{:<{}} {:>14} {:>14} {:>9} {:>9} {:>9.1f} {:>9.1f}  {}{}\n",
                       Printable(table.name), width, table.read, table.written, table.rejected,
                       table.coerced, MegabytesPerSecond(table), table.seconds, Name(table.verdict),
                       table.reason.empty() ? "" : ": " + Printable(table.reason));
  }
  return out;
}

std::string Attention(const Report& report) {
  std::string out;
  out += Section("differences", report.differences, [](const ReportDifference& d) {
    if (d.column.empty() && d.source.empty() && d.target.empty()) {  // a whole row
      return fmt::format("{} {}: {}", d.table, d.key, d.kind);
    }
    return fmt::format("{} {} {}: source {}, target {} ({})", d.table, d.key, d.column, d.source,
                       d.target, d.kind);
  });
  std::vector<ReportCheck> checks;
  std::copy_if(report.checks.begin(), report.checks.end(), std::back_inserter(checks),
               [](const ReportCheck& check) { return check.verdict != Verdict::kMatch; });
  out += Section("checks that failed", checks, [](const ReportCheck& c) {
    return fmt::format("{}: source {}, target {}", c.name, c.source, c.target);
  });
  if (checks.empty() && !report.checks.empty()) {
    out += fmt::format("\n{} checks beside the rows: all match\n", report.checks.size());
  }
  out += Section(
      "objects that could not be created", ObjectsIn(report, "failed"),
      [](const ReportObject& o) { return fmt::format("{} {}: {}", o.kind, o.name, o.message); });
  out += Section("constraints that stand NOT VALID", ObjectsIn(report, "unvalidated"),
                 [](const ReportObject& o) {
                   return fmt::format("{} {} of {}: {}", o.kind, o.name, o.table, o.message);
                 });
  out += Section("rejected rows", report.rejects.samples, [](const ReportReject& r) {
    return fmt::format("{} {} {}: {}", r.table, r.key, r.column, r.reason);
  });
  out += Section("values changed under a policy", report.coercions, [](const ReportCoercion& c) {
    return fmt::format("{}.{}: {} by {}", c.table, c.column, c.rows, c.policy);
  });
  out += Section("tables planned again", report.replans, [](const ReportReplan& r) {
    return fmt::format("{}.{}: {} became {}, {}", r.table, r.column, r.from, r.to, r.reason);
  });
  out += Section("tried again", report.retries, [](const ReportRetry& r) {
    return fmt::format("{}{}{}: {}; attempt {} after {:.1f} s", r.what,
                       r.partition.empty() ? "" : " ", r.partition, r.reason, r.attempt,
                       r.wait_seconds);
  });
  out += Section("not migrated", report.not_migrated, [](const NotMigrated& n) {
    return fmt::format("{} {}: {}", n.kind, n.name, n.reason);
  });
  if (!report.hazards.empty()) {
    out += fmt::format("\nhazards: {}, named by `transload plan` and in the files of --report\n",
                       report.hazards.size());
  }
  out += Section("notes", report.notes, [](const std::string& note) { return note; });
  return out;
}

}  // namespace

std::string ReportText(const Report& report) {
  std::string out = TableLines(report) + Attention(report) + "\n";
  for (std::size_t i = 1; i < report.outcome.size(); ++i) {
    out += "also: " + Printable(report.outcome[i].text) + "\n";
  }
  return out + Printable(VerdictLine(report)) + "\n";
}

}  // namespace transload
