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

std::string Row(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += " " + MarkdownCell(cell) + " |";
  return out + "\n";
}

template <typename Items, typename Cells>
std::string MarkdownTable(const char* title, const std::vector<std::string>& head,
                          const Items& items, Cells&& cells) {
  if (items.empty()) return "";
  std::string out = fmt::format("\n## {}\n\n", title) + Row(head) + "|";
  for (std::size_t i = 0; i < head.size(); ++i) out += " --- |";
  out += "\n";
  for (const auto& item : items) out += Row(cells(item));
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

std::string ReportMarkdown(const Report& report) {
  using Cells = std::vector<std::string>;
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
  out += MarkdownTable(
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
  out += MarkdownTable("Differences", {"table", "key", "column", "source", "target", "kind"},
                       report.differences, [](const ReportDifference& d) {
                         return Cells{d.table, d.key, d.column, d.source, d.target, d.kind};
                       });
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
  out += MarkdownTable("Second witness", {"table", "aggregates by each engine's own SQL"},
                       witnesses, [](const auto& line) {
                         return Cells{line.first, line.second};
                       });
  out += MarkdownTable("Checks", {"check", "source", "target", "verdict"}, report.checks,
                       [](const ReportCheck& c) {
                         return Cells{c.name, c.source, c.target, std::string(Name(c.verdict))};
                       });
  out += MarkdownTable("Objects that could not be created", {"kind", "name", "message"},
                       ObjectsIn(report, "failed"), [](const ReportObject& o) {
                         return Cells{o.kind, o.name, o.message};
                       });
  out += MarkdownTable("Constraints that stand NOT VALID", {"kind", "name", "table", "message"},
                       ObjectsIn(report, "unvalidated"), [](const ReportObject& o) {
                         return Cells{o.kind, o.name, o.table, o.message};
                       });
  out += MarkdownTable("Rejected rows", {"table", "key", "column", "reason"},
                       report.rejects.samples, [](const ReportReject& r) {
                         return Cells{r.table, r.key, r.column, r.reason};
                       });
  out += MarkdownTable("Values changed under a policy", {"table", "column", "policy", "values"},
                       report.coercions, [](const ReportCoercion& c) {
                         return Cells{c.table, c.column, c.policy, std::to_string(c.rows)};
                       });
  out += MarkdownTable("Tables planned again", {"table", "column", "from", "to", "reason"},
                       report.replans, [](const ReportReplan& r) {
                         return Cells{r.table, r.column, r.from, r.to, r.reason};
                       });
  out += MarkdownTable("Tried again", {"what", "partition", "attempt", "reason", "pause"},
                       report.retries, [](const ReportRetry& r) {
                         return Cells{r.what, r.partition, std::to_string(r.attempt), r.reason,
                                      fmt::format("{:.1f} s", r.wait_seconds)};
                       });
  out += MarkdownTable("Not migrated", {"kind", "name", "reason"}, report.not_migrated,
                       [](const NotMigrated& n) {
                         return Cells{n.kind, n.name, n.reason};
                       });
  out += MarkdownTable("Hazards", {"where", "what"}, report.hazards, [](const Hazard& h) {
    return Cells{h.where, h.text};
  });
  out += MarkdownTable("Names changed", {"kind", "source", "target", "reason"}, report.names,
                       [](const NameChange& n) {
                         return Cells{n.kind, n.source, n.target, n.reason};
                       });
  out += MarkdownTable("Notes", {"note"}, report.notes,
                       [](const std::string& note) { return Cells{note}; });
  return out;
}

}  // namespace transload
