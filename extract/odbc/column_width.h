// How much room values of a column need, found out once a table and shared by all readers.
#ifndef TRANSLOAD_EXTRACT_ODBC_COLUMN_WIDTH_H_
#define TRANSLOAD_EXTRACT_ODBC_COLUMN_WIDTH_H_

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/read_request.h"
#include "extract/odbc/driver_quirks.h"

namespace transload::odbc {

// Beyond this a value is fetched in pieces, and its row alone.
inline constexpr std::size_t kLongestBound = 64 << 10;

// What the driver says of a result column.
struct ResultColumn {
  int odbc_type = 0;
  std::size_t size = 0;  // characters, digits or bytes; 0: unknown
};

// Bytes to bind for values of a result column; nothing when the description does not bound them.
std::optional<std::size_t> BytesByDescription(CellFormat format, const ResultColumn& column,
                                              const DriverQuirks& quirks);
// Bytes to bind for a column whose longest value has so many octets (UTF-8 for text).
std::size_t BytesByOctets(CellFormat format, std::size_t octets);

// One per column of a request: bytes to bind, or nothing where values come in pieces.
using ColumnWidths = std::vector<std::optional<std::size_t>>;

class WidthCache {
 public:
  std::optional<ColumnWidths> Find(const std::string& key) const;
  void Store(const std::string& key, const ColumnWidths& widths);
  // A value was longer than all that was known: from now on that column comes in pieces.
  void Unbind(const std::string& key, std::size_t column);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, ColumnWidths> widths_;
};

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_COLUMN_WIDTH_H_
