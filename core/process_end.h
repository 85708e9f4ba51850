// The end of the process from any thread, for a call that nothing can bring back: a driver that
// waits for a network without a deadline of its own.
//
// It is as safe as a kill: what was open is rolled back by the target, and the same command
// resumes.
#ifndef TRANSLOAD_CORE_PROCESS_END_H_
#define TRANSLOAD_CORE_PROCESS_END_H_

#include <string>

#include "core/error.h"

namespace transload {

// Says the message where the user looks, and does not return.
using ProcessEnd = void (*)(ExitCode code, const std::string& message);

// What EndProcess calls; by default the message goes to stderr.
void SetProcessEnd(ProcessEnd end);
[[noreturn]] void EndProcess(ExitCode code, const std::string& message);

}  // namespace transload

#endif  // TRANSLOAD_CORE_PROCESS_END_H_
