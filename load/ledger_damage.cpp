#include "load/ledger_damage.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "core/source_schema.h"

namespace transload {
namespace {

std::string LabelOf(const TableRow& row) { return SourceLabel(row.source_schema, row.source_name); }

// A run is recorded together with its tables, and what it was planned from names them.
std::string MissingTables(const LedgerSnapshot& known) {
  const nlohmann::json input = nlohmann::json::parse(known.run.input_json, nullptr, false);
  const nlohmann::json planned = input.is_object() ? input.value("tables", nlohmann::json::object())
                                                   : nlohmann::json::object();
  if (known.tables.size() >= planned.size()) return "";
  return fmt::format("{} of the run's {} rows in its table \"table\" are gone",
                     planned.size() - known.tables.size(), planned.size());
}

// Half-open ranges that hold a table's whole key: what one leaves out, the next begins with.
bool Whole(const std::vector<const PartitionRow*>& partitions) {
  std::vector<KeyBound> lowers, uppers;
  std::size_t first = 0, last = 0;
  for (const PartitionRow* partition : partitions) {
    const PartitionRange& range = partition->range;
    if (range.only_nulls) continue;
    range.lower ? lowers.push_back(*range.lower) : void(++first);
    range.upper ? uppers.push_back(*range.upper) : void(++last);
  }
  std::sort(lowers.begin(), lowers.end());
  std::sort(uppers.begin(), uppers.end());
  return first == 1 && last == 1 && lowers == uppers;
}

// All tables are cut in one statement, which says so of each.
std::string MissingPartitions(const LedgerSnapshot& known) {
  std::map<std::int64_t, std::vector<const PartitionRow*>> cut;
  for (const PartitionRow& partition : known.partitions) {
    cut[partition.table_id].push_back(&partition);
  }
  for (const TableRow& row : known.tables) {
    const auto partitions = cut.find(row.id);
    const bool whole =
        partitions == cut.end() ? !row.phases.contains("data") : Whole(partitions->second);
    if (!whole)
      return fmt::format("rows of table {} in its table partition are gone", LabelOf(row));
  }
  return "";
}

// As pg_dump writes names that it lists, which a table of a PostgreSQL source is recorded by.
std::string OnOneLine(std::string name) {
  for (char& c : name) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return name;
}

// A table is recorded before its first row is loaded.
std::string MissingObjects(const LedgerSnapshot& known) {
  std::set<std::string> recorded;
  for (const ObjectRow& object : known.objects) {
    if (object.kind == "table") recorded.insert(OnOneLine(object.name));
  }
  for (const TableRow& row : known.tables) {
    if (row.sums.partitions_done == 0 || recorded.contains(OnOneLine(row.name))) continue;
    return fmt::format("the row of table {} in its table object is gone", LabelOf(row));
  }
  return "";
}

}  // namespace

std::string LedgerDamage(const LedgerSnapshot& known) {
  for (const auto& missing : {MissingTables, MissingPartitions, MissingObjects}) {
    if (std::string what = missing(known); !what.empty()) return what;
  }
  return "";
}

}  // namespace transload
