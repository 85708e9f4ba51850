#include "extract/mysql/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "extract/mysql/binlog_position.h"
#include "extract/mysql/failure.h"
#include "extract/mysql/session.h"
#include "extract/mysql/sql_text.h"

namespace transload::mysql {
namespace {

constexpr std::uint64_t kWitnessPatienceMs = 3'600'000;

constexpr const char* kStart = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
constexpr int kLockAttempts = 3;
constexpr int kLockFreeAttempts = 20;

using Names = std::vector<std::pair<std::string, std::string>>;

// Kills a connection's statement when it has not been told in time that the statement is over.
class Watchdog {
 public:
  Watchdog(const Endpoint& endpoint, std::uint64_t connection_id, std::uint64_t patience_ms)
      : thread_([this, endpoint, connection_id, patience_ms] {
          std::unique_lock lock(mutex_);
          auto patience = std::chrono::milliseconds(patience_ms);
          if (over_.wait_for(lock, patience, [this] { return done_; })) return;
          try {
            KillQuery(endpoint, connection_id);
          } catch (const Error&) {
            // The session's lock_wait_timeout ends the wait a moment later.
            done_ = true;
          }
        }) {}
  ~Watchdog() {
    {
      std::lock_guard lock(mutex_);
      done_ = true;
    }
    over_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  bool done_ = false;
  std::thread thread_;  // last: uses the others
};

class SnapshotTaker {
 public:
  SnapshotTaker(const Endpoint& endpoint, const ServerVersion& version,
                const SnapshotRequest& request)
      : endpoint_(endpoint), version_(version), request_(request) {}

  Snapshot Take();

 private:
  void Connect();
  void HoldOffDdl();
  void StartAll();
  bool UnderLock(const std::string& lock_sql, const std::string& method);
  bool TryLock(ControlConnection& locker, const std::string& lock_sql);
  bool LockFree();
  std::string LockTablesSql();
  Names Tables();
  void NoteNonTransactional();
  void Note(std::string note) { snapshot_.info.notes.push_back(std::move(note)); }

