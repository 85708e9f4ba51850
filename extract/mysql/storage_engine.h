// What MySQL's and MariaDB's storage engines mean for a migration.
#ifndef TRANSLOAD_EXTRACT_MYSQL_STORAGE_ENGINE_H_
#define TRANSLOAD_EXTRACT_MYSQL_STORAGE_ENGINE_H_

#include <string>

namespace transload::mysql {

// A snapshot covers its tables.
bool IsTransactional(const std::string& engine);

// Why a table of this engine is not carried over, or empty. `comment`: what the catalogue says of
// the table, an error where the server can't open it.
std::string EngineRefusal(const std::string& engine, const std::string& comment);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_STORAGE_ENGINE_H_
