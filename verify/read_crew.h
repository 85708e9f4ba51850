// A crew of threads that work off a list of reads, while the calling thread watches for the user's
// wish to stop. Work may add to the list.
#ifndef TRANSLOAD_VERIFY_READ_CREW_H_
#define TRANSLOAD_VERIFY_READ_CREW_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>

namespace transload {

// Numbers of jobs, in the order they are to be done. Thread-safe.
class WorkQueue {
 public:
  explicit WorkQueue(std::deque<std::size_t> jobs) : jobs_(std::move(jobs)) {}

  // To be done next: a part of work already begun.
  void AddFirst(std::size_t job);
  // Waits while there is nothing to do and others may still add. Nothing at the end, or after
  // Stop().
  std::optional<std::size_t> Take();
  void Done();  // with what was taken
  void Stop();
  bool stopped();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::size_t> jobs_;
  std::size_t under_way_ = 0;
  bool stopped_ = false;
};

struct CrewWork {
  // Does one job. False: this worker leaves (the job is not done unless it was added again). An
  // exception ends the whole crew's work and is thrown by RunCrew.
  std::function<bool(int worker, std::size_t job)> work;
  // Makes blocked work of all workers throw soon. Called at most once.
  std::function<void()> cancel = nullptr;
  // Throws when the user wants to stop; asked several times a second on the calling thread.
  std::function<void()> throw_if_stopped = nullptr;
};

// Returns when the queue is empty and all work is done.
void RunCrew(int workers, WorkQueue& queue, const CrewWork& crew);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_READ_CREW_H_
