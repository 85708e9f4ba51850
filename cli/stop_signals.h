// Ctrl-C and SIGTERM: the first asks for a graceful stop, the second ends the process at once.
#ifndef TRANSLOAD_CLI_STOP_SIGNALS_H_
#define TRANSLOAD_CLI_STOP_SIGNALS_H_

#include "pipeline/stop_flag.h"

namespace transload {

// Routes SIGINT and SIGTERM to `stop`, which must live as long as the process; ignores SIGPIPE, so
// that a closed pipe or socket is an error of the write that met it.
void CatchStopSignals(StopFlag& stop);
// Text that puts a terminal right (cursor shown), written before a second signal ends the process.
void RestoreTerminalOnKill(bool wanted);

}  // namespace transload

#endif  // TRANSLOAD_CLI_STOP_SIGNALS_H_
