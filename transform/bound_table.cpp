#include "transform/bound_table.h"

#include <algorithm>

#include "core/sql_quotes.h"
#include "transform/render.h"

namespace transload {
namespace {

// Without a key, so many leading columns stand for a row in messages.
constexpr std::size_t kColumnsForName = 3;

std::vector<std::size_t> CopiedPositions(const TablePlan& plan) {
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    if (plan.columns[i].copied()) positions.push_back(i);
  }
  return positions;
}

std::vector<ColumnPlan> Pick(const TablePlan& plan, const std::vector<std::size_t>& positions) {
  std::vector<ColumnPlan> columns;
  for (std::size_t position : positions) columns.push_back(plan.columns[position]);
  return columns;
}

std::vector<std::size_t> KeyPositions(const TablePlan& plan,
                                      const std::vector<ColumnPlan>& columns) {
  for (const IndexPlan& index : plan.indexes) {
    if (!index.primary) continue;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string quoted = QuoteIdent(columns[i].name);
      for (const IndexPartPlan& part : index.parts) {
        if (part.sql == quoted) positions.push_back(i);
      }
    }
    if (positions.size() == index.parts.size()) return positions;
  }
  return {};
}

}  // namespace

BoundTable::BoundTable(std::int64_t table_id, std::int64_t generation, TablePlan plan,
                       std::vector<TargetColumn> targets, std::uint64_t hash_seed)
    : table_id_(table_id),
      generation_(generation),
      plan_(std::move(plan)),
      plan_positions_(CopiedPositions(plan_)),
      columns_(Pick(plan_, plan_positions_)),
      targets_(std::move(targets)),
      key_columns_(KeyPositions(plan_, columns_)),
      encoder_(columns_, targets_, hash_seed),
      canonicaliser_(targets_, hash_seed) {}

ReadRequest BoundTable::Request(const PartitionRange& range) const {
  ReadRequest request;
  request.schema = plan_.source_schema;
  request.table = plan_.source_name;
  for (const ColumnPlan& column : columns_) {
    request.columns.push_back(
        {column.source.name, column.source.select_expression, column.source.format});
  }
  request.range = range;
  request.where = plan_.where;
  request.sample_percent = sample_percent_;
  return request;
}

std::string BoundTable::NameRow(std::string_view row) const {
  std::vector<Cell> cells;
  for (CellCursor cursor(row); !cursor.done();) cells.push_back(cursor.Next());
  std::string name;
  auto add = [&](std::size_t column) {
    if (!name.empty()) name += ", ";
    name += columns_[column].source.name + "=" + Shown(cells[column], column);
  };
  if (!key_columns_.empty()) {
    for (std::size_t column : key_columns_) add(column);
  } else {
    for (std::size_t i = 0; i < std::min(kColumnsForName, cells.size()); ++i) add(i);
  }
  return name;
}

std::string BoundTable::IdentifyRow(std::string_view row) const {
  ByteBuffer key;
  CellCursor cursor(row);
  std::size_t next = 0;
  for (std::size_t column : key_columns_) {  // ascending
    for (; next < column; ++next) cursor.Next();
    const Cell cell = cursor.Next();
    ++next;
    StoreBe32(key.Extend(4),
              cell.null ? 0xFFFFFFFFu : static_cast<std::uint32_t>(cell.view().size()));
    if (!cell.null) key.Append(cell.view());
  }
  RowChecksum digest;
  AddRow(digest, key_columns_.empty() ? row : key.view(), 0);
  return digest.Hex();
}

std::string BoundTable::ShowCell(std::string_view row, std::size_t column) const {
  CellCursor cursor(row);
  for (std::size_t i = 0; i < column; ++i) cursor.Next();
  return Shown(cursor.Next(), column);
}

// What a PostgreSQL source sends is a field of the target's type already.
std::string BoundTable::Shown(const Cell& cell, std::size_t column) const {
  const SourceColumn& source = columns_[column].source;
  if (source.format == CellFormat::kPgBinary && !cell.null) {
    return RenderField(cell.view(), targets_[column].type);
  }
  return RenderCell(cell, source);
}

}  // namespace transload
