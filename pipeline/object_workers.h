// Threads that make indexes, constraints and the rest, each over a connection of its own. A job
// goes to a worker that has its connection already, where one is free: what is made one after the
// other needs but one.
//
// A task makes one object and returns what came of it; a failed object is kept for the report and
// does not stop the others. Tasks may submit further tasks. Nothing builds on a trailing task: it
// may still run when the next phase begins.
#ifndef TRANSLOAD_PIPELINE_OBJECT_WORKERS_H_
#define TRANSLOAD_PIPELINE_OBJECT_WORKERS_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/options.h"
#include "core/progress.h"
#include "load/schema_builder.h"
#include "pipeline/retry.h"
#include "pipeline/stop_flag.h"
#include "pipeline/timeline.h"

namespace transload {

class ObjectWorkers {
 public:
  using Task = std::function<ObjectOutcome(SchemaBuilder&)>;

  ObjectWorkers(const Options& options, std::string run_id, int threads, Progress& progress,
                const StopFlag& stop, RetryLog& retries, Timeline& timeline);
  ~ObjectWorkers() { Close(); }
  // Cancels what runs, drops what waits and ends the threads. Submitting is harmless afterwards.
  void Close();

  // Jobs will come soon: so many workers at most, by their number, open their sessions meanwhile.
  // Any thread.
  void Prepare(int workers);

  enum class Urgency { kAwaited, kTrailing };
  // Any thread. `then` runs on the worker, after the outcome is recorded, whatever it was.
  void Submit(std::string what, Task task, std::function<void()> then = nullptr,
              Urgency urgency = Urgency::kAwaited);
  // Until all that is awaited is done. Throws what stopped a worker (a lost target), or the
  // interruption.
  void WaitUntilIdle();
  // Until there is nothing left to do at all.
  void WaitUntilDone();

  std::vector<ObjectOutcome> outcomes() const;

 private:
  struct Job {
    std::string what;
    Task task;
    std::function<void()> then;
    Urgency urgency = Urgency::kAwaited;
  };

  class AtWork;

  void WaitFor(const std::size_t& jobs);
  void Loop(int number);
  std::unique_ptr<SchemaBuilder> Connect();
  void Work(int number, std::unique_ptr<SchemaBuilder>& builder, const Job& job);
  ObjectOutcome Try(int number, std::unique_ptr<SchemaBuilder>& builder, const Job& job);
  bool RestUnlessClosing(std::chrono::milliseconds time);

  const Options& options_;
  std::string run_id_;
  Progress& progress_;
  const StopFlag& stop_;
  RetryLog& retries_;
  Timeline& timeline_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::vector<SchemaBuilder*> at_work_;  // of the workers, for cancelling
  std::size_t unfinished_ = 0;           // waiting or at work
  std::size_t awaited_ = 0;              // of them
  std::size_t free_sessions_ = 0;        // open, and without a job
  int preparing_ = 0;                    // workers
  bool closing_ = false;
  std::optional<Error> first_error_;
  std::vector<ObjectOutcome> outcomes_;
  std::vector<std::thread> threads_;
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_OBJECT_WORKERS_H_
