// Carries out one command and writes its result to stdout.
#ifndef TRANSLOAD_CLI_RUN_COMMAND_H_
#define TRANSLOAD_CLI_RUN_COMMAND_H_

#include "cli/command_line.h"
#include "cli/display.h"
#include "core/error.h"
#include "pipeline/stop_flag.h"

namespace transload {

// Throws what the pipeline throws.
ExitCode RunCommand(const CommandLine& line, Display& display, const StopFlag& stop);

}  // namespace transload

#endif  // TRANSLOAD_CLI_RUN_COMMAND_H_
