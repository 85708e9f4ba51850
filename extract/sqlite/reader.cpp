#include "extract/sqlite/reader.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "extract/where_clause.h"

namespace transload::sqlite {
namespace {

// A sample that a second reading finds again where rows have a rowid: a fixed shuffle of it.
std::string SampleSql(const TableKey& key, double percent) {
  const auto parts = static_cast<std::int64_t>(std::llround(percent * 10'000));
  if (key.by != SplitBy::kRowid) return fmt::format("abs(random() % 1000000) < {}", parts);
  return fmt::format("abs({} % 1000003) * 7919 % 1000003 < {}", key.Sql(), parts);
}

std::string SelectSql(const ReadRequest& request, const TableKey& key,
                      const Connection& connection) {
  std::vector<std::string> values;
  for (const ReadColumn& column : request.columns) {
    values.push_back(column.expression.empty() ? QuoteName(column.name) : column.expression);
  }
  std::string sql = "SELECT ";
  if (!request.in_key_order) {
    sql += connection.RowCalls({}, values);
  } else {
    // Where SQLite sorts, it would call the function before.
    // A row of no columns is still a row: the last one is never looked at.
    for (const std::string& value : values) sql += value + ",";
    sql += "1";
  }
  sql += " FROM main." + QuoteName(request.table);
  if (!request.range.whole_table()) sql += " NOT INDEXED";
  sql += WhereClause(
      {RangeSql(key, request.range), request.where,
       request.sample_percent ? SampleSql(key, *request.sample_percent) : std::string()});
  if (request.in_key_order && key.by != SplitBy::kNothing) sql += " ORDER BY " + key.OrderSql();
  return sql;
}

std::unique_ptr<StoredRows> OpenStored(const ReadRequest& request, const TableKey& key,
                                       Connection& connection) {
  const bool plain = request.as_stored && request.where.empty() && !request.sample_percent &&
                     !request.range.only_nulls;
  if (!plain) return nullptr;
  std::vector<std::string> names;
  for (const ReadColumn& column : request.columns) {
    if (!column.expression.empty()) return nullptr;
    names.push_back(column.name);
  }
  std::unique_ptr<StoredRows> rows = StoredRows::Of(connection, request.table, key, names);
  if (rows) rows->Seek(request.range);
  return rows;
}

char* DynamicCell(RowBatch& batch, DynamicClass storage, std::size_t size) {
  char* to = batch.AppendCell(static_cast<std::uint32_t>(size + 1));
  *to = static_cast<char>(storage);
  return to + 1;
}

void AppendBytes(RowBatch& batch, DynamicClass storage, std::string_view bytes) {
  char* to = DynamicCell(batch, storage, bytes.size());
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
}

}  // namespace

Reader::Reader(std::unique_ptr<Connection> connection, Position unlocked)
    : connection_(std::move(connection)), unlocked_(std::move(unlocked)) {
  connection_->set_failure_code(ExitCode::kStopped);
}

void Reader::Close() {
  rows_.Close();
  stored_.reset();
}

void Reader::Open(const ReadRequest& request) {
  Close();
  connection_->set_table(request.table);
  TableKey key = FindTableKey(*connection_, request.table);
  if (!request.range.whole_table() && request.range.by != key.by) {
    Error error(fmt::format("{}: a partition by {} no longer fits the table", request.table,
                            request.range.Describe()));
    error.table = request.table;
    throw error;
  }
  stored_ = OpenStored(request, key, *connection_);
  if (stored_) return;
  rows_ = Statement(*connection_, SelectSql(request, key, *connection_));
  BindRange(rows_, key, request.range);
  taken_ = !request.in_key_order;
  connection_->OnRow([this](int part, const Values& values) { AppendValues(part, values); });
  utf8_ = connection_->StoresUtf8();
  columns_ = static_cast<int>(request.columns.size());
}

bool Reader::Read(RowBatch& batch) {
  if (!rows_ && !stored_) throw BugError("a SQLite reader was read before it was opened");
  batch_ = &batch;
  while (!batch.full()) {
    if (stored_ ? !stored_->Next() : !rows_.Step()) {
      Close();
      ProveUnmoved();
      return false;
    }
    if (stored_) {
      AppendStored();
      continue;
    }
    if (taken_) continue;
    batch.BeginRow();
    for (int column = 0; column < columns_; ++column) AppendValue(rows_.At(column));
  }
  return true;
}

void Reader::AppendValues(int part, const Values& values) {
  if (part == 0) batch_->BeginRow();
  for (int i = 0; i < values.size(); ++i) AppendValue(values.At(i));
}

void Reader::AppendStored() {
  batch_->BeginRow();
  for (std::size_t i = 0; i < stored_->size(); ++i) AppendValue(stored_->At(i));
}

template <class AnyValue>
void Reader::AppendValue(const AnyValue& value) {
  switch (value.Class()) {
    case SQLITE_INTEGER: {
      const std::int64_t integer = value.Integer();
      std::memcpy(DynamicCell(*batch_, DynamicClass::kInteger, 8), &integer, 8);
      break;
    }
    case SQLITE_FLOAT: {
      const double real = value.Real();
      std::memcpy(DynamicCell(*batch_, DynamicClass::kReal, 8), &real, 8);
      break;
    }
    case SQLITE_TEXT:
      AppendBytes(*batch_, DynamicClass::kText, utf8_ ? value.StoredBytes() : value.Text());
      break;
    case SQLITE_BLOB:
      AppendBytes(*batch_, DynamicClass::kBlob, value.StoredBytes());
      break;
    default:
      batch_->AppendNull();
  }
}

void Reader::ProveUnmoved() {
  if (unlocked_.empty() || ReadPosition(*connection_) == unlocked_) return;
  Error error(connection_->path() +
              " was written while it was read without locks (the file cannot be locked by this "
              "user): what was read may mix two states; use --snapshot-copy, or stop the writer");
  error.engine = "SQLite";
  error.snapshot_lost = true;
  throw error;
}

void Reader::Abandon() {
  Close();
  connection_->ClearInterrupt();
  if (unlocked_.empty() && !connection_->in_transaction()) {
    Error error("the view of " + connection_->path() + " is lost");
    error.engine = "SQLite";
    error.snapshot_lost = true;
    throw error;
  }
}

std::uint64_t Reader::CountRows(const std::string& /*schema*/, const std::string& table,
                                const std::string& where) {
  Close();
  connection_->set_table(table);
  return static_cast<std::uint64_t>(
      connection_->Integer("SELECT count(*) FROM main." + QuoteName(table) + WhereClause({where})));
}

std::optional<KeyBound> Reader::BoundaryAfter(const std::string& /*schema*/,
                                              const std::string& table, const PartitionRange& range,
                                              std::uint64_t rows) {
  Close();
  return FindBoundary(*connection_, table, FindTableKey(*connection_, table), range, rows);
}

std::unique_ptr<Connection> Reader::TakeConnection() {
  Close();
  connection_->OnRow({});
  connection_->set_table("");
  connection_->ClearInterrupt();
  const bool sound = !unlocked_.empty() || connection_->in_transaction();
  return sound ? std::move(connection_) : nullptr;
}

}  // namespace transload::sqlite
