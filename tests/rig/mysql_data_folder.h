// A MariaDB or MySQL data folder as it is before the first start.
#ifndef TRANSLOAD_TESTS_RIG_MYSQL_DATA_FOLDER_H_
#define TRANSLOAD_TESTS_RIG_MYSQL_DATA_FOLDER_H_

#include <string>

#include "tests/rig/programs.h"

namespace transload::rig {

enum class MySqlKind { kMariaDb, kMySql, kMySql56 };

// Creates `folder`: system tables, and a "root" at localhost without a password.
void InitMySqlDataFolder(MySqlKind kind, const MySqlPrograms& programs, const std::string& folder);

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_MYSQL_DATA_FOLDER_H_
