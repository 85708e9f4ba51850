// Child processes of the rig: servers and the tools that prepare them.
//
// A child dies with the test process, however that one ends (PR_SET_PDEATHSIG). That signal follows
// the *thread* that forked, so all forks are made by one thread that lives as long as the process.
#ifndef TRANSLOAD_TESTS_RIG_PROCESS_H_
#define TRANSLOAD_TESTS_RIG_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace transload::rig {

// Whom servers run as: ourselves, or "nobody" when the tests run as root (servers refuse root).
struct Account {
  uid_t uid;
  gid_t gid;
};
const Account& ServerAccount();

struct Command {
  std::vector<std::string> argv = {};  // argv[0] is a path, or looked up in PATH
  std::map<std::string, std::string> environment =
      {};  // besides PATH, LC_ALL=C and HOME=/nonexistent
  bool as_server_account = true;
  std::string input_file = {};   // empty: /dev/null
  std::string output_file = {};  // appended to, made when missing; empty: /dev/null
};

// A running child. Movable; the destructor sends SIGKILL and waits.
class Process {
 public:
  Process() = default;
  static Process Start(const Command& command);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  pid_t pid() const { return pid_; }              // -1 once it has been waited for
  bool Running();                                 // waits for it when it has ended
  void Signal(int signal) const;                  // nothing when it has ended
  bool WaitFor(std::chrono::milliseconds limit);  // false when it still runs
  int status() const { return status_; }          // as waitpid gives it, once it has ended

 private:
  pid_t pid_ = -1;
  int status_ = 0;
};

// Runs a command to its end and returns what it wrote to stdout and stderr (output_file is not
// used). Throws when it fails, with that output.
std::string RunToEnd(const Command& command);

// The last lines of a log, for messages.
std::string LogTail(const std::string& file);

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_PROCESS_H_
