#include "extract/sqlite/table_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>

#include "core/hex.h"
#include "extract/sqlite/column_scan.h"
#include "extract/sqlite/stored_rows.h"

namespace transload::sqlite {
namespace {

constexpr std::uint64_t kChunkBytes = std::uint64_t{4} << 20;
constexpr std::uint64_t kChunkRows = 20'000;
constexpr std::size_t kSampleChars = 60;

struct ChunkLimit {
  std::uint64_t rows = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
};

// Hands out ranges of rowids, in order, to whichever thread asks. How many rows a range has is only
// known when it was read: the next ones become wider or narrower by that, and what a reader finds
// too many of it gives back. So no pass is spent on finding boundaries.
class ChunkWalk {
 public:
  ChunkWalk(Connection& connection, const std::string& table, TableKey key) : key_(std::move(key)) {
    const std::uint64_t row_bytes = std::max<std::uint64_t>(SampleRowBytes(connection, table), 1);
    chunk_rows_ = std::clamp<std::uint64_t>(kChunkBytes / row_bytes, 16, kChunkRows);
    span_ = chunk_rows_;
    // Two queries: SQLite finds one end of a tree at once, but not both in one.
    Statement ends(connection, fmt::format("SELECT (SELECT min({0}) FROM main.{1} NOT INDEXED), "
                                           "(SELECT max({0}) FROM main.{1} NOT INDEXED)",
                                           key_.Sql(), QuoteName(table)));
    done_ = !ends.Step() || ends.IsNull(0);
    if (done_) {
      rest_.push_back(Everything());  // the state of another connection may have rows
    } else {
      next_ = ends.Integer(0);
      last_ = ends.Integer(1);
    }
  }

  const TableKey& key() const { return key_; }
  // A reader gives back what is beyond.
  ChunkLimit limit() const { return {2 * chunk_rows_, 4 * kChunkBytes}; }

  std::optional<PartitionRange> Next() {
    const std::lock_guard lock(mutex_);
    if (!rest_.empty()) {
      PartitionRange range = rest_.back();
      rest_.pop_back();
      return range;
    }
    if (done_) return std::nullopt;
    PartitionRange range = Everything();
    if (begun_) range.lower = KeyBound{std::to_string(next_)};
    begun_ = true;
    // As unsigned numbers the distance of two rowids never overflows.
    done_ = static_cast<std::uint64_t>(last_) - static_cast<std::uint64_t>(next_) < span_;
    if (done_) return range;
    next_ = static_cast<std::int64_t>(static_cast<std::uint64_t>(next_) + span_);
    range.upper = KeyBound{std::to_string(next_)};
    return range;
  }

  void Read(std::uint64_t rows, std::optional<PartitionRange> rest) {
    const std::lock_guard lock(mutex_);
    if (rest) {
      rest_.push_back(std::move(*rest));
      span_ = std::max<std::uint64_t>(span_ / 2, chunk_rows_);
    } else if (rows < chunk_rows_ / 2 && span_ < kWidestSpan) {
      span_ *= 2;
    }
  }

 private:
  static constexpr std::uint64_t kWidestSpan = std::uint64_t{1} << 62;

  PartitionRange Everything() const {
    PartitionRange range;
    range.by = key_.by;
    range.columns = key_.columns;
    return range;
  }

  std::mutex mutex_;
  TableKey key_;
  std::uint64_t chunk_rows_ = kChunkRows;
  std::uint64_t span_ = kChunkRows;
  std::int64_t next_ = 0;
  std::int64_t last_ = 0;
  bool begun_ = false;
  bool done_ = false;
  std::vector<PartitionRange> rest_;
};

std::string NumberText(const Value& value) { return std::string(value.Text()); }
std::string NumberText(const StoredValue& value) {
  if (value.Class() == SQLITE_INTEGER) return std::to_string(value.Integer());
  std::array<char, 40> text;  // as SQLite prints it
  return sqlite3_snprintf(static_cast<int>(text.size()), text.data(), "%!.15g", value.Real());
}

// How a value is shown to the user: '5x', x'00ff', 1.5.
template <class AnyValue>
std::string Shown(const AnyValue& value) {
  if (value.Class() == SQLITE_BLOB) {
    const std::string_view bytes = value.StoredBytes();
    return "x'" + LowerHex(bytes.substr(0, kSampleChars / 2)) +
           (bytes.size() > kSampleChars / 2 ? "...'" : "'");
  }
  if (value.Class() == SQLITE_NULL) return "";
  if (value.Class() != SQLITE_TEXT) return NumberText(value);
  std::string text = "'";
  const std::string_view bytes = value.Text();
  for (unsigned char byte : bytes.substr(0, kSampleChars)) {
    // Only ASCII is sure to be shown as it stands: these may be ill-formed bytes.
    text += byte >= 0x20 && byte < 0x7f ? std::string(1, static_cast<char>(byte))
                                        : fmt::format("\\x{:02x}", byte);
  }
  return text + (bytes.size() > kSampleChars ? "...'" : "'");
}

class ChunkScanner {
 public:
  ChunkScanner(Connection& connection, const SourceTable& table, const TableKey& key,
               const std::vector<const SourceColumn*>& columns)
      : connection_(connection), table_(table), key_(key), utf8_(connection.StoresUtf8()) {
    for (const SourceColumn* column : columns) {
      columns_.emplace_back(*column);
      names_.push_back(column->name);
    }
    stored_ = StoredRows::Of(connection, table.name, key, names_);
    if (!stored_) SelectThroughSql();
  }

