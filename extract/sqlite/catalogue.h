// What sqlite_schema and the PRAGMAs say of a database.
#ifndef TRANSLOAD_EXTRACT_SQLITE_CATALOGUE_H_
#define TRANSLOAD_EXTRACT_SQLITE_CATALOGUE_H_

#include <cstdint>
#include <string>

#include "core/source_schema.h"
#include "extract/sqlite/connection.h"

namespace transload::sqlite {

// Tables, views, triggers and virtual tables of the main database. `file_bytes` bounds the
// estimates. Foreign keys are checked row by row: SQLite itself does so only when asked to.
SourceCatalogue ReadCatalogue(Connection& connection, std::uint64_t file_bytes);

// Decimal text of the next value of the table's INTEGER PRIMARY KEY; empty without one. One beyond
// 2^63-1 says that there is none left.
std::string ReadNextAutoValue(Connection& connection, const std::string& table);

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_CATALOGUE_H_
