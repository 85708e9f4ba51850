#include "extract/odbc/column_width.h"

#include <sql.h>
#include <sqlext.h>

namespace transload::odbc {
namespace {

// Declared sizes up to this are bound as they are: beyond it, asking for the longest value is
// cheaper than fetching mostly empty room.
constexpr std::size_t kLongestDeclared = 4000;
constexpr std::size_t kNumberBytes = 64;
constexpr std::size_t kMostDigits = 60;

bool IsShortType(int type) {
  switch (type) {
    case SQL_TYPE_DATE:
    case SQL_TYPE_TIME:
    case SQL_TYPE_TIMESTAMP:
    case SQL_DATE:
    case SQL_TIME:
    case SQL_TIMESTAMP:
    case SQL_BIT:
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INTEGER:
    case SQL_BIGINT:
    case SQL_REAL:
    case SQL_DOUBLE:
    case SQL_GUID:
      return true;
    default:
      return type >= SQL_INTERVAL_YEAR && type <= SQL_INTERVAL_MINUTE_TO_SECOND;
  }
}

}  // namespace

std::optional<std::size_t> BytesByDescription(CellFormat format, const ResultColumn& column,
                                              const DriverQuirks& quirks) {
  if (!quirks.sizes_hold) return std::nullopt;
  const bool bytes = format == CellFormat::kBytes || format == CellFormat::kBits;
  if (!bytes && IsShortType(column.odbc_type)) return kNumberBytes * 2;
  if (format == CellFormat::kDecimal || column.odbc_type == SQL_NUMERIC ||
      column.odbc_type == SQL_DECIMAL) {
    const bool bounded = column.size > 0 && column.size <= kMostDigits && !quirks.unconstrained;
    return bounded ? std::optional(kNumberBytes * 2) : std::nullopt;
  }
  if (column.size == 0 || column.size > kLongestDeclared) return std::nullopt;
  // A character takes up to four bytes in UTF-8 and in UTF-16 alike.
  return bytes ? column.size : column.size * 4;
}

std::size_t BytesByOctets(CellFormat format, std::size_t octets) {
  // ASCII doubles in UTF-16; everything else takes no more there than in UTF-8.
  return (format == CellFormat::kUtf16 ? octets * 2 : octets) + 2;
}

std::optional<ColumnWidths> WidthCache::Find(const std::string& key) const {
  std::lock_guard lock(mutex_);
  const auto found = widths_.find(key);
  return found == widths_.end() ? std::nullopt : std::optional(found->second);
}

void WidthCache::Store(const std::string& key, const ColumnWidths& widths) {
  std::lock_guard lock(mutex_);
  // Another reader may have learned more in the meantime.
  widths_.try_emplace(key, widths);
}

void WidthCache::Unbind(const std::string& key, std::size_t column) {
  std::lock_guard lock(mutex_);
  widths_[key].at(column).reset();
}

}  // namespace transload::odbc