  // Reads a range up to a limit, and returns the range of the rows beyond.
  std::optional<PartitionRange> Scan(const PartitionRange& range, const ChunkLimit& limit,
                                     std::uint64_t& rows) {
    chunk_ = {range.lower, 0, 0};
    std::optional<PartitionRange> rest =
        stored_ ? ScanStored(range, limit) : ScanThroughSql(range, limit);
    rows = chunk_.rows;
    if (rows > 0 || !chunk_.lower) chunks_.push_back(std::move(chunk_));
    return rest;
  }

  std::vector<ColumnScan>& columns() { return columns_; }
  std::vector<ScanChunk>& chunks() { return chunks_; }

 private:
  static constexpr std::size_t kMostLabels = 16;

  bool Full(const ChunkLimit& limit) const {
    return chunk_.rows == limit.rows || chunk_.bytes >= limit.bytes;
  }

  std::optional<PartitionRange> ScanStored(const PartitionRange& range, const ChunkLimit& limit) {
    const auto label = [this] { return fmt::format("rowid {}: ", stored_->rowid()); };
    stored_->Seek(range);
    while (stored_->Next()) {
      if (Full(limit)) {
        PartitionRange rest = range;
        rest.lower = KeyBound{std::to_string(stored_->rowid())};
        return rest;
      }
      ++chunk_.rows;
      for (std::size_t i = 0; i < columns_.size(); ++i) Look(stored_->At(i), columns_[i], label);
    }
    return std::nullopt;
  }

  void SelectThroughSql() {
    std::vector<std::string> labels, values;
    if (key_.by == SplitBy::kRowid) labels.push_back(QuoteName(key_.rowid));
    for (std::size_t i = 0; key_.by == SplitBy::kKey && i < key_.columns.size(); ++i) {
      if (i < kMostLabels) labels.push_back(QuoteName(key_.columns[i]));
    }
    for (const std::string& name : names_) values.push_back(QuoteName(name));
    labels_ = static_cast<int>(labels.size());
    select_ = connection_.RowCalls(labels, values);
    // Where rows beyond a limit begin.
    if (key_.by == SplitBy::kRowid) select_ += "," + labels[0];
  }

  std::optional<PartitionRange> ScanThroughSql(const PartitionRange& range,
                                               const ChunkLimit& limit) {
    const std::string where = RangeSql(key_, range);
    Statement row(connection_,
                  fmt::format("SELECT {} FROM main.{} NOT INDEXED{}{}{}", select_,
                              QuoteName(table_.name), where.empty() ? "" : " WHERE ", where,
                              key_.by == SplitBy::kRowid ? " ORDER BY " + key_.Sql() : ""));
    BindRange(row, key_, range);
    bool beyond = false;
    connection_.OnRow([&](int part, const Values& values) {
      if (part == 0) {
        beyond = Full(limit);
        if (!beyond) ++chunk_.rows;
        column_ = columns_.data();
      }
      const auto label = [&] { return Label(values); };
      for (int i = labels_; !beyond && i < values.size(); ++i) {
        Look(values.At(i), *column_++, label);
      }
    });
    while (row.Step()) {
      if (!beyond) continue;
      PartitionRange rest = range;
      rest.lower = ReadBound(row, row.columns() - 1, key_);
      return rest;
    }
    return std::nullopt;
  }

  template <class AnyValue, class Label>
  void Look(const AnyValue& value, ColumnScan& column, const Label& label) {
    std::uint64_t bytes = 8;
    switch (value.Class()) {
      case SQLITE_INTEGER:
        column.AddInteger(value.Integer());
        break;
      case SQLITE_FLOAT:
        column.AddReal(value.Real());
        break;
      case SQLITE_TEXT: {
        const std::string_view text = utf8_ ? value.StoredBytes() : value.Text();
        bytes = text.size();
        column.AddText(text);
        break;
      }
      case SQLITE_BLOB: {
        const std::string_view blob = value.StoredBytes();
        bytes = blob.size();
        column.AddBlob(blob);
        break;
      }
      default:
        column.AddNull();
        return;
    }
    chunk_.bytes += bytes;
    if (column.WantsSample()) column.KeepSample(label() + Shown(value));
  }

