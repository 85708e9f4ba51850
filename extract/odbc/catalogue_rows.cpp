#include "extract/odbc/catalogue_rows.h"

#include <fmt/format.h>
#include <sql.h>
#include <sqlext.h>

#include <algorithm>
#include <map>

#include "core/ascii.h"
#include "extract/odbc/type_names.h"

namespace transload::odbc {
namespace {

// Columns of the catalogue functions' results, counted from 0.
// https://learn.microsoft.com/sql/odbc/reference/syntax/sqlcolumns-function
enum ColumnsAt : std::size_t {
  kTable = 2,
  kColumn = 3,
  kDataType = 4,
  kTypeName = 5,
  kSize = 6,
  kDigits = 8,
  kNullable = 10,
  kRemarks = 11,
  kDefault = 12,
};
enum StatisticsAt : std::size_t {
  kNonUnique = 3,
  kIndexName = 5,
  kIndexType = 6,
  kIndexColumn = 8,
  kOrder = 9,
  kCardinality = 10,
  kPages = 11,
  kFilter = 12,
};
enum ForeignAt : std::size_t {
  kParentCatalog = 0,
  kParentSchema = 1,
  kParentTable = 2,
  kParentColumn = 3,
  kChildColumn = 7,
  kSequence = 8,
  kUpdateRule = 9,
  kDeleteRule = 10,
  kForeignName = 11,
  kDeferrability = 13,
};
// SQLStatistics counts pages, whose size nobody tells.
constexpr std::uint64_t kPageBytes = 8192;

bool IsInteger(int type) {
  return type == SQL_TINYINT || type == SQL_SMALLINT || type == SQL_INTEGER || type == SQL_BIGINT;
}

std::string Rule(std::int64_t rule) {
  switch (rule) {
    case SQL_CASCADE:
      return "CASCADE";
    case SQL_RESTRICT:
      return "RESTRICT";
    case SQL_SET_NULL:
      return "SET NULL";
    case SQL_SET_DEFAULT:
      return "SET DEFAULT";
    default:
      return "NO ACTION";
  }
}

void AddColumns(const TableRows& rows, const CatalogueContext& context, SourceTable& table,
                std::vector<NotMigrated>& left_out) {
  for (std::size_t row = 0; row < rows.columns.rows.size(); ++row) {
    // A driver that takes the name as a pattern also lists tables that look alike.
    if (rows.columns.Text(row, kTable) != table.name) continue;
    DescribedColumn described;
    described.name = rows.columns.Text(row, kColumn);
    described.odbc_type = static_cast<int>(rows.columns.Number(row, kDataType).value_or(0));
    described.type_name = rows.columns.Text(row, kTypeName);
    described.size = rows.columns.Number(row, kSize).value_or(-1);
    described.digits = rows.columns.Number(row, kDigits).value_or(-1);
    const std::string type = LowerAscii(described.type_name);
    described.is_unsigned =
        IsInteger(described.odbc_type) &&
        (type.find("unsigned") != std::string::npos || context.unsigned_types.contains(type));
    SourceColumn& column = table.columns.emplace_back();
    column.name = described.name;
    SetType(described, context.naming.Quote(described.name), context.quirks, column);
    column.nullable = rows.columns.Number(row, kNullable).value_or(1) != SQL_NO_NULLS;
    column.comment = rows.columns.Text(row, kRemarks);
    const std::string text = rows.columns.Text(row, kDefault);
    column.auto_increment = rows.automatic.contains(column.name);
    if (text.starts_with("nextval(")) {
      column.auto_increment = true;
    } else if (!column.auto_increment) {
      column.default_value = ParseDefault(text);
    }
    // b'101' for a column that comes as bytes: no literal of those.
    if (column.format == CellFormat::kBytes && LowerAscii(text).starts_with("b'")) {
      column.default_value.reset();
      left_out.push_back({"default", table.name + "." + column.name,
                          "a literal of bits, and the column comes as bytes", text});
    }
  }
}

void AddPrimaryKey(const TableRows& rows, SourceTable& table) {
  constexpr std::size_t kKeyColumn = 3, kKeySequence = 4, kKeyName = 5;
  std::vector<std::pair<std::int64_t, std::string>> parts;
  std::string name;
  for (std::size_t row = 0; row < rows.primary_key.rows.size(); ++row) {
    parts.emplace_back(rows.primary_key.Number(row, kKeySequence).value_or(0),
                       rows.primary_key.Text(row, kKeyColumn));
    name = rows.primary_key.Text(row, kKeyName);
  }
  if (parts.empty()) return;
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  SourceIndex& key = table.indexes.emplace_back();
  key.kind = IndexKind::kPrimary;
  key.name = name.empty() ? "PRIMARY" : name;
  for (const auto& [sequence, column] : parts) key.parts.emplace_back().column = column;
}

bool SameColumns(const SourceIndex& a, const SourceIndex& b) {
  return std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(),
                    [](const auto& x, const auto& y) { return x.column == y.column; });
}

void AddIndexes(const TableRows& rows, SourceTable& table, std::vector<NotMigrated>& left_out) {
  std::vector<std::string> names;
  std::map<std::string, SourceIndex> found;
  std::map<std::string, std::string> refused;
  for (std::size_t row = 0; row < rows.statistics.rows.size(); ++row) {
    const ResultTable& statistics = rows.statistics;
    if (statistics.Text(row, kTable) != table.name) continue;
    if (statistics.Number(row, kIndexType).value_or(0) == SQL_TABLE_STAT) {
      table.estimated_rows = static_cast<std::uint64_t>(
          std::max<std::int64_t>(0, statistics.Number(row, kCardinality).value_or(0)));
      table.estimated_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(
                                  0, statistics.Number(row, kPages).value_or(0))) *
                              kPageBytes;
      continue;
    }
    const std::string name = statistics.Text(row, kIndexName);
    if (!found.contains(name)) names.push_back(name);
    SourceIndex& index = found[name];
    index.name = name;
    index.kind = statistics.Text(row, kNonUnique) == "0" ? IndexKind::kUnique : IndexKind::kPlain;
    const std::string column = statistics.Text(row, kIndexColumn);
    if (table.FindColumn(column) == nullptr) refused[name] = "a part of it is no column";
    if (!statistics.Text(row, kFilter).empty()) refused[name] = "it covers only some rows";
    SourceIndexPart part;
    part.column = column;
    part.descending = statistics.Text(row, kOrder) == "D";
    index.parts.push_back(part);
    if (index.kind == IndexKind::kUnique && table.estimated_rows == 0) {
      table.estimated_rows = static_cast<std::uint64_t>(
          std::max<std::int64_t>(0, statistics.Number(row, kCardinality).value_or(0)));
    }
  }
  // The key's own index has its name, or is the first of its columns where the driver knows none.
  std::string own;
  const SourceIndex* key = table.PrimaryKey();
  for (const std::string& name : names) {
    const SourceIndex& index = found[name];
    const bool may_be = key != nullptr && !refused.contains(name) &&
                        index.kind == IndexKind::kUnique && SameColumns(*key, index);
    if (may_be && (own.empty() || name == key->name)) own = name;
  }
  for (const std::string& name : names) {
    const SourceIndex& index = found[name];
    if (refused.contains(name)) {
      left_out.push_back({"index", table.name + "." + name,
                          refused[name] + ", and ODBC has no words for its definition", ""});
      continue;
    }
    if (name != own) table.indexes.push_back(index);
  }
}

