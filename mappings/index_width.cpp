#include "mappings/index_width.h"

#include <algorithm>

#include "mappings/selection.h"

namespace transload {
namespace {

// Bytes per character in UTF-8 for what a character set can hold.
std::uint64_t BytesPerCharacter(const SourceColumn& column) {
  if (column.charset.empty() || column.charset == "binary") return 1;
  if (column.charset == "ascii") return 1;
  if (column.charset == "utf8mb4" || column.charset == "utf16" || column.charset == "utf32") {
    return 4;
  }
  return 3;
}

bool IsLong(const SourceColumn& column) {
  const std::string& type = column.type;
  return type.find("text") != std::string::npos || type.find("blob") != std::string::npos ||
         type.find("char") != std::string::npos || type.find("binary") != std::string::npos ||
         type.find("clob") != std::string::npos;
}

}  // namespace

std::uint64_t MostKeyBytes(const SourceColumn& column, std::int64_t prefix) {
  if (!IsLong(column)) return 0;
  // SQLite enforces no length, and needs none for a key.
  const bool declared = column.format != CellFormat::kDynamic;
  std::int64_t units = declared ? column.length : -1;
  if (prefix >= 0) units = units < 0 ? prefix : std::min(units, prefix);
  if (units < 0) return UINT64_MAX;
  return static_cast<std::uint64_t>(units) * BytesPerCharacter(column);
}

std::vector<bool> WideKeyColumns(const SourceTable& table) {
  std::vector<bool> wide(table.columns.size(), false);
  for (const SourceIndex& index : table.indexes) {
    if (index.kind == IndexKind::kFulltext || index.kind == IndexKind::kSpatial) continue;
    std::uint64_t total = 0;
    std::vector<std::size_t> columns;
    for (const SourceIndexPart& part : index.parts) {
      const std::size_t column = FindSourceColumn(table, part.column);
      if (column == std::string::npos) continue;
      const std::uint64_t bytes = MostKeyBytes(table.columns[column], part.prefix_length);
      total = bytes > UINT64_MAX - total ? UINT64_MAX : total + bytes;
      if (bytes > 0) columns.push_back(column);
    }
    if (total <= kSafeKeyBytes) continue;
    for (std::size_t column : columns) wide[column] = true;
  }
  return wide;
}

}  // namespace transload
