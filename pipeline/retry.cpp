#include "pipeline/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <thread>

#include "load/target_error.h"

namespace transload {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kRestStep{50};

}  // namespace

milliseconds BackOff(int attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  const int doubled = std::clamp(attempt - 1, 0, 6);
  const auto most = std::min<std::int64_t>(500LL << doubled, 30'000);
  return milliseconds(std::uniform_int_distribution<std::int64_t>(most / 2, most)(random));
}

bool MayTryAgain(const Error& error) {
  if (error.interrupted || error.exit_code == ExitCode::kBug) return false;
  return error.retryable || error.connection_lost || error.snapshot_lost;
}

Error GivenUp(const Error& error, int tries) {
  const std::string_view what = error.what();
  const bool named = error.table.empty() || what.find(error.table) != what.npos;
  Error final_error(fmt::format("{}{}{} (tried {} times; {}the same command goes on from here)",
                                named ? "" : error.table, named ? "" : ": ", what, tries,
                                WhatToDo(error.code)));
  final_error.exit_code = error.exit_code;
  final_error.engine = error.engine;
  final_error.code = error.code;
  final_error.table = error.table;
  final_error.partition = error.partition;
  return final_error;
}

milliseconds RetryLog::Note(const std::string& what, const std::string& partition,
                            const Error& error, int attempt) {
  const milliseconds wait = BackOff(attempt);
  NoteWait(what, partition, error.what(), attempt, wait);
  return wait;
}

void RetryLog::NoteWait(const std::string& what, const std::string& partition,
                        const std::string& reason, int attempt, milliseconds wait) {
  const double seconds = static_cast<double>(wait.count()) / 1000;
  progress_.Message(MessageLevel::kWarning,
                    fmt::format("{}{}{}: {}; trying again in {:.1f} s (attempt {} of {})", what,
                                partition.empty() ? "" : " ", partition, reason, seconds,
                                attempt + 1, retries_ + 1));
  std::lock_guard lock(mutex_);
  ++count_;
  if (retried_.size() < kMost) retried_.push_back({what, partition, attempt + 1, reason, seconds});
}

std::vector<ReportRetry> RetryLog::retried() const {
  std::lock_guard lock(mutex_);
  return retried_;
}

std::uint64_t RetryLog::count() const {
  std::lock_guard lock(mutex_);
  return count_;
}

bool Rest(milliseconds time, const StopFlag& stop) {
  const Clock::time_point until = Clock::now() + time;
  while (Clock::now() < until && !stop.requested()) std::this_thread::sleep_for(kRestStep);
  return !stop.requested();
}

}  // namespace transload
