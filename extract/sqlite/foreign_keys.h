// Foreign keys of a SQLite database, and the rows that break them.
#ifndef TRANSLOAD_EXTRACT_SQLITE_FOREIGN_KEYS_H_
#define TRANSLOAD_EXTRACT_SQLITE_FOREIGN_KEYS_H_

#include <string>
#include <vector>

#include "core/source_schema.h"
#include "extract/sqlite/connection.h"
#include "extract/sqlite/schema_sql.h"

namespace transload::sqlite {

std::vector<SourceForeignKey> ReadForeignKeys(Connection& connection, const std::string& table,
                                              const TableSql& sql);

// Fills in what REFERENCES left out (the parent's primary key), spells names as the parent does,
// and takes out the keys whose parent does not exist.
void CompleteForeignKeys(SourceCatalogue& catalogue);

// Counts and names orphans as notes: SQLite enforces foreign keys only on connections that ask.
void CheckForeignKeys(Connection& connection, SourceCatalogue& catalogue);

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_FOREIGN_KEYS_H_