void AddForeignKeys(const TableRows& rows, SourceTable& table) {
  const ResultTable& keys = rows.foreign_keys;
  SourceForeignKey* open = nullptr;
  for (std::size_t row = 0; row < keys.rows.size(); ++row) {
    const std::int64_t sequence = keys.Number(row, kSequence).value_or(1);
    if (open == nullptr || sequence <= 1) {
      open = &table.foreign_keys.emplace_back();
      open->name = keys.Text(row, kForeignName);
      open->parent_schema = keys.Text(row, kParentSchema);
      if (open->parent_schema.empty()) open->parent_schema = keys.Text(row, kParentCatalog);
      open->parent_table = keys.Text(row, kParentTable);
      open->on_update = Rule(keys.Number(row, kUpdateRule).value_or(SQL_NO_ACTION));
      open->on_delete = Rule(keys.Number(row, kDeleteRule).value_or(SQL_NO_ACTION));
      const std::int64_t deferrable = keys.Number(row, kDeferrability).value_or(SQL_NOT_DEFERRABLE);
      open->deferrable = deferrable != SQL_NOT_DEFERRABLE;
      open->initially_deferred = deferrable == SQL_INITIALLY_DEFERRED;
    }
    open->columns.push_back(keys.Text(row, kChildColumn));
    open->parent_columns.push_back(keys.Text(row, kParentColumn));
  }
  // Drivers without schemas name the parent's catalogue or nothing: it is this table's own.
  for (SourceForeignKey& key : table.foreign_keys) {
    if (key.parent_schema.empty()) key.parent_schema = table.schema;
  }
}

}  // namespace

