// pg_dump and pg_restore on this machine: which to use, and running them.
#ifndef TRANSLOAD_LOAD_PG_PROGRAMS_H_
#define TRANSLOAD_LOAD_PG_PROGRAMS_H_

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace transload {

struct PgPrograms {
  std::string pg_dump;
  std::string pg_restore;
  int major = 0;
  std::string version;  // "15.14"
};

// The programs for a dump of a server of version `source_major` that goes into one of
// `target_major`: of the target's version where there are such, else newer ones, else older ones
// that can still read the source. Looks into `wanted` (--pg-bin) alone when it is not empty, else
// into PATH and /usr/lib/postgresql. Throws a refused error with what was found and what to
// install.
PgPrograms FindPgPrograms(const std::string& wanted, int source_major, int target_major);
// Asks them all for their versions, which takes a moment each, so that FindPgPrograms need not.
void LearnPgPrograms(const std::string& wanted);

struct ProgramOutput {
  int exit_code = 0;
  std::string out;
  std::string err;
};
// Runs a program to its end without a shell, its environment being ours and `environment`. Secrets
// belong there: arguments can be seen by everybody on the machine. One that says nothing for longer
// than `longest_silence` is killed, and is an error that may be tried again.
ProgramOutput RunProgram(const std::vector<std::string>& command,
                         const std::vector<std::pair<std::string, std::string>>& environment,
                         std::chrono::milliseconds longest_silence);

// For good: kills what RunProgram is running, and whatever it runs later is interrupted too.
// Async-signal-safe.
void KillPrograms() noexcept;
// Kills what RunProgram is running, and nothing that it runs later.
void KillRunningPrograms() noexcept;

}  // namespace transload

#endif  // TRANSLOAD_LOAD_PG_PROGRAMS_H_
