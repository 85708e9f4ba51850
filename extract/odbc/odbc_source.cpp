#include "extract/odbc/odbc_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "core/error.h"
#include "extract/odbc/catalogue.h"
#include "extract/odbc/endpoint.h"
#include "extract/odbc/query.h"
#include "extract/odbc/row_reader.h"
#include "extract/odbc/snapshot.h"
#include "extract/odbc/split.h"
#include "extract/odbc/sql.h"
#include "extract/odbc/sql_server_catalogue.h"
#include "extract/odbc/witness.h"

namespace transload {
namespace odbc {
namespace {

class OdbcSource : public Source {
 public:
  explicit OdbcSource(const Options& options);

  const SourceInfo& Info() const override { return info_; }
  std::vector<PreflightItem> Preflight(const Options& options) override;
  SourceCatalogue ReadCatalogue() override {
    SourceCatalogue catalogue =
        context_.traits->sql_server
            ? BuildSqlServerCatalogue(ReadSqlServerRows(Inside()), context_.naming)
            : odbc::ReadCatalogue(Inside(), context_.naming, *context_.quirks, *context_.traits);
    FindQuotedColumns(catalogue, context_);
    return catalogue;
  }
  SnapshotInfo TakeSnapshot(const SnapshotRequest& request) override;
  std::unique_ptr<RowReader> NewReader() override;
  void Release(std::unique_ptr<RowReader> reader) override;
  ColumnFacts ProbeKey(const std::string& schema, const std::string& table,
                       const std::string& column) override;
  std::vector<ColumnFacts> Scan(const SourceTable& table,
                                const std::vector<std::string>& columns) override;
  SplitPlan Split(const SourceTable& table, const std::string& where,
                  std::uint64_t partition_bytes) override {
    return PlanSplit(Inside(), context_, table, where, partition_bytes);
  }
  std::optional<RoundTrip> MeasureRoundTrip() override {
    if (context_.traits->name.empty()) return std::nullopt;  // it may want FROM DUAL
    Connection& control = Control();
    return ShortestRoundTrip([&] { RunQuery(control, "SELECT 1"); });
  }
  std::string NextAutoValue(const SourceTable& table) override;
  std::string NextSequenceValue(const SourceSequence& sequence) override;
  TableWitness Witness(const WitnessRequest& request) override {
    return ReadWitness(Inside(), context_.naming, *context_.traits, request);
  }
  void CheckCondition(const std::string& schema, const std::string& table,
                      const std::string& where) override {
    RunQuery(Inside(), "SELECT 1 FROM " + context_.naming.Table(schema, table) +
                           " WHERE (1 = 0) AND (" + where + "\n)");
  }
  QueryAnswer Ask(const std::string& sql) override {
    ResultTable table = RunQuery(Inside(), sql);
    return {std::move(table.rows), std::move(table.is_text)};
  }
  std::vector<std::pair<std::string, std::string>> CurrentPosition() override {
    return ReadPosition(Control(), *context_.traits);
  }

 private:
  std::unique_ptr<Connection> NewConnection();
  std::string Fingerprint();
  ColumnFacts Measure(const SourceTable& table, const std::string& column, bool bytes);
  PreflightItem EnginesItem();
  Value StatedNext(const SourceTable& table);
  std::string NextSqlServerValue(const SourceTable& table, const std::string& column);
  // The control connection idles for hours between uses; nothing hangs on its session.
  Connection& Control() {
    if (control_->dead()) control_ = NewConnection();
    return *control_;
  }
  // Inside the snapshot once there is one.
  Connection& Inside() { return snapshot_.control ? *snapshot_.control : Control(); }

