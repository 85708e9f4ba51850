#include "cli/stop_signals.h"

#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include "core/process_end.h"
#include "pipeline/last_stop.h"

namespace transload {
namespace {

using std::chrono::milliseconds;

// What reaches the end of its batch, or can be cancelled, has done so by then. A child program
// cannot; and then there is what blocks for good.
constexpr milliseconds kChildrenAfter{1000};
constexpr milliseconds kEndAfter{1800};

std::atomic<StopFlag*> stop_flag{nullptr};
std::atomic<bool> restore_terminal{false};
// Who says how the process ends.
enum class EndTaker { kNobody, kMain, kWatch };
std::atomic<EndTaker> end_taker{EndTaker::kNobody};
sem_t wanted;

extern "C" void OnStopSignal(int signal) {
  StopFlag* stop = stop_flag.load();
  if (stop == nullptr || stop->requested()) {
    EndChildPrograms();
    if (restore_terminal.load()) {
      constexpr char kShowCursor[] = "\033[?25h\n";
      [[maybe_unused]] ssize_t written = write(STDERR_FILENO, kShowCursor, sizeof kShowCursor - 1);
    }
    _exit(128 + signal);
  }
  stop->Request(signal);
  sem_post(&wanted);
}

void EndInTime(const StopFlag& stop) {
  while (sem_wait(&wanted) != 0 && errno == EINTR) {
  }
  std::this_thread::sleep_for(kChildrenAfter);
  EndChildPrograms();
  std::this_thread::sleep_for(kEndAfter - kChildrenAfter);
  EndTaker nobody = EndTaker::kNobody;
  if (!end_taker.compare_exchange_strong(nobody, EndTaker::kWatch)) return;
  EndProcess(stop.exit_code(),
             "interrupted while a server or the network did not answer; the target rolls back what "
             "was open, and the same command resumes");
}

}  // namespace

void CatchStopSignals(StopFlag& stop) {
  stop_flag.store(&stop);
  sem_init(&wanted, 0, 0);
  std::thread([&stop] { EndInTime(stop); }).detach();
  struct sigaction action = {};
  action.sa_handler = OnStopSignal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
  sigaction(SIGXFSZ, &ignore, nullptr);  // a limit on file sizes: the write fails, and says so
}

void TakeTheEnd() {
  // More than once where the result could not be written: the failure is to be told too.
  EndTaker taker = EndTaker::kNobody;
  if (end_taker.compare_exchange_strong(taker, EndTaker::kMain)) return;
  if (taker == EndTaker::kMain) return;
  for (;;) pause();  // the process ends under us
}

void RestoreTerminalOnKill(bool wanted_then) { restore_terminal.store(wanted_then); }

}  // namespace transload
