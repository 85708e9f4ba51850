#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/progress_model.h"
#include "cli/show.h"
#include "core/printable.h"
#include "core/row_batch.h"

namespace transload {
namespace {

using nlohmann::json;

const TableSplit* FindSplit(const PlanResult& result, const std::string& table) {
  auto found = std::find_if(result.splits.begin(), result.splits.end(),
                            [&](const TableSplit& split) { return split.table == table; });
  return found == result.splits.end() ? nullptr : &*found;
}

std::string ColumnProperties(const ColumnPlan& column) {
  std::string out;
  if (column.not_null) out += " not null";
  if (column.not_null_yields) out += " not null unless a policy makes it NULL";
  if (column.identity) out += " identity";
  if (!column.default_sql.empty()) out += " default " + column.default_sql;
  if (!column.generated_sql.empty()) out += " generated " + column.generated_sql;
  return out;
}

double Milliseconds(RoundTrip time) { return static_cast<double>(time.count()) / 1000; }

// As --partition-size takes it, where it is round.
std::string ShowSize(std::uint64_t bytes) {
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
  if (bytes >= kMiB && bytes % kMiB == 0) return fmt::format("{} MiB", bytes / kMiB);
  if (bytes >= 1024 && bytes % 1024 == 0) return fmt::format("{} KiB", bytes / 1024);
  return ShowBytes(bytes);
}

std::string SizesText(const PlanResult& result) {
  std::string source;
  if (result.round_trips.source) {
    source = fmt::format("{:.2f} ms from the source, ", Milliseconds(*result.round_trips.source));
  }
  return fmt::format(
      "answers take {}{:.2f} ms from the target\n"
      "partitions of at most {} of source data ({}), in batches of {} (rows are streamed: none "
      "waits for an answer)\n",
      source, Milliseconds(result.round_trips.target), ShowSize(result.partition_bytes),
      result.partition_bytes_reason, ShowSize(RowBatch::kTargetBytes));
}

// A line of a list stays one, whatever the names in it hold.
template <typename... Values>
std::string Line(fmt::format_string<Values...> form, Values&&... values) {
  return "  " + Printable(fmt::format(form, std::forward<Values>(values)...)) + "\n";
}

std::string TableText(const PlanResult& result, const TablePlan& table) {
  std::string out = fmt::format("\n{} -> {}   about {} rows, {}\n", Printable(table.SourceLabel()),
                                Printable(table.schema + "." + table.name),
                                ShowCount(table.estimated_rows), ShowBytes(table.estimated_bytes));
  if (const TableSplit* split = FindSplit(result, table.SourceLabel())) {
    out += Line("partitions: {}{}", split->partitions,
                split->explanation.empty() ? "" : " (" + split->explanation + ")");
  }
  if (!table.transactional) out += "  not transactional: no snapshot covers it\n";
  if (!table.where.empty()) out += fmt::format("  only rows where {}\n", Printable(table.where));
  std::size_t width = 4;
  for (const ColumnPlan& column : table.columns) {
    width = std::max(width, Printable(column.name).size());
  }
  width = std::min<std::size_t>(width, 40);
  for (const ColumnPlan& column : table.columns) {
    out += fmt::format("  {:<{}}  {}\n", Printable(column.name), width,
                       Printable(fmt::format("{} -> {}{}", column.source.full_type,
                                             column.type.Sql(), ColumnProperties(column))));
    out += fmt::format("  {:<{}}    by {}\n", "", width, Printable(column.rule));
    if (column.safe_type) {
      out += fmt::format("  {:<{}}    if a value does not fit: {}\n", "", width,
                         column.safe_type->Sql());
    }
    if (!column.note.empty()) {
      out += fmt::format("  {:<{}}    {}\n", "", width, Printable(column.note));
    }
  }
  out += fmt::format("  indexes {}, foreign keys {}, checks {}\n", table.indexes.size(),
                     table.foreign_keys.size(), table.checks.size());
  return out;
}

std::string HazardList(const char* title, const std::vector<Hazard>& hazards) {
  if (hazards.empty()) return "";
  std::string out = fmt::format("\n{}:\n", title);
  for (const Hazard& hazard : hazards) out += Line("{}: {}", hazard.where, hazard.text);
  return out;
}

json HazardsJson(const std::vector<Hazard>& hazards) {
  json out = json::array();
  for (const Hazard& hazard : hazards) {
    out.push_back({{"where", hazard.where}, {"text", hazard.text}});
  }
  return out;
}

json TableJson(const PlanResult& result, const TablePlan& table) {
  json columns = json::array();
  for (const ColumnPlan& column : table.columns) {
    columns.push_back({{"source", column.source.name},
                       {"target", column.name},
                       {"source_type", column.source.full_type},
                       {"type", column.type.Sql()},
                       {"safe_type", column.safe_type ? json(column.safe_type->Sql()) : json()},
                       {"rule", column.rule},
                       {"note", column.note},
                       {"not_null", column.not_null},
                       {"identity", column.identity},
                       {"default", column.default_sql},
                       {"generated", column.generated_sql}});
  }
  json indexes = json::array();
  for (const IndexPlan& index : table.indexes) indexes.push_back(index.name);
  json keys = json::array();
  for (const ForeignKeyPlan& key : table.foreign_keys) keys.push_back(key.name);
  json checks = json::array();
  for (const CheckPlan& check : table.checks) checks.push_back(check.name);
  const TableSplit* split = FindSplit(result, table.SourceLabel());
  return {{"source", table.SourceLabel()},
          {"target", table.schema + "." + table.name},
          {"estimated_rows", table.estimated_rows},
          {"estimated_bytes", table.estimated_bytes},
          {"partitions", split != nullptr ? split->partitions : 1},
          {"split", split != nullptr ? split->explanation : ""},
          {"columns", columns},
          {"indexes", indexes},
          {"foreign_keys", keys},
          {"checks", checks}};
}

json RoundTripsJson(const RoundTrips& round_trips) {
  json source = nullptr;  // a file answers at once
  if (round_trips.source) source = Milliseconds(*round_trips.source);
  return {{"source", source}, {"target", Milliseconds(round_trips.target)}};
}

}  // namespace

std::string PlanText(const PlanResult& result) {
  std::string out = fmt::format(
      "source  {} {} {}\ntarget  PostgreSQL {} {}\n{} tables, about {} rows, {}; {} lanes{}\n",
      result.source.engine, result.source.version, result.source.display_url, result.target_version,
      result.target_display_url, result.plan.tables.size(), ShowCount(result.estimated_rows),
      ShowBytes(result.estimated_bytes), result.jobs,
      result.jobs_reason.empty() ? "" : " (" + result.jobs_reason + ")");
  out += SizesText(result);
  for (const TablePlan& table : result.plan.tables) out += TableText(result, table);
  out += HazardList("hazards", result.plan.hazards);
  if (!result.plan.names.empty()) {
    out += "\nnames changed:\n";
    for (const NameChange& name : result.plan.names) {
      out += Line("{} {} -> {}: {}", name.kind, name.source, name.target, name.reason);
    }
  }
  if (!result.plan.not_migrated.empty()) {
    out += "\nnot migrated:\n";
    for (const NotMigrated& item : result.plan.not_migrated) {
      out += Line("{} {}: {}", item.kind, item.name, item.reason);
    }
  }
  return PrintableLines(out + HazardList("refusals (a run would not start)", result.plan.refusals));
}

std::string PlanJson(const PlanResult& result) {
  json tables = json::array();
  for (const TablePlan& table : result.plan.tables) tables.push_back(TableJson(result, table));
  json names = json::array();
  for (const NameChange& name : result.plan.names) {
    names.push_back({{"kind", name.kind},
                     {"source", name.source},
                     {"target", name.target},
                     {"reason", name.reason}});
  }
  json missing = json::array();
  for (const NotMigrated& item : result.plan.not_migrated) {
    missing.push_back({{"kind", item.kind}, {"name", item.name}, {"reason", item.reason}});
  }
  json out = {{"source",
               {{"engine", result.source.engine},
                {"version", result.source.version},
                {"database", result.source.database},
                {"url", result.source.display_url}}},
              {"target", {{"version", result.target_version}, {"url", result.target_display_url}}},
              {"estimated_rows", result.estimated_rows},
              {"estimated_bytes", result.estimated_bytes},
              {"jobs", result.jobs},
              {"jobs_reason", result.jobs_reason},
              {"round_trip_ms", RoundTripsJson(result.round_trips)},
              {"partition_bytes", result.partition_bytes},
              {"partition_bytes_reason", result.partition_bytes_reason},
              {"batch_bytes", RowBatch::kTargetBytes},
              {"tables", tables},
              {"hazards", HazardsJson(result.plan.hazards)},
              {"names", names},
              {"not_migrated", missing},
              {"refusals", HazardsJson(result.plan.refusals)}};
  if (!result.ddl.empty()) out["ddl"] = result.ddl;
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace transload
