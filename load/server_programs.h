// PostgreSQL's server programs on this machine, and running them as the right user.
#ifndef TRANSLOAD_LOAD_SERVER_PROGRAMS_H_
#define TRANSLOAD_LOAD_SERVER_PROGRAMS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace transload {

// The folder with initdb and pg_ctl: `wanted` when it is not empty, else the newest version under
// /usr/lib/postgresql, else from PATH. Refused, with the package to install, when there is none.
std::string FindServerPrograms(const std::string& wanted);

// A user of this machine.
struct SystemUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};
// Who a private server belongs to: the caller, or for root, who may not run one, the user postgres,
// else nobody. Refused when root has neither.
SystemUser ServerOwner();
SystemUser UserNamed(const std::string& name);

struct ProgramResult {
  int exit_code = 0;   // 128 + signal for a killed program
  std::string output;  // stdout and stderr
};
// Runs a program to its end, without a shell, as `user`. `log` receives its output instead of the
// result when it is not empty: for programs whose children keep their output open.
ProgramResult RunAs(const SystemUser& user, const std::vector<std::string>& command,
                    const std::string& log = {});

}  // namespace transload

#endif  // TRANSLOAD_LOAD_SERVER_PROGRAMS_H_
