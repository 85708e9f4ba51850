#include "extract/postgres/row_reader.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "core/error.h"
#include "core/postgres_client.h"
#include "extract/postgres/failure.h"
#include "extract/postgres/sql_text.h"
#include "extract/where_clause.h"

namespace transload::postgres {
namespace {

constexpr std::size_t kSignatureBytes = 11;
constexpr std::size_t kHeaderBytes = 19;

std::string RowOf(const KeyBound& bound) {
  std::vector<std::string> values;
  for (const std::string& value : bound) values.push_back(QuoteText(value));
  return values.size() == 1 ? values.front() : fmt::format("({})", fmt::join(values, ", "));
}

std::string KeyOf(const PartitionRange& range) {
  std::vector<std::string> names;
  for (const std::string& name : range.columns) names.push_back(QuoteName(name));
  return names.size() == 1 ? names.front() : fmt::format("({})", fmt::join(names, ", "));
}

}  // namespace

std::string RangeSql(const PartitionRange& range) {
  if (range.whole_table()) return "";
  if (range.only_nulls) return KeyOf(range) + " IS NULL";
  std::vector<std::string> conditions;
  if (range.by == SplitBy::kBlocks) {
    if (range.lower) conditions.push_back(fmt::format("ctid >= '({},0)'::tid", range.lower->at(0)));
    if (range.upper) conditions.push_back(fmt::format("ctid < '({},0)'::tid", range.upper->at(0)));
  } else {
    if (range.lower) conditions.push_back(KeyOf(range) + " >= " + RowOf(*range.lower));
    if (range.upper) conditions.push_back(KeyOf(range) + " < " + RowOf(*range.upper));
  }
  return fmt::format("{}", fmt::join(conditions, " AND "));
}

std::string SelectSql(const ReadRequest& request, bool partitioned) {
  std::vector<std::string> columns;
  for (const ReadColumn& column : request.columns) {
    columns.push_back(column.expression.empty() ? QuoteName(column.name) : column.expression);
  }
  // ONLY: children of an inheriting table are tables of their own.
  std::string sql =
      fmt::format("SELECT {} FROM {}{}", fmt::join(columns, ", "), partitioned ? "" : "ONLY ",
                  QuoteTable(request.schema, request.table));
  if (request.sample_percent) {
    // Repeatable: a verification finds the same rows, as long as none was moved to another place.
    sql += fmt::format(" TABLESAMPLE BERNOULLI ({}) REPEATABLE (1)", *request.sample_percent);
  }
  return sql + WhereClause({RangeSql(request.range), request.where});
}

PostgresRowReader::PostgresRowReader(const Endpoint& endpoint, std::string snapshot_id,
                                     std::shared_ptr<const PartitionedTables> partitioned)
    : connection_(endpoint),
      snapshot_id_(std::move(snapshot_id)),
      partitioned_(std::move(partitioned)) {
  connection_.Exec(kWidenBufferSql);
  Join();
}

void PostgresRowReader::Join() {
  joined_ = holds_all_ = false;
  unchanged_.clear();
  try {
    connection_.Exec("begin isolation level repeatable read read only");
    connection_.Exec("set transaction snapshot " + QuoteText(snapshot_id_));
  } catch (Error& error) {
    if (!error.connection_lost && !error.retryable) {
      Error lost(fmt::format("the exported snapshot {} is gone: {}", snapshot_id_, error.what()));
      lost.engine = error.engine;
      lost.code = error.code;
      lost.snapshot_lost = true;
      throw lost;
    }
    throw;
  }
  joined_ = true;
}

void PostgresRowReader::Hold(const std::vector<std::string>& locks) {
  for (const std::string& lock : locks) connection_.Exec(lock);
  holds_all_ = true;
}

void PostgresRowReader::Know(std::shared_ptr<const PartitionedTables> partitioned) {
  partitioned_ = std::move(partitioned);
}

// The session that keeps the snapshot locks the tables too, and may have gone without a sign.
void PostgresRowReader::LockUnchanged(const std::string& schema, const std::string& table) {
  if (holds_all_ || !unchanged_.emplace(schema, table).second) return;
  const std::string name = QuoteTable(schema, table);
  connection_.Exec("lock table " + name + " in access share mode");
  if (connection_.Exec(AsInSnapshotSql(QuoteText(name))).Bool(0, 0)) return;
  Error error(fmt::format(
      "{} of the source was rewritten, emptied or replaced after the snapshot was taken: its lock "
      "went with the session that kept the snapshot",
      name));
  error.snapshot_lost = true;
  throw error;
}

void PostgresRowReader::Fail(Error error) {
  joined_ = false;  // a failed statement has ended the transaction
  error.table = table_;
  throw error;
}

void PostgresRowReader::Open(const ReadRequest& request) {
  if (open_) throw BugError("a partition is being read already");
  table_ = request.schema + "." + request.table;
  const bool partitioned = partitioned_->contains({request.schema, request.table});
  try {
    LockUnchanged(request.schema, request.table);
    connection_.StartCopy("COPY (" + SelectSql(request, partitioned) +
                          ") TO STDOUT (FORMAT binary)");
  } catch (const Error& error) {
    Fail(error);
  }
  open_ = first_ = true;
  rows_ = 0;
  fields_ = static_cast<std::uint16_t>(request.columns.size());
}

bool PostgresRowReader::Read(RowBatch& batch) {
  if (!open_) return false;
  try {
    std::string_view message;
    while (!batch.full()) {
      if (!connection_.Next(message)) {
        open_ = false;
        if (connection_.copied_rows() == rows_) return false;
        throw ConnectionLost(fmt::format("the server says it sent {} rows, {} arrived",
                                         connection_.copied_rows(), rows_));
      }
      if (first_) {
        if (message.size() < kHeaderBytes) throw ConnectionLost("a binary COPY begins oddly");
        const std::uint32_t extension = LoadBe32(message.data() + kSignatureBytes + 4);
        message.remove_prefix(kHeaderBytes + extension);
        first_ = false;
      }
      if (message.size() < 2) continue;
      const auto fields = static_cast<std::uint16_t>(static_cast<unsigned char>(message[0]) << 8 |
                                                     static_cast<unsigned char>(message[1]));
      if (fields == 0xFFFF) continue;  // the trailer
      if (fields != fields_) {
        throw BugError(fmt::format("a row of {} fields where {} were asked for", fields, fields_));
      }
      batch.AppendFramedRow(message.substr(2));
      ++rows_;
    }
    connection_.DropMessage();  // a huge row need not be held beside its batch
    return true;
  } catch (const Error& error) {
    open_ = false;
    Fail(error);
  }
}

void PostgresRowReader::Abandon() {
  if (!open_ && joined_ && connection_.usable()) return;
  open_ = false;
  connection_.RollBack();
  Join();
}

void PostgresRowReader::Cancel() noexcept { connection_.Cancel(); }

std::uint64_t PostgresRowReader::CountRows(const std::string& schema, const std::string& table,
                                           const std::string& where) {
  table_ = schema + "." + table;
  std::string sql = partitioned_->contains({schema, table}) ? "select count(*) from "
                                                            : "select count(*) from only ";
  sql += QuoteTable(schema, table);
  if (!where.empty()) sql += " where " + where;
  try {
    LockUnchanged(schema, table);
    return connection_.Exec(sql).Count(0, 0);
  } catch (const Error& error) {
    Fail(error);
  }
}

std::optional<KeyBound> PostgresRowReader::BoundaryAfter(const std::string& /*schema*/,
                                                         const std::string& /*table*/,
                                                         const PartitionRange& /*range*/,
                                                         std::uint64_t /*rows*/) {
  return std::nullopt;
}

}  // namespace transload::postgres
