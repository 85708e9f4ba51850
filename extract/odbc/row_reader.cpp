#include "extract/odbc/row_reader.h"

#include <fmt/format.h>
#include <sqlext.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "extract/odbc/query.h"
#include "extract/odbc/select_sql.h"

namespace transload::odbc {
namespace {

// Drivers end a statement at a NUL.
bool CanBeLiteral(const KeyBound& bound) {
  return std::all_of(bound.begin(), bound.end(), [](const std::string& value) {
    return value.find('\0') == std::string::npos;
  });
}

bool IsFixed(CellFormat format) { return TransportOf(format, TextAs::kWide).fixed_bytes > 0; }

// FNV-1a: the same rows on every reading, whatever their order and partitions.
std::uint64_t SampleHash(std::string_view row) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : row) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash ^ (hash >> 32);
}

}  // namespace

OdbcRowReader::OdbcRowReader(std::unique_ptr<Connection> connection, ReadingContext& context)
    : connection_(std::move(connection)),
      statement_(std::make_unique<Statement>(*connection_)),
      context_(context),
      rows_(*statement_) {}

OdbcRowReader::~OdbcRowReader() {
  std::lock_guard lock(cancel_mutex_);
  // Closing a statement reads its rows to the end in some drivers.
  if (statement_ && rows_.open()) SQLCancel(statement_->get());
  statement_.reset();
}

void OdbcRowReader::Open(const ReadRequest& request) {
  ended_by_cut_ = false;
  if (rows_.open()) throw BugError("a reader was opened while its last partition was unfinished");
  request_ = request;
  table_ = SourceLabel(request.schema, request.table);
  width_key_ = table_;
  for (const ReadColumn& column : request.columns)
    width_key_ += "\n" + ColumnSql(context_.naming, column);
  try {
    CheckCancelled();
    Start();
  } catch (const Error& error) {
    Rethrow(error);
  }
}

void OdbcRowReader::Start() {
  const ColumnWidths widths = Widths();
  std::vector<BlockColumn> columns;
  for (std::size_t i = 0; i < request_.columns.size(); ++i) {
    columns.push_back({request_.columns[i].name, request_.columns[i].format, widths[i]});
  }
  const std::string sql = SelectSql(context_, request_, BlockReader::SelectOrder(columns));
  rows_.Open(sql, std::move(columns), context_.quirks->text);
}

ColumnWidths OdbcRowReader::Widths() {
  if (auto known = context_.widths.Find(width_key_)) return *known;
  context_.widths.Store(width_key_, MeasureWidths());
  return *context_.widths.Find(width_key_);
}

// By the driver's description of an empty result, and where that is not enough by the longest
// value that the source itself finds.
ColumnWidths OdbcRowReader::MeasureWidths() {
  ColumnWidths widths(request_.columns.size());
  ReadRequest empty = request_;
  empty.range = {};
  empty.where = "1 = 0";
  empty.in_key_order = false;
  std::vector<std::size_t> order(request_.columns.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  statement_->Execute(SelectSql(context_, empty, order));
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const CellFormat format = request_.columns[i].format;
    if (IsFixed(format)) continue;
    SQLSMALLINT type = 0;
    SQLULEN size = 0;
    // Nobody wants the name, but psqlodbc fails when it has nowhere to put it.
    std::array<SQLWCHAR, 256> name;
    SQLSMALLINT name_size = 0;
    statement_->Check(SQLDescribeColW(statement_->get(), static_cast<SQLUSMALLINT>(i + 1),
                                      name.data(), static_cast<SQLSMALLINT>(name.size()),
                                      &name_size, &type, &size, nullptr, nullptr),
                      "describing column " + request_.columns[i].name);
    widths[i] =
        BytesByDescription(format, {type, static_cast<std::size_t>(size)}, *context_.quirks);
    if (!widths[i]) unknown.push_back(i);
  }
  statement_->Close();
  if (!unknown.empty()) MeasureOctets(unknown, widths);
  return widths;
}

void OdbcRowReader::MeasureOctets(const std::vector<std::size_t>& columns, ColumnWidths& widths) {
  std::vector<std::string> terms;
  for (const std::size_t i : columns) {
    const CellFormat format = request_.columns[i].format;
    const bool bytes = format == CellFormat::kBytes || format == CellFormat::kBits;
    const std::string_view pattern =
        bytes ? context_.traits->byte_octets : context_.traits->text_octets;
    if (pattern.empty()) return;  // all of them in pieces
    terms.push_back("MAX(" + Fill(pattern, ColumnSql(context_.naming, request_.columns[i])) + ")");
  }
  const ResultTable longest =
      RunQuery(*statement_, fmt::format("SELECT {} FROM {}", Join(terms, ", "),
                                        context_.naming.Table(request_.schema, request_.table)));
  for (std::size_t at = 0; at < columns.size() && !longest.rows.empty(); ++at) {
    const auto octets =
        static_cast<std::size_t>(std::max<std::int64_t>(0, longest.Number(0, at).value_or(0)));
    const std::size_t bytes = BytesByOctets(request_.columns[columns[at]].format, octets);
    if (bytes <= kLongestBound) widths[columns[at]] = bytes;
  }
}

void OdbcRowReader::CheckCancelled() {
  if (!cancelled_) return;
  throw Error("reading " + table_ + " was cancelled");
}

