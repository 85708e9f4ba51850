#include "tests/rig/mysql_data_folder.h"

#include <fstream>
#include <initializer_list>
#include <vector>

#include "tests/rig/data_template.h"
#include "tests/rig/process.h"
#include "tests/rig/temporary_dir.h"

namespace transload::rig {
namespace {

std::vector<std::string> ServerCommand(const MySqlPrograms& programs,
                                       std::initializer_list<std::string> arguments) {
  std::vector<std::string> command = programs.server;
  command.insert(command.end(), programs.base_args.begin(), programs.base_args.end());
  command.insert(command.end(), arguments);
  return command;
}

// 5.6 has no --initialize: its system tables are made by the scripts that come with it.
void Bootstrap56(const MySqlPrograms& programs, const std::string& folder) {
  MakeServerFolder(folder);
  const TemporaryDir dir;
  const std::string script = dir / "bootstrap.sql";
  {
    std::ofstream out(script);
    out << "create database mysql;\nuse mysql;\n";  // a statement ends where its line does
    for (const char* name : {"mysql_system_tables.sql", "mysql_system_tables_data.sql"}) {
      out << std::ifstream(programs.base_dir + "/share/" + name).rdbuf() << '\n';
    }
  }
  RunToEnd(
      {.argv = ServerCommand(programs, {"--bootstrap", "--datadir=" + folder,
                                        "--innodb-log-file-size=16M", "--innodb-use-native-aio=0"}),
       .input_file = script});
}

}  // namespace

void InitMySqlDataFolder(MySqlKind kind, const MySqlPrograms& programs, const std::string& folder) {
  switch (kind) {
    case MySqlKind::kMariaDb:
      RunToEnd(
          {.argv = {"mariadb-install-db", "--no-defaults", "--basedir=/usr", "--datadir=" + folder,
                    "--auth-root-authentication-method=normal", "--skip-test-db",
                    "--innodb-log-file-size=16M", "--innodb-use-native-aio=0"}});
      return;
    case MySqlKind::kMySql:
      RunToEnd({.argv = ServerCommand(programs, {"--initialize-insecure", "--datadir=" + folder,
                                                 "--innodb-use-native-aio=0"})});
      return;
    case MySqlKind::kMySql56:
      Bootstrap56(programs, folder);
      return;
  }
}

}  // namespace transload::rig
