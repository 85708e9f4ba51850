// Where the programs of a server version are: Debian's own folders first, then the cache that
// scripts/matrix-servers fills.
#ifndef TRANSLOAD_TESTS_RIG_PROGRAMS_H_
#define TRANSLOAD_TESTS_RIG_PROGRAMS_H_

#include <string>
#include <vector>

namespace transload::rig {

// $TRANSLOAD_SERVER_CACHE; else ~/.cache/transload/servers; for root /var/cache/transload/servers,
// because servers run as another user, who can't look into root's home.
std::string ServerCache();

struct PostgresPrograms {
  std::string bin_dir;
  int major = 0;
  std::string full_version;  // "15.14 (Debian 15.14-0+deb12u1)"
};
PostgresPrograms FindPostgres(const std::string& version);  // "": what the distribution ships

struct MySqlPrograms {
  std::vector<std::string> server;     // the command, to which options are added
  std::vector<std::string> base_args;  // where this version's files are
  std::string base_dir;
  std::string full_version;
};
MySqlPrograms FindMariaDb();
MySqlPrograms FindMySql(const std::string& version);  // "9", "5.6"

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_PROGRAMS_H_