// Values did not fit: nothing of their block was handed out. Those columns come in pieces from now
// on; where rows were handed out before, the partition has to start again.
void OdbcRowReader::Resize(const Overflow& overflow) {
  const bool started = rows_.rows() > 0;
  std::vector<std::string> names;
  for (const std::size_t column : overflow.columns) {
    context_.widths.Unbind(width_key_, column);
    names.push_back(request_.columns[column].name);
  }
  rows_.Close();
  if (!started) {
    Start();
    return;
  }
  Error error(
      fmt::format("values of {} were longer than the driver's description of them: the "
                  "partition is read again with these columns in pieces ({})",
                  table_, Join(names, ", ")));
  error.retryable = true;
  throw error;
}

void OdbcRowReader::TakeSample(RowBatch& batch, std::size_t first) const {
  RowBatch all = std::exchange(batch, {});
  const auto share = static_cast<std::uint64_t>(std::llround(*request_.sample_percent * 10'000));
  for (std::size_t row = 0; row < all.rows(); ++row) {
    const std::string_view cells = all.Row(row);
    if (row < first || SampleHash(cells) % 1'000'000 < share) batch.AppendFramedRow(cells);
  }
}

bool OdbcRowReader::Read(RowBatch& batch) {
  if (ended_by_cut_) return false;
  try {
    while (true) {
      CheckCancelled();
      const std::size_t first = batch.rows();
      const BlockReader::Outcome outcome = rows_.Read(batch);
      if (request_.sample_percent) TakeSample(batch, first);
      if (!outcome.overflow) {
        if (outcome.more && !batch.full()) continue;
        return outcome.more;
      }
      Resize(*outcome.overflow);
    }
  } catch (const Error& error) {
    Rethrow(error);
  }
}

void OdbcRowReader::Rethrow(Error error) {
  error.engine = context_.engine;
  if (error.table.empty()) error.table = table_;
  if (error.connection_lost) broken_ = true;
  rows_.Close();
  if (cancelled_) {
    error.interrupted = true;
    error.retryable = false;
  }
  throw error;
}

void OdbcRowReader::Abandon() {
  cancelled_ = false;
  if (rows_.open()) {
    SQLCancel(statement_->get());
    rows_.Close();
  }
  if (!broken_ && !connection_->dead()) return;
  broken_ = true;
  Error error("a source connection was lost, and its snapshot with it");
  error.engine = context_.engine;
  error.table = table_;
  error.connection_lost = error.snapshot_lost = true;
  throw error;
}

void OdbcRowReader::Cancel() noexcept {
  cancelled_ = true;
  std::lock_guard lock(cancel_mutex_);
  if (statement_) SQLCancel(statement_->get());
}

std::uint64_t OdbcRowReader::CountRows(const std::string& schema, const std::string& table,
                                       const std::string& where) {
  table_ = SourceLabel(schema, table);
  try {
    CheckCancelled();
    const Value count = Scalar(*statement_, CountSql(context_, schema, table, where));
    return std::stoull(count.value_or("0"));
  } catch (const Error& error) {
    Rethrow(error);
  }
}

std::optional<KeyBound> OdbcRowReader::KeyAfter(const std::string& schema, const std::string& table,
                                                const PartitionRange& range,
                                                const std::string& where, std::uint64_t rows) {
  const ResultTable found =
      RunQuery(*statement_, KeyAfterSql(context_, schema, table, range, where, rows));
  if (found.rows.empty()) return std::nullopt;
  KeyBound bound;
  for (const Value& value : found.rows[0]) bound.push_back(value.value_or(""));
  return bound;
}

std::optional<KeyBound> OdbcRowReader::BoundaryAfter(const std::string& schema,
                                                     const std::string& table,
                                                     const PartitionRange& range,
                                                     std::uint64_t rows) {
  table_ = SourceLabel(schema, table);
  if (range.by != SplitBy::kKey || rows == 0 || context_.one_row_after.empty()) return std::nullopt;
  try {
    CheckCancelled();
    std::optional<KeyBound> bound = KeyAfter(schema, table, range, "", rows);
    if (!bound || range.lower == bound || !CanBeLiteral(*bound)) return std::nullopt;
    return bound;
  } catch (const Error& error) {
    Rethrow(error);
  }
}

// The same query in the same snapshot gives the same rows: the one after those delivered begins the
// rest.
std::optional<KeyBound> OdbcRowReader::CutAfter(std::uint64_t rows) {
  const bool ordered = request_.in_key_order && request_.range.by == SplitBy::kKey;
  if (!rows_.open() || !ordered || request_.sample_percent || cancelled_ ||
      context_.one_row_after.empty()) {
    return std::nullopt;
  }
  try {
    SQLCancel(statement_->get());
    rows_.Close();
    std::optional<KeyBound> bound =
        KeyAfter(request_.schema, request_.table, request_.range, request_.where, rows);
    if (bound && !CanBeLiteral(*bound)) {
      Error error("the key of a row holds a NUL, where a large partition is to be cut");
      error.retryable = true;
      throw error;
    }
    // No row after them: they were all, and the source has said so.
    ended_by_cut_ = !bound;
    return bound;
  } catch (const Error& error) {
    Rethrow(error);
  }
}

std::unique_ptr<Connection> OdbcRowReader::TakeConnection() {
  std::lock_guard lock(cancel_mutex_);
  if (broken_ || cancelled_ || rows_.open()) return nullptr;
  statement_.reset();
  return std::move(connection_);
}

}  // namespace transload::odbc
