// What the readers of a source share.
#ifndef TRANSLOAD_EXTRACT_ODBC_READING_CONTEXT_H_
#define TRANSLOAD_EXTRACT_ODBC_READING_CONTEXT_H_

#include <set>
#include <string>

#include "extract/odbc/column_width.h"
#include "extract/odbc/dbms_traits.h"
#include "extract/odbc/driver_quirks.h"
#include "extract/odbc/naming.h"

namespace transload::odbc {

// Set up before the first reader, constant from then on.
struct ReadingContext {
  std::string engine;
  const DriverQuirks* quirks = nullptr;
  const DbmsTraits* traits = nullptr;
  Naming naming;
  std::string one_row_after;     // see DbmsTraits; empty: boundaries can't be asked for
  std::set<std::string> quoted;  // key columns whose values stand in quotes: QuotedKey
  WidthCache widths;
};

// One column's place in ReadingContext::quoted.
inline std::string QuotedKey(const std::string& schema, const std::string& table,
                             const std::string& column) {
  return schema + '\0' + table + '\0' + column;
}

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_READING_CONTEXT_H_
