// ODBC's type codes as the words that mappings/odbc.toml knows, and what a column of such a type
// is.
#ifndef TRANSLOAD_EXTRACT_ODBC_TYPE_NAMES_H_
#define TRANSLOAD_EXTRACT_ODBC_TYPE_NAMES_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "core/source_schema.h"
#include "extract/odbc/driver_quirks.h"

namespace transload::odbc {

// "integer", "wvarchar", ...; "other" for a code that ODBC does not define.
std::string_view TypeName(int odbc_type);

// A column as the driver's catalogue describes it.
struct DescribedColumn {
  std::string name;
  int odbc_type = 0;
  std::string type_name;     // the driver's own
  std::int64_t size = -1;    // characters, digits, bytes
  std::int64_t digits = -1;  // after the point, or of a second's fraction
  bool is_unsigned = false;
};

// Fills type, lengths, format and select expression; `quoted` is the column's name in SQL.
void SetType(const DescribedColumn& described, const std::string& quoted,
             const DriverQuirks& quirks, SourceColumn& column);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_TYPE_NAMES_H_
