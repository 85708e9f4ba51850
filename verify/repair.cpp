#include "verify/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/copy_block.h"
#include "core/row_batch.h"
#include "load/ddl.h"
#include "verify/drill_down.h"
#include "verify/key_condition.h"
#include "verify/read_back.h"

namespace transload {
namespace {

constexpr std::size_t kKeysPerDelete = 200;

RepairTarget TargetOf(const BoundTable& table) {
  RepairTarget target{table.plan().schema, table.plan().name, {}, {}};
  for (const TargetColumn& column : table.targets()) target.columns.push_back(column.name);
  for (std::size_t column : table.key_columns()) {
    target.key.push_back(table.targets()[column].name);
  }
  return target;
}

struct RowsToRepair {
  std::vector<PairedRows::Pair> pairs;
  std::vector<std::string> extra_keys;  // conditions
};

// Nothing when rows are not all known, or cannot be named.
std::optional<RowsToRepair> SingleRows(const DrilledTable& table) {
  const BoundTable& bound = *table.account.table;
  if (bound.key_columns().empty()) return std::nullopt;
  RowsToRepair rows;
  std::multiset<std::string> rejected = table.account.rejected_keys;
  for (const PairedRows::Pair& pair : PairByKey(table.leftovers, bound).pairs) {
    if (pair.source == nullptr) {
      std::optional<std::string> key = KeyCondition(pair.target->fields, bound);
      if (!key) return std::nullopt;
      rows.extra_keys.push_back(std::move(*key));
    } else if (pair.target == nullptr) {
      // A row that was rejected is not to be there.
      if (auto known = rejected.find(pair.source->name); known != rejected.end()) {
        rejected.erase(known);
        continue;
      }
    }
    rows.pairs.push_back(pair);
  }
  return rows;
}

std::string Tuple(const std::string& fields, std::size_t columns) {
  std::string tuple(2, '\0');
  tuple[0] = static_cast<char>(columns >> 8);
  tuple[1] = static_cast<char>(columns);
  return tuple + fields;
}

RepairCounts RepairRows(const Options& options, const BoundTable& table, const RowsToRepair& rows) {
  RowRepair repair(options, TargetOf(table));
  std::string condition;
  std::size_t keys = 0;
  for (const std::string& key : rows.extra_keys) {
    condition += (condition.empty() ? "(" : " OR (") + key + ")";
    if (++keys % kKeysPerDelete != 0) continue;
    repair.Delete(condition);
    condition.clear();
  }
  if (!condition.empty()) repair.Delete(condition);
  for (const PairedRows::Pair& pair : rows.pairs) {
    if (pair.source == nullptr) continue;
    repair.Put(Tuple(pair.source->fields, table.targets().size()));
  }
  repair.MergePut();
  return repair.Finish();
}

void CopyRange(const DrilledTable& table, const PartitionRange& range, RowRepair& repair) {
  const BoundTable& bound = *table.account.table;
  RowBatch batch;
  CopyBlock block;
  table.source.Open(bound.Request(range));
  for (bool more = true; more;) {
    batch.Clear();
    block.Clear();
    more = table.source.Read(batch);
    bound.encoder().Encode(batch, block, false);
    repair.Put(block.bytes.view());
  }
}

void Add(const RepairCounts& counts, RepairCounts& sum) {
  sum.deleted += counts.deleted;
  sum.updated += counts.updated;
  sum.inserted += counts.inserted;
  sum.quiet = sum.quiet && counts.quiet;
}

RepairCounts RepairRanges(const Options& options, const DrilledTable& table) {
  const BoundTable& bound = *table.account.table;
  RepairCounts sum;
  std::vector<std::string> conditions;
  for (const PartitionRange& range : table.ranges) {
    if (std::optional<std::string> condition = RangeInTarget(bound, range)) {
      conditions.push_back(*condition);
    }
  }
  if (conditions.size() < table.ranges.size() || table.ranges.empty()) {
    RowRepair repair(options, TargetOf(bound));
    repair.Delete("");
    CopyRange(table, PartitionRange{}, repair);
    repair.AddPut();
    return repair.Finish();
  }
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    RowRepair repair(options, TargetOf(bound));
    repair.Delete(conditions[i]);
    CopyRange(table, table.ranges[i], repair);
    repair.AddPut();
    Add(repair.Finish(), sum);
  }
  return sum;
}

// One row as statements; false when one of its values has no literal.
bool AppendSql(const PairedRows::Pair& pair, const BoundTable& table, std::string& sql) {
  const std::string name = ddl::Qualified(table.plan().schema, table.plan().name);
  const LeftoverRow& named = pair.target != nullptr ? *pair.target : *pair.source;
  const std::optional<std::string> key = KeyCondition(named.fields, table);
  if (!key) return false;
  if (pair.source == nullptr) {
    // One row, also where the key's constraint was lost and the row is there twice.
    sql += fmt::format(
        "DELETE FROM ONLY {0} WHERE ctid IN (SELECT ctid FROM ONLY {0} WHERE {1} LIMIT 1);\n", name,
        *key);
    return true;
  }
  std::vector<Cell> source, target;
  for (CellCursor cursor(pair.source->fields); !cursor.done();) source.push_back(cursor.Next());
  if (pair.target != nullptr) {
    for (CellCursor cursor(pair.target->fields); !cursor.done();) target.push_back(cursor.Next());
  }
  std::string columns, values, changes;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const TargetColumn& column = table.targets()[i];
    const bool same =
        !target.empty() && source[i].null == target[i].null && source[i].view() == target[i].view();
    if (same) continue;
    const std::optional<std::string> literal = FieldLiteral(source[i], column.type);
    if (!literal) return false;
    const char* comma = columns.empty() ? "" : ", ";
    columns += comma + ddl::QuoteName(column.name);
    values += comma + *literal;
    changes += fmt::format("{}{} = {}", comma, ddl::QuoteName(column.name), *literal);
  }
  if (pair.target != nullptr) {
    sql += fmt::format("UPDATE ONLY {} SET {} WHERE {};\n", name, changes, *key);
  } else {
    sql += fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({});\n", name, columns,
                       values);
  }
  return true;
}

}  // namespace

RepairCounts RepairTable(const Options& options, const DrilledTable& table) {
  const std::optional<RowsToRepair> rows = SingleRows(table);
  return rows ? RepairRows(options, *table.account.table, *rows) : RepairRanges(options, table);
}

std::string RepairSql(const DrilledTable& table) {
  const BoundTable& bound = *table.account.table;
  const std::string label = bound.plan().schema + "." + bound.plan().name;
  const std::optional<RowsToRepair> rows = SingleRows(table);
  if (!rows) {
    return fmt::format(
        "-- {}: without a key, or with too many differences, rows cannot be named; use --repair\n",
        label);
  }
  std::string sql = "BEGIN;\n";
  for (const PairedRows::Pair& pair : rows->pairs) {
    if (!AppendSql(pair, bound, sql)) {
      return fmt::format("-- {}: a value has no literal in SQL; use --repair\n", label);
    }
  }
  return sql + "COMMIT;\n";
}

}  // namespace transload
