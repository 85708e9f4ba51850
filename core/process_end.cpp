#include "core/process_end.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace transload {
namespace {

void Say(ExitCode, const std::string& message) {
  std::fprintf(stderr, "transload: %s\n", message.c_str());
}

std::atomic<ProcessEnd> process_end{Say};

}  // namespace

void SetProcessEnd(ProcessEnd end) { process_end = end; }

void EndProcess(ExitCode code, const std::string& message) {
  process_end.load()(code, message);
  std::_Exit(static_cast<int>(code));
}

}  // namespace transload
