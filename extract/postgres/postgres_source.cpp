#include "extract/postgres/postgres_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <utility>

#include "core/error.h"
#include "extract/postgres/catalogue.h"
#include "extract/postgres/failure.h"
#include "extract/postgres/preflight.h"
#include "extract/postgres/row_reader.h"
#include "extract/postgres/split.h"
#include "extract/postgres/sql_text.h"
#include "extract/postgres/witness.h"
#include "extract/sql.h"

namespace transload::postgres {
namespace {

using Position = std::vector<std::pair<std::string, std::string>>;

// So many names stand in one statement.
constexpr std::size_t kAtOnce = 200;
// Beside the readers: the one that keeps the snapshot, and pg_dump.
constexpr std::size_t kOtherSessions = 2;

// Transaction ids are given out by writing alone, so that two equal lists of what is running and
// what has been given out prove that nothing was written in between; a log position moves by
// itself, and is there for people and for replication that is to start where the copy ends.
Position ReadPosition(ControlConnection& connection) {
  SqlRows row = connection.Query(
      "select txid_current_snapshot(), case when pg_is_in_recovery() then "
      "pg_last_wal_replay_lsn() else pg_current_wal_lsn() end");
  return {{"transactions", row.Text(0, 0)}, {"lsn", row.Text(0, 1)}};
}

std::string Identity(ControlConnection& connection) {
  const bool allowed =
      connection.Query("select has_function_privilege('pg_catalog.pg_control_system()', 'execute')")
          .Bool(0, 0);
  const std::string system =
      allowed ? connection.Query("select system_identifier from pg_catalog.pg_control_system()")
                    .Text(0, 0)
              : "unknown";
  SqlRows row = connection.Query(
      "select oid, datname from pg_catalog.pg_database where datname = current_database()");
  return fmt::format("postgresql:{}/{}/{}", system, row.Text(0, 0), row.Text(0, 1));
}

// What a TRUNCATE or a rewriting ALTER does is not hidden from a snapshot: they are kept out.
std::vector<std::string> LockSql(const std::vector<TableName>& tables) {
  std::vector<std::string> statements;
  for (std::size_t start = 0; start < tables.size(); start += kAtOnce) {
    std::vector<std::string> names;
    for (std::size_t i = start; i < std::min(start + kAtOnce, tables.size()); ++i) {
      names.push_back(QuoteTable(tables[i].first, tables[i].second));
    }
    statements.push_back(fmt::format("lock table {} in access share mode", fmt::join(names, ", ")));
  }
  return statements;
}

// Between the plan and the snapshot, most likely while its lock was waited for.
Error TableGone(ControlConnection& connection, const std::vector<TableName>& tables,
                const Error& cause) {
  std::vector<std::string> gone;
  for (std::size_t start = 0; start < tables.size(); start += kAtOnce) {
    std::vector<std::string> names;
    for (std::size_t i = start; i < std::min(start + kAtOnce, tables.size()); ++i) {
      names.push_back(QuoteText(QuoteTable(tables[i].first, tables[i].second)));
    }
    const SqlRows rows = connection.Query(
        fmt::format("select name from unnest(array[{}]::text[]) name where to_regclass(name) is "
                    "null",
                    fmt::join(names, ", ")));
    for (std::size_t row = 0; row < rows.size(); ++row) gone.push_back(rows.Text(row, 0));
  }
  Error error(fmt::format(
      "{} of the source, which the plan holds, was dropped or renamed before the snapshot could be "
      "taken ({}): give the same command again, to plan what is there now",
      gone.empty() ? "a table" : fmt::format("{}", fmt::join(gone, ", ")), cause.what()));
  error.engine = cause.engine;
  error.code = cause.code;
  return error;
}

// Rows of two names each, the second of which may be missing.
std::map<TableName, std::set<TableName>> ByFirst(const SqlRows& rows) {
  std::map<TableName, std::set<TableName>> sets;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::set<TableName>& set = sets[{rows.Text(row, 0), rows.Text(row, 1)}];
    if (!rows.Null(row, 3)) set.emplace(rows.Text(row, 2), rows.Text(row, 3));
  }
  return sets;
}

}  // namespace

PostgresSource::PostgresSource(const Options& options) : endpoint_(options) {
  control_ = std::make_unique<ControlConnection>(endpoint_);
  version_num_ = control_->version_num();
  if (version_num_ < 100000) {
    throw RefusedError(fmt::format("{} runs PostgreSQL {}; transload needs 10 or newer",
                                   endpoint_.display_url(), version_num_));
  }
  spare_ = std::make_unique<ControlConnection>(endpoint_);
  RefuseTransactionPooling(endpoint_, *control_, *spare_);
  SqlRows row = control_->Query("select current_setting('server_version'), current_database()");
  info_.engine = "PostgreSQL";
  info_.rules = "postgres";
  info_.sha256 = version_num_ >= kSha256Version;
  info_.version = row.Text(0, 0);
  info_.database = row.Text(0, 1);
  info_.display_url = endpoint_.display_url();
  info_.fingerprint = Identity(*control_);
}

