#include "load/backend_watch.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "load/conninfo.h"
#include "load/pq_deleters.h"

namespace transload {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

bool WaitFor(PGconn* connection, short events, Clock::time_point end) {
  const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now()).count();
  if (left <= 0) return false;
  pollfd poller{PQsocket(connection), events, 0};
  return ::poll(&poller, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000))) > 0;
}

enum class Reached { kYes, kNo, kTurnedAway };

Reached Connect(PGconn* connection, Clock::time_point end) {
  PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  while (PQstatus(connection) != CONNECTION_BAD) {
    if (!WaitFor(connection, wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT, end)) {
      return Reached::kNo;
    }
    wanted = PQconnectPoll(connection);
    if (wanted == PGRES_POLLING_OK) return Reached::kYes;
    if (wanted == PGRES_POLLING_FAILED) break;
  }
  // A server that says no is a server that lives: too many clients, for one.
  return std::string_view(PQerrorMessage(connection)).find("FATAL") == std::string_view::npos
             ? Reached::kNo
             : Reached::kTurnedAway;
}

// The watched connections, and the thread that looks after them.
class Watchman {
 public:
  std::uint64_t Add(const Options& options, int socket, std::int32_t pid,
                    const std::string& backend_start) {
    std::lock_guard lock(mutex_);
    if (!std::exchange(started_, true)) std::thread([this] { Loop(); }).detach();
    const milliseconds stall = hurry_ ? std::min(*hurry_, milliseconds(options.stall_timeout_ms))
                                      : milliseconds(options.stall_timeout_ms);
    watched_[++last_] = {options.target_url, options.connect_timeout_ms, stall, socket, pid,
                         backend_start,      Clock::now() + stall};
    changed_.notify_all();
    return last_;
  }

  void Hurry(milliseconds longest) {
    std::lock_guard lock(mutex_);
    if (hurry_) return;
    hurry_ = longest;
    for (auto& [id, watched] : watched_) {
      watched.next = std::min(watched.next, Clock::now() + longest);
    }
    changed_.notify_all();
  }

  void Remove(std::uint64_t id) {
    std::lock_guard lock(mutex_);
    watched_.erase(id);
  }

 private:
  struct Watched {
    std::string url;
    std::uint64_t connect_timeout_ms;
    milliseconds stall;
    int socket;
    std::int32_t pid;
    std::string backend_start;
    Clock::time_point next;
  };

  void Loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      Clock::time_point next = Clock::now() + std::chrono::hours(1);
      std::uint64_t due = 0;
      for (const auto& [id, watched] : watched_) {
        if (watched.next < next) next = watched.next, due = id;
      }
      if (due == 0 || next > Clock::now()) {
        changed_.wait_until(lock, next);
        continue;
      }
      const Watched asked = watched_.at(due);
      Options options;
      options.target_url = asked.url;
      options.connect_timeout_ms = asked.connect_timeout_ms;
      options.stall_timeout_ms = static_cast<std::uint64_t>(asked.stall.count());
      const bool hurry = hurry_.has_value();
      lock.unlock();
      const bool at_work = !hurry && BackendIsAtWork(options, asked.pid, asked.backend_start);
      lock.lock();
      auto found = watched_.find(due);  // gone when the statement has ended meanwhile
      if (found == watched_.end()) continue;
      if (!at_work) ::shutdown(found->second.socket, SHUT_RDWR);
      found->second.next = Clock::now() + found->second.stall;
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Watched> watched_;
  std::uint64_t last_ = 0;
  bool started_ = false;
  std::optional<milliseconds> hurry_;
};

Watchman& TheWatchman() {
  // Never destroyed: at exit its thread may be asking a server that does not answer.
  static Watchman& watchman = *new Watchman;
  return watchman;
}

}  // namespace

bool BackendIsAtWork(const Options& options, std::int32_t pid, const std::string& backend_start) {
  const Clock::time_point end = Clock::now() + milliseconds(options.connect_timeout_ms);
  Conninfo conninfo(options.target_url, options.connect_timeout_ms, options.stall_timeout_ms);
  std::unique_ptr<PGconn, FreeConnection> connection(
      PQconnectStart(conninfo.ConnectionString().c_str()));
  if (!connection) return false;
  PQsetnonblocking(connection.get(), 1);
  const Reached reached = Connect(connection.get(), end);
  if (reached != Reached::kYes) return reached == Reached::kTurnedAway;
  const std::string process = std::to_string(pid);
  const char* values[] = {process.c_str(), backend_start.c_str()};
  if (!PQsendQueryParams(connection.get(),
                         "select 1 from pg_catalog.pg_stat_activity where pid = $1::integer and "
                         "backend_start = $2::timestamptz and state = 'active'",
                         2, nullptr, values, nullptr, nullptr, 0)) {
    return false;
  }
  while (PQflush(connection.get()) > 0) {
    if (!WaitFor(connection.get(), POLLOUT, end)) return false;
  }
  while (PQisBusy(connection.get())) {
    if (!WaitFor(connection.get(), POLLIN, end) || !PQconsumeInput(connection.get())) return false;
  }
  std::unique_ptr<PGresult, FreeResult> result(PQgetResult(connection.get()));
  return PQresultStatus(result.get()) == PGRES_TUPLES_OK && PQntuples(result.get()) == 1;
}

void HurryStatements(milliseconds longest) { TheWatchman().Hurry(longest); }

BackendWatch::BackendWatch(const Options& options, int socket, std::int32_t pid,
                           const std::string& backend_start)
    : id_(TheWatchman().Add(options, socket, pid, backend_start)) {}

BackendWatch::~BackendWatch() { TheWatchman().Remove(id_); }

}  // namespace transload
