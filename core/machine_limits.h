// What the machine does not give: threads and memory. The user's to raise, and no defect.
#ifndef TRANSLOAD_CORE_MACHINE_LIMITS_H_
#define TRANSLOAD_CORE_MACHINE_LIMITS_H_

#include <exception>
#include <future>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"

namespace transload {

// An exception that nobody expected as an Error: of a limit of the machine's, or a defect.
inline Error FromUnexpected(const std::exception& error) {
  const auto* system = dynamic_cast<const std::system_error*>(&error);
  // oneTBB has only words for it.
  const bool threads =
      (system != nullptr && (system->code() == std::errc::resource_unavailable_try_again ||
                             system->code() == std::errc::not_enough_memory)) ||
      std::string_view(error.what()).starts_with("pthread_create has failed");
  if (!threads && dynamic_cast<const std::bad_alloc*>(&error) == nullptr) {
    return BugError(std::string("a defect of transload, please report it: ") + error.what());
  }
  return Error(std::string("this machine gives the process no more ") +
               (threads ? "threads" : "memory") +
               ": raise its limits (ulimit -u, ulimit -v, the container's), or take fewer --jobs; "
               "then the same command goes on");
}

// Threads that share what there is to do, number 0 up to `count`: fewer where the machine gives no
// more, at least one or an exception. Returns how many there are.
template <typename Body>
int StartThreads(std::vector<std::thread>& threads, int count, Body body) {
  threads.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    try {
      threads.emplace_back(body, i);
    } catch (const std::system_error&) {
      if (i == 0) throw;
      return i;
    }
  }
  return count;
}

// Whether the machine gives so many more threads, all at once.
inline bool ThreadsToBeHad(int count) {
  std::promise<void> counted;
  const std::shared_future<void> all = counted.get_future().share();
  std::vector<std::thread> threads;
  int had = 0;
  try {
    had = StartThreads(threads, count, [all](int) { all.wait(); });
  } catch (const std::system_error&) {
    had = 0;
  }
  counted.set_value();
  for (std::thread& thread : threads) thread.join();
  return had == count;
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_MACHINE_LIMITS_H_
