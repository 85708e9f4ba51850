#include "cli/show.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/progress_model.h"
#include "core/printable.h"

namespace transload {
namespace {

using nlohmann::json;

std::string Dump(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

const char* Name(CheckResult result) {
  switch (result) {
    case CheckResult::kOk:
      return "ok";
    case CheckResult::kWarning:
      return "warning";
    case CheckResult::kRefusal:
      return "refusal";
  }
  return "refusal";
}

json RunJson(const StatusRun& run) {
  json tables = json::array();
  for (const StatusTable& table : run.tables) {
    tables.push_back({{"table", table.table},
                      {"state", table.state},
                      {"partitions", table.partitions},
                      {"partitions_done", table.partitions_done},
                      {"rows", table.rows},
                      {"estimated_rows", table.estimated_rows},
                      {"bytes", table.bytes},
                      {"estimated_bytes", table.estimated_bytes},
                      {"rejects", table.rejects}});
  }
  json lanes = json::array();
  for (const StatusLane& lane : run.lanes) {
    lanes.push_back({{"lane", lane.lane},
                     {"doing", lane.doing},
                     {"since", lane.since},
                     {"heartbeat", lane.heartbeat}});
  }
  return {
      {"id", run.id},           {"state", run.state},     {"source", run.source},
      {"version", run.version}, {"started", run.started}, {"finished", run.finished},
      {"note", run.note},       {"at_work", run.at_work}, {"tables", tables},
      {"lanes", lanes},         {"errors", run.errors},   {"failed_objects", run.failed_objects}};
}

}  // namespace

std::string PreflightText(const std::vector<PreflightItem>& items) {
  std::string out;
  int warnings = 0, refusals = 0;
  for (const PreflightItem& item : items) {
    warnings += item.result == CheckResult::kWarning ? 1 : 0;
    refusals += item.result == CheckResult::kRefusal ? 1 : 0;
    out += fmt::format("{:<8} {}: {}\n", Name(item.result), Printable(item.subject), item.text);
  }
  return PrintableLines(out) +
         fmt::format("{} checks, {} warnings, {} refusals\n", items.size(), warnings, refusals);
}

std::string PreflightJson(const std::vector<PreflightItem>& items) {
  json out = json::array();
  for (const PreflightItem& item : items) {
    out.push_back({{"result", Name(item.result)}, {"subject", item.subject}, {"text", item.text}});
  }
  return Dump({{"checks", out}});
}

std::string StatusText(const std::vector<StatusRun>& runs) {
  if (runs.empty()) return "no run in this database\n";
  std::string out;
  for (StatusRun run : runs) {
    for (StatusTable& table : run.tables) table.table = Printable(table.table);
    out +=
        fmt::format("run {}  {}  from {}  started {}{}\n", run.id, run.state, Printable(run.source),
                    run.started, run.finished.empty() ? "" : ", finished " + run.finished);
    if (!run.note.empty()) out += fmt::format("  {}\n", run.note);
    if (run.state == "running" && !run.at_work) {
      out += "  nobody is at work on it: the same command as before goes on with it\n";
    }
    std::size_t width = 5;
    for (const StatusTable& table : run.tables) width = std::max(width, table.table.size());
    for (const StatusTable& table : run.tables) {
      out += fmt::format("  {:<{}}  {:<8} {:>5}/{:<5} {:>15} rows  {:>9}{}\n", table.table, width,
                         table.state, table.partitions_done, table.partitions,
                         ShowCount(table.rows), ShowBytes(table.bytes),
                         table.rejects > 0 ? fmt::format("  {} rejected", table.rejects) : "");
    }
    for (const StatusLane& lane : run.lanes) {
      out += fmt::format("  lane {}: {}, since {}\n", lane.lane + 1,
                         lane.doing.empty() ? "idle" : lane.doing, lane.since);
    }
    if (run.failed_objects > 0) {
      out += fmt::format("  {} objects could not be created or validated\n", run.failed_objects);
    }
    for (const std::string& error : run.errors) out += fmt::format("  error: {}\n", error);
  }
  return PrintableLines(out);
}

std::string StatusJson(const std::vector<StatusRun>& runs) {
  json out = json::array();
  for (const StatusRun& run : runs) out.push_back(RunJson(run));
  return Dump({{"runs", out}});
}

std::string UndoText(const UndoneRun& result) {
  std::string out;
  for (const std::string& object : result.dropped) out += "dropped " + object + "\n";
  for (const std::string& text : result.kept) out += text + "\n";
  return PrintableLines(out) + fmt::format("run {} is undone: {} objects dropped{}\n", result.run,
                                           result.dropped.size(),
                                           result.ledger_forgotten ? ", its ledger rows too" : "");
}

std::string UndoJson(const UndoneRun& result) {
  return Dump({{"run", result.run},
               {"dropped", result.dropped},
               {"kept", result.kept},
               {"ledger_forgotten", result.ledger_forgotten}});
}

std::string ErrorJson(int exit_code, const std::string& message) {
  return Dump({{"outcome", {{{"code", exit_code}, {"text", message}}}}});
}

}  // namespace transload
