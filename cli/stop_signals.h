// Ctrl-C and SIGTERM: the first asks for a graceful stop and ends the process within two seconds,
// the second ends it at once.
#ifndef TRANSLOAD_CLI_STOP_SIGNALS_H_
#define TRANSLOAD_CLI_STOP_SIGNALS_H_

#include "pipeline/stop_flag.h"

namespace transload {

// Routes SIGINT and SIGTERM to `stop`, which must live as long as the process; ignores SIGPIPE, so
// that a closed pipe or socket is an error of the write that met it. A process that has not ended
// 1.8 s after the signal, because some call blocks that nothing brings back, ends by EndProcess
// (core/process_end.h): as safe as a kill, and with its own exit code.
void CatchStopSignals(StopFlag& stop);

// The caller is about to say how the process ends: from now on nobody ends it from elsewhere. Does
// not return when somebody does so already.
void TakeTheEnd();

// Text that puts a terminal right (cursor shown), written before a second signal ends the process.
void RestoreTerminalOnKill(bool wanted);

}  // namespace transload

#endif  // TRANSLOAD_CLI_STOP_SIGNALS_H_
