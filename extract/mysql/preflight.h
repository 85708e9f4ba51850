// What can stand in a migration's way at the source, found before anything is done.
#ifndef TRANSLOAD_EXTRACT_MYSQL_PREFLIGHT_H_
#define TRANSLOAD_EXTRACT_MYSQL_PREFLIGHT_H_

#include <string>
#include <utility>
#include <vector>

#include "core/options.h"
#include "core/source_facts.h"
#include "extract/mysql/server_version.h"
#include "extract/mysql/sql_connection.h"

namespace transload::mysql {

std::vector<PreflightItem> RunPreflight(SqlConnection& connection, const ServerVersion& version,
                                        const std::string& database, const Options& options);

// Throws a refused error that names those of `tables` (schema, name) that may not be read. A table
// whose SELECT is granted by the column shows no other columns: notes for a person say so.
std::vector<std::string> RefuseUnreadable(
    SqlConnection& connection, const ServerVersion& version,
    const std::vector<std::pair<std::string, std::string>>& tables);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_PREFLIGHT_H_
