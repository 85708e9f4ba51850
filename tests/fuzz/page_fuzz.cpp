#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "extract/sqlite/stored_rows.h"
#include "extract/sqlite/table_key.h"

namespace transload::sqlite {
namespace {

// More than the rows of any sound file of this size.
constexpr std::size_t kMostRows = 100'000;
constexpr std::size_t kMostBytes = 64 << 10;

template <class AnyValue>
void Append(const AnyValue& value, std::string& to) {
  const int storage = value.Class();
  to += static_cast<char>('0' + storage);
  if (storage == SQLITE_INTEGER) to += std::to_string(value.Integer());
  if (storage == SQLITE_FLOAT) to += std::to_string(value.Real());
  if (storage == SQLITE_TEXT || storage == SQLITE_BLOB) to += value.StoredBytes();
  to += '|';
}

using Rows = std::vector<std::string>;

// Nothing where the file is refused.
template <class Read>
std::optional<Rows> RowsOrRefused(const Read& read) {
  Rows rows;
  try {
    read(rows);
  } catch (const Error&) {
    return std::nullopt;
  }
  if (rows.size() >= kMostRows) std::abort();
  return rows;
}

void Compare(Connection& connection, const std::string& table) {
  std::vector<std::string> columns;
  const TableKey key = FindTableKey(connection, table);
  Statement column(connection, "SELECT name FROM pragma_table_xinfo(" + QuoteText(table) + ")");
  while (column.Step()) columns.push_back(column.Text(0));
  const auto stored = StoredRows::Of(connection, table, key, columns);
  if (!stored) return;
  const auto from_pages = RowsOrRefused([&](Rows& rows) {
    stored->Seek({});
    while (rows.size() < kMostRows && stored->Next()) {
      std::string& row = rows.emplace_back();
      for (std::size_t i = 0; i < stored->size(); ++i) Append(stored->At(i), row);
    }
  });
  const auto from_engine = RowsOrRefused([&](Rows& rows) {
    Statement statement(connection, "SELECT * FROM main." + QuoteName(table) + " NOT INDEXED");
    while (rows.size() < kMostRows && statement.Step()) {
      std::string& row = rows.emplace_back();
      for (int i = 0; i < statement.columns(); ++i) Append(statement.At(i), row);
    }
  });
  if (from_pages && from_engine && *from_pages != *from_engine) std::abort();
}

}  // namespace
}  // namespace transload::sqlite

// A database file, or something that poses as one: its rows are those that SQLite finds, or an
// Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace transload;
  if (size > sqlite::kMostBytes) return 0;
  static const std::string path =
      std::filesystem::temp_directory_path() / ("transload-pages-" + std::to_string(::getpid()));
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(data), size);
  try {
    sqlite::Connection connection(path, false);
    connection.BeginRead();
    std::vector<std::string> tables;
    sqlite::Statement table(connection, "SELECT name FROM sqlite_schema WHERE type = 'table'");
    while (table.Step()) tables.push_back(table.Text(0));
    for (const std::string& name : tables) sqlite::Compare(connection, name);
  } catch (const Error&) {
  }
  std::filesystem::remove(path);
  return 0;
}
