#include "cli/display.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <system_error>

namespace transload {
namespace {

// In a process of its own, without room for another thread's stack.
[[noreturn]] void StartWithoutRoomForAThread() {
  std::ifstream statm("/proc/self/statm");
  rlim_t pages = 0;
  statm >> pages;
  const rlimit limit{pages * 4096 + (rlim_t{1} << 20), RLIM_INFINITY};
  if (setrlimit(RLIMIT_AS, &limit) != 0) std::_Exit(3);
  Display display{Display::Style{}};
  try {
    display.Start();
  } catch (const std::system_error&) {
    display.Stop();
    std::_Exit(0);
  }
  std::_Exit(1);
}

TEST(DisplayDeathTest, StopsThatCouldNotStart) {
  EXPECT_EXIT(StartWithoutRoomForAThread(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace transload
