#include "pipeline/log_flusher.h"

#include <algorithm>
#include <chrono>

namespace transload {
namespace {

using std::chrono::milliseconds;

// Small runs are over by then.
constexpr milliseconds kBegin{250};
constexpr milliseconds kShortest{10};
constexpr milliseconds kLongest{160};
// A flush on its way, at the end.
constexpr milliseconds kPatience{1000};

// A commit flushes the log when its transaction has a number. It gets one only where a quarter of
// the log's buffers waits to be flushed: one per few megabytes.
constexpr char kFlushWhenNeeded[] =
    "select case when pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), "
    "pg_catalog.pg_current_wal_flush_lsn()) > "
    "pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_buffers')) / 4 "
    "then pg_catalog.txid_current() end";

}  // namespace

LogFlusher::LogFlusher(const Options& options)
    : thread_([this, options] {
        try {
          Work(options);
        } catch (const std::exception&) {
          // The lanes have connections of their own, and say what is wrong with the server.
        }
        const std::lock_guard lock(mutex_);
        ended_ = true;
        changed_.notify_all();
      }) {}

LogFlusher::~LogFlusher() {
  std::unique_lock lock(mutex_);
  ending_ = true;
  changed_.notify_all();
  if (!changed_.wait_for(lock, kPatience, [this] { return ended_; }) && connection_) {
    connection_->Cancel();
  }
  lock.unlock();
  thread_.join();
}

void LogFlusher::Work(const Options& options) {
  std::unique_lock lock(mutex_);
  const auto rest = [&](milliseconds pause) {
    return !changed_.wait_for(lock, pause, [this] { return ending_; });
  };
  if (!rest(kBegin)) return;
  lock.unlock();
  auto connection = std::make_unique<DataConnection>(options, "transload log");
  // Not "on": a standby that is waited for at commits is not this session's business.
  connection->Exec("set synchronous_commit = local");
  lock.lock();
  connection_ = std::move(connection);
  milliseconds pause = kShortest;
  while (rest(pause)) {
    lock.unlock();
    const bool flushed = !connection_->Exec(kFlushWhenNeeded).Null(0, 0);
    lock.lock();
    pause = flushed ? kShortest : std::min(2 * pause, kLongest);
  }
}

}  // namespace transload
