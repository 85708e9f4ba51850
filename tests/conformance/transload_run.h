// Runs the transload executable as a user does, and keeps what it said.
#ifndef TRANSLOAD_TESTS_CONFORMANCE_TRANSLOAD_RUN_H_
#define TRANSLOAD_TESTS_CONFORMANCE_TRANSLOAD_RUN_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace transload {

// The exit code, as a shell tells it, of a run that a fault killed.
constexpr int kKilledExit = 128 + 9;

struct TransloadRun {
  int exit_code = -1;            // 128 + the signal when one ended it
  std::string out;               // stdout
  std::string err;               // stderr
  std::string command;           // for messages
  std::uint64_t peak_bytes = 0;  // of memory, as the kernel counted it
  double seconds = 0;
};

// `environment` is added to PATH, HOME (an empty folder) and LC_ALL, and wins over them. stdin is
// /dev/null.
TransloadRun RunTransload(const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& environment = {});

}  // namespace transload

#endif  // TRANSLOAD_TESTS_CONFORMANCE_TRANSLOAD_RUN_H_
