#include "extract/mysql/row_reader.h"

#include <fmt/format.h>
#include <mariadb/errmsg.h>
#include <mariadb/mysql.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "extract/mysql/failure.h"
#include "extract/mysql/key_lookup.h"
#include "extract/mysql/sql_text.h"
#include "extract/where_clause.h"

namespace transload::mysql {
namespace {

// A stable, pseudo-random subset: the same rows whatever the partitions and the order.
std::string SampleCondition(double percent, const std::vector<std::string>& columns) {
  auto share = static_cast<std::uint64_t>(std::llround(percent * 10'000));
  return fmt::format("CRC32(CONCAT_WS('#', {})) % 1000000 < {}", Join(columns, ", "), share);
}

std::string BoundColumns(const TableKey& key) {
  std::vector<std::string> bounds;
  for (const KeyColumn& column : key.columns) bounds.push_back(column.BoundExpression());
  return Join(bounds, ", ");
}

std::optional<KeyBound> BoundOf(const SqlResult& result) {
  if (result.rows.empty()) return std::nullopt;
  KeyBound bound;
  for (const SqlValue& value : result.rows[0]) bound.push_back(value.value_or(""));
  return bound;
}

bool Fits(const WireType& wire, CellFormat wanted) {
  if (wire.format) {
    bool bytes = wire.form == WireForm::kBytes;
    return *wire.format == wanted ||
           (bytes && (wanted == CellFormat::kText || wanted == CellFormat::kBytes));
  }
  return wanted == CellFormat::kText || wanted == CellFormat::kBytes ||
         wanted == CellFormat::kVector || wanted == CellFormat::kGeometry ||
         wanted == CellFormat::kDecimal;
}

}  // namespace

void MySqlRowReader::StatementCloser::operator()(st_mysql_stmt* statement) const {
  mysql_stmt_close(statement);
}

MySqlRowReader::MySqlRowReader(std::unique_ptr<DataConnection> connection,
                               const ServerVersion& version,
                               std::shared_ptr<const KnownKeys> known_keys,
                               std::shared_ptr<SnapshotTables> tables, RowHandover handover)
    : connection_(std::move(connection)),
      version_(version),
      handover_(handover),
      known_keys_(std::move(known_keys)),
      tables_(std::move(tables)) {}

MySqlRowReader::~MySqlRowReader() {
  // Closing a statement reads its rows to the end; without a socket that is over at once.
  if (statement_ && connection_) connection_->Shutdown();
}

void MySqlRowReader::OnRow(const unsigned char* packet, std::size_t size) noexcept {
  try {
    if (!DecodeRow(forms_, packet, size, *batch_)) RefuseRow();
  } catch (const std::exception&) {
    decode_failure_ = std::current_exception();
  }
}

void MySqlRowReader::OnCell(void* receiver, unsigned column, unsigned char** at) noexcept {
  auto* self = static_cast<MySqlRowReader*>(static_cast<RowReceiver*>(receiver));
  // A table of which nothing is copied still has rows: they are read as a bare NULL.
  if (column >= self->forms_.size()) return;
  try {
    if (at == nullptr) {
      self->batch_->AppendNull();
    } else {
      // Where a value ends within the packet is for the library to know.
      constexpr std::size_t kRoom = std::numeric_limits<std::size_t>::max();
      const unsigned char* next = DecodeCell(self->forms_[column], *at, kRoom, *self->batch_);
      if (next == nullptr) self->RefuseRow();
      *at = const_cast<unsigned char*>(next);
    }
  } catch (const std::exception&) {
    self->decode_failure_ = std::current_exception();
  }
}

void MySqlRowReader::RefuseRow() {
  Rethrow(StatementError(CR_MALFORMED_PACKET, "a row's values do not fill its packet",
                         "reading rows of " + table_));
}

void MySqlRowReader::Open(const ReadRequest& request) {
  if (statement_) throw BugError("a reader was opened while its last partition was unfinished");
  ended_by_cut_ = false;
  table_ = request.schema + "." + request.table;
  JoinTable(request.schema, request.table);
  std::string sql = SelectSql(request);
  statement_.reset(mysql_stmt_init(connection_->handle()));
  if (!statement_) throw std::bad_alloc();
  // Values are read in place, as they stand in the network packet: half the cost of bound buffers,
  // and no limit to a cell's size.
  HandOver(handover_, statement_.get(), this, &MySqlRowReader::OnCell);
  if (mysql_stmt_prepare(statement_.get(), sql.data(), sql.size()) != 0) Fail("preparing: " + sql);
  BindColumns(request);
  ThrowIfCancelled();
  if (mysql_stmt_execute(statement_.get()) != 0) Fail("starting: " + sql);
  tables_->SetHeld(request.schema, request.table, connection_->id());
}

void MySqlRowReader::BindColumns(const ReadRequest& request) {
  forms_.clear();
  unsigned fields = mysql_stmt_field_count(statement_.get());
  MYSQL_FIELD* field = mariadb_stmt_fetch_fields(statement_.get());
  for (unsigned i = 0; i < fields && i < request.columns.size(); ++i) {
    WireType wire = WireTypeOf(field[i].type, (field[i].flags & UNSIGNED_FLAG) != 0);
    if (!Fits(wire, request.columns[i].format)) {
      std::string column = request.columns[i].name;
      statement_.reset();
      Error error(fmt::format(
          "source column {}.{} is not what the catalogue said (type code {} where {} values were "
          "expected): it was altered meanwhile; run again",
          table_, column, static_cast<int>(field[i].type), Name(request.columns[i].format)));
      error.table = table_;
      error.column = column;
      throw error;
    }
    forms_.push_back(wire.form);
  }
  if (forms_.size() != request.columns.size() ||
      fields != std::max<std::size_t>(1, forms_.size())) {
    throw BugError("the source prepared another number of columns than asked for: " + table_);
  }
}

std::string MySqlRowReader::SelectSql(const ReadRequest& request) {
  std::vector<std::string> columns;
  for (const ReadColumn& column : request.columns) {
    columns.push_back(column.expression.empty() ? QuoteName(column.name) : column.expression);
  }
  TableKey key;
  if (request.range.by == SplitBy::kKey) {
    key = Key(request.schema, request.table, request.range.columns);
  } else if (!request.range.whole_table()) {
    throw BugError("a MySQL table is cut along keys only");
  } else if (request.in_key_order || request.sample_percent) {
    key = Key(request.schema, request.table, {});
  }
  std::string condition = RangeCondition(key, request.range);
  std::string sample;
  if (request.sample_percent) {
    std::vector<std::string> of;
    for (const KeyColumn& column : key.columns) of.push_back(QuoteName(column.name));
    sample = SampleCondition(*request.sample_percent, of.empty() ? columns : of);
  }
  bool ordered = request.in_key_order && key.clustered && !request.range.only_nulls;
  std::string rows = fmt::format("FROM {}{}{}", QuoteTable(request.schema, request.table),
                                 condition.empty() && !ordered ? "" : key.IndexHint(),
                                 WhereClause({condition, request.where, sample}));
  if (ordered) rows += " ORDER BY " + key.ColumnList();
  cut_sql_.clear();
  if (ordered && !request.range.whole_table()) {
    cut_sql_ = fmt::format("SELECT {} {} LIMIT 1 OFFSET ", BoundColumns(key), rows);
  }
  return fmt::format("SELECT {} {}", columns.empty() ? "NULL" : Join(columns, ", "), rows);
}

bool MySqlRowReader::Read(RowBatch& batch) {
  if (std::exchange(ended_by_cut_, false)) return false;
  if (!statement_) throw BugError("a reader was read without an open partition");
  ThrowIfCancelled();
  batch_ = &batch;
  while (!batch.full()) {
    batch.BeginRow();
    int outcome = mysql_stmt_fetch(statement_.get());
    if (outcome == 0 && !decode_failure_) continue;
    batch.AbandonRow();
    if (decode_failure_) std::rethrow_exception(std::exchange(decode_failure_, nullptr));
    // Nothing else is an end of rows: after KILL QUERY the statement's own error number is 0.
    if (outcome != MYSQL_NO_DATA) Fail("reading rows of " + table_);
    statement_.reset();
    return false;
  }
  return true;
}

// A kill that came between two statements, or with the end of one, has ended nothing.
void MySqlRowReader::ThrowIfCancelled() {
  if (cancelled_) Rethrow(StatementError(kQueryInterrupted, "cancelled", "reading " + table_));
}

void MySqlRowReader::Fail(std::string_view doing) {
  unsigned number = mysql_errno(connection_->handle());
  std::string message = mysql_error(connection_->handle());
  if (number == 0 && statement_) {
    number = mysql_stmt_errno(statement_.get());
    message = mysql_stmt_error(statement_.get());
  }
  if (number == 0) {
    number = kQueryInterrupted;
    message = "the rows stopped without an end and without an error";
  }
  Error error = StatementError(number, message, doing);
  // Closing a statement waits for the server where the connection is in doubt.
  if (error.connection_lost) connection_->Shutdown();
  statement_.reset();
  Rethrow(std::move(error));
}

void MySqlRowReader::Rethrow(Error error) {
  error.engine = version_.engine();
  if (error.table.empty()) error.table = table_;
  if (error.connection_lost || error.snapshot_lost) broken_ = true;
  if (cancelled_) {
    error.interrupted = true;
    error.retryable = false;
  }
  throw error;
}

void MySqlRowReader::Abandon() {
  const bool was_cancelled = cancelled_.exchange(false);
  auto lose = [&](const std::string& why) {
    broken_ = true;
    connection_->Shutdown();
    statement_.reset();
    Error error("the snapshot of a source connection was given up: " + why);
    error.engine = version_.engine();
    error.table = table_;
    error.connection_lost = error.snapshot_lost = true;
    throw error;
  };
  if (broken_) lose("the connection was lost");
  if (!statement_) {
    if (was_cancelled) Settle();
    return;
  }
  try {
    KillQuery(connection_->endpoint(), connection_->id());
  } catch (const Error& error) {
    lose(error.what());
  }
  // Rows that were on their way come first, then the error, or the end when the kill was late.
  RowBatch scratch;
  batch_ = &scratch;
  int outcome = 0;
  while (outcome == 0) {
    scratch.Clear();
    scratch.BeginRow();
    outcome = mysql_stmt_fetch(statement_.get());
  }
  decode_failure_ = nullptr;
  if (outcome != MYSQL_NO_DATA && connection_->error_number() != kQueryInterrupted) {
    lose(mysql_error(connection_->handle()));
  }
  statement_.reset();
  Settle();
}

void MySqlRowReader::Settle() {
  for (int attempt = 0; attempt < 3; ++attempt) {
    try {
      connection_->Query("DO 0");
      return;
    } catch (const Error& error) {
      // A kill that came after its query hits the next statement instead.
      if (error.code != std::to_string(kQueryInterrupted)) Rethrow(error);
    }
  }
}

// The first call ends the query and leaves the connection, and with it the snapshot, alone. A
// second one is for a connection on which that did not help.
void MySqlRowReader::Cancel() noexcept {
  const bool again = cancelled_.exchange(true);
  std::lock_guard lock(cancel_mutex_);
  if (!connection_) return;
  try {
    // Without it the server would go on working for nobody.
    KillQuery(connection_->endpoint(), connection_->id());
    if (!again) return;
  } catch (const std::exception&) {
    // The server is out of reach: what is left is to stop waiting for it, below.
    broken_ = true;
  }
  connection_->Shutdown();
}

SqlResult MySqlRowReader::PatientQuery(const std::string& sql) {
  if (statement_) throw BugError("a reader was asked something else while reading " + table_);
  try {
    connection_->Send(sql);
    return connection_->ReceivePatiently(sql);
  } catch (const Error& error) {
    Rethrow(error);
  }
}

TableKey MySqlRowReader::Key(const std::string& schema, const std::string& table,
                             const std::vector<std::string>& columns) {
  if (auto known = known_keys_->Find(schema, table, columns)) return *std::move(known);
  std::string subject = QuoteTable(schema, table);
  auto place = std::make_pair(subject, Join(columns, "\n"));
  auto found = keys_.find(place);
  if (found == keys_.end()) {
    found = keys_.emplace(place, LookUpKey(*connection_, schema, table, columns)).first;
  }
  return found->second;
}

std::uint64_t MySqlRowReader::CountRows(const std::string& schema, const std::string& table,
                                        const std::string& where) {
  table_ = schema + "." + table;
  JoinTable(schema, table);
  SqlResult result =
      PatientQuery("SELECT COUNT(*) FROM " + QuoteTable(schema, table) + WhereClause({where}));
  tables_->SetHeld(schema, table, connection_->id());
  // A RENAME that puts another table in a table's place goes unnoticed by the server, as long as
  // the table in its place is older than the snapshot: none of its rows is newer then. From now on
  // this transaction keeps its name from being taken away.
  if (!tables_->Unchanged(schema, table)) {
    Rethrow(StatementError(kTableChanged, "it is no longer the table of that name",
                           "counting rows of " + table_));
  }
  return std::stoull(result.rows.at(0).at(0).value_or("0"));
}

// A statement like ALTER that waits for a transaction of this snapshot to end lets no other in, so
// that they would wait for one another, with every writer of the table behind them.
void MySqlRowReader::JoinTable(const std::string& schema, const std::string& table) {
  if (!tables_->Held(schema, table)) return;
  if (tables_->HeldBy(schema, table, connection_->id())) return;
  try {
    connection_->Query("SET SESSION lock_wait_timeout = 5");
    PatientQuery(fmt::format("SELECT NULL FROM {} LIMIT 0", QuoteTable(schema, table)));
    connection_->Query("SET SESSION lock_wait_timeout = 60");
  } catch (const Error& error) {
    if (error.code != std::to_string(kLockWaitTimeout)) Rethrow(error);
    Error waits(fmt::format(
        "source: a statement like ALTER or TRUNCATE waits for this snapshot to release {}.{}, and "
        "keeps others waiting: the snapshot is given up",
        schema, table));
    waits.code = error.code;
    waits.snapshot_lost = true;
    Rethrow(std::move(waits));
  }
}

std::optional<KeyBound> MySqlRowReader::BoundaryAfter(const std::string& schema,
                                                      const std::string& table,
                                                      const PartitionRange& range,
                                                      std::uint64_t rows) {
  table_ = schema + "." + table;
  if (range.by != SplitBy::kKey || range.only_nulls || rows == 0) return std::nullopt;
  JoinTable(schema, table);
  const TableKey key = Key(schema, table, range.columns);
  SqlResult result =
      PatientQuery(fmt::format("SELECT {} FROM {}{}{} ORDER BY {} LIMIT 1 OFFSET {}",
                               BoundColumns(key), QuoteTable(schema, table), key.IndexHint(),
                               WhereClause({RangeCondition(key, range)}), key.ColumnList(), rows));
  std::optional<KeyBound> bound = BoundOf(result);
  if (range.lower && bound == range.lower) return std::nullopt;
  return bound;
}

// The same query in the same snapshot gives the same rows: the one after those delivered begins the
// rest. Walking the index once more costs less than carrying bounds along with every row.
std::optional<KeyBound> MySqlRowReader::CutAfter(std::uint64_t rows) {
  if (!statement_ || cut_sql_.empty() || cancelled_) return std::nullopt;
  Abandon();
  std::optional<KeyBound> bound = BoundOf(PatientQuery(cut_sql_ + std::to_string(rows)));
  // No row after them: they were all, and the server has said so.
  ended_by_cut_ = !bound;
  return bound;
}

std::unique_ptr<DataConnection> MySqlRowReader::TakeConnection() {
  std::lock_guard lock(cancel_mutex_);
  if (broken_ || cancelled_ || statement_) return nullptr;
  return std::move(connection_);
}

}  // namespace transload::mysql
