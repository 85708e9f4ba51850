#include "verify/read_crew.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <stdexcept>
#include <vector>

namespace transload {
namespace {

TEST(ReadCrew, DoesEveryJobOnce) {
  std::deque<std::size_t> jobs;
  for (std::size_t i = 0; i < 500; ++i) jobs.push_back(i);
  WorkQueue queue(jobs);
  std::vector<std::atomic<int>> done(500);
  RunCrew(4, queue, {.work = [&](int, std::size_t job) { return ++done[job], true; }});
  EXPECT_TRUE(std::all_of(done.begin(), done.end(), [](const auto& n) { return n == 1; }));
}

TEST(ReadCrew, DoesWorkThatWasAddedByTheLastJob) {
  WorkQueue queue({1000});
  std::atomic<std::size_t> sum = 0;
  RunCrew(3, queue, {.work = [&](int, std::size_t job) {
            sum += job;
            if (job > 990) queue.AddFirst(job - 1);
            return true;
          }});
  EXPECT_EQ(sum, 1000u + 999 + 998 + 997 + 996 + 995 + 994 + 993 + 992 + 991 + 990);
}

TEST(ReadCrew, LetsTheOthersDoTheJobsOfAWorkerThatLeaves) {
  WorkQueue queue({0, 1, 2, 3, 4, 5, 6, 7});
  std::atomic<int> done = 0;
  RunCrew(4, queue, {.work = [&](int worker, std::size_t job) {
            if (worker > 0) {
              queue.AddFirst(job);
              return false;
            }
            ++done;
            return true;
          }});
  EXPECT_EQ(done, 8);
}

TEST(ReadCrew, ThrowsWhatAWorkerThrew) {
  WorkQueue queue({0, 1, 2, 3});
  EXPECT_THROW(RunCrew(2, queue, {.work = [](int, std::size_t job) -> bool {
                         if (job == 1) throw std::runtime_error("lost");
                         return true;
                       }}),
               std::runtime_error);
}

TEST(ReadCrew, CancelsBlockedWorkWhenTheUserStops) {
  WorkQueue queue({0, 1});
  std::mutex mutex;
  std::condition_variable changed;
  bool cancelled = false;
  CrewWork crew;
  crew.work = [&](int, std::size_t) -> bool {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return cancelled; });
    throw std::runtime_error("the query was cancelled");
  };
  crew.cancel = [&] {
    std::lock_guard lock(mutex);
    cancelled = true;
    changed.notify_all();
  };
  crew.throw_if_stopped = [] { throw std::logic_error("stopped by the user"); };
  EXPECT_THROW(RunCrew(2, queue, crew), std::logic_error);
}

}  // namespace
}  // namespace transload
