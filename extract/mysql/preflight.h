// What can stand in a migration's way at the source, found before anything is done.
#ifndef TRANSLOAD_EXTRACT_MYSQL_PREFLIGHT_H_
#define TRANSLOAD_EXTRACT_MYSQL_PREFLIGHT_H_

#include <string>
#include <vector>

#include "core/options.h"
#include "core/source_facts.h"
#include "extract/mysql/server_version.h"
#include "extract/mysql/sql_connection.h"

namespace transload::mysql {

std::vector<PreflightItem> RunPreflight(SqlConnection& connection, const ServerVersion& version,
                                        const std::string& database, const Options& options);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_PREFLIGHT_H_
