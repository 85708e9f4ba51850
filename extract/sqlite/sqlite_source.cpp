#include "extract/sqlite/sqlite_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "extract/sqlite/catalogue.h"
#include "extract/sqlite/database_file.h"
#include "extract/sqlite/reader.h"
#include "extract/sqlite/snapshot.h"
#include "extract/sqlite/table_key.h"
#include "extract/sqlite/table_scan.h"
#include "extract/sqlite/text_class.h"
#include "extract/sqlite/witness.h"
#include "extract/where_clause.h"

namespace transload {
namespace sqlite {
namespace {

// Up to this size a table that was not scanned is walked once to find its boundaries; a larger one
// is cut while it is read.
constexpr std::uint64_t kWalkedFileBytes = std::uint64_t{2} << 30;
constexpr std::uint64_t kDefaultRowBytes = 100;

// Names of files may be any bytes, the ledger's and the report's texts may not.
std::string AsText(const std::string& path) {
  if (ShapeOf(path).utf8) return path;
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x80 ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return text;
}

class SqliteSource : public Source {
 public:
  explicit SqliteSource(const Options& options);

  const SourceInfo& Info() const override { return info_; }
  std::vector<PreflightItem> Preflight(const Options& options) override;
  SourceCatalogue ReadCatalogue() override;
  SnapshotInfo TakeSnapshot(const SnapshotRequest& request) override;
  std::unique_ptr<RowReader> NewReader() override;
  void Release(std::unique_ptr<RowReader> reader) override;
  ColumnFacts ProbeKey(const std::string& schema, const std::string& table,
                       const std::string& column) override;
  std::vector<ColumnFacts> Scan(const SourceTable& table,
                                const std::vector<std::string>& columns) override;
  SplitPlan Split(const SourceTable& table, const std::string& where,
                  std::uint64_t partition_bytes) override;
  std::string NextAutoValue(const SourceTable& table) override;
  std::string NextSequenceValue(const SourceSequence& sequence) override;
  TableWitness Witness(const WitnessRequest& request) override {
    return ReadWitness(inside(), request);
  }
  void CheckCondition(const std::string& schema, const std::string& table,
                      const std::string& where) override;
  QueryAnswer Ask(const std::string& sql) override;
  Position CurrentPosition() override;
  std::vector<std::string> FinalNotes() override;

 private:
  // Inside the snapshot once there is one.
  Connection& inside() { return inside_ ? *inside_ : *control_; }
  void AddSnapshotNotes(SnapshotInfo& snapshot) const;
  SnapshotInfo TakeUnlocked(int connections, const std::string& path, Position position);
  SplitPlan SplitByChunks(const SourceTable& table, const TableKey& key,
                          std::uint64_t partition_bytes) const;
  SplitPlan SplitByWalk(const SourceTable& table, const TableKey& key, std::uint64_t rows);

