#include "cli/stop_signals.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace transload {
namespace {

std::atomic<StopFlag*> stop_flag{nullptr};
std::atomic<bool> restore_terminal{false};

extern "C" void OnStopSignal(int signal) {
  StopFlag* stop = stop_flag.load();
  if (stop == nullptr || stop->requested()) {
    if (restore_terminal.load()) {
      constexpr char kShowCursor[] = "\033[?25h\n";
      [[maybe_unused]] ssize_t written = write(STDERR_FILENO, kShowCursor, sizeof kShowCursor - 1);
    }
    _exit(128 + signal);
  }
  stop->Request(signal);
}

}  // namespace

void CatchStopSignals(StopFlag& stop) {
  stop_flag.store(&stop);
  struct sigaction action = {};
  action.sa_handler = OnStopSignal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
}

void RestoreTerminalOnKill(bool wanted) { restore_terminal.store(wanted); }

}  // namespace transload
