// Keeps the target's write-ahead log flushed while lanes and index builds fill it.
//
// Lanes commit without waiting for the disk. But a server flushes its log of its own accord only
// every 200 ms (wal_writer_delay), and its buffers hold less than what fast lanes write in that
// time: then whoever needs room for a record, or wants to reuse a page, flushes the log himself
// while the others wait for him. Here somebody does it in time whom nobody waits for.
#ifndef TRANSLOAD_PIPELINE_LOG_FLUSHER_H_
#define TRANSLOAD_PIPELINE_LOG_FLUSHER_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "core/options.h"
#include "load/data_connection.h"

namespace transload {

// Works from its construction to its end, over a connection of its own. A run shorter than a moment
// does without. It is a help, not a need: the first error ends it without a word.
class LogFlusher {
 public:
  explicit LogFlusher(const Options& options);
  ~LogFlusher();
  LogFlusher(const LogFlusher&) = delete;
  LogFlusher& operator=(const LogFlusher&) = delete;

 private:
  void Work(const Options& options);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  bool ended_ = false;
  std::unique_ptr<DataConnection> connection_;
  std::thread thread_;
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_LOG_FLUSHER_H_
