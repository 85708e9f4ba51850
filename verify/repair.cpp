#include "verify/repair.h"

#include <fmt/format.h>

#include "core/copy_block.h"
#include "core/row_batch.h"
#include "load/ddl.h"
#include "verify/findings.h"
#include "verify/key_condition.h"
#include "verify/read_back.h"

namespace transload {
namespace {

RepairTarget TargetOf(const BoundTable& table) {
  RepairTarget target{table.plan().schema, table.plan().name, table.targets(), {}};
  for (std::size_t column : table.key_columns()) {
    target.key.push_back(table.targets()[column].name);
  }
  return target;
}

// Nothing when rows are not all known.
std::optional<std::vector<PairedRows::Pair>> SingleRows(const DrilledTable& table) {
  if (!table.rows_known) return std::nullopt;
  return PairByKey(table.leftovers, *table.account.table).pairs;
}

std::string WithFieldCount(const std::string& fields, std::size_t columns) {
  std::string tuple(2, '\0');
  tuple[0] = static_cast<char>(columns >> 8);
  tuple[1] = static_cast<char>(columns);
  return tuple + fields;
}

RepairCounts RepairRows(const Options& options, const BoundTable& table,
                        const std::vector<PairedRows::Pair>& pairs,
                        const std::optional<RunLock>& lock) {
  RowRepair repair(options, TargetOf(table), lock);
  const std::size_t columns = table.targets().size();
  for (const PairedRows::Pair& pair : pairs) {
    if (pair.source == nullptr) repair.PutGone(WithFieldCount(pair.target->fields, columns));
  }
  for (const PairedRows::Pair& pair : pairs) {
    if (pair.source != nullptr) repair.Put(WithFieldCount(pair.source->fields, columns));
  }
  if (table.key_columns().empty()) {
    repair.AddPut();
  } else {
    repair.MergePut();
  }
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
  if (!counts.refused.empty()) sum.refused = counts.refused;
}

RepairCounts RepairRanges(const Options& options, const DrilledTable& table,
                          const std::optional<RunLock>& lock) {
  const BoundTable& bound = *table.account.table;
  RepairCounts sum;
  std::vector<std::string> conditions;
  for (const PartitionRange& range : table.ranges) {
    if (std::optional<std::string> condition = RangeInTarget(bound, range)) {
      conditions.push_back(*condition);
    }
  }
  if (conditions.size() < table.ranges.size() || table.ranges.empty()) {
    RowRepair repair(options, TargetOf(bound), lock);
    repair.Delete("");
    CopyRange(table, PartitionRange{}, repair);
    repair.AddPut();
    return repair.Finish();
  }
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    RowRepair repair(options, TargetOf(bound), lock);
    repair.Delete(conditions[i]);
    CopyRange(table, table.ranges[i], repair);
    repair.AddPut();
    Add(repair.Finish(), sum);
  }
  return sum;
}

// What a row of the target is found by: its key, else everything in it as text, which is equal for
// types too that have no equality.
std::optional<std::string> RowCondition(std::string_view fields, const BoundTable& table) {
  if (!table.key_columns().empty()) return KeyCondition(fields, table);
  std::string names, values;
  CellCursor cursor(fields);
  for (const TargetColumn& column : table.targets()) {
    const std::optional<std::string> literal = FieldLiteral(cursor.Next(), column.type);
    if (!literal) return std::nullopt;
    const char* comma = names.empty() ? "" : ", ";
    names += comma + ddl::QuoteName(column.name);
    values += comma + *literal;
  }
  return fmt::format("ROW({})::text = ROW({})::text", names, values);
}

// A value as it is put into its column. What crossed as text is left to the column's own type.
std::optional<std::string> AssignedLiteral(const Cell& field, const TargetColumn& column) {
  if (!column.as_text) return FieldLiteral(field, column.type);
  return field.null ? "NULL" : ddl::QuoteLiteral(field.view());
}

// One row as statements; false when one of its values has no literal.
bool AppendSql(const PairedRows::Pair& pair, const BoundTable& table, const std::string& from,
               std::string& sql) {
  if (pair.source == nullptr) {
    const std::optional<std::string> row = RowCondition(pair.target->fields, table);
    if (!row) return false;
    // One row, also where the key's constraint was lost and the row is there twice. Partitions have
    // the same places in them.
    const bool one_file = from.starts_with("ONLY ");
    sql += one_file ? fmt::format(
                          "DELETE FROM {0} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {0} "
                          "WHERE {1} LIMIT 1));\n",
                          from, *row)
                    : fmt::format(
                          "DELETE FROM {0} WHERE (tableoid, ctid) IN (SELECT tableoid, ctid "
                          "FROM {0} WHERE {1} LIMIT 1);\n",
                          from, *row);
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
    const std::optional<std::string> literal = AssignedLiteral(source[i], column);
    if (!literal) return false;
    const char* comma = columns.empty() ? "" : ", ";
    columns += comma + ddl::QuoteName(column.name);
    values += comma + *literal;
    changes += fmt::format("{}{} = {}", comma, ddl::QuoteName(column.name), *literal);
  }
  if (pair.target == nullptr) {
    sql += fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({});\n",
                       ddl::Qualified(table.plan().schema, table.plan().name), columns, values);
    return true;
  }
  const std::optional<std::string> key = KeyCondition(pair.target->fields, table);
  if (key) sql += fmt::format("UPDATE {} SET {} WHERE {};\n", from, changes, *key);
  return key.has_value();
}

}  // namespace

RepairCounts RepairTable(const Options& options, const DrilledTable& table,
                         const std::optional<RunLock>& lock) {
  const std::optional<std::vector<PairedRows::Pair>> rows = SingleRows(table);
  return rows ? RepairRows(options, *table.account.table, *rows, lock)
              : RepairRanges(options, table, lock);
}

std::string RepairSql(const DrilledTable& table) {
  const BoundTable& bound = *table.account.table;
  const std::string label = bound.plan().schema + "." + bound.plan().name;
  const std::optional<std::vector<PairedRows::Pair>> rows = SingleRows(table);
  if (!rows) {
    return fmt::format(
        "-- {}: too many rows differ for statements of a table without a key; use --repair\n",
        label);
  }
  const std::string name = ddl::Qualified(bound.plan().schema, bound.plan().name);
  std::string changed, gone, added;
  for (const PairedRows::Pair& pair : *rows) {
    std::string& sql = pair.source == nullptr ? gone : pair.target == nullptr ? added : changed;
    if (!AppendSql(pair, bound, table.partitioned ? name : "ONLY " + name, sql)) {
      return fmt::format("-- {}: a value has no literal in SQL; use --repair\n", label);
    }
  }
  // Changes first, as they may take away what refers to a row that goes; what goes makes room for
  // unique values, and for keys that only compare equal, of what comes.
  return "BEGIN;\n" + changed + gone + added + "COMMIT;\n";
}

}  // namespace transload