ControlConnection& PostgresSource::Control() {
  // It idles for hours between uses; nothing hangs on its session but the pins.
  try {
    if (control_) {
      control_->Query("select 1");
      return *control_;
    }
  } catch (const Error& error) {
    if (!error.connection_lost) throw;
  }
  control_ = std::make_unique<ControlConnection>(endpoint_);
  return *control_;
}

std::optional<RoundTrip> PostgresSource::MeasureRoundTrip() {
  ControlConnection& control = Control();
  return ShortestRoundTrip([&] { control.Query("select 1"); });
}

std::vector<PreflightItem> PostgresSource::Preflight(const Options& options) {
  return RunPreflight(Control(), options);
}

SourceCatalogue PostgresSource::ReadCatalogue() {
  SourceCatalogue catalogue = postgres::ReadCatalogue(Inside());
  auto partitioned = std::make_shared<PartitionedTables>();
  for (const SourceTable& table : catalogue.tables) {
    if (table.engine == kPartitioned) partitioned->emplace(table.schema, table.name);
  }
  partitioned_ = std::move(partitioned);
  return catalogue;
}

// A TRUNCATE waits for the session that keeps the snapshot, and a reader that came to the table
// later would wait for the TRUNCATE, which is for ever. So readers hold their locks from the
// beginning, where the server has room for so many. Without that, lanes open them when needed.
void PostgresSource::OpenReaders(const SnapshotRequest& request,
                                 const std::vector<std::string>& locks) {
  // Half of it: the server has room for two holders of each of so many locks.
  const std::uint64_t room =
      inside_
          ->Query(
              "select current_setting('max_locks_per_transaction')::bigint * "
              "(current_setting('max_connections')::bigint + "
              "current_setting('max_prepared_transactions')::bigint)")
          .Count(0, 0);
  const auto sessions = static_cast<std::size_t>(std::max(request.readers, 1)) + kOtherSessions;
  if (locks.empty() || request.tables.size() * sessions > room) return;
  // All at once: each takes a handful of answers.
  std::vector<std::future<std::unique_ptr<PostgresRowReader>>> opening;
  for (int i = 0; i < request.readers; ++i) {
    opening.push_back(std::async([&] {
      auto reader = std::make_unique<PostgresRowReader>(endpoint_, snapshot_id_, partitioned_);
      reader->Hold(locks);
      return reader;
    }));
  }
  std::vector<std::unique_ptr<PostgresRowReader>> opened;
  bool too_many = false;
  for (auto& reader : opening) {
    try {
      opened.push_back(reader.get());
    } catch (const Error& error) {
      if (error.code != kTooManyConnections) throw;
      too_many = true;
    }
  }
  // Lanes get by with fewer; pg_dump wants a connection now.
  if (too_many) opened.resize(opened.size() - std::min(opened.size(), kOtherSessions));
  std::lock_guard lock(pool_mutex_);
  idle_ = std::move(opened);
}

SnapshotInfo PostgresSource::TakeSnapshot(const SnapshotRequest& request) {
  {
    std::lock_guard lock(pool_mutex_);
    idle_.clear();
  }
  // The session that has read the catalogue already: it is quicker at it the second time.
  Control().Query("begin isolation level repeatable read read only");
  inside_ = std::exchange(control_, std::move(spare_));
  // Before the snapshot, which LOCK TABLE does not take: who had to be waited for is in it.
  const std::vector<std::string> locks = LockSql(request.tables);
  try {
    for (const std::string& lock : locks) inside_->Query(lock);
  } catch (const Error& error) {
    if (error.code != kUndefinedTable && error.code != kUndefinedSchema) throw;
    throw TableGone(Control(), request.tables, error);
  }
  snapshot_id_ = inside_->Query("select pg_export_snapshot()").Text(0, 0);
  OpenReaders(request, locks);
  SnapshotInfo info;
  info.position = ReadPosition(*inside_);
  info.method = "exported snapshot " + snapshot_id_;
  info.proven = true;
  if (inside_->Query("select pg_is_in_recovery()").Bool(0, 0)) {
    info.notes.emplace_back("the source is a standby: the copy is of the state it has replayed");
    if (inside_->Query("select pg_is_wal_replay_paused()").Bool(0, 0)) {
      info.notes.emplace_back("replay is paused on the standby: that state may be old");
    }
  }
  return info;
}

std::unique_ptr<RowReader> PostgresSource::NewReader() {
  if (snapshot_id_.empty()) throw BugError("a reader was asked for before the snapshot was taken");
  if (!partitioned_) ReadCatalogue();
  {
    std::lock_guard lock(pool_mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<PostgresRowReader> reader = std::move(idle_.back());
      idle_.pop_back();
      reader->Know(partitioned_);
      return reader;
    }
  }
  return std::make_unique<PostgresRowReader>(endpoint_, snapshot_id_, partitioned_);
}

void PostgresSource::Release(std::unique_ptr<RowReader> reader) {
  auto* ours = dynamic_cast<PostgresRowReader*>(reader.get());
  if (ours == nullptr || !ours->sound()) return;
  std::lock_guard lock(pool_mutex_);
  static_cast<void>(reader.release());
  idle_.emplace_back(ours);
}

