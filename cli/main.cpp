// The process: arguments in, one command, an exit code out. The last of the three places where an
// Error is caught.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/display.h"
#include "cli/run_command.h"
#include "cli/show.h"
#include "cli/stop_signals.h"
#include "core/brief_wait.h"
#include "core/machine_limits.h"
#include "core/printable.h"
#include "core/process_end.h"
#include "pipeline/commands.h"
#include "pipeline/drivers_command.h"

namespace transload {
namespace {

// Lives as long as the process: the signal handler points at it.
StopFlag stop;

// `line` may still be empty when the error is about the command line itself.
int Fail(const CommandLine& line, std::unique_ptr<Display>& display, ExitCode code,
         const std::string& message) {
  if (!display && line.options.log_format == OutputFormat::kJson) {
    display = std::make_unique<Display>(Display::StyleFor(line.options));
  }
  if (display) {
    display->Stop();
    display->Message(MessageLevel::kError, message);
  } else {
    std::fprintf(stderr, "transload: %s\n", PrintableLines(message).c_str());
  }
  if (line.options.format == OutputFormat::kJson) {
    std::fputs(ErrorJson(static_cast<int>(code), message).c_str(), stdout);
  }
  return static_cast<int>(code);
}

// The same from another thread, for a process that cannot end by itself. These outlive it.
const CommandLine* ending_line = nullptr;
std::unique_ptr<Display>* ending_display = nullptr;

void SayTheEnd(ExitCode code, const std::string& message) {
  // Not even a terminal that takes no text may hold it up.
  BrieflyWaitFor(
      [code, message] {
        Fail(*ending_line, *ending_display, code, message);
        std::fflush(stdout);
      },
      std::chrono::milliseconds(150));
}

// A standard stream that the caller closed would be the number of the next socket, and what is said
// would be sent to a server. What is written here fails, as it does to a closed stream.
void HoldClosedStreams() {
  for (int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) != -1) continue;
    [[maybe_unused]] int held = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

// How the result or the log is wanted, for an error in the rest of the command line.
OutputFormat FormatAsked(const std::vector<std::string>& arguments, const std::string& option) {
  const std::array<std::string, 2> two_words = {option, "json"};
  const bool json =
      std::find(arguments.begin(), arguments.end(), option + "=json") != arguments.end() ||
      std::search(arguments.begin(), arguments.end(), two_words.begin(), two_words.end()) !=
          arguments.end();
  return json ? OutputFormat::kJson : OutputFormat::kText;
}

int Main(int argc, char** argv) {
  HoldClosedStreams();
  CommandLine line;
  std::unique_ptr<Display> display;
  ending_line = &line;
  ending_display = &display;
  try {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    HideSecrets(argc, argv);
    line.options.format = FormatAsked(arguments, "--format");
    line.options.log_format = FormatAsked(arguments, "--log-format");
    if (!arguments.empty() && arguments[0] == "local") {
      std::fputs(HandleLocal({arguments.begin() + 1, arguments.end()}).c_str(), stdout);
      return 0;
    }
    if (!arguments.empty() && arguments[0] == "drivers") {
      std::fputs(HandleDrivers({arguments.begin() + 1, arguments.end()}).c_str(), stdout);
      return 0;
    }
    line = ParseCommandLine(arguments);
    if (!line.print_and_exit.empty()) {
      bool printed = std::fputs(line.print_and_exit.c_str(), stdout) >= 0;
      return printed && std::fflush(stdout) == 0 ? 0 : static_cast<int>(ExitCode::kStopped);
    }
    display = std::make_unique<Display>(Display::StyleFor(line.options));
    SetProcessEnd(SayTheEnd);
    CatchStopSignals(stop);
    for (const std::string& note : line.notes) display->Message(MessageLevel::kWarning, note);
    return static_cast<int>(RunCommand(line, *display, stop));
  } catch (const Error& error) {
    TakeTheEnd();
    ExitCode code = error.interrupted && stop.requested() ? stop.exit_code() : error.exit_code;
    return Fail(line, display, code, error.what());
  } catch (const std::exception& error) {
    TakeTheEnd();
    const Error said = FromUnexpected(error);
    return Fail(line, display, said.exit_code, said.what());
  }
}

}  // namespace
}  // namespace transload

int main(int argc, char** argv) { return transload::Main(argc, argv); }
