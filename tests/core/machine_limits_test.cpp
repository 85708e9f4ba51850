#include "core/machine_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace transload {
namespace {

using testing::HasSubstr;

TEST(MachineLimits, AreNoDefects) {
  const Error threads =
      FromUnexpected(std::system_error(EAGAIN, std::generic_category(), "pthread_create"));
  EXPECT_EQ(threads.exit_code, ExitCode::kStopped);
  EXPECT_THAT(threads.what(), HasSubstr("no more threads"));
  const Error of_tbb = FromUnexpected(
      std::runtime_error("pthread_create has failed: Resource temporarily unavailable"));
  EXPECT_EQ(of_tbb.exit_code, ExitCode::kStopped);
  EXPECT_THAT(of_tbb.what(), HasSubstr("no more threads"));
  EXPECT_EQ(FromUnexpected(std::bad_alloc()).exit_code, ExitCode::kStopped);
  EXPECT_EQ(FromUnexpected(std::runtime_error("what?")).exit_code, ExitCode::kBug);
}

// In a process of its own, which has room for the stacks of a few.
[[noreturn]] void StartMoreThanThereIsRoomFor() {
  std::ifstream statm("/proc/self/statm");
  rlim_t pages = 0;
  statm >> pages;
  const rlimit limit{pages * 4096 + (rlim_t{50} << 20), RLIM_INFINITY};
  if (setrlimit(RLIMIT_AS, &limit) != 0) std::_Exit(3);
  constexpr int kMany = 1000;
  std::vector<std::thread> threads;
  std::atomic<int> ran = 0;
  std::atomic<bool> all_started = false;
  const int started = StartThreads(threads, kMany, [&](int) {
    while (!all_started) std::this_thread::yield();
    ++ran;
  });
  all_started = true;
  for (std::thread& thread : threads) thread.join();
  const bool shared = started > 0 && started < kMany && ran == started;
  std::_Exit(shared && ThreadsToBeHad(1) && !ThreadsToBeHad(kMany) ? 0 : 1);
}

TEST(MachineLimitsDeathTest, FewerThreadsThanWantedAreThreads) {
  EXPECT_EXIT(StartMoreThanThereIsRoomFor(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace transload