  Options options_;
  DatabaseFile file_;
  SourceInfo info_;
  bool immutable_ = false;
  bool wal_mode_ = false;
  std::unique_ptr<Connection> control_;  // never in a transaction: it sees the newest state
  std::unique_ptr<TemporaryCopy> copy_;
  std::unique_ptr<Connection> inside_;
  std::vector<std::unique_ptr<Connection>> idle_;
  Position unlocked_;                                     // set when the file is read without locks
  std::map<std::string, std::vector<ScanChunk>> chunks_;  // of tables that were scanned
};

SqliteSource::SqliteSource(const Options& options)
    : options_(options), file_(ExamineFile(DatabasePath(options.source_url))) {
  control_ = OpenDatabase(file_, &immutable_);
  control_->WaitForLocks(options_.lock_timeout_ms);
  wal_mode_ = control_->Text("PRAGMA journal_mode").value_or("") == "wal";
  info_.engine = "SQLite";
  info_.rules = "sqlite";
  info_.version = sqlite3_libversion();
  info_.database = AsText(file_.path.substr(file_.path.find_last_of('/') + 1));
  info_.display_url = AsText(options.source_url);
  info_.fingerprint = "sqlite:" + AsText(file_.canonical);
  info_.default_target_schema = "public";
}

std::vector<PreflightItem> SqliteSource::Preflight(const Options& options) {
  std::vector<PreflightItem> items;
  items.push_back({CheckResult::kOk, "source file",
                   fmt::format("{}, {} MiB, opened for reading only", file_.canonical,
                               (file_.bytes >> 20) + 1)});
  if (immutable_) {
    items.push_back({CheckResult::kWarning, "locks",
                     "neither the file nor its folder can be written, so that it is read without "
                     "locks: a change under way would be noticed at the end, not prevented"});
  } else if (options.snapshot_copy) {
    items.push_back({CheckResult::kOk, "writers", "work goes on while a private copy is read"});
  } else if (wal_mode_) {
    items.push_back({CheckResult::kOk, "writers",
                     "WAL mode: they are not held up; the -wal file grows until the run has read"});
  } else {
    items.push_back({CheckResult::kWarning, "writers",
                     "rollback-journal mode: no program can commit to the database while it is "
                     "read; use --snapshot-copy to read a private copy instead"});
  }
  return items;
}

SourceCatalogue SqliteSource::ReadCatalogue() {
  return sqlite::ReadCatalogue(inside(), file_.bytes + file_.wal_bytes);
}

// Without locks there is no transaction to prove anything: every reader looks, at the end of each
// of its queries, whether the file is still what it was.
SnapshotInfo SqliteSource::TakeUnlocked(int connections, const std::string& path,
                                        Position position) {
  SnapshotInfo snapshot;
  for (int i = 0; i <= connections; ++i) {
    auto connection = std::make_unique<Connection>(path, true);
    if (i == 0) unlocked_ = ReadPosition(*connection);
    if (i == 0) inside_ = std::move(connection);
    if (i > 0) idle_.push_back(std::move(connection));
  }
  snapshot.position = std::move(position);
  snapshot.proven = true;
  return snapshot;
}

SnapshotInfo SqliteSource::TakeSnapshot(const SnapshotRequest& request) {
  idle_.clear();
  inside_.reset();
  unlocked_.clear();
  const int connections = std::max(request.readers, 1) + std::max(request.spares, 0);
  if (options_.snapshot_copy) {
    Position position = ReadPosition(*control_);
    copy_ = std::make_unique<TemporaryCopy>(*control_);
    SnapshotInfo snapshot = TakeUnlocked(connections, copy_->path(), std::move(position));
    snapshot.method = "private copy made by SQLite's backup API";
    return snapshot;
  }
  if (immutable_) {
    SnapshotInfo snapshot = TakeUnlocked(connections, file_.path, ReadPosition(*control_));
    snapshot.method = "file that cannot be written, compared after each query";
    return snapshot;
  }
  SnapshotConnections opened = OpenSnapshot(*control_, connections + 1, request.lock_wait_ms);
  for (auto& connection : opened.connections) connection->WaitForLocks(options_.lock_timeout_ms);
  SnapshotInfo snapshot;
  snapshot.position = std::move(opened.position);
  snapshot.proven = opened.proven;
  snapshot.method = fmt::format("equal data_version before and after {} read transactions began",
                                opened.connections.size());
  if (!opened.proven && request.consistency != Consistency::kRelaxed) {
    throw RefusedError(fmt::format(
        "{} was committed to between the starts of the readers in each of {} attempts: use "
        "--snapshot-copy, or --consistency relaxed to go on without one point in time",
        file_.path, opened.attempts));
  }
  inside_ = std::move(opened.connections.back());
  opened.connections.pop_back();
  idle_ = std::move(opened.connections);
  AddSnapshotNotes(snapshot);
  return snapshot;
}

void SqliteSource::AddSnapshotNotes(SnapshotInfo& snapshot) const {
  if (!snapshot.proven) {
    snapshot.notes.emplace_back("the readers may see different states of the database");
  }
  if (!wal_mode_) {
    snapshot.notes.emplace_back(
        "rollback-journal mode: commits by other programs wait until the rows are read");
  }
}

std::unique_ptr<RowReader> SqliteSource::NewReader() {
  if (idle_.empty()) {
    Error error("all connections of the snapshot are in use or lost");
    error.engine = "SQLite";
    error.snapshot_lost = true;
    throw error;
  }
  auto reader = std::make_unique<Reader>(std::move(idle_.back()), unlocked_);
  idle_.pop_back();
  return reader;
}

void SqliteSource::Release(std::unique_ptr<RowReader> reader) {
  auto* ours = dynamic_cast<Reader*>(reader.get());
  if (ours == nullptr) return;
  std::unique_ptr<Connection> connection = ours->TakeConnection();
  if (connection) idle_.push_back(std::move(connection));
}

ColumnFacts SqliteSource::ProbeKey(const std::string& schema, const std::string& table,
                                   const std::string& column) {
  ColumnFacts facts;
  facts.schema = schema;
  facts.table = table;
  facts.column = column;
  const TableKey key = FindTableKey(inside(), table);
  // Only a rowid's extremes say all there is: they are integers, each and every one.
  if (key.by != SplitBy::kRowid || key.rowid != column) return facts;
  Statement row(inside(), fmt::format("SELECT (SELECT min({0}) FROM main.{1}), "
                                      "(SELECT max({0}) FROM main.{1})",
                                      key.Sql(), QuoteName(table)));
  facts.known = row.Step();
  if (facts.known && !row.IsNull(0)) {
    facts.minimum = row.Text(0);
    facts.maximum = row.Text(1);
    facts.max_bytes = 8;
  }
  return facts;
}

std::vector<ColumnFacts> SqliteSource::Scan(const SourceTable& table,
                                            const std::vector<std::string>& columns) {
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  std::size_t threads =
      options_.jobs > 0 ? static_cast<std::size_t>(options_.jobs) : std::min<std::size_t>(cores, 8);
  if (table.estimated_bytes < (std::uint64_t{8} << 20)) threads = 1;
  std::vector<Connection*> connections = {&inside()};
  std::vector<std::unique_ptr<Connection>> own;
  // Inside a snapshot only its own connections will do; before one, any.
  for (std::size_t i = 0; inside_ && i < idle_.size() && i + 1 < threads; ++i) {
    connections.push_back(idle_[i].get());
  }
  for (std::size_t i = 0; !inside_ && i + 1 < threads; ++i) {
    own.push_back(std::make_unique<Connection>(file_.path, immutable_));
    own.back()->WaitForLocks(options_.lock_timeout_ms);
    connections.push_back(own.back().get());
  }
  TableScan scan = ScanTable(connections, table, columns);
  chunks_[table.name] = std::move(scan.chunks);
  return std::move(scan.facts);
}

SplitPlan SqliteSource::SplitByChunks(const SourceTable& table, const TableKey& key,
                                      std::uint64_t partition_bytes) const {
  SplitPlan plan;
  std::uint64_t bytes = 0;
  PartitionRange range;
  range.by = key.by;
  range.columns = key.by == SplitBy::kKey ? key.columns : std::vector<std::string>{};
  for (const ScanChunk& chunk : chunks_.at(table.name)) {
    if (bytes >= partition_bytes && chunk.lower) {
      range.upper = chunk.lower;
      plan.ranges.push_back(range);
      range.lower = std::exchange(range.upper, std::nullopt);
      bytes = 0;
    }
    bytes += chunk.bytes;
  }
  plan.ranges.push_back(range);
  plan.explanation = fmt::format("{}, {} ranges found by the scan", key.Sql(), plan.ranges.size());
  return plan;
}

SplitPlan SqliteSource::SplitByWalk(const SourceTable& table, const TableKey& key,
                                    std::uint64_t rows) {
  SplitPlan plan;
  PartitionRange range;
  range.by = key.by;
  range.columns = key.by == SplitBy::kKey ? key.columns : std::vector<std::string>{};
  if (file_.bytes > kWalkedFileBytes) {
    plan.ranges.push_back(range);
    plan.rows_per_partition = rows;
    plan.explanation = fmt::format("{}, cut every {} rows while it is read", key.Sql(), rows);
    return plan;
  }
  while (std::optional<KeyBound> bound = FindBoundary(inside(), table.name, key, range, rows)) {
    range.upper = std::move(bound);
    plan.ranges.push_back(range);
    range.lower = std::exchange(range.upper, std::nullopt);
  }
  plan.ranges.push_back(range);
  plan.explanation = fmt::format("{}, about {} rows each", key.Sql(), rows);
  return plan;
}

SplitPlan SqliteSource::Split(const SourceTable& table, const std::string& /*where*/,
                              std::uint64_t partition_bytes) {
  const TableKey key = FindTableKey(inside(), table.name);
  if (key.by == SplitBy::kNothing) {
    SplitPlan plan;
    plan.ranges.emplace_back();
    plan.explanation = "whole table: no rowid can be named and no key cuts it";
    return plan;
  }
  const std::uint64_t wanted = std::max<std::uint64_t>(partition_bytes, 1);
  const auto scanned = chunks_.find(table.name);
  if (scanned != chunks_.end() && key.by == SplitBy::kRowid && scanned->second.size() > 1) {
    return SplitByChunks(table, key, wanted);
  }
  std::uint64_t row_bytes = SampleRowBytes(inside(), table.name);
  if (row_bytes == 0) row_bytes = kDefaultRowBytes;
  return SplitByWalk(table, key, std::max<std::uint64_t>(wanted / row_bytes, 1));
}

std::string SqliteSource::NextAutoValue(const SourceTable& table) {
  return ReadNextAutoValue(*control_, table.name);
}

std::string SqliteSource::NextSequenceValue(const SourceSequence& /*sequence*/) { return {}; }

void SqliteSource::CheckCondition(const std::string& /*schema*/, const std::string& table,
                                  const std::string& where) {
  Statement(inside(), "SELECT 1 FROM main." + QuoteName(table) + WhereClause({where}) + " LIMIT 0");
}

// A column of a result has no type here; its values do.
QueryAnswer SqliteSource::Ask(const std::string& sql) {
  QueryAnswer answer;
  Statement statement(inside(), sql);
  answer.is_text.assign(static_cast<std::size_t>(statement.columns()), true);
  while (statement.Step()) {
    auto& row = answer.rows.emplace_back(static_cast<std::size_t>(statement.columns()));
    for (int i = 0; i < statement.columns(); ++i) {
      if (statement.IsNull(i)) continue;
      const auto column = static_cast<std::size_t>(i);
      answer.is_text[column] = answer.is_text[column] && statement.Class(i) == SQLITE_TEXT;
      row[column] = statement.Text(i);
    }
  }
  return answer;
}

Position SqliteSource::CurrentPosition() {
  const std::int64_t before = control_->Integer("PRAGMA data_version");
  Position position = ReadPosition(*control_);
  // A commit in between would make it the position of no state at all.
  if (control_->Integer("PRAGMA data_version") != before) return {};
  return position;
}

std::vector<std::string> SqliteSource::FinalNotes() {
  if (!control_->HasMoved()) return {};
  return {fmt::format(
      "{} was replaced, moved or deleted after it was opened: what was read is the file that "
      "stood there before, and not what stands there now",
      AsText(file_.path))};
}

}  // namespace
}  // namespace sqlite

std::unique_ptr<Source> OpenSqliteSource(const Options& options) {
  return std::make_unique<sqlite::SqliteSource>(options);
}

}  // namespace transload
