// Servers that the tests of one process share: started when first asked for, stopped at exit.
//
// A test that changes a server's settings, stops it or kills it starts its own instead. Tests that
// need more than Debian 12's own packages (any MySQL, any PostgreSQL but 15) belong into a suite
// whose name contains "Matrix": scripts/test leaves those out unless --matrix is given.
#ifndef TRANSLOAD_TESTS_RIG_SHARED_SERVERS_H_
#define TRANSLOAD_TESTS_RIG_SHARED_SERVERS_H_

#include <string>

#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"

namespace transload::rig {

PostgresServer& SharedPostgres(const std::string& version = "");  // empty: Debian's own
MariaDbServer& SharedMariaDb();
MySqlServer& SharedMySql(const std::string& version = "9");

// Makes an empty database with a new name and returns the name.
std::string FreshDatabase(PostgresServer& server);
std::string FreshDatabase(MySqlFamilyServer& server);

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_SHARED_SERVERS_H_
