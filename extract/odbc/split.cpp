#include "extract/odbc/split.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "extract/odbc/query.h"

namespace transload::odbc {
namespace {

bool IsInteger(const SourceColumn& column) {
  static constexpr std::string_view kIntegers[] = {"tinyint", "smallint", "int", "integer",
                                                   "bigint"};
  return std::find(std::begin(kIntegers), std::end(kIntegers), column.type) != std::end(kIntegers);
}

// Names of types as the drivers of known systems give them; labels of an enum, say, order otherwise
// than their text.
bool IsQuoted(const SourceColumn& column) {
  static constexpr std::string_view kTypes[] = {"char",   "varchar", "nchar", "nvarchar",
                                                "bpchar", "text",    "uuid",  "uniqueidentifier"};
  const std::string_view type =
      std::string_view(column.full_type).substr(0, column.full_type.find('('));
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

std::uint64_t GuessBytes(const SourceColumn& column) {
  switch (column.format) {
    case CellFormat::kSigned:
    case CellFormat::kUnsigned:
    case CellFormat::kFloat32:
    case CellFormat::kFloat64:
    case CellFormat::kCivil:
    case CellFormat::kDuration:
    case CellFormat::kDecimal:
      return 8;
    case CellFormat::kUuid:
      return 16;
    default:
      // Half full, and long ones rarely so.
      return column.length > 0
                 ? std::min<std::uint64_t>(static_cast<std::uint64_t>(column.length) / 2 + 1, 64)
                 : 128;
  }
}

std::uint64_t CountRows(Connection& connection, const ReadingContext& context,
                        const SourceTable& table, const std::string& where) {
  const Value count =
      Scalar(connection, fmt::format("SELECT {} FROM {}{}", context.traits->count,
                                     context.naming.Table(table.schema, table.name),
                                     where.empty() ? "" : " WHERE (" + where + "\n)"));
  return std::stoull(count.value_or("0"));
}

}  // namespace

std::vector<std::string> ChooseKey(const SourceTable& table, const DbmsTraits& traits) {
  std::vector<std::string> unique;
  for (const SourceIndex& index : table.indexes) {
    const bool primary = index.kind == IndexKind::kPrimary;
    if ((!primary && index.kind != IndexKind::kUnique) || !index.predicate.empty()) continue;
    std::vector<std::string> columns;
    for (const SourceIndexPart& part : index.parts) {
      const SourceColumn* column = table.FindColumn(part.column);
      if (column == nullptr) break;
      // A single integer is a rowid's alias in SQLite, which calls it nullable.
      const bool alone = index.parts.size() == 1 && IsInteger(*column);
      const bool fits = alone ? primary || !column->nullable
                              : traits.typed_keys && !column->nullable &&
                                    (IsInteger(*column) || IsQuoted(*column));
      if (!fits) break;
      columns.push_back(column->name);
    }
    if (columns.size() != index.parts.size()) continue;
    if (primary) return columns;
    if (unique.empty()) unique = std::move(columns);
  }
  return unique;
}

void FindQuotedColumns(const SourceCatalogue& catalogue, ReadingContext& context) {
  for (const SourceTable& table : catalogue.tables) {
    for (const std::string& name : ChooseKey(table, *context.traits)) {
      if (IsInteger(*table.FindColumn(name))) continue;
      context.quoted.insert(QuotedKey(table.schema, table.name, name));
    }
  }
}

std::uint64_t GuessRowBytes(const SourceTable& table) {
  std::uint64_t bytes = 8;
  for (const SourceColumn& column : table.columns) bytes += GuessBytes(column);
  return bytes;
}

std::string FindOneRowAfter(Connection& connection, const DbmsTraits& traits, const Naming& naming,
                            const SourceTable& table, const std::string& column) {
  if (!traits.one_row_after.empty()) return std::string(traits.one_row_after);
  for (const std::string_view syntax :
       {" OFFSET {} ROWS FETCH NEXT 1 ROWS ONLY", " LIMIT 1 OFFSET {}"}) {
    try {
      RunQuery(connection,
               fmt::format("SELECT {0} FROM {1} WHERE 1 = 0 ORDER BY {0}{2}", naming.Quote(column),
                           naming.Table(table.schema, table.name), Fill(syntax, "0")));
      return std::string(syntax);
    } catch (const Error& error) {
      if (error.connection_lost) throw;
    }
  }
  return {};
}

SplitPlan PlanSplit(Connection& connection, ReadingContext& context, const SourceTable& table,
                    const std::string& where, std::uint64_t partition_bytes) {
  SplitPlan plan;
  plan.ranges.emplace_back();
  const std::vector<std::string> key = ChooseKey(table, *context.traits);
  const std::string held =
      context.quirks->buffers_result
          ? fmt::format(" ({} keeps a whole range in memory)", context.quirks->name)
          : "";
  if (key.empty()) {
    plan.explanation = "one range: no key to cut by" + held;
    return plan;
  }
  const std::uint64_t row_bytes =
      table.estimated_rows > 0 && table.estimated_bytes > 0
          ? std::max<std::uint64_t>(1, table.estimated_bytes / table.estimated_rows)
          : GuessRowBytes(table);
  const std::uint64_t target = std::max<std::uint64_t>(1, partition_bytes / row_bytes);
  // Estimates lag behind: a table is believed to be large, but small only when counted.
  if (table.estimated_rows <= target && CountRows(connection, context, table, where) <= target) {
    plan.explanation = "one range: small";
    return plan;
  }
  const std::string_view other_class = context.traits->other_class;
  if (!other_class.empty() && !table.FindColumn(key.front())->auto_increment &&
      CountRows(connection, context, table, Fill(other_class, context.naming.Quote(key.front()))) >
          0) {
    plan.explanation =
        fmt::format("one range: key {} holds values that are no integers{}", key.front(), held);
    return plan;
  }
  if (context.one_row_after.empty()) {
    context.one_row_after =
        FindOneRowAfter(connection, *context.traits, context.naming, table, key.front());
  }
  if (context.one_row_after.empty()) {
    plan.explanation = "one range: the source has no way to name a row by its place" + held;
    return plan;
  }
  plan.ranges[0].by = SplitBy::kKey;
  plan.ranges[0].columns = key;
  plan.rows_per_partition = target;
  plan.explanation =
      fmt::format("key {}, {} rows each, found while reading{}", Join(key, ", "), target, held);
  return plan;
}

}  // namespace transload::odbc
