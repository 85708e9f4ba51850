#include "verify/report_json.h"

#include <nlohmann/json.hpp>

namespace transload {
namespace {

using nlohmann::ordered_json;
using json = ordered_json;

template <typename Items, typename Write>
json List(const Items& items, Write&& write) {
  json out = json::array();
  for (const auto& item : items) out.push_back(write(item));
  return out;
}

json Pairs(const NameValues& pairs) {
  return List(pairs, [](const auto& pair) {
    return json{{"name", pair.first}, {"value", pair.second}};
  });
}

json ColumnJson(const ReportColumn& c) {
  return {{"name", c.name}, {"target", c.target}, {"source_type", c.source_type},
          {"type", c.type}, {"rule", c.rule},     {"note", c.note}};
}

json WitnessJson(const ReportWitness& w) {
  if (!w.asked) return {};
  return {{"why_not", w.why_not},
          {"measures", List(w.measures,
                            [](const ReportMeasure& m) {
                              return json{{"column", m.column},
                                          {"measure", m.measure},
                                          {"source", m.source},
                                          {"target", m.target},
                                          {"agrees", m.agrees}};
                            })},
          {"not_compared", List(w.not_compared, [](const auto& column) {
             return json{{"column", column.first}, {"reason", column.second}};
           })}};
}

json DrillJson(const ReportDrill& d) {
  if (d.ranges == 0) return {};
  return {{"ranges", d.ranges}, {"range_bytes", d.range_bytes}, {"read_bytes", d.read_bytes}};
}

json TableJson(const ReportTable& t) {
  return {{"name", t.name},
          {"target", t.target},
          {"source_rows", t.source_rows ? json(*t.source_rows) : json()},
          {"read", t.read},
          {"written", t.written},
          {"rejected", t.rejected},
          {"coerced", t.coerced},
          {"checksum", t.checksum},
          {"target_checksum", t.target_checksum},
          {"verdict", Name(t.verdict)},
          {"reason", t.reason},
          {"seconds", t.seconds},
          {"bytes", t.bytes},
          {"partitions", t.partitions},
          {"columns", List(t.columns, ColumnJson)},
          {"witness", WitnessJson(t.witness)},
          {"drill_down", DrillJson(t.drill)}};
}

json RunJson(const ReportRun& r) {
  return {{"id", r.id},           {"command", r.command},   {"state", r.state},
          {"started", r.started}, {"finished", r.finished}, {"seconds", r.seconds},
          {"starts", r.starts}};
}

json Ends(const Report& report) {
  return {{"source",
           {{"engine", report.source.engine},
            {"version", report.source.version},
            {"database", report.source.database},
            {"url", report.source.display_url},
            {"fingerprint", report.source.fingerprint}}},
          {"target",
           {{"engine", "PostgreSQL"},
            {"version", report.target.version},
            {"database", report.target.database},
            {"schema", report.target.schema},
            {"url", report.target.display_url}}},
          {"snapshot", Pairs(report.snapshot.position)},
          {"snapshot_method", report.snapshot.method},
          {"snapshot_proven", report.snapshot.proven},
          {"snapshot_notes", report.snapshot.notes}};
}

json FindingsOf(const Report& report) {
  return {{"objects", List(report.objects,
                           [](const ReportObject& o) {
                             return json{{"kind", o.kind},       {"name", o.name},
                                         {"table", o.table},     {"state", o.state},
                                         {"message", o.message}, {"seconds", o.seconds}};
                           })},
          {"replans", List(report.replans,
                           [](const ReportReplan& r) {
                             return json{
                                 {"table", r.table},   {"column", r.column},
                                 {"from", r.from},     {"to", r.to},
                                 {"reason", r.reason}, {"rows_discarded", r.rows_discarded}};
                           })},
          {"retries", List(report.retries,
                           [](const ReportRetry& r) {
                             return json{{"what", r.what},
                                         {"partition", r.partition},
                                         {"attempt", r.attempt},
                                         {"reason", r.reason},
                                         {"wait_seconds", r.wait_seconds}};
                           })},
          {"coercions", List(report.coercions,
                             [](const ReportCoercion& c) {
                               return json{{"table", c.table},
                                           {"column", c.column},
                                           {"policy", c.policy},
                                           {"rows", c.rows},
                                           {"samples", c.samples}};
                             })},
          {"rejects",
           {{"total", report.rejects.total},
            {"limit", report.rejects.limit},
            {"stored_in", report.rejects.stored_in},
            {"samples", List(report.rejects.samples,
                             [](const ReportReject& r) {
                               return json{{"table", r.table},
                                           {"partition", r.partition},
                                           {"key", r.key},
                                           {"column", r.column},
                                           {"reason", r.reason}};
                             })}}},
          {"not_migrated", List(report.not_migrated,
                                [](const NotMigrated& n) {
                                  return json{{"kind", n.kind},
                                              {"name", n.name},
                                              {"reason", n.reason},
                                              {"definition", n.definition}};
                                })},
          {"names", List(report.names,
                         [](const NameChange& n) {
                           return json{{"kind", n.kind},
                                       {"source", n.source},
                                       {"target", n.target},
                                       {"reason", n.reason}};
                         })},
          {"differences", List(report.differences, [](const ReportDifference& d) {
             return json{{"table", d.table},   {"key", d.key},       {"column", d.column},
                         {"source", d.source}, {"target", d.target}, {"kind", d.kind}};
           })}};
}

json RestOf(const Report& report) {
  return {{"checks", List(report.checks,
                          [](const ReportCheck& c) {
                            return json{{"name", c.name},
                                        {"source", c.source},
                                        {"target", c.target},
                                        {"verdict", Name(c.verdict)}};
                          })},
          {"hazards", List(report.hazards,
                           [](const Hazard& h) {
                             return json{{"where", h.where}, {"text", h.text}};
                           })},
          {"notes", report.notes},
          {"settings", Pairs(report.settings)},
          {"versions", Pairs(report.versions)},
          {"timeline", List(report.timeline, [](const ReportSpan& s) {
             return json{{"lane", s.lane},
                         {"text", s.text},
                         {"from", s.from},
                         {"to", s.to},
                         {"failed", s.failed}};
           })}};
}

}  // namespace

std::string ReportJson(const Report& report) {
  json out = {{"version", kReportVersion},
              {"verdict", VerdictLine(report)},
              {"run", RunJson(report.run)},
              {"outcome", List(report.outcome, [](const ReportOutcome& o) {
                 return json{{"code", static_cast<int>(o.code)}, {"text", o.text}};
               })}};
  out.update(Ends(report));
  out["tables"] = List(report.tables, TableJson);
  out.update(FindingsOf(report));
  out.update(RestOf(report));
  // Values of rows may be ill-formed UTF-8; they are shown with U+FFFD rather than not at all.
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace transload
