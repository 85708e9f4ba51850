// SQLite databases for tests.
#ifndef TRANSLOAD_TESTS_RIG_SQLITE_FILE_H_
#define TRANSLOAD_TESTS_RIG_SQLITE_FILE_H_

#include <string>

namespace transload::rig {

// Makes a database file by running `sql`. Throws std::runtime_error with SQLite's message.
void MakeSqliteFile(const std::string& path, const std::string& sql);

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_SQLITE_FILE_H_
