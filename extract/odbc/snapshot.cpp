#include "extract/odbc/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "core/ascii.h"
#include "core/error.h"
#include "extract/odbc/naming.h"
#include "extract/odbc/query.h"

namespace transload::odbc {
namespace {

constexpr int kAttempts = 20;
constexpr auto kPause = std::chrono::milliseconds(150);

void RunAll(Connection& connection, std::span<const std::string_view> statements,
            const std::string& what = "") {
  for (const std::string_view statement : statements) {
    RunQuery(connection, Fill(statement, what));
  }
}

// Ends what `lock` began, whatever happens in between.
class LockGuard {
 public:
  LockGuard(Connection& control, const DbmsTraits& traits, const std::vector<std::string>& tables)
      : control_(control), traits_(traits) {
    RunAll(control_, traits_.lock);
    try {
      for (const std::string& table : tables) {
        if (!traits_.lock_table.empty()) RunQuery(control_, Fill(traits_.lock_table, table));
      }
    } catch (const Error& error) {
      if (!error.connection_lost) Release();
      throw;
    }
  }
  ~LockGuard() {
    try {
      Release();
    } catch (const Error&) {
      released_ = true;  // the connection is gone, and the lock with it
    }
  }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;
  void Release() {
    if (!std::exchange(released_, true)) RunAll(control_, traits_.unlock);
  }

 private:
  Connection& control_;
  const DbmsTraits& traits_;
  bool released_ = false;
};

// The strongest level that keeps what was read from changing; false when there is none.
bool SetIsolation(Connection& connection) {
  const std::uint32_t levels = connection.InfoNumber(SQL_TXN_ISOLATION_OPTION);
  for (const std::uint32_t level : {SQL_TXN_SERIALIZABLE, SQL_TXN_REPEATABLE_READ}) {
    if ((levels & level) != 0 && connection.SetAttribute(SQL_ATTR_TXN_ISOLATION, level))
      return true;
  }
  return false;
}

using Connector = std::function<std::unique_ptr<Connection>()>;

void BeginAll(std::vector<std::unique_ptr<Connection>>& connections, const DbmsTraits& traits,
              const std::vector<std::string>& tables) {
  std::string exported;
  for (const auto& connection : connections) {
    if (traits.manual_commit) {
      connection->SetAttribute(SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF);
    }
    RunAll(*connection, traits.begin);
    if (!traits.first_read.empty() && !tables.empty()) {
      RunQuery(*connection, Fill(traits.first_read, tables.front()));
    }
    if (traits.exported.empty()) continue;
    if (exported.empty()) {
      exported = Scalar(*connection, traits.exported).value_or("");
    } else {
      RunAll(*connection, traits.import, exported);
    }
  }
}

std::vector<std::unique_ptr<Connection>> Open(const Connector& connect, int count) {
  std::vector<std::unique_ptr<Connection>> connections;
  for (int i = 0; i < count; ++i) connections.push_back(connect());
  return connections;
}

// Systems about which nothing is known: each reader is consistent in itself at best.
Snapshot TakeUnknown(const Connector& connect, const SnapshotRequest& request,
                     const std::string& advice) {
  const bool relaxed = request.consistency == Consistency::kRelaxed;
  if (!relaxed && request.readers > 1) {
    throw RefusedError(fmt::format(
        "several readers of this database cannot be made to see one point in time{}; use --jobs "
        "1, or --consistency relaxed to go on without",
        advice.empty() ? "" : ": " + advice));
  }
  Snapshot snapshot;
  // With one reader there is no spare: it would see another state.
  snapshot.readers = Open(connect, relaxed ? request.readers + request.spares : 1);
  bool isolated = true;
  for (const auto& reader : snapshot.readers) {
    isolated = SetIsolation(*reader) && isolated;
    reader->SetAttribute(SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF);
  }
  snapshot.control = connect();
  if (!isolated && !relaxed) {
    throw RefusedError(
        "the driver offers no transaction in which rows stay as they were read: stop all writers "
        "and use --consistency relaxed");
  }
  snapshot.info.method = isolated ? "one transaction a reader, at the driver's strictest isolation"
                                  : "none: the driver offers no such transaction";
  snapshot.info.notes.emplace_back(
      "one point in time is not proven for this database: what was written meanwhile may be read "
      "in part");
  return snapshot;
}

// Nothing can change: every session sees the same.
Snapshot TakeStill(const Connector& connect, int count) {
  Snapshot snapshot;
  snapshot.readers = Open(connect, count);
  snapshot.control = connect();
  snapshot.info.method = "a database snapshot, or a database that cannot be written";
  snapshot.info.proven = true;
  return snapshot;
}

Snapshot TakeKnown(Connection& control, const Connector& connect, const DbmsTraits& traits,
                   int count, Consistency consistency, const std::vector<std::string>& tables) {
  std::string why;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(kPause);
    Snapshot snapshot;
    snapshot.readers = Open(connect, count);
    try {
      LockGuard lock(control, traits, tables);
      const Value before =
          traits.commit_counter.empty() ? Value() : Scalar(control, traits.commit_counter);
      BeginAll(snapshot.readers, traits, tables);
      snapshot.info.position = ReadPosition(control, traits);
      const Value after =
          traits.commit_counter.empty() ? Value() : Scalar(control, traits.commit_counter);
      lock.Release();
      snapshot.info.proven = before == after;
    } catch (const Error& error) {
      if (error.connection_lost || consistency != Consistency::kRelaxed) {
        if (!error.retryable || error.connection_lost) throw;
      }
      why = error.what();
    }
    snapshot.info.method = traits.method;
    if (snapshot.info.proven) {
      snapshot.control = std::move(snapshot.readers.back());
      snapshot.readers.pop_back();
      return snapshot;
    }
  }
  if (why.empty()) why = "the source was committed to while the readers started";
  if (consistency != Consistency::kRelaxed) {
    throw RefusedError(fmt::format(
        "no common point in time in {} attempts ({}): stop the writers for a moment, or accept "
        "--consistency relaxed",
        kAttempts, why));
  }
  Snapshot snapshot;
  snapshot.readers = Open(connect, count);
  BeginAll(snapshot.readers, traits, tables);
  snapshot.control = std::move(snapshot.readers.back());
  snapshot.readers.pop_back();
  snapshot.info.method = "one transaction a reader";
  snapshot.info.notes.push_back("the readers may see different states of the database: " + why);
  return snapshot;
}

}  // namespace

