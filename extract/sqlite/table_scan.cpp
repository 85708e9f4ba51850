#include "extract/sqlite/table_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

#include "extract/sqlite/column_scan.h"

namespace transload::sqlite {
namespace {

constexpr std::uint64_t kChunkBytes = std::uint64_t{4} << 20;
constexpr std::uint64_t kChunkRows = 20'000;
constexpr std::size_t kSampleChars = 60;

// Hands out ranges of neighbouring rows, in order, to whichever thread asks.
class ChunkWalk {
 public:
  ChunkWalk(Connection& connection, const std::string& table, TableKey key)
      : connection_(connection), table_(table), key_(std::move(key)) {
    const std::uint64_t row_bytes = std::max<std::uint64_t>(SampleRowBytes(connection, table), 1);
    chunk_rows_ = std::clamp<std::uint64_t>(kChunkBytes / row_bytes, 16, kChunkRows);
  }

  const TableKey& key() const { return key_; }

  std::optional<PartitionRange> Next() {
    const std::lock_guard lock(mutex_);
    if (done_) return std::nullopt;
    PartitionRange range;
    range.by = key_.by;
    range.columns = key_.columns;
    range.lower = next_;
    next_ = FindBoundary(connection_, table_, key_, range, chunk_rows_);
    range.upper = next_;
    done_ = !next_;
    return range;
  }

 private:
  std::mutex mutex_;
  Connection& connection_;
  const std::string& table_;
  TableKey key_;
  std::uint64_t chunk_rows_ = kChunkRows;
  std::optional<KeyBound> next_;
  bool done_ = false;
};

// How a value is shown to the user: '5x', x'00ff', 1.5.
std::string Shown(const Statement& row, int column) {
  if (row.Class(column) == SQLITE_BLOB) {
    const std::string_view bytes = row.Bytes(column);
    std::string text = "x'";
    for (unsigned char byte : bytes.substr(0, kSampleChars / 2))
      text += fmt::format("{:02x}", byte);
    return text + (bytes.size() > kSampleChars / 2 ? "...'" : "'");
  }
  if (row.Class(column) != SQLITE_TEXT) return row.Text(column);
  std::string text = "'";
  const std::string_view bytes = row.Bytes(column);
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
      : connection_(connection), table_(table), key_(key) {
    for (const SourceColumn* column : columns) columns_.emplace_back(*column);
    std::vector<std::string> labels;
    if (key.by == SplitBy::kRowid) labels = {key.rowid};
    if (key.by == SplitBy::kKey) labels = key.columns;
    for (const std::string& label : labels) select_ += QuoteName(label) + ",";
    first_ = static_cast<int>(labels.size());
    for (const SourceColumn* column : columns) select_ += QuoteName(column->name) + ",";
    select_ += "1";
  }

  void Scan(const PartitionRange& range) {
    const std::string where = RangeSql(key_, range);
    Statement row(connection_,
                  fmt::format("SELECT {} FROM main.{} NOT INDEXED{}{}", select_,
                              QuoteName(table_.name), where.empty() ? "" : " WHERE ", where));
    BindRange(row, key_, range);
    ScanChunk chunk{range.lower, 0, 0};
    while (row.Step()) {
      ++chunk.rows;
      for (std::size_t i = 0; i < columns_.size(); ++i) chunk.bytes += Look(row, i);
    }
    chunks_.push_back(std::move(chunk));
  }

  std::vector<ColumnScan>& columns() { return columns_; }
  std::vector<ScanChunk>& chunks() { return chunks_; }

 private:
  std::uint64_t Look(const Statement& row, std::size_t index) {
    ColumnScan& scan = columns_[index];
    const int column = first_ + static_cast<int>(index);
    std::uint64_t bytes = 8;
    switch (row.Class(column)) {
      case SQLITE_INTEGER:
        scan.AddInteger(row.Integer(column));
        break;
      case SQLITE_FLOAT:
        scan.AddReal(row.Real(column));
        break;
      case SQLITE_TEXT: {
        const std::string_view text = row.Bytes(column);
        bytes = text.size();
        scan.AddText(text);
        break;
      }
      case SQLITE_BLOB: {
        const std::string_view blob = row.Bytes(column);
        bytes = blob.size();
        scan.AddBlob(blob);
        break;
      }
      default:
        scan.AddNull();
        return 0;
    }
    if (scan.WantsSample()) scan.KeepSample(Label(row) + Shown(row, column));
    return bytes;
  }

  std::string Label(const Statement& row) const {
    std::string label;
    for (int i = 0; i < first_; ++i) label += (i == 0 ? "" : ", ") + Shown(row, i);
    if (key_.by == SplitBy::kRowid) return "rowid " + label + ": ";
    return first_ == 0 ? "" : "key " + label + ": ";
  }

  Connection& connection_;
  const SourceTable& table_;
  const TableKey& key_;
  std::string select_;
  int first_ = 0;
  std::vector<ColumnScan> columns_;
  std::vector<ScanChunk> chunks_;
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
        scanner.Scan(*range);
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
  Statement row(connection, fmt::format("SELECT * FROM main.{} LIMIT 64", QuoteName(table)));
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
  TableKey key = FindTableKey(*connections.front(), table.name);
  // Without a rowid the labels come from the key, and one pass reads the table whole.
  const bool chunked = key.by == SplitBy::kRowid && connections.size() > 1;
  TableScan result;
  std::vector<ChunkScanner> scanners;
  // The walk and the first scanner take turns on different connections.
  const std::size_t threads = chunked ? connections.size() - 1 : 1;
  for (std::size_t i = 0; i < threads; ++i) {
    scanners.emplace_back(*connections[chunked ? i + 1 : i], table, key, sources);
  }
  if (chunked) {
    ChunkWalk walk(*connections.front(), table.name, key);
    ScanAll(scanners, walk);
  } else {
    PartitionRange all;
    all.by = key.by;
    all.columns = key.columns;
    scanners.front().Scan(all);
  }
  std::vector<ColumnScan>& totals = scanners.front().columns();
  for (std::size_t i = 0; i < scanners.size(); ++i) {
    for (std::size_t c = 0; i > 0 && c < totals.size(); ++c) {
      totals[c].Merge(scanners[i].columns()[c]);
    }
    for (ScanChunk& chunk : scanners[i].chunks()) result.chunks.push_back(std::move(chunk));
  }
  if (chunked) std::sort(result.chunks.begin(), result.chunks.end(), StartsBefore);
  for (const ScanChunk& chunk : result.chunks) {
    result.rows += chunk.rows;
    result.bytes += chunk.bytes;
  }
  for (const ColumnScan& scan : totals) result.facts.push_back(scan.Facts(table));
  return result;
}

}  // namespace transload::sqlite
