#include "extract/mysql/mysql_source.h"

#include <fmt/format.h>

#include <mutex>

#include "core/error.h"
#include "core/int128.h"
#include "extract/mysql/binlog_position.h"
#include "extract/mysql/catalogue.h"
#include "extract/mysql/control_connection.h"
#include "extract/mysql/preflight.h"
#include "extract/mysql/row_reader.h"
#include "extract/mysql/scan.h"
#include "extract/mysql/server_load.h"
#include "extract/mysql/session.h"
#include "extract/mysql/snapshot.h"
#include "extract/mysql/split.h"
#include "extract/mysql/sql_text.h"
#include "extract/mysql/witness.h"

namespace transload {
namespace mysql {
namespace {

class MySqlSource : public Source {
 public:
  explicit MySqlSource(const Options& options) : endpoint_(ReadEndpoint(options)) {
    Reconnect();
    // Where its case means nothing, the URL may write it otherwise than the server.
    endpoint_.database = control_->Scalar("SELECT DATABASE()").value_or(endpoint_.database);
    info_.engine = version_.engine();
    info_.rules = "mysql";
    info_.sha256 = true;
    info_.version = version_.text;
    info_.database = endpoint_.database;
    info_.display_url = endpoint_.display_url;
    info_.fingerprint = ServerIdentity(*control_, version_) + "/" + endpoint_.database;
    info_.default_target_schema = "public";
  }

  const SourceInfo& Info() const override { return info_; }
  std::vector<PreflightItem> Preflight(const Options& options) override {
    return RunPreflight(Control(), version_, endpoint_.database, options);
  }
  SourceCatalogue ReadCatalogue() override {
    return mysql::ReadCatalogue(Control(), version_, endpoint_.database);
  }

  SnapshotInfo TakeSnapshot(const SnapshotRequest& request) override;
  std::unique_ptr<RowReader> NewReader() override;
  void Release(std::unique_ptr<RowReader> reader) override;

  ColumnFacts ProbeKey(const std::string& schema, const std::string& table,
                       const std::string& column) override {
    return ProbeKeyColumn(Probes(), schema, table, column);
  }
  std::vector<ColumnFacts> Scan(const SourceTable& table,
                                const std::vector<std::string>& columns) override;
  SplitPlan Split(const SourceTable& table, const std::string&,
                  std::uint64_t partition_bytes) override {
    if (auto key = ChooseKey(table)) keys_->Add(table.schema, table.name, *std::move(key));
    return PlanSplit(Probes(), table, partition_bytes);
  }

  std::string NextAutoValue(const SourceTable& table) override;
  std::string NextSequenceValue(const SourceSequence& sequence) override;
  TableWitness Witness(const WitnessRequest& request) override {
    return ReadWitness(Probes(), request);
  }
  void CheckCondition(const std::string& schema, const std::string& table,
                      const std::string& where) override {
    Probes().Query("SELECT 1 FROM " + QuoteTable(schema, table) + " WHERE (" + where +
                   "\n) LIMIT 0");
  }
  QueryAnswer Ask(const std::string& sql) override {
    SqlResult result = Probes().Query(sql);
    return {std::move(result.rows), std::move(result.is_text)};
  }
  std::vector<std::pair<std::string, std::string>> CurrentPosition() override {
    return ReadPosition(Control(), version_);
  }
  std::optional<RoundTrip> MeasureRoundTrip() override {
    SqlConnection& control = Control();
    return ShortestRoundTrip([&] { control.Scalar("SELECT 1"); });
  }
  std::optional<SourceLoad> Load() override { return ReadLoad(Control()); }

 private:
  void Reconnect() {
    control_ = std::make_unique<ControlConnection>(endpoint_);
    version_ = ServerVersion::Parse(control_->Scalar("SELECT VERSION()").value_or(""));
    if (!version_.supported()) {
      throw RefusedError(fmt::format(
          "source is {}; transload reads MySQL 5.6 and MariaDB 10.3 and what came after",
          version_.text));
    }
    PinSession(*control_, version_);
  }
  // The control connection idles for hours between uses; nothing hangs on its session but the pins.
  SqlConnection& Control() {
    try {
      control_->Query("DO 0");
    } catch (const Error& error) {
      if (!error.connection_lost) throw;
      Reconnect();
    }
    return *control_;
  }
  SqlValue HighestHeld(const SourceTable& table, const std::string& sql);
  // Inside the snapshot once there is one.
  SqlConnection& Probes() { return snapshot_.control ? *snapshot_.control : Control(); }

