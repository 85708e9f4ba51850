#include "pipeline/object_workers.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>

#include "core/machine_limits.h"

namespace transload {
namespace {

constexpr std::chrono::milliseconds kIdleStep{100};

template <class Step>
std::optional<Error> FailureOf(const Step& step) {
  try {
    step();
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return BugError(error.what());
  }
}

}  // namespace

// While it lives, Close() cancels what the builder does.
class ObjectWorkers::AtWork {
 public:
  AtWork(ObjectWorkers& workers, int number, SchemaBuilder& builder)
      : workers_(workers), number_(static_cast<std::size_t>(number)) {
    std::lock_guard lock(workers_.mutex_);
    if (workers_.closing_) {
      Error error("given up because the run is stopping");
      error.interrupted = true;
      throw error;
    }
    workers_.at_work_[number_] = &builder;
  }
  ~AtWork() {
    std::lock_guard lock(workers_.mutex_);
    workers_.at_work_[number_] = nullptr;
  }
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

 private:
  ObjectWorkers& workers_;
  std::size_t number_;
};

ObjectWorkers::ObjectWorkers(const Options& options, std::string run_id, int threads,
                             Progress& progress, const StopFlag& stop, RetryLog& retries,
                             Timeline& timeline)
    : options_(options),
      run_id_(std::move(run_id)),
      progress_(progress),
      stop_(stop),
      retries_(retries),
      timeline_(timeline),
      at_work_(static_cast<std::size_t>(threads), nullptr) {
  StartThreads(threads_, threads, [this](int i) { Loop(i); });
}

void ObjectWorkers::Close() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    jobs_.clear();
    for (SchemaBuilder* builder : at_work_) {
      if (builder != nullptr) builder->Cancel();
    }
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ObjectWorkers::Submit(std::string what, Task task, std::function<void()> then,
                           Urgency urgency) {
  std::lock_guard lock(mutex_);
  if (closing_) return;
  jobs_.push_back({std::move(what), std::move(task), std::move(then), urgency});
  ++unfinished_;
  if (urgency == Urgency::kAwaited) ++awaited_;
  changed_.notify_all();
}

void ObjectWorkers::Prepare(int workers) {
  std::lock_guard lock(mutex_);
  preparing_ = std::max(preparing_, workers);
  changed_.notify_all();
}

void ObjectWorkers::WaitUntilIdle() { WaitFor(awaited_); }
void ObjectWorkers::WaitUntilDone() { WaitFor(unfinished_); }

void ObjectWorkers::WaitFor(const std::size_t& jobs) {
  std::unique_lock lock(mutex_);
  while (jobs > 0 && !first_error_ && !stop_.requested()) {
    changed_.wait_for(lock, kIdleStep);
  }
  if (first_error_) throw *first_error_;
  stop_.ThrowIfRequested();
}

std::vector<ObjectOutcome> ObjectWorkers::outcomes() const {
  std::lock_guard lock(mutex_);
  return outcomes_;
}

void ObjectWorkers::Loop(int number) {
  std::unique_ptr<SchemaBuilder> builder;
  bool prepared = false;
  std::unique_lock lock(mutex_);
  auto job_for_us = [&] {
    return !first_error_ && jobs_.size() > (builder == nullptr ? free_sessions_ : 0);
  };
  auto shall_prepare = [&] { return number < preparing_ && !prepared && builder == nullptr; };
  for (;;) {
    changed_.wait(lock, [&] { return closing_ || job_for_us() || shall_prepare(); });
    if (closing_) break;
    if (!job_for_us()) {
      prepared = true;
      lock.unlock();
      try {
        builder = Connect();
      } catch (const std::exception&) {
        // The first job tries again, and tells.
      }
      lock.lock();
      if (builder != nullptr) ++free_sessions_;
      continue;
    }
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    if (builder != nullptr) --free_sessions_;
    lock.unlock();
    std::optional<Error> failure = FailureOf([&] { Work(number, builder, job); });
    lock.lock();
    // Before what follows from the job comes: this session is free for it.
    if (builder != nullptr) ++free_sessions_;
    if (!failure && job.then) {
      lock.unlock();
      failure = FailureOf(job.then);
      lock.lock();
    }
    if (failure && !first_error_ && !closing_) first_error_ = failure;
    --unfinished_;
    if (job.urgency == Urgency::kAwaited) --awaited_;
    changed_.notify_all();
  }
}

std::unique_ptr<SchemaBuilder> ObjectWorkers::Connect() {
  auto builder = std::make_unique<SchemaBuilder>(options_, run_id_);
  builder->OnRetry(
      [this](const std::string& what, const std::string& reason, int tried,
             std::chrono::milliseconds wait) { retries_.NoteWait(what, "", reason, tried, wait); });
  return builder;
}

// A statement that was cut off with its connection is sent again, over a new one.
ObjectOutcome ObjectWorkers::Try(int number, std::unique_ptr<SchemaBuilder>& builder,
                                 const Job& job) {
  for (int attempt = 1;; ++attempt) {
    try {
      if (builder == nullptr) builder = Connect();
      AtWork work(*this, number, *builder);
      return job.task(*builder);
    } catch (const Error& error) {
      {
        std::lock_guard lock(mutex_);
        if (closing_ || stop_.requested() || !error.retryable) throw;
        if (attempt > retries_.retries()) throw GivenUp(error, attempt);
      }
      builder.reset();
      if (!RestUnlessClosing(retries_.Note(job.what, "", error, attempt))) throw;
    }
  }
}

bool ObjectWorkers::RestUnlessClosing(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  std::unique_lock lock(mutex_);
  while (std::chrono::steady_clock::now() < until) {
    if (closing_ || first_error_ || stop_.requested()) return false;
    changed_.wait_for(lock, kIdleStep);
  }
  return true;
}

void ObjectWorkers::Work(int number, std::unique_ptr<SchemaBuilder>& builder, const Job& job) {
  Timeline::Span span(timeline_, fmt::format("index {}", number + 1), job.what);
  ObjectOutcome outcome = Try(number, builder, job);
  if (!outcome.ok) {
    span.Fail();
    progress_.Message(
        MessageLevel::kWarning,
        fmt::format("{} {} {}: {}{}{}", outcome.kind, outcome.name,
                    outcome.stands_unvalidated ? "could not be validated" : "could not be made",
                    outcome.error, outcome.hint.empty() ? "" : "; ", outcome.hint));
  }
  progress_.StepDone(job.what);
  std::lock_guard lock(mutex_);
  outcomes_.push_back(std::move(outcome));
}

}  // namespace transload
