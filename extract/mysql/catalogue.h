// Reads a database's catalogue in a fixed number of queries, however many tables there are, and a
// few more for each table of which information_schema does not tell the truth.
#ifndef TRANSLOAD_EXTRACT_MYSQL_CATALOGUE_H_
#define TRANSLOAD_EXTRACT_MYSQL_CATALOGUE_H_

#include <map>
#include <string>
#include <string_view>

#include "core/source_schema.h"
#include "extract/mysql/server_version.h"
#include "extract/mysql/sql_connection.h"

namespace transload::mysql {

SourceCatalogue ReadCatalogue(SqlConnection& connection, const ServerVersion& version,
                              const std::string& database);

// Column properties from one row of information_schema.COLUMNS.
SourceColumn ParseColumn(const SqlResult& rows, std::size_t row, const ServerVersion& version);

// --- the parts of it (catalogue_keys.cpp, catalogue_objects.cpp)
// Tables by name: the catalogue's tables do not move while it is read.
using TablesByName = std::map<std::string, SourceTable*>;

struct CatalogueScope {
  SqlConnection& connection;
  const ServerVersion& version;
  const std::string& database;
  SourceCatalogue& catalogue;
  TablesByName tables;
  std::map<std::string, std::string> row_ends;  // by table: when a row of a versioned one went

  SqlResult Query(const std::string& sql) { return connection.Query(sql); }
  SourceTable* Table(const std::string& name) {
    auto found = tables.find(name);
    return found == tables.end() ? nullptr : found->second;
  }
  // Puts right what MySQL 8 and later encode twice in information_schema: expressions with letters
  // beyond ASCII, in this column of `rows`. SHOW CREATE TABLE has them as they are.
  void MendExpressions(SqlResult& rows, std::string_view column);
};

void ReadIndexes(CatalogueScope& scope);
void ReadForeignKeys(CatalogueScope& scope);
void ReadChecks(CatalogueScope& scope);
// What a key over a period asks for besides, and is not carried over.
void NoteLostOverlaps(CatalogueScope& scope);
void ReadPartitioning(CatalogueScope& scope);
void ReadSequences(CatalogueScope& scope, const std::vector<std::string>& names);
// Views, triggers, routines and events, which are listed and not carried over.
void ReadCode(CatalogueScope& scope);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_CATALOGUE_H_
