#include "verify/read_crew.h"

#include <chrono>
#include <thread>
#include <vector>

#include "core/machine_limits.h"

namespace transload {
namespace {

constexpr auto kBetweenLooks = std::chrono::milliseconds(100);

}  // namespace

void WorkQueue::AddFirst(std::size_t job) {
  std::lock_guard lock(mutex_);
  jobs_.push_front(job);
  changed_.notify_one();
}

std::optional<std::size_t> WorkQueue::Take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_ || !jobs_.empty() || under_way_ == 0; });
  if (stopped_ || jobs_.empty()) return std::nullopt;
  const std::size_t job = jobs_.front();
  jobs_.pop_front();
  ++under_way_;
  return job;
}

void WorkQueue::Done() {
  std::lock_guard lock(mutex_);
  if (--under_way_ == 0) changed_.notify_all();
}

void WorkQueue::Stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

bool WorkQueue::stopped() {
  std::lock_guard lock(mutex_);
  return stopped_;
}

void RunCrew(int workers, WorkQueue& queue, const CrewWork& crew) {
  std::mutex mutex;
  std::condition_variable ended;
  int running = workers;
  std::exception_ptr failure;

  std::vector<std::thread> threads;
  const int started = StartThreads(threads, workers, [&](int worker) {
    std::exception_ptr mine;
    try {
      while (std::optional<std::size_t> job = queue.Take()) {
        const bool stays = crew.work(worker, *job);
        queue.Done();
        if (!stays) break;
      }
    } catch (...) {
      mine = std::current_exception();  // thrown again by the calling thread
      queue.Stop();
    }
    std::lock_guard lock(mutex);
    if (mine && !failure) failure = mine;
    --running;
    ended.notify_one();
  });

  bool cancelled = false;
  std::unique_lock lock(mutex);
  running -= workers - started;
  while (running > 0) {
    ended.wait_for(lock, kBetweenLooks, [&] { return running == 0; });
    if (running == 0 || cancelled) continue;
    lock.unlock();
    std::exception_ptr stop;
    try {
      if (crew.throw_if_stopped) crew.throw_if_stopped();
    } catch (...) {
      stop = std::current_exception();  // thrown again below, when the threads are gone
    }
    if (stop) queue.Stop();
    const bool end_early = queue.stopped();
    if (end_early && crew.cancel) crew.cancel();
    lock.lock();
    if (stop) failure = stop;  // what the user wanted, not what cancelling led to
    cancelled = end_early;
  }
  lock.unlock();
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace transload
