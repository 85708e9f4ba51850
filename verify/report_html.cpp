#include "verify/report_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "verify/report_junit.h"
#include "verify/report_timeline.h"

namespace transload {
namespace {

// No script and no request: the policy says so to the browser too.
constexpr std::string_view kHead = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>transload report</title>
<style>
:root { color-scheme: light dark; --ink: #1c2128; --soft: #57606a; --paper: #fff; --panel: #f5f7f9;
  --line: #d4dae0; --good: #1a7f37; --warn: #8a5a00; --bad: #b42318; --span: #4f83cc;
  --other: #86aadd; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --soft: #a3adb8; --paper: #14181d;
  --panel: #1d232a; --line: #38414b; --good: #57c174; --warn: #e0b050; --bad: #ff8a80;
  --span: #5b8fd6; --other: #86aadd; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 1160px; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.1rem; font-weight: 600; color: var(--soft); margin: 0; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.verdict { font-size: 1.45rem; line-height: 1.3; font-weight: 650; margin: .4rem 0 .8rem;
  padding-left: .8rem; border-left: 6px solid; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .6rem; }
.tile { background: var(--panel); border-radius: 6px; padding: .6rem .8rem; }
.tile b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.tile span, .soft { color: var(--soft); font-size: .87rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .32rem .6rem; border-bottom: 1px solid var(--line);
  vertical-align: top; overflow-wrap: break-word; }
th { color: var(--soft); font-weight: 600; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
td.value { overflow-wrap: anywhere; min-width: 7rem; }
code { font: .85em ui-monospace, monospace; }
summary { cursor: pointer; }
svg { width: 100%; height: auto; background: var(--panel); border-radius: 6px; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
svg .lane { text-anchor: end; } svg .tick { text-anchor: middle; }
svg .grid { stroke: var(--line); } svg .span { fill: var(--span); }
svg .label { fill: #0b1a2e; font-size: 11px; } svg .other { fill: var(--other); } svg .failed { fill: var(--bad); }
td.reason { padding-top: 0; border-bottom: 1px solid var(--line); }
tr.explained td { border-bottom: 0; }
@page { margin: 14mm; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; }
  .scroll { overflow: visible; } table { font-size: 8pt; } th, td { padding: .2rem .35rem; }
  td.value { min-width: 5rem; } summary { list-style: none; font-weight: 600; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  :root { --ink: #000; --soft: #444; --paper: #fff; --panel: #f3f3f3; --line: #bbb;
    --good: #0a5c22; --warn: #6b4600; --bad: #8f1a10; }
  tr, .tile, svg { break-inside: avoid; } h2 { break-after: avoid; } }
</style></head><body><main>
)html";

// A table cell; numbers stand to the right.
struct TableCell {
  std::string text;
  bool number = false;
  std::string css;

  TableCell(std::string value) : text(std::move(value)) {}  // NOLINT: cells are written in lists
  TableCell(const char* value) : text(value) {}             // NOLINT
  TableCell(std::uint64_t value) : text(Grouped(value)), number(true) {}         // NOLINT
  TableCell(double value) : text(fmt::format("{:.1f}", value)), number(true) {}  // NOLINT
  TableCell(std::string value, std::string class_name)
      : text(std::move(value)), css(std::move(class_name)) {}
};
using TableCells = std::vector<TableCell>;

std::string Row(const TableCells& cells, const char* tag) {
  std::string out = "<tr>";
  for (const TableCell& cell : cells) {
    std::string css = cell.css + (cell.number ? " number" : "");
    const bool head = std::string_view(tag) == "th";
    out += fmt::format("<{}{}{}>{}</{}>", tag, head ? " scope=\"col\"" : "",
                       css.empty() ? "" : " class=\"" + css + "\"", EscapeMarkup(cell.text), tag);
  }
  return out + "</tr>\n";
}

template <typename Items, typename Write>
std::string Table(const std::string& title, const TableCells& head, const Items& items,
                  Write&& write) {
  if (items.empty()) return "";
  std::string out = fmt::format("<h2>{}</h2>\n<div class=\"scroll\"><table><thead>", title);
  out += Row(head, "th") + "</thead><tbody>\n";
  for (const auto& item : items) out += Row(write(item), "td");
  return out + "</tbody></table></div>\n";
}

TableCell NumberHead(const char* text) {
  TableCell cell(text);
  cell.number = true;
  return cell;
}

const char* Color(Verdict verdict) {
  return verdict == Verdict::kMatch ? "good" : verdict == Verdict::kMismatch ? "bad" : "warn";
}

const char* VerdictColor(const Report& report) {
  if (report.outcome.empty()) return "warn";
  switch (report.outcome.front().code) {
    case ExitCode::kDone:
      return "good";
    case ExitCode::kRejectedRows:
    case ExitCode::kIncomplete:
    case ExitCode::kInterrupted:
    case ExitCode::kTerminated:
      return "warn";
    default:
      return "bad";
  }
}

std::string Tile(const std::string& value, const char* label) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>", EscapeMarkup(value),
                     label);
}

std::string Top(const Report& report) {
  ReportTotals totals = Totals(report);
  // Rows of all starts, and the time of the last one, are no rate.
  const bool resumed = report.run.starts > 1;
  double rate =
      report.run.seconds > 0 ? static_cast<double>(totals.bytes) / 1e6 / report.run.seconds : 0;
  std::string out = fmt::format("<h1>transload {} {}</h1>\n<p class=\"verdict {}\">{}</p>\n",
                                EscapeMarkup(report.run.command), EscapeMarkup(report.run.id),
                                VerdictColor(report), EscapeMarkup(VerdictLine(report)));
  if (report.outcome.size() > 1) {
    out += "<ul>";
    for (const ReportOutcome& outcome : report.outcome) {
      out += fmt::format("<li>{} <span class=\"soft\">(exit code {})</span></li>",
                         EscapeMarkup(outcome.text), static_cast<int>(outcome.code));
    }
    out += "</ul>\n";
  }
  out += fmt::format(
      "<p>{} {} <code>{}</code> → PostgreSQL {} <code>{}</code><br><span class=\"soft\">started "
      "{}, "
      "{} {}</span></p>\n",
      EscapeMarkup(report.source.engine), EscapeMarkup(report.source.version),
      EscapeMarkup(report.source.display_url), EscapeMarkup(report.target.version),
      EscapeMarkup(report.target.display_url), EscapeMarkup(report.run.started),
      report.run.finished.empty() ? "not finished"
                                  : "finished " + EscapeMarkup(report.run.finished),
      report.run.starts > 1 ? fmt::format("(started {} times)", report.run.starts) : "");
  out +=
      "<div class=\"tiles\">" + Tile(Grouped(totals.tables), "tables") +
      Tile(Grouped(totals.written), OnlyCompares(report) ? "rows in the target" : "rows written") +
      Tile(Grouped(totals.rejected), "rows rejected") +
      Tile(Grouped(totals.coerced), "values changed under a policy") +
      Tile(fmt::format("{} of {}", totals.matched, totals.tables), "tables verified") +
      Tile(fmt::format("{:.1f} s", report.run.seconds),
           resumed ? "wall time of the last start" : "wall time") +
      (resumed ? "" : Tile(fmt::format("{:.1f} MB/s", rate), "of source data")) + "</div>\n";
  return out;
}

std::string Problems(const Report& report) {
  auto object_cells = [](const ReportObject& o) {
    return TableCells{o.kind, o.name, o.table, o.message};
  };
  return Table("Differences", {"table", "key", "kind", "column", "source", "target"},
               report.differences,
               [](const ReportDifference& d) {
                 return TableCells{
                     d.table,  TableCell(d.key, "value"),    d.kind,
                     d.column, TableCell(d.source, "value"), TableCell(d.target, "value")};
               }) +
         Table("Objects that could not be created", {"kind", "name", "table", "message"},
               ObjectsIn(report, "failed"), object_cells) +
         Table("Constraints that stand NOT VALID", {"kind", "name", "table", "message"},
               ObjectsIn(report, "unvalidated"), object_cells) +
         Table(fmt::format("Rejected rows ({} in all)", report.rejects.total),
               {"table", "key", "column", "reason"}, report.rejects.samples,
               [](const ReportReject& r) {
                 return TableCells{r.table, r.key, r.column, r.reason};
               }) +
         Table("Values changed under a policy",
               {"table", "column", "policy", NumberHead("values"), "for example"}, report.coercions,
               [](const ReportCoercion& c) {
                 std::string samples;
                 for (const std::string& s : c.samples)
                   samples += (samples.empty() ? "" : ", ") + s;
                 return TableCells{c.table, c.column, c.policy, c.rows, samples};
               }) +
         Table("Tables planned again",
               {"table", "column", "from", "to", "reason", NumberHead("rows discarded")},
               report.replans,
               [](const ReportReplan& r) {
                 return TableCells{r.table, r.column, r.from, r.to, r.reason, r.rows_discarded};
               }) +
         Table("Tried again", {"what", "partition", "attempt", "reason", NumberHead("pause, s")},
               report.retries, [](const ReportRetry& r) {
                 return TableCells{r.what, r.partition, std::to_string(r.attempt), r.reason,
                                   r.wait_seconds};
               });
}

// What is wrong with a table stands below its row, across the page.
std::string TableRows(const Report& report) {
  if (report.tables.empty()) return "";
  const TableCells head = {"table",
                           "target",
                           "verdict",
                           NumberHead("read"),
                           NumberHead(OnlyCompares(report) ? "in target" : "written"),
                           NumberHead("rejected"),
                           NumberHead("changed"),
                           NumberHead("MB"),
                           NumberHead("seconds"),
                           NumberHead("MB/s"),
                           "checksum"};
  std::string out = "<h2>Tables</h2>\n<div class=\"scroll\"><table><thead>" + Row(head, "th") +
                    "</thead><tbody>\n";
  for (const ReportTable& t : report.tables) {
    const double megabytes = static_cast<double>(t.bytes) / 1e6;
    const TableCells cells = {t.name,
                              t.target,
                              TableCell(std::string(Name(t.verdict)), Color(t.verdict)),
                              t.read,
                              t.written,
                              t.rejected,
                              t.coerced,
                              megabytes,
                              t.seconds,
                              t.seconds > 0 ? megabytes / t.seconds : 0.0,
                              TableCell(t.checksum, "value")};
    std::string row = Row(cells, "td");
    if (!t.reason.empty()) {
      row.insert(row.find("<tr") + 3, " class=\"explained\"");
      row += fmt::format("<tr><td class=\"reason {}\" colspan=\"{}\">{}</td></tr>\n",
                         Color(t.verdict), cells.size(), EscapeMarkup(t.reason));
    }
    out += row;
  }
  return out + "</tbody></table></div>\n";
}

// What both engines computed by themselves, one fold per table.
std::string Witnesses(const Report& report) {
  std::string out;
  for (const ReportTable& table : report.tables) {
    const ReportWitness& witness = table.witness;
    if (!witness.asked) continue;
    if (!witness.why_not.empty()) {
      out += fmt::format("<p>{}: <span class=\"warn\">not heard: {}</span></p>\n",
                         EscapeMarkup(table.name), EscapeMarkup(witness.why_not));
      continue;
    }
    const std::uint64_t differing = witness.differing();
    out +=
        fmt::format("<details{}><summary>{}: {} measures, {}</summary>\n",
                    differing > 0 ? " open" : "", EscapeMarkup(table.name), witness.measures.size(),
                    differing > 0 ? fmt::format("<b class=\"bad\">{} differ</b>", differing)
                                  : std::string("all agree"));
    out += "<div class=\"scroll\"><table><thead>" +
           Row({"column", "measure", "source", "target", "verdict"}, "th") + "</thead><tbody>\n";
    for (const ReportMeasure& m : witness.measures) {
      out += Row({m.column.empty() ? "(rows)" : m.column, m.measure, TableCell(m.source, "value"),
                  TableCell(m.target, "value"),
                  TableCell(m.agrees ? "agrees" : "differs", m.agrees ? "good" : "bad")},
                 "td");
    }
    for (const auto& [column, reason] : witness.not_compared) {
      out += Row({column, "", "", "", TableCell("not compared: " + reason, "soft")}, "td");
    }
    out += "</tbody></table></div></details>\n";
  }
  return out.empty() ? "" : "<h2>Second witness: aggregates by each engine's own SQL</h2>\n" + out;
}

std::string Columns(const Report& report) {
  std::string out;
  for (const ReportTable& table : report.tables) {
    if (table.columns.empty()) continue;
    out += fmt::format("<details><summary>{}, {} columns</summary>\n", EscapeMarkup(table.name),
                       table.columns.size());
    out += "<div class=\"scroll\"><table><thead>" +
           Row({"column", "target", "source type", "type", "rule", "note"}, "th") +
           "</thead><tbody>\n";
    for (const ReportColumn& c : table.columns) {
      out += Row({c.name, c.target, c.source_type, c.type, c.rule, c.note}, "td");
    }
    out += "</tbody></table></div></details>\n";
  }
  return out.empty() ? "" : "<h2>Types and the rules that decided</h2>\n" + out;
}

std::string Rest(const Report& report) {
  auto pair = [](const auto& item) { return TableCells{item.first, item.second}; };
  std::string snapshot = Table("Snapshot", {"what", "value"}, report.snapshot.position, pair);
  if (!report.snapshot.method.empty()) {
    snapshot += fmt::format("<p class=\"soft\">{}{}</p>\n", EscapeMarkup(report.snapshot.method),
                            report.snapshot.proven ? ", proven for all readers" : ", not proven");
  }
  return Table("Checks", {"check", "source", "target", "verdict"}, report.checks,
               [](const ReportCheck& c) {
                 return TableCells{c.name, c.source, c.target,
                                   TableCell(std::string(Name(c.verdict)), Color(c.verdict))};
               }) +
         Table("Not migrated", {"kind", "name", "reason"}, report.not_migrated,
               [](const NotMigrated& n) {
                 return TableCells{n.kind, n.name, n.reason};
               }) +
         Table("Hazards", {"where", "what"}, report.hazards,
               [](const Hazard& h) {
                 return TableCells{h.where, h.text};
               }) +
         Table("Names changed", {"kind", "source", "target", "reason"}, report.names,
               [](const NameChange& n) {
                 return TableCells{n.kind, n.source, n.target, n.reason};
               }) +
         Table("Notes", {"note"}, report.notes,
               [](const std::string& note) { return TableCells{note}; }) +
         Witnesses(report) + Columns(report) + snapshot +
         Table("Settings", {"setting", "value"}, report.settings, pair) +
         Table("Versions", {"part", "version"}, report.versions, pair);
}

}  // namespace

std::string ReportHtml(const Report& report) {
  std::string out(kHead);
  out += Top(report) + Problems(report) + TableRows(report);
  std::string timeline = TimelineSvg(report.timeline);
  if (!timeline.empty()) out += "<h2>Timeline</h2>\n" + timeline;
  return out + Rest(report) + "</main></body></html>\n";
}

}  // namespace transload