  const Endpoint& endpoint_;
  const ServerVersion& version_;
  const SnapshotRequest& request_;
  Snapshot snapshot_;
};

Snapshot SnapshotTaker::Take() {
  Connect();
  HoldOffDdl();
  bool taken = UnderLock("FLUSH TABLES WITH READ LOCK", "flush tables with read lock");
  if (!taken) taken = UnderLock(LockTablesSql(), "lock tables read");
  if (!taken && version_.mariadb) taken = LockFree();
  if (!taken) {
    if (request_.consistency != Consistency::kRelaxed) {
      std::string why = Join(snapshot_.info.notes, "; ");
      Error error = RefusedError(fmt::format(
          "no consistent snapshot of the source could be taken: {}. Grant RELOAD or LOCK TABLES, "
          "try again when no long statement runs, or accept --consistency relaxed",
          why));
      error.engine = version_.engine();
      throw error;
    }
    snapshot_.info.position = ReadPosition(*snapshot_.control, version_);
    StartAll();
    snapshot_.info.method = "none (relaxed)";
    snapshot_.info.proven = false;
    Note(
        "the readers started one after the other without a lock: changes committed meanwhile may "
        "be seen by some and not by others");
  }
  NoteNonTransactional();
  return std::move(snapshot_);
}

void SnapshotTaker::Connect() {
  int wanted = std::max(1, request_.readers) + std::max(0, request_.spares);
  for (int i = 0; i < wanted; ++i) {
    auto& reader = snapshot_.readers.emplace_back(std::make_unique<DataConnection>(endpoint_));
    PinSession(*reader, version_);
  }
  // Aggregates of --verify full say nothing for as long as they take.
  Endpoint patient = endpoint_;
  patient.stall_timeout_ms = std::max(patient.stall_timeout_ms, kWitnessPatienceMs);
  snapshot_.control = std::make_unique<ControlConnection>(patient);
  PinSession(*snapshot_.control, version_);
}

// Blocks ALTER and the like, never rows, until the connection closes.
void SnapshotTaker::HoldOffDdl() {
  if (!version_.MySqlSince(80000)) return;
  auto holder = std::make_unique<ControlConnection>(endpoint_);
  PinSession(*holder, version_);
  if (!TryLock(*holder, "LOCK INSTANCE FOR BACKUP")) return;
  snapshot_.backup_lock = std::move(holder);
}

void SnapshotTaker::StartAll() {
  // All at once: the time under the lock is one round trip, however many readers there are.
  for (auto& reader : snapshot_.readers) reader->Send(kStart);
  for (auto& reader : snapshot_.readers) reader->Receive(kStart);
  snapshot_.control->Query(kStart);
}

// True when the lock was had. A refusal or a wait too long is noted.
bool SnapshotTaker::TryLock(ControlConnection& locker, const std::string& lock_sql) {
  std::string name = lock_sql.substr(0, lock_sql.find('`'));
  try {
    locker.Query(
        fmt::format("SET SESSION lock_wait_timeout = {}", WholeSeconds(request_.lock_wait_ms)));
    Watchdog watchdog(endpoint_, locker.id(), request_.lock_wait_ms);
    locker.Query(lock_sql);
    return true;
  } catch (const Error& error) {
    bool waited = error.code == std::to_string(kLockWaitTimeout) ||
                  error.code == std::to_string(kQueryInterrupted);
    if (!waited && !IsPrivilegeError(error)) throw;
    Note(waited ? fmt::format("{}: not had within {} ms", name, request_.lock_wait_ms)
                : fmt::format("{}: not allowed", name));
    return false;
  }
}

bool SnapshotTaker::UnderLock(const std::string& lock_sql, const std::string& method) {
  if (lock_sql.empty()) return false;
  std::size_t notes = snapshot_.info.notes.size();
  for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(500 << attempt));
    snapshot_.info.notes.resize(notes);
    // A killed wait may leave a kill behind: a session of its own for each attempt.
    ControlConnection locker(endpoint_);
    PinSession(locker, version_);
    auto running = LongStatements(locker, request_.lock_wait_ms);
    if (!running.empty()) {
      Note(fmt::format("{}: not tried while a statement runs that it would wait for ({})", method,
                       running.front()));
      continue;
    }
    if (TryLock(locker, lock_sql)) {
      StartAll();
      snapshot_.info.position = ReadPosition(locker, version_);
      locker.Query("UNLOCK TABLES");
      snapshot_.info.notes.resize(notes);
      snapshot_.info.method = method;
      snapshot_.info.proven = true;
      return true;
    }
    if (snapshot_.info.notes.back().ends_with("not allowed")) break;
  }
  return false;
}

bool SnapshotTaker::LockFree() {
  if (std::string why = WhyLogIsNoProof(*snapshot_.control, version_); !why.empty()) {
    Note("no lock-free snapshot: " + why);
    return false;
  }
  constexpr const char* kWhere = "SHOW STATUS LIKE 'Binlog\\_snapshot\\_%'";
  for (int attempt = 0; attempt < kLockFreeAttempts; ++attempt) {
    StartAll();
    auto seen = snapshot_.control->Query(kWhere).rows;
    bool equal = seen.size() >= 2 && !seen[0].at(1).value_or("").empty();
    if (!equal) {
      Note("no lock-free snapshot: the server has no binary log");
      return false;
    }
    for (auto& reader : snapshot_.readers) equal = equal && reader->Query(kWhere).rows == seen;
    if (!equal) continue;
    std::string file = seen[0].at(1).value_or("");
    std::string at = seen[1].at(1).value_or("");
    SqlValue gtid = snapshot_.control->Scalar(
        fmt::format("SELECT BINLOG_GTID_POS({}, {})", QuoteText(file), at));
    snapshot_.info.position = {{"binlog_file", file}, {"binlog_position", at}};
    if (gtid && !gtid->empty()) snapshot_.info.position.emplace_back("gtid", *gtid);
    snapshot_.info.position.emplace_back("server_uuid",
                                         ServerIdentity(*snapshot_.control, version_));
    snapshot_.info.method = "equal binary log positions";
    snapshot_.info.proven = true;
    return true;
  }
  Note(fmt::format("no lock-free snapshot: the source changed during each of {} attempts",
                   kLockFreeAttempts));
  return false;
}

Names SnapshotTaker::Tables() {
  if (!request_.tables.empty()) return request_.tables;
  Names tables;
  SqlResult rows = snapshot_.control->Query(
      "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE IN "
      "('BASE TABLE', 'SYSTEM VERSIONED') AND TABLE_SCHEMA = " +
      QuoteText(endpoint_.database));
  for (const auto& row : rows.rows) {
    tables.emplace_back(row.at(0).value_or(""), row.at(1).value_or(""));
  }
  return tables;
}

std::string SnapshotTaker::LockTablesSql() {
  std::vector<std::string> locks;
  for (const auto& [schema, table] : Tables()) locks.push_back(QuoteTable(schema, table) + " READ");
  return locks.empty() ? "" : "LOCK TABLES " + Join(locks, ", ");
}

void SnapshotTaker::NoteNonTransactional() {
  SqlResult rows = snapshot_.control->Query(
      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND "
      "LOWER(ENGINE) NOT IN ('innodb', 'rocksdb', 'tokudb', 'xtradb') AND TABLE_SCHEMA = " +
      QuoteText(endpoint_.database) + " ORDER BY TABLE_NAME");
  std::vector<std::string> names;
  for (const auto& row : rows.rows) {
    std::pair<std::string, std::string> name{endpoint_.database, row.at(0).value_or("")};
    const Names& wanted = request_.tables;
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end()) {
      names.push_back(name.second);
    }
  }
  if (names.empty()) return;
  Note(
      "the snapshot does not cover tables without transactions, which are read as they are at "
      "that moment: " +
      Join(names, ", "));
}

}  // namespace

Snapshot TakeSnapshot(const Endpoint& endpoint, const ServerVersion& version,
                      const SnapshotRequest& request) {
  return SnapshotTaker(endpoint, version, request).Take();
}

std::vector<std::string> LongStatements(SqlConnection& connection, std::uint64_t at_least_ms) {
  std::vector<std::string> found;
  SqlResult rows = connection.Query("SHOW PROCESSLIST");
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    std::string command = rows.Text(i, "Command");
    std::string seconds = rows.Text(i, "Time");
    if (command != "Query" && command != "Execute") continue;
    if (rows.Text(i, "Id") == std::to_string(connection.id()) || seconds.empty()) continue;
    if (std::stoll(seconds) * 1000 < static_cast<std::int64_t>(at_least_ms)) continue;
    found.push_back(fmt::format("id {}, {} s: {}", rows.Text(i, "Id"), seconds,
                                rows.Text(i, "Info").substr(0, 60)));
  }
  return found;
}

}  // namespace transload::mysql
