#include "verify/read_back.h"

#include <algorithm>

#include "core/row_batch.h"

namespace transload {
namespace {

constexpr std::uint64_t kRowsBetweenChecks = 1024;

ReadBack WholeTable(const BoundTable& table) {
  ReadBack request;
  request.schema = table.plan().schema;
  request.table = table.plan().name;
  for (const TargetColumn& column : table.targets()) {
    request.columns.push_back(column.name);
    if (column.as_text) request.as_text.push_back(column.name);
  }
  return request;
}

bool ExactNumber(CellFormat format) {
  return format == CellFormat::kSigned || format == CellFormat::kUnsigned ||
         format == CellFormat::kDecimal;
}

// What a PostgreSQL source sends is of the same type there. Its bounds are texts, of dates as
// sessions on both sides are set to print them: ISO, in UTC.
bool SameTypeOrdersAlike(PgKind kind) {
  switch (kind) {
    case PgKind::kInt2:
    case PgKind::kInt4:
    case PgKind::kInt8:
    case PgKind::kNumeric:
    case PgKind::kDate:
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz:
    case PgKind::kUuid:
      return true;
    default:
      return false;
  }
}

bool OrdersAlike(const ColumnPlan& column, const TargetColumn& target) {
  if (column.source.format == CellFormat::kPgBinary) return SameTypeOrdersAlike(target.type.kind);
  switch (target.type.kind) {
    case PgKind::kInt2:
    case PgKind::kInt4:
    case PgKind::kInt8:
    case PgKind::kNumeric:
      return ExactNumber(column.source.format);
    case PgKind::kDate:
    case PgKind::kTimestamp:
      return column.source.format == CellFormat::kCivil;
    case PgKind::kTimestamptz:
      // MySQL's instants: sessions are in UTC on both sides. What else becomes one is shifted.
      return column.source.format == CellFormat::kCivil && column.source.type == "timestamp";
    case PgKind::kBytea:
      return column.source.format == CellFormat::kBytes && column.decode.empty();
    case PgKind::kUuid:
      // Not MariaDB's own uuid, which compares the node first.
      return column.source.format == CellFormat::kBytes && column.decode == "uuid";
    default:
      return false;
  }
}

// SQLite's rowid, where it is the table's INTEGER PRIMARY KEY and so is in the target too.
std::optional<std::string> RowidAlias(const BoundTable& table) {
  if (table.key_columns().size() != 1) return std::nullopt;
  const SourceColumn& column = table.columns()[table.key_columns().front()].source;
  if (column.type != "integer" && column.type != "INTEGER") return std::nullopt;
  return column.name;
}

}  // namespace

SliceSum ReadSlice(TableReader& reader, const BoundTable& table, const std::string& where_sql,
                   const std::function<void(std::uint64_t, std::uint64_t)>& moved,
                   SubSums* sub_sums) {
  ReadBack request = WholeTable(table);
  request.where_sql = where_sql;
  reader.Open(request);
  SliceSum sum;
  ByteBuffer scratch;
  std::string_view fields;
  std::uint64_t rows = 0;
  std::uint64_t told_rows = 0;
  std::uint64_t told_bytes = 0;
  auto tell = [&] {
    if (moved) moved(rows - told_rows, sum.bytes - told_bytes);
    told_rows = rows;
    told_bytes = sum.bytes;
  };
  while (reader.Next(fields)) {
    if (sub_sums != nullptr) {
      sub_sums->AddRow(fields, table.canonicaliser(), scratch);
    } else {
      table.canonicaliser().AddRow(fields, sum.checksum, scratch);
    }
    sum.bytes += fields.size();
    if (++rows % kRowsBetweenChecks == 0) tell();
  }
  tell();
  if (sub_sums != nullptr) sum.checksum = sub_sums->Total();
  return sum;
}

std::optional<std::string> RangeInTarget(const BoundTable& table, const PartitionRange& range) {
  if (range.whole_table()) return std::string();
  PartitionRange there = range;
  if (range.by == SplitBy::kRowid) {
    std::optional<std::string> alias = RowidAlias(table);
    if (!alias) return std::nullopt;
    there.by = SplitBy::kKey;
    there.columns = {*alias};
  }
  if (there.by != SplitBy::kKey) return std::nullopt;
  std::vector<TargetColumn> key;
  for (const std::string& name : there.columns) {
    auto found = std::find_if(table.columns().begin(), table.columns().end(),
                              [&](const ColumnPlan& c) { return c.source.name == name; });
    if (found == table.columns().end()) return std::nullopt;
    const TargetColumn& target = table.targets()[found - table.columns().begin()];
    const bool rowid = range.by == SplitBy::kRowid && target.type.kind == PgKind::kInt8;
    if (!rowid && !OrdersAlike(*found, target)) return std::nullopt;
    key.push_back(target);
  }
  return KeyRangeSql(there, key);
}

TargetSide::TargetSide(TableReader& reader, const BoundTable& table, std::function<void()> check)
    : reader_(reader), table_(table), check_(std::move(check)) {}

void TargetSide::Read(const std::vector<PartitionRange>& ranges, const TupleSink& sink) {
  std::vector<std::string> conditions;
  for (const PartitionRange& range : ranges) {
    std::optional<std::string> condition = RangeInTarget(table_, range);
    if (!condition) {
      ReadWhere("", sink);
      return;
    }
    conditions.push_back(*condition);
  }
  for (const std::string& condition : conditions) ReadWhere(condition, sink);
}

void TargetSide::ReadWhere(const std::string& where_sql, const TupleSink& sink) {
  ReadBack request = WholeTable(table_);
  request.where_sql = where_sql;
  reader_.Open(request);
  std::string_view fields;
  std::uint64_t rows = 0;
  while (reader_.Next(fields)) {
    bytes_ += fields.size();
    sink({fields, {}, false});
    if (++rows % kRowsBetweenChecks == 0 && check_) check_();
  }
}

}  // namespace transload