  std::string Label(const Values& values) const {
    std::string label;
    for (int i = 0; i < labels_; ++i) label += (i == 0 ? "" : ", ") + Shown(values.At(i));
    if (key_.by == SplitBy::kRowid) return "rowid " + label + ": ";
    return labels_ == 0 ? "" : "key " + label + ": ";
  }

  Connection& connection_;
  const SourceTable& table_;
  const TableKey& key_;
  const bool utf8_;
  std::vector<std::string> names_;
  std::unique_ptr<StoredRows> stored_;
  // Where the rows are asked of SQLite.
  std::string select_;
  int labels_ = 0;
  std::vector<ColumnScan> columns_;
  std::vector<ScanChunk> chunks_;
  // Of the range that is read.
  ScanChunk chunk_;
  ColumnScan* column_ = nullptr;
};

// Runs every scanner until the walk has no more chunks; the first failure ends them all.
void ScanAll(std::vector<ChunkScanner>& scanners, ChunkWalk& walk) {
  std::exception_ptr failure;
  std::mutex mutex;
  std::atomic<bool> stop{false};
  const auto work = [&](ChunkScanner& scanner) {
    try {
      while (!stop) {
        const std::optional<PartitionRange> range = walk.Next();
        if (!range) break;
        std::uint64_t rows = 0;
        std::optional<PartitionRange> rest = scanner.Scan(*range, walk.limit(), rows);
        walk.Read(rows, std::move(rest));
      }
    } catch (const std::exception&) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      stop = true;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < scanners.size(); ++i) {
      threads.emplace_back([&work, &scanner = scanners[i]] { work(scanner); });
    }
    work(scanners.front());
  }
  if (failure) std::rethrow_exception(failure);
}

// Shorter than its key's order, no string compare: bounds are the adapter's own decimals.
bool StartsBefore(const ScanChunk& a, const ScanChunk& b) {
  if (!a.lower || !b.lower) return !a.lower && b.lower;
  return std::stoll(a.lower->front()) < std::stoll(b.lower->front());
}

}  // namespace

std::uint64_t SampleRowBytes(Connection& connection, const std::string& table) {
  // What is computed is not in the file.
  std::string names;
  Statement column(connection,
                   fmt::format("SELECT name FROM pragma_table_xinfo({}) WHERE hidden IN (0, 3)",
                               QuoteText(table)));
  while (column.Step()) names += (names.empty() ? "" : ",") + QuoteName(column.Text(0));
  Statement row(connection,
                fmt::format("SELECT {} FROM main.{} LIMIT 64", names, QuoteName(table)));
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  while (row.Step()) {
    ++rows;
    for (int i = 0; i < row.columns(); ++i) {
      const int storage = row.Class(i);
      const bool sized = storage == SQLITE_TEXT || storage == SQLITE_BLOB;
      bytes += sized ? row.Bytes(i).size() : (storage == SQLITE_NULL ? 1 : 8);
    }
  }
  return rows == 0 ? 0 : bytes / rows;
}

TableScan ScanTable(const std::vector<Connection*>& connections, const SourceTable& table,
                    const std::vector<std::string>& columns) {
  std::vector<const SourceColumn*> sources;
  for (const std::string& name : columns) {
    const SourceColumn* column = table.FindColumn(name);
    if (column == nullptr) throw BugError(table.name + " has no column " + name);
    sources.push_back(column);
  }
  for (Connection* connection : connections) connection->set_table(table.name);
  TableKey key = FindTableKey(*connections.front(), table.name);
  // Without a rowid the labels come from the key, and one pass reads the table whole.
  const bool chunked = key.by == SplitBy::kRowid && connections.size() > 1;
  TableScan result;
  std::vector<ChunkScanner> scanners;
  const std::size_t threads = chunked ? connections.size() : 1;
  for (std::size_t i = 0; i < threads; ++i) {
    scanners.emplace_back(*connections[i], table, key, sources);
  }
  if (chunked) {
    ChunkWalk walk(*connections.front(), table.name, key);
    ScanAll(scanners, walk);
  } else {
    PartitionRange all;
    all.by = key.by;
    all.columns = key.columns;
    std::uint64_t rows = 0;
    scanners.front().Scan(all, {}, rows);
  }
  std::vector<ColumnScan>& totals = scanners.front().columns();
  for (std::size_t i = 0; i < scanners.size(); ++i) {
    for (std::size_t c = 0; i > 0 && c < totals.size(); ++c) {
      totals[c].Merge(scanners[i].columns()[c]);
    }
    for (ScanChunk& chunk : scanners[i].chunks()) result.chunks.push_back(std::move(chunk));
  }
  if (chunked) std::sort(result.chunks.begin(), result.chunks.end(), StartsBefore);
  for (Connection* connection : connections) connection->set_table("");
  for (const ColumnScan& scan : totals) result.facts.push_back(scan.Facts(table));
  return result;
}

}  // namespace transload::sqlite