// Types do not depend on the data here.
ColumnFacts PostgresSource::ProbeKey(const std::string& schema, const std::string& table,
                                     const std::string& column) {
  ColumnFacts facts;
  facts.schema = schema;
  facts.table = table;
  facts.column = column;
  return facts;
}

std::vector<ColumnFacts> PostgresSource::Scan(const SourceTable& table,
                                              const std::vector<std::string>& columns) {
  std::vector<ColumnFacts> facts;
  for (const std::string& column : columns) {
    facts.push_back(ProbeKey(table.schema, table.name, column));
  }
  return facts;
}

SplitPlan PostgresSource::Split(const SourceTable& table, const std::string& /*where*/,
                                std::uint64_t partition_bytes) {
  return PlanSplit(Inside(), table, partition_bytes);
}

std::string PostgresSource::NextAutoValue(const SourceTable& /*table*/) { return {}; }

std::string PostgresSource::NextSequenceValue(const SourceSequence& sequence) {
  return Control()
      .Query(
          fmt::format("select last_value::numeric + case when is_called then {} else 0 end from {}",
                      sequence.increment, QuoteTable(sequence.schema, sequence.name)))
      .Text(0, 0);
}

std::map<TableName, std::set<TableName>> PostgresSource::UnreadableTables() {
  return ByFirst(Query(sql::kUnreadableTables));
}

bool PostgresSource::HoldsObjects() {
  constexpr const char* kFirstOfUsers = "16384";  // FirstNormalObjectId
  return Query(fmt::format("select exists (select from pg_catalog.pg_extension where extname <> "
                           "'plpgsql') or exists (select from pg_catalog.pg_namespace where oid >= "
                           "{0}) or exists (select from pg_catalog.pg_proc where oid >= {0}) or "
                           "exists (select from pg_catalog.pg_class where oid >= {0}) or exists "
                           "(select from pg_catalog.pg_type where oid >= {0}) or exists (select "
                           "from pg_catalog.pg_largeobject_metadata)",
                           kFirstOfUsers))
      .Bool(0, 0);
}

std::map<TableName, std::set<TableName>> PostgresSource::UnreadableSequences() {
  return ByFirst(Query(sql::kUnreadableSequences));
}

std::vector<SequenceState> PostgresSource::ReadSequenceStates(
    const std::vector<SourceSequence>& sequences) {
  std::vector<SequenceState> states;
  for (std::size_t start = 0; start < sequences.size(); start += kAtOnce) {
    std::vector<std::string> selects;
    for (std::size_t i = start; i < std::min(start + kAtOnce, sequences.size()); ++i) {
      selects.push_back(fmt::format("select {}, last_value, is_called from {}", i,
                                    QuoteTable(sequences[i].schema, sequences[i].name)));
    }
    SqlRows rows = Control().Query(fmt::format("{}", fmt::join(selects, " union all ")));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const SourceSequence& sequence = sequences[rows.Count(row, 0)];
      states.push_back({sequence.schema, sequence.name, rows.Text(row, 1), rows.Bool(row, 2)});
    }
  }
  return states;
}

TableWitness PostgresSource::Witness(const WitnessRequest& request) {
  if (!partitioned_) ReadCatalogue();
  return ReadWitness(Inside(), request, partitioned_->contains({request.schema, request.table}));
}

void PostgresSource::CheckCondition(const std::string& schema, const std::string& table,
                                    const std::string& where) {
  Control().Query("select 1 from " + QuoteTable(schema, table) + " where (" + where +
                  "\n) limit 0");
}

// With the search path that an application has here, and without risk to the snapshot.
QueryAnswer PostgresSource::Ask(const std::string& sql) {
  ControlConnection& connection = Inside();
  connection.Query("savepoint asked");
  try {
    connection.Query("set local search_path to default");
    QueryAnswer answer = connection.Ask(sql);
    connection.Query("rollback to savepoint asked");
    return answer;
  } catch (const Error& error) {
    if (!error.connection_lost) connection.Query("rollback to savepoint asked");
    throw;
  }
}

Position PostgresSource::CurrentPosition() { return ReadPosition(Control()); }

bool PostgresSource::SnapshotHeld() {
  if (!inside_) return false;
  try {
    inside_->Query("select 1");
    return true;
  } catch (const Error&) {
    return false;  // whatever it was, nothing can be read through it any more
  }
}

std::optional<SourceLoad> PostgresSource::Load() {
  // Others' states are seen by pg_monitor and superusers alone; what is not seen does not count.
  SqlRows rows = Control().Query(
      "select count(*) from pg_catalog.pg_stat_activity where state = 'active' and pid <> "
      "pg_backend_pid() and backend_type in ('client backend', 'parallel worker')");
  SourceLoad load;
  load.running = rows.Count(0, 0);
  return load;
}

}  // namespace transload::postgres

namespace transload {

std::unique_ptr<Source> OpenPostgresSource(const Options& options) {
  return std::make_unique<postgres::PostgresSource>(options);
}

}  // namespace transload