  Endpoint endpoint_;
  SourceInfo info_;
  ReadingContext context_;
  std::unique_ptr<Connection> control_;
  Snapshot snapshot_;
  bool has_snapshot_ = false;
  std::mutex pool_mutex_;  // guards snapshot_.readers: lanes come and go on their own threads
};

OdbcSource::OdbcSource(const Options& options) : endpoint_(ReadEndpoint(options)) {
  // The first connection only asks who is there; its driver's attributes make the lasting one. What
  // is installed tells most of them before: without its own, sqliteodbc would make a missing file.
  control_ = Connect(endpoint_, InstalledQuirks(endpoint_.attributes, FindOdbcInstallation()));
  context_.quirks = &QuirksOf(control_->InfoText(SQL_DRIVER_NAME));
  info_.engine = context_.engine = control_->InfoText(SQL_DBMS_NAME);
  context_.traits = &TraitsOf(context_.engine);
  context_.one_row_after = context_.traits->one_row_after;
  control_ = NewConnection();
  context_.naming = ReadNaming(*control_);
  if (endpoint_.sql_server && !context_.traits->sql_server) {
    throw RefusedError(endpoint_.shown + ": the server is no SQL Server but " + info_.engine +
                       "; use odbc: for it");
  }
  info_.rules = context_.traits->sql_server ? "mssql" : "odbc";
  info_.version =
      fmt::format("{} through {} {}", control_->InfoText(SQL_DBMS_VER),
                  control_->InfoText(SQL_DRIVER_NAME), control_->InfoText(SQL_DRIVER_VER));
  info_.database = control_->CurrentCatalog();
  info_.display_url = endpoint_.shown;
  info_.fingerprint = Fingerprint();
  info_.default_target_schema = context_.naming.has_schemas ? "" : "public";
}

std::unique_ptr<Connection> OdbcSource::NewConnection() {
  std::unique_ptr<Connection> connection = Connect(endpoint_, context_.quirks);
  for (const std::string_view statement : context_.traits->session) {
    RunQuery(*connection, statement);
  }
  return connection;
}

// What the system says of itself; else its kind, its server's name for itself, and the database.
std::string OdbcSource::Fingerprint() {
  std::string server;
  if (!context_.traits->identity.empty()) {
    try {
      server = Scalar(*control_, context_.traits->identity).value_or("");
    } catch (const Error& error) {
      if (error.connection_lost) throw;
    }
  }
  if (server.empty()) server = control_->InfoText(SQL_SERVER_NAME);
  return fmt::format("odbc:{}:{}/{}", info_.engine, server, info_.database);
}

std::vector<PreflightItem> OdbcSource::Preflight(const Options& options) {
  std::vector<PreflightItem> items;
  items.push_back({CheckResult::kOk, "source", info_.engine + " " + info_.version});
  const DriverQuirks& quirks = *context_.quirks;
  items.push_back({quirks.name.empty() ? CheckResult::kWarning : CheckResult::kOk, "ODBC driver",
                   quirks.name.empty()
                       ? "transload knows nothing about this driver: compare a sample first "
                         "(--sample) and read docs/odbc.md"
                       : fmt::format("{}; tried: {}", quirks.name, quirks.tried)});
  if (quirks.buffers_result) {
    items.push_back({CheckResult::kWarning, "memory",
                     "the driver keeps a whole partition in memory, and a whole table where no "
                     "key cuts it"});
  }
  if (!context_.traits->engines.empty()) items.push_back(EnginesItem());
  std::string ready;
  if (!context_.traits->readiness.empty()) {
    ready = Scalar(Control(), context_.traits->readiness).value_or("");
  }
  if (context_.traits->method.empty() ||
      (!context_.traits->readiness.empty() && ready != "moving" && ready != "still")) {
    const bool relaxed = options.consistency == Consistency::kRelaxed;
    const bool one = options.jobs == 1;
    items.push_back({relaxed || one ? CheckResult::kWarning : CheckResult::kRefusal, "snapshot",
                     fmt::format("no way to one point in time for several readers of this "
                                 "database{}; use --jobs 1, or accept --consistency relaxed",
                                 ready.empty() ? "" : ": " + ready)});
  }
  return items;
}

PreflightItem OdbcSource::EnginesItem() {
  const ResultTable tables = RunQuery(Control(), context_.traits->engines);
  std::vector<std::string> names;
  for (std::size_t row = 0; row < tables.rows.size(); ++row) {
    const std::string engine = tables.Text(row, 1);
    if (engine.empty() || context_.traits->transactional(engine)) continue;
    names.push_back(fmt::format("{} ({})", tables.Text(row, std::size_t{0}), engine));
  }
  if (names.empty()) return {CheckResult::kOk, "storage engines", "all tables are transactional"};
  return {CheckResult::kWarning, "storage engines",
          "no snapshot covers tables without transactions; stop writing to them during the run: " +
              Join(names, ", ")};
}

SnapshotInfo OdbcSource::TakeSnapshot(const SnapshotRequest& request) {
  snapshot_ = Snapshot();
  std::vector<std::string> tables;
  for (const auto& [schema, table] : request.tables) {
    tables.push_back(context_.naming.Table(schema, table));
  }
  snapshot_ = odbc::TakeSnapshot(
      Control(), [this] { return NewConnection(); }, *context_.traits, request, tables);
  has_snapshot_ = true;
  return snapshot_.info;
}

std::unique_ptr<RowReader> OdbcSource::NewReader() {
  std::lock_guard lock(pool_mutex_);
  if (!has_snapshot_) throw BugError("a reader was asked for before the snapshot was taken");
  if (snapshot_.readers.empty()) {
    Error error("the source snapshot's connections are used up: too many were lost; run again");
    error.engine = info_.engine;
    error.snapshot_lost = true;
    throw error;
  }
  auto connection = std::move(snapshot_.readers.back());
  snapshot_.readers.pop_back();
  return std::make_unique<OdbcRowReader>(std::move(connection), context_);
}

void OdbcSource::Release(std::unique_ptr<RowReader> reader) {
  auto* ours = dynamic_cast<OdbcRowReader*>(reader.get());
  if (ours == nullptr) return;
  auto connection = ours->TakeConnection();
  std::lock_guard lock(pool_mutex_);
  if (connection) snapshot_.readers.push_back(std::move(connection));
}

ColumnFacts OdbcSource::ProbeKey(const std::string& schema, const std::string& table,
                                 const std::string& column) {
  ColumnFacts facts;
  facts.schema = schema;
  facts.table = table;
  facts.column = column;
  const std::string name = context_.naming.Quote(column);
  const ResultTable ends =
      RunQuery(Inside(), fmt::format("SELECT MIN({0}), MAX({0}) FROM {1}", name,
                                     context_.naming.Table(schema, table)));
  facts.known = !ends.rows.empty();
  if (facts.known && ends.rows[0].size() == 2) {
    facts.minimum = ends.rows[0][0];
    facts.maximum = ends.rows[0][1];
  }
  return facts;
}

// Of texts and bytes the longest, where the system has a function for that: their range decides
// nothing, and a driver may fail to hand over one that is no text.
ColumnFacts OdbcSource::Measure(const SourceTable& table, const std::string& column, bool bytes) {
  ColumnFacts facts;
  facts.schema = table.schema;
  facts.table = table.name;
  facts.column = column;
  const std::string_view octets =
      bytes ? context_.traits->byte_octets : context_.traits->text_octets;
  if (octets.empty()) return facts;
  const ResultTable longest = RunQuery(
      Inside(), fmt::format("SELECT MAX({}) FROM {}", Fill(octets, context_.naming.Quote(column)),
                            context_.naming.Table(table.schema, table.name)));
  facts.known = !longest.rows.empty();
  if (facts.known) {
    facts.max_bytes =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, longest.Number(0, 0).value_or(0)));
  }
  return facts;
}

// Ranges and lengths are all that such SQL tells of values; what a rule decides by more stays
// unknown.
std::vector<ColumnFacts> OdbcSource::Scan(const SourceTable& table,
                                          const std::vector<std::string>& columns) {
  std::vector<ColumnFacts> facts;
  for (const std::string& name : columns) {
    const SourceColumn* column = table.FindColumn(name);
    const std::string type = column == nullptr ? "" : column->type;
    const bool bytes = type.find("binary") != type.npos;
    facts.push_back(bytes || type.find("char") != type.npos
                        ? Measure(table, name, bytes)
                        : ProbeKey(table.schema, table.name, name));
  }
  return facts;
}

// What the system itself says comes next; it may never have been asked for a number.
Value OdbcSource::StatedNext(const SourceTable& table) {
  if (context_.traits->next_auto.empty()) return {};
  try {
    return Scalar(Control(), fmt::format(fmt::runtime(context_.traits->next_auto),
                                         QuoteText(table.schema), QuoteText(table.name)));
  } catch (const Error& error) {
    if (error.connection_lost) throw;
    return {};
  }
}

std::string OdbcSource::NextSqlServerValue(const SourceTable& table, const std::string& column) {
  const ResultTable identity =
      RunQuery(Control(), fmt::format(fmt::runtime(sql::kSqlServerIdentity),
                                      "N" + QuoteText(table.schema), "N" + QuoteText(table.name)));
  if (identity.rows.empty()) return {};
  const std::string increment = identity.Text(0, "increment_value");
  const Value extreme =
      Scalar(Control(),
             fmt::format("SELECT CONVERT(varchar(50), {}({})) FROM {}",
                         increment.starts_with('-') ? "MIN" : "MAX", context_.naming.Quote(column),
                         context_.naming.Table(table.schema, table.name)));
  return NextIdentity(identity.Text(0, "seed_value"), increment, identity.Text(0, "last_value"),
                      extreme.value_or(""));
}

std::string OdbcSource::NextSequenceValue(const SourceSequence& sequence) {
  if (!context_.traits->sql_server) return {};
  const Value current = Scalar(
      Control(),
      fmt::format("SELECT CONVERT(varchar(50), q.current_value) FROM sys.sequences q JOIN "
                  "sys.schemas s ON s.schema_id = q.schema_id WHERE s.name = N{} AND q.name = N{}",
                  QuoteText(sequence.schema), QuoteText(sequence.name)));
  return NextOfSequence(current.value_or(""), sequence.start, sequence.increment);
}

std::string OdbcSource::NextAutoValue(const SourceTable& table) {
  const auto column = std::find_if(table.columns.begin(), table.columns.end(),
                                   [](const SourceColumn& c) { return c.auto_increment; });
  if (column == table.columns.end()) return {};
  if (context_.traits->sql_server) return NextSqlServerValue(table, column->name);
  const Value highest =
      Scalar(Control(), fmt::format("SELECT MAX({}) FROM {}", context_.naming.Quote(column->name),
                                    context_.naming.Table(table.schema, table.name)));
  unsigned long long next = 1;
  if (highest && !highest->empty() && highest->front() != '-') next = std::stoull(*highest) + 1;
  const Value stated = StatedNext(table);
  if (stated && !stated->empty()) next = std::max(next, std::stoull(*stated));
  return std::to_string(next);
}

}  // namespace
}  // namespace odbc

std::unique_ptr<Source> OpenOdbcSource(const Options& options) {
  return std::make_unique<odbc::OdbcSource>(options);
}

}  // namespace transload
