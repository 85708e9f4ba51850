#include "tests/extract/sqlite/test_database.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace transload::sqlite {

TestDatabase::TestDatabase(const std::string& sql) {
  if (sqlite3_open(path().c_str(), &handle_) != SQLITE_OK) throw std::runtime_error("sqlite3_open");
  Execute("PRAGMA synchronous = OFF;" + sql);
}

void TestDatabase::Execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(std::string(sqlite3_errmsg(handle_)) + " in " + sql);
  }
}

void TestDatabase::DefineApplication() {
  sqlite3_create_collation(handle_, "APP", SQLITE_UTF8, nullptr,
                           [](void*, int a_size, const void* a, int b_size, const void* b) {
                             const int order = std::memcmp(
                                 b, a, static_cast<std::size_t>(std::min(a_size, b_size)));
                             return order != 0 ? order : b_size - a_size;
                           });
  sqlite3_create_function(
      handle_, "app", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
      [](sqlite3_context* context, int, sqlite3_value** values) {
        sqlite3_result_int64(context, 2 * sqlite3_value_int64(values[0]));
      },
      nullptr, nullptr);
}

void TestDatabase::Reserve(int bytes) {
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
}

void TestDatabase::Close() {
  sqlite3_close_v2(handle_);
  handle_ = nullptr;
}

std::unique_ptr<Source> TestDatabase::Open(int jobs, bool snapshot_copy) const {
  Options options;
  options.source_url = "sqlite://" + path();
  options.jobs = jobs;
  options.snapshot_copy = snapshot_copy;
  return OpenSource(options);
}

std::map<std::string, std::string> TestDatabase::Files() const {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    std::ifstream in(entry.path(), std::ios::binary);
    const auto mode = static_cast<unsigned>(entry.status().permissions());
    files[entry.path().filename().string()] =
        fmt::format("{:o} ", mode) + std::string(std::istreambuf_iterator<char>(in), {});
  }
  return files;
}

namespace {

std::string CellText(const Cell& cell) {
  if (cell.null) return "NULL";
  const std::string_view payload = cell.view().substr(1);
  switch (static_cast<DynamicClass>(cell.data[0])) {
    case DynamicClass::kInteger: {
      std::int64_t value = 0;
      std::memcpy(&value, payload.data(), 8);
      return fmt::format("i:{}", value);
    }
    case DynamicClass::kReal: {
      double value = 0;
      std::memcpy(&value, payload.data(), 8);
      return fmt::format("r:{}", value);
    }
    case DynamicClass::kText:
      return "t:" + std::string(payload);
    case DynamicClass::kBlob: {
      std::string hex = "b:";
      for (unsigned char byte : payload) hex += fmt::format("{:02x}", byte);
      return hex;
    }
  }
  return "?";
}

}  // namespace

Rows RowsOf(const RowBatch& batch, std::size_t columns) {
  Rows rows;
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    CellCursor cursor(batch.Row(i));
    std::vector<std::string>& row = rows.emplace_back();
    for (std::size_t c = 0; c < columns; ++c) row.push_back(CellText(cursor.Next()));
    if (!cursor.done()) throw std::runtime_error("a row has more cells than columns");
  }
  return rows;
}

namespace {

Rows ReadRows(Source& source, const SourceTable& table, const PartitionRange& range,
              bool as_stored) {
  std::unique_ptr<RowReader> reader = source.NewReader();
  ReadRequest request;
  request.table = table.name;
  for (const SourceColumn& column : table.columns) {
    request.columns.push_back({column.name, column.select_expression, column.format});
  }
  request.range = range;
  request.as_stored = as_stored;
  reader->Open(request);
  Rows rows;
  RowBatch batch;
  bool more = true;
  while (more) {
    batch.Clear();
    more = reader->Read(batch);
    for (auto& row : RowsOf(batch, table.columns.size())) rows.push_back(std::move(row));
  }
  source.Release(std::move(reader));
  return rows;
}

}  // namespace

Rows ReadAll(Source& source, const SourceTable& table, const PartitionRange& range) {
  const Rows rows = ReadRows(source, table, range, false);
  // Without a range SQLite may choose another order.
  Rows of_engine = rows;
  Rows as_stored = ReadRows(source, table, range, true);
  std::sort(of_engine.begin(), of_engine.end());
  std::sort(as_stored.begin(), as_stored.end());
  if (of_engine != as_stored) throw std::runtime_error(table.name + " is stored otherwise");
  return rows;
}

SnapshotRequest Readers(int readers, int spares) {
  SnapshotRequest request;
  request.readers = readers;
  request.spares = spares;
  request.lock_wait_ms = 20'000;
  return request;
}

const SourceTable& TableOf(const SourceCatalogue& catalogue, const std::string& name) {
  for (const SourceTable& table : catalogue.tables) {
    if (table.name == name) return table;
  }
  throw std::runtime_error("no table " + name);
}

std::uint64_t CountOf(const ColumnFacts& facts, const std::string& name) {
  for (const auto& [found, count] : facts.counts) {
    if (found == name) return count;
  }
  return 0;
}

}  // namespace transload::sqlite
