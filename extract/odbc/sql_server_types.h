// SQL Server's column types: what they are for mappings/mssql.toml, and how they are selected so
// that every driver hands over the exact value.
#ifndef TRANSLOAD_EXTRACT_ODBC_SQL_SERVER_TYPES_H_
#define TRANSLOAD_EXTRACT_ODBC_SQL_SERVER_TYPES_H_

#include <string>

#include "core/source_schema.h"

namespace transload::odbc {

// A row of sql/sql_server_columns.sql, as far as the type goes.
struct SqlServerType {
  std::string name;       // of the base type: "nvarchar"
  std::string alias;      // of an alias type, or of the user's own CLR type
  bool assembly = false;  // a type of the CLR
  bool user_defined = false;
  int max_length = 0;  // bytes; -1: (max)
  int precision = 0;
  int scale = 0;
  std::string collation;
};

// Fills type, lengths, format and select expression; `quoted` is the column's name in SQL.
void SetSqlServerType(const SqlServerType& type, const std::string& quoted, SourceColumn& column);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_SQL_SERVER_TYPES_H_
