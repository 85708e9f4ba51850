#include "verify/report_markdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/printable.h"

namespace transload {
namespace {

using Cells = std::vector<std::string>;

// Text in a cell of a Markdown table; nothing in it can become markup or another cell.
std::string MarkdownCell(const std::string& text) {
  std::string out;
  // Lines and tabs become blanks, and only then does Printable write what else is a control.
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  for (char c : Printable(line)) {
    switch (c) {
      case '|':
      case '\\':
      case '`':
      case '*':
      case '_':
      case '[':
      case ']':
      case '#':
      case '~':
        out += '\\';
        out += c;
        break;
      case '<':
        out += "&lt;";
        break;
      case '&':
        out += "&amp;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string MarkdownRow(const Cells& cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += " " + MarkdownCell(cell) + " |";
  return out + "\n";
}

template <typename Items, typename CellsOf>
std::string MarkdownTable(const char* title, const Cells& head, const Items& items,
                          CellsOf&& cells_of) {
  if (items.empty()) return "";
  std::string out = fmt::format("\n## {}\n\n", title) + MarkdownRow(head) + "|";
  for (std::size_t i = 0; i < head.size(); ++i) out += " --- |";
  out += "\n";
  for (const auto& item : items) out += MarkdownRow(cells_of(item));
  return out;
}

std::string MarkdownTop(const Report& report) {
  std::string out = fmt::format("# transload {} {}\n\n**{}**\n\n", MarkdownCell(report.run.command),
                                MarkdownCell(report.run.id), MarkdownCell(VerdictLine(report)));
  for (const ReportOutcome& outcome : report.outcome) {
    out += fmt::format("- {} (exit code {})\n", MarkdownCell(outcome.text),
                       static_cast<int>(outcome.code));
  }
  out += fmt::format("\nFrom {} {} ({}) to PostgreSQL {} ({}), started {}, {:.1f} s.\n",
                     MarkdownCell(report.source.engine), MarkdownCell(report.source.version),
                     MarkdownCell(report.source.display_url), MarkdownCell(report.target.version),
                     MarkdownCell(report.target.display_url), MarkdownCell(report.run.started),
                     report.run.seconds);
  return out;
}

std::string MarkdownTables(const Report& report) {
  return MarkdownTable(
      "Tables",
      {"table", "target", "read", OnlyCompares(report) ? "in target" : "written", "rejected",
       "changed", "checksum", "verdict"},
      report.tables, [](const ReportTable& t) {
        return Cells{t.name,
                     t.target,
                     std::to_string(t.read),
                     std::to_string(t.written),
                     std::to_string(t.rejected),
                     std::to_string(t.coerced),
                     t.checksum,
                     std::string(Name(t.verdict)) + (t.reason.empty() ? "" : ": " + t.reason)};
      });
}

std::string MarkdownWitnesses(const Report& report) {
  std::vector<std::pair<std::string, std::string>> witnesses;
  for (const ReportTable& table : report.tables) {
    const ReportWitness& witness = table.witness;
    if (!witness.asked) continue;
    std::string said =
        witness.why_not.empty()
            ? fmt::format("{} measures, {} differ", witness.measures.size(), witness.differing())
            : "not heard: " + witness.why_not;
    for (const auto& [column, reason] : witness.not_compared) said += "; " + column + ": " + reason;
    witnesses.emplace_back(table.name, said);
  }
  return MarkdownTable("Second witness", {"table", "aggregates by each engine's own SQL"},
                       witnesses, [](const auto& line) {
                         return Cells{line.first, line.second};
                       });
}

// Source and target held against each other.
std::string MarkdownProof(const Report& report) {
  return MarkdownTable("Differences", {"table", "key", "column", "source", "target", "kind"},
                       report.differences,
                       [](const ReportDifference& d) {
                         return Cells{d.table, d.key, d.column, d.source, d.target, d.kind};
                       }) +
         MarkdownWitnesses(report) +
         MarkdownTable("Checks", {"check", "source", "target", "verdict"}, report.checks,
                       [](const ReportCheck& c) {
                         return Cells{c.name, c.source, c.target, std::string(Name(c.verdict))};
                       });
}

std::string MarkdownProblems(const Report& report) {
  return MarkdownTable("Objects that could not be created", {"kind", "name", "message"},
                       ObjectsIn(report, "failed"),
                       [](const ReportObject& o) {
                         return Cells{o.kind, o.name, o.message};
                       }) +
         MarkdownTable("Constraints that stand NOT VALID", {"kind", "name", "table", "message"},
                       ObjectsIn(report, "unvalidated"),
                       [](const ReportObject& o) {
                         return Cells{o.kind, o.name, o.table, o.message};
                       }) +
         MarkdownTable("Rejected rows", {"table", "key", "column", "reason"},
                       report.rejects.samples,
                       [](const ReportReject& r) {
                         return Cells{r.table, r.key, r.column, r.reason};
                       }) +
         MarkdownTable("Values changed under a policy", {"table", "column", "policy", "values"},
                       report.coercions,
                       [](const ReportCoercion& c) {
                         return Cells{c.table, c.column, c.policy, std::to_string(c.rows)};
                       }) +
         MarkdownTable("Tables planned again", {"table", "column", "from", "to", "reason"},
                       report.replans,
                       [](const ReportReplan& r) {
                         return Cells{r.table, r.column, r.from, r.to, r.reason};
                       }) +
         MarkdownTable("Tried again", {"what", "partition", "attempt", "reason", "pause"},
                       report.retries, [](const ReportRetry& r) {
                         return Cells{r.what, r.partition, std::to_string(r.attempt), r.reason,
                                      fmt::format("{:.1f} s", r.wait_seconds)};
                       });
}

// What the plan left out, warns of and calls otherwise.
std::string MarkdownPlan(const Report& report) {
  return MarkdownTable("Not migrated", {"kind", "name", "reason"}, report.not_migrated,
                       [](const NotMigrated& n) {
                         return Cells{n.kind, n.name, n.reason};
                       }) +
         MarkdownTable("Hazards", {"where", "what"}, report.hazards,
                       [](const Hazard& h) {
                         return Cells{h.where, h.text};
                       }) +
         MarkdownTable("Names changed", {"kind", "source", "target", "reason"}, report.names,
                       [](const NameChange& n) {
                         return Cells{n.kind, n.source, n.target, n.reason};
                       });
}

}  // namespace

std::string ReportMarkdown(const Report& report) {
  return MarkdownTop(report) + MarkdownTables(report) + MarkdownProof(report) +
         MarkdownProblems(report) + MarkdownPlan(report) +
         MarkdownTable("Notes", {"note"}, report.notes,
                       [](const std::string& note) { return Cells{note}; });
}

}  // namespace transload
