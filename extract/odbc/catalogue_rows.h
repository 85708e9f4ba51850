// Rows of ODBC's catalogue functions as tables of the source's schema: pure functions, so that
// recorded results can stand in for a driver.
#ifndef TRANSLOAD_EXTRACT_ODBC_CATALOGUE_ROWS_H_
#define TRANSLOAD_EXTRACT_ODBC_CATALOGUE_ROWS_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/source_schema.h"
#include "extract/odbc/driver_quirks.h"
#include "extract/odbc/naming.h"
#include "extract/odbc/query.h"

namespace transload::odbc {

// What the driver's results say of one table; a call that the driver lacks leaves its table empty.
struct TableRows {
  ResultTable columns;              // SQLColumns
  ResultTable primary_key;          // SQLPrimaryKeys
  ResultTable statistics;           // SQLStatistics
  ResultTable foreign_keys;         // SQLForeignKeys, with this table as the one that refers
  std::set<std::string> automatic;  // columns that a description marks as numbered by itself
};

struct CatalogueContext {
  const DriverQuirks& quirks;
  const Naming& naming;
  // Integer types without a sign, by the driver's lower-case name (SQLGetTypeInfo).
  std::set<std::string> unsigned_types;
};

// Adds to `not_migrated` what cannot be carried over.
SourceTable BuildTable(const std::string& schema, const std::string& name, const TableRows& rows,
                       const CatalogueContext& context, std::vector<NotMigrated>& not_migrated);

// A key to a table without its columns named, which some drivers leave empty, is to its primary
// key.
void CompleteForeignKeys(SourceCatalogue& catalogue);

// COLUMN_DEF: a literal in quotes, a number, an expression; nothing for NULL and for none.
std::optional<SourceDefault> ParseDefault(const std::string& text);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_CATALOGUE_ROWS_H_
