// How many statements a server works on, and how far a replica is behind.
#ifndef TRANSLOAD_EXTRACT_MYSQL_SERVER_LOAD_H_
#define TRANSLOAD_EXTRACT_MYSQL_SERVER_LOAD_H_

#include "core/source_load.h"
#include "extract/mysql/sql_connection.h"

namespace transload::mysql {

// Needs no privilege for the first; without REPLICATION CLIENT the second is unknown.
SourceLoad ReadLoad(SqlConnection& connection);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_SERVER_LOAD_H_