Snapshot TakeSnapshot(Connection& control, const Connector& connect, const DbmsTraits& traits,
                      const SnapshotRequest& request, const std::vector<std::string>& tables) {
  if (traits.method.empty()) return TakeUnknown(connect, request, "");
  const int count = std::max(request.readers, 1) + std::max(request.spares, 0) + 1;
  if (!traits.readiness.empty()) {
    const std::string ready = Scalar(control, traits.readiness).value_or("");
    if (ready == "still") return TakeStill(connect, count);
    if (ready != "moving") return TakeUnknown(connect, request, ready);
  }
  return TakeKnown(control, connect, traits, count, request.consistency, tables);
}

std::vector<std::pair<std::string, std::string>> ReadPosition(Connection& connection,
                                                              const DbmsTraits& traits) {
  std::vector<std::pair<std::string, std::string>> position;
  if (traits.position.empty()) return position;
  try {
    if (!traits.passed_by.empty() && !RunQuery(connection, traits.passed_by).rows.empty()) {
      return position;
    }
    const ResultTable table = RunQuery(connection, traits.position);
    for (std::size_t i = 0; !table.rows.empty() && i < table.columns.size(); ++i) {
      const std::string value = table.Text(0, i);
      const std::string name = LowerAscii(table.columns[i]);
      if (value.empty()) continue;
      if (std::find(traits.position_filters.begin(), traits.position_filters.end(), name) !=
          traits.position_filters.end()) {
        return {};
      }
      position.emplace_back(name, value);
    }
  } catch (const Error& error) {
    // Without the privilege, or under a newer name: the position is not known.
    if (error.connection_lost) throw;
  }
  return position;
}

}  // namespace transload::odbc
