// How names stand in this driver's SQL, as SQLGetInfo tells it.
#ifndef TRANSLOAD_EXTRACT_ODBC_NAMING_H_
#define TRANSLOAD_EXTRACT_ODBC_NAMING_H_

#include <string>
#include <string_view>
#include <vector>

#include "extract/odbc/handle.h"

namespace transload::odbc {

struct Naming {
  std::string quote = "\"";  // empty: names cannot be quoted
  std::string separator = ".";
  bool catalog_last = false;   // table@catalog
  bool has_catalogs = false;   // a table may be named with its catalogue
  bool has_schemas = false;    // and with its schema
  std::string pattern_escape;  // in arguments of catalogue functions

  // Throws for a name that this driver cannot be told.
  std::string Quote(std::string_view name) const;
  // `schema` is the schema, or where there are none, the catalogue; may be empty.
  std::string Table(std::string_view schema, std::string_view table) const;
  // Every character taken as it is by a catalogue function that knows % and _.
  std::string Pattern(std::string_view name) const;
};

Naming ReadNaming(const Connection& connection);

// 'it''s'
std::string QuoteText(std::string_view text);
std::string Join(const std::vector<std::string>& parts, std::string_view between);
// Every {} of the pattern by `what`.
std::string Fill(std::string_view pattern, std::string_view what);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_NAMING_H_