  Endpoint endpoint_;
  ServerVersion version_;
  SourceInfo info_;
  std::unique_ptr<ControlConnection> control_;
  Snapshot snapshot_;
  bool has_snapshot_ = false;
  std::shared_ptr<KnownKeys> keys_ = std::make_shared<KnownKeys>();
  std::shared_ptr<SnapshotTables> tables_;  // of the snapshot
  std::mutex pool_mutex_;  // guards snapshot_.readers: lanes come and go on their own threads
};

SnapshotInfo MySqlSource::TakeSnapshot(const SnapshotRequest& request) {
  std::vector<std::string> partly = RefuseUnreadable(Control(), version_, request.tables);
  snapshot_ = Snapshot();
  tables_ = std::make_shared<SnapshotTables>(endpoint_, version_);
  snapshot_ = mysql::TakeSnapshot(endpoint_, version_, request);
  has_snapshot_ = true;
  snapshot_.info.notes.insert(snapshot_.info.notes.end(), partly.begin(), partly.end());
  return snapshot_.info;
}

std::unique_ptr<RowReader> MySqlSource::NewReader() {
  std::lock_guard lock(pool_mutex_);
  if (!has_snapshot_) throw BugError("a reader was asked for before the snapshot was taken");
  if (snapshot_.readers.empty()) {
    Error error("the source snapshot's connections are used up: too many were lost; run again");
    error.engine = version_.engine();
    error.snapshot_lost = true;
    throw error;
  }
  auto connection = std::move(snapshot_.readers.back());
  snapshot_.readers.pop_back();
  return std::make_unique<MySqlRowReader>(std::move(connection), version_, keys_, tables_);
}

void MySqlSource::Release(std::unique_ptr<RowReader> reader) {
  auto* ours = dynamic_cast<MySqlRowReader*>(reader.get());
  if (ours == nullptr) return;
  auto connection = ours->TakeConnection();
  std::lock_guard lock(pool_mutex_);
  if (connection) snapshot_.readers.push_back(std::move(connection));
}

std::vector<ColumnFacts> MySqlSource::Scan(const SourceTable& table,
                                           const std::vector<std::string>& columns) {
  std::vector<ScanTerm> terms = ScanTerms(table, columns);
  std::string sql = ScanSql(table, terms);
  // A pass over a large table is silent for long: over a data connection, which can wait for it.
  std::unique_ptr<DataConnection> own;
  if (has_snapshot_) {
    std::lock_guard lock(pool_mutex_);
    if (!snapshot_.readers.empty()) {
      own = std::move(snapshot_.readers.back());
      snapshot_.readers.pop_back();
    }
  } else {
    own = std::make_unique<DataConnection>(endpoint_);
    PinSession(*own, version_);
  }
  if (!own) return ScanFacts(table, columns, terms, Probes().Query(sql));
  own->Send(sql);
  SqlResult result = own->ReceivePatiently(sql);
  if (has_snapshot_) {
    std::lock_guard lock(pool_mutex_);
    snapshot_.readers.push_back(std::move(own));
  }
  return ScanFacts(table, columns, terms, result);
}

// Whoever else asks waits behind an ALTER that waits for a reader's transaction to end.
SqlValue MySqlSource::HighestHeld(const SourceTable& table, const std::string& sql) {
  std::lock_guard lock(pool_mutex_);
  for (const auto& reader : snapshot_.readers) {
    if (!tables_->HeldBy(table.schema, table.name, reader->id())) continue;
    try {
      return reader->Scalar(sql);
    } catch (const Error& error) {
      if (!error.connection_lost) throw;
    }
  }
  return std::nullopt;
}

std::string MySqlSource::NextAutoValue(const SourceTable& table) {
  std::string column;
  for (const SourceColumn& candidate : table.columns) {
    if (candidate.auto_increment) column = candidate.name;
  }
  if (column.empty()) return {};
  SqlValue stated = Control().Scalar(fmt::format(
      "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND "
      "TABLE_NAME = {}",
      QuoteText(table.schema), QuoteText(table.name)));
  const std::string sql = fmt::format("SELECT MAX({}) FROM {}", QuoteName(column),
                                      QuoteTable(table.schema, table.name));
  SqlValue highest = HighestHeld(table, sql);
  if (!highest) highest = control_->Scalar(sql);
  // An AUTO_INCREMENT on a floating point column (MyISAM habit) has no exact maximum to add to.
  bool whole = highest && highest->find_first_not_of("-0123456789") == std::string::npos;
  Int128 next = std::max<Int128>(1, stated ? ParseInt128(*stated) : 1);
  if (whole) next = std::max(next, ParseInt128(*highest) + 1);
  return fmt::format("{}", next);
}

std::string MySqlSource::NextSequenceValue(const SourceSequence& sequence) {
  // Past the server's cache: a number that the source has not handed out and may have set aside.
  return Control()
      .Scalar("SELECT next_not_cached_value FROM " + QuoteTable(sequence.schema, sequence.name))
      .value_or("");
}

}  // namespace
}  // namespace mysql

std::unique_ptr<Source> OpenMySqlSource(const Options& options) {
  return std::make_unique<mysql::MySqlSource>(options);
}

}  // namespace transload