std::optional<SourceDefault> ParseDefault(const std::string& text) {
  const std::string lower = LowerAscii(text);
  if (text.empty() || lower == "null" || lower == "truncated") return std::nullopt;
  if (lower.starts_with("null::")) return std::nullopt;
  if (text.front() == '\'') {
    std::string value;
    std::size_t at = 1;
    while (at < text.size()) {
      if (text[at] == '\'') {
        if (at + 1 >= text.size() || text[at + 1] != '\'') break;
        ++at;
      }
      value += text[at++];
    }
    // Behind the literal nothing may follow but a cast.
    const std::string rest = at < text.size() ? text.substr(at + 1) : "?";
    if (rest.empty() || rest.starts_with("::")) return SourceDefault{value, false};
    return SourceDefault{text, true};
  }
  const bool number = text.find_first_not_of("0123456789.-+eE") == std::string::npos &&
                      text.find_first_of("0123456789") != std::string::npos;
  return SourceDefault{text, !number};
}

SourceTable BuildTable(const std::string& schema, const std::string& name, const TableRows& rows,
                       const CatalogueContext& context, std::vector<NotMigrated>& not_migrated) {
  SourceTable table;
  table.schema = schema;
  table.name = name;
  AddColumns(rows, context, table, not_migrated);
  AddPrimaryKey(rows, table);
  AddIndexes(rows, table, not_migrated);
  AddForeignKeys(rows, table);
  return table;
}

void CompleteForeignKeys(SourceCatalogue& catalogue) {
  for (SourceTable& table : catalogue.tables) {
    std::erase_if(table.foreign_keys, [&](SourceForeignKey& key) {
      const auto& named = key.parent_columns;
      if (std::find(named.begin(), named.end(), "") == named.end()) return false;
      const auto parent = std::find_if(
          catalogue.tables.begin(), catalogue.tables.end(), [&](const SourceTable& other) {
            return other.schema == key.parent_schema &&
                   LowerAscii(other.name) == LowerAscii(key.parent_table);
          });
      const SourceIndex* primary =
          parent != catalogue.tables.end() ? parent->PrimaryKey() : nullptr;
      if (primary == nullptr || primary->parts.size() != key.columns.size()) {
        catalogue.not_migrated.push_back(
            {"foreign key", fmt::format("{}({})", table.name, Join(key.columns, ", ")),
             fmt::format("{} has no primary key of {} columns to refer to", key.parent_table,
                         key.columns.size()),
             ""});
        return true;
      }
      for (std::size_t i = 0; i < primary->parts.size(); ++i) {
        key.parent_columns[i] = primary->parts[i].column;
      }
      return false;
    });
  }
}

}  // namespace transload::odbc
