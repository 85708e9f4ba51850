// SQL Server's catalogue: the statements' results, and the schema they make. The second is a pure
// function, so that recorded results can stand in for a server.
#ifndef TRANSLOAD_EXTRACT_ODBC_SQL_SERVER_CATALOGUE_H_
#define TRANSLOAD_EXTRACT_ODBC_SQL_SERVER_CATALOGUE_H_

#include <string>

#include "core/source_schema.h"
#include "extract/odbc/handle.h"
#include "extract/odbc/naming.h"
#include "extract/odbc/query.h"

namespace transload::odbc {

// One per file in sql/sql_server_*.sql.
struct SqlServerRows {
  ResultTable tables, columns, indexes, foreign_keys, checks, sequences, others;
};

SqlServerRows ReadSqlServerRows(Connection& connection);
// Throws a refusal for what would make values come out changed: masked and encrypted columns, row
// level security.
SourceCatalogue BuildSqlServerCatalogue(const SqlServerRows& rows, const Naming& naming);

// An identity's next value: seed when it was never used, else last + increment, and never one that
// the extreme value in the table (the highest, or with a negative increment the lowest) has passed.
// Decimal texts; empty where there is none.
std::string NextIdentity(const std::string& seed, const std::string& increment,
                         const std::string& last, const std::string& extreme);
// A sequence's next value. SQL Server tells the last one handed out, or the start when none was.
std::string NextOfSequence(const std::string& current, const std::string& start,
                           const std::string& increment);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_SQL_SERVER_CATALOGUE_H_
