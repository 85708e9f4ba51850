// Finds out, over any connection, what a table's key columns are.
#ifndef TRANSLOAD_EXTRACT_MYSQL_KEY_LOOKUP_H_
#define TRANSLOAD_EXTRACT_MYSQL_KEY_LOOKUP_H_

#include <string>
#include <vector>

#include "extract/mysql/sql_connection.h"
#include "extract/mysql/table_key.h"

namespace transload::mysql {

// The named columns in that order, with the index that begins with exactly them when there is one.
// Without names: the primary key, or a key without columns. Throws when a column is not there.
TableKey LookUpKey(SqlConnection& connection, const std::string& schema, const std::string& table,
                   const std::vector<std::string>& columns);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_KEY_LOOKUP_H_
