#include "extract/sqlite/stored_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "extract/sqlite/declared_type.h"
#include "extract/sqlite/varint.h"

namespace transload::sqlite {
namespace {

// Serial types: how a value's class and size are written in its row's header.
constexpr std::uint64_t kLastInteger = 6;
constexpr std::uint64_t kReal = 7;
constexpr std::uint64_t kZero = 8;
constexpr std::uint64_t kOne = 9;
constexpr std::uint64_t kFirstBytes = 12;  // even: BLOB; odd: TEXT
constexpr std::array<std::uint8_t, kFirstBytes> kSizes = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};

std::uint64_t Load64(const unsigned char* from) {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap64(value);
}

// What follows the value may be read, whatever it is.
std::int64_t LoadInteger(const unsigned char* from, unsigned size) {
  return static_cast<std::int64_t>(Load64(from)) >> (64 - 8 * size);
}

double LoadReal(const unsigned char* from) {
  const std::uint64_t bits = Load64(from);
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

std::uint32_t RootPage(Connection& connection, const std::string& table) {
  Statement row(connection, fmt::format("SELECT rootpage FROM main.sqlite_schema WHERE type = "
                                        "'table' AND name = {} COLLATE NOCASE",
                                        QuoteText(table)));
  return row.Step() ? static_cast<std::uint32_t>(row.Integer(0)) : 0;
}

}  // namespace

StoredValue StoredValue::OfInteger(std::int64_t value) {
  StoredValue stored;
  stored.class_ = SQLITE_INTEGER;
  stored.integer_ = value;
  return stored;
}

// SQLite reads a NaN as NULL.
StoredValue StoredValue::OfReal(double value) {
  StoredValue stored;
  if (std::isnan(value)) return stored;
  stored.class_ = SQLITE_FLOAT;
  stored.real_ = value;
  return stored;
}

StoredValue StoredValue::OfBytes(int storage, std::string_view bytes) {
  StoredValue stored;
  stored.class_ = storage;
  stored.bytes_ = bytes.data();
  stored.size_ = static_cast<std::uint32_t>(bytes.size());
  return stored;
}

std::unique_ptr<StoredRows> StoredRows::Of(Connection& connection, const std::string& table,
                                           const TableKey& key,
                                           const std::vector<std::string>& columns) {
  if (key.by != SplitBy::kRowid || !connection.FileIsTheSnapshot() || !connection.StoresUtf8()) {
    return nullptr;
  }
  const std::uint32_t root = RootPage(connection, table);
  if (root == 0) return nullptr;
  std::vector<Column> stored;
  std::optional<std::size_t> alias;
  Statement row(connection, fmt::format("SELECT name, type, hidden FROM pragma_table_xinfo({})",
                                        QuoteText(table)));
  while (row.Step()) {
    if (row.Integer(2) != 0) return nullptr;
    if (row.Text(0) == key.rowid) alias = stored.size();
    stored.push_back({row.Text(0), AffinityOf(row.Text(1)) == Affinity::kReal});
  }
  std::vector<std::size_t> wanted;
  std::size_t last = 0;
  for (const std::string& name : columns) {
    const auto found = std::find_if(stored.begin(), stored.end(),
                                    [&](const Column& column) { return column.name == name; });
    if (found == stored.end()) return nullptr;
    wanted.push_back(static_cast<std::size_t>(found - stored.begin()));
    last = std::max(last, wanted.back() + 1);
  }
  stored.resize(last);
  if (alias && *alias >= last) alias.reset();
  return std::unique_ptr<StoredRows>(
      new StoredRows(connection, table, key, root, std::move(stored), std::move(wanted), alias));
}

StoredRows::StoredRows(Connection& connection, const std::string& table, const TableKey& key,
                       std::uint32_t root, std::vector<Column> columns,
                       std::vector<std::size_t> wanted, std::optional<std::size_t> alias)
    : connection_(connection),
      table_(table),
      rowid_(key.Sql()),
      tree_(connection, table, root),
      columns_(std::move(columns)),
      wanted_(std::move(wanted)),
      alias_(alias),
      values_(columns_.size()),
      defaults_(columns_.size()) {}

void StoredRows::Seek(const PartitionRange& range) {
  const auto bound = [](const std::optional<KeyBound>& key) -> std::optional<std::int64_t> {
    if (!key) return std::nullopt;
    return IntegerBound(key->front());
  };
  tree_.Seek(bound(range.lower), bound(range.upper));
}

bool StoredRows::Next() {
  if (!tree_.Next()) return false;
  const std::string_view record = tree_.record();
  const auto* begin = reinterpret_cast<const unsigned char*>(record.data());
  const unsigned char* end = begin + record.size();
  std::uint64_t header_size = 0;
  const unsigned char* at = ReadVarint(begin, header_size);
  if (header_size > record.size() || header_size < static_cast<std::uint64_t>(at - begin)) {
    tree_.ThrowMalformed("the header of a row does not end in it");
  }
  const unsigned char* const header_end = begin + header_size;
  const unsigned char* value = header_end;
  std::size_t column = 0;
  for (; column < columns_.size() && at < header_end; ++column) {
    std::uint64_t type = 0;
    at = ReadVarint(at, type);
    const std::uint64_t size = type < kFirstBytes ? kSizes[type] : (type - kFirstBytes) / 2;
    if (at > header_end || size > static_cast<std::uint64_t>(end - value)) {
      tree_.ThrowMalformed("a value does not end in its row");
    }
    StoredValue& stored = values_[column];
    if (type >= kFirstBytes) {
      stored = StoredValue::OfBytes((type & 1) != 0 ? SQLITE_TEXT : SQLITE_BLOB,
                                    {reinterpret_cast<const char*>(value), size});
    } else if (type == 0) {
      stored = StoredValue();
    } else if (type == kReal) {
      stored = StoredValue::OfReal(LoadReal(value));
    } else if (type > kOne) {
      tree_.ThrowMalformed("a value has a type that SQLite has reserved");
    } else {
      const std::int64_t integer = type <= kLastInteger
                                       ? LoadInteger(value, static_cast<unsigned>(size))
                                       : static_cast<std::int64_t>(type - kZero);
      stored = columns_[column].real ? StoredValue::OfReal(static_cast<double>(integer))
                                     : StoredValue::OfInteger(integer);
    }
    value += size;
  }
  if (at == header_end && value != end) {
    tree_.ThrowMalformed("the values of a row end before it does");
  }
  for (; column < columns_.size(); ++column) values_[column] = DefaultOf(column);
  if (alias_) values_[*alias_] = StoredValue::OfInteger(rowid());
  return true;
}

// A constant, as ALTER TABLE ADD COLUMN takes no other: the same for every row that lacks it.
const StoredValue& StoredRows::DefaultOf(std::size_t column) {
  std::unique_ptr<Default>& known = defaults_[column];
  if (known) return known->value;
  Statement row(connection_,
                fmt::format("SELECT {} FROM main.{} NOT INDEXED WHERE {} = ?1",
                            QuoteName(columns_[column].name), QuoteName(table_), rowid_));
  row.BindInteger(1, rowid());
  if (!row.Step()) tree_.ThrowMalformed("SQLite does not find one of its rows");
  known = std::make_unique<Default>();
  const Value value = row.At(0);
  switch (value.Class()) {
    case SQLITE_INTEGER:
      known->value = StoredValue::OfInteger(value.Integer());
      break;
    case SQLITE_FLOAT:
      known->value = StoredValue::OfReal(value.Real());
      break;
    case SQLITE_TEXT:
    case SQLITE_BLOB:
      known->bytes = value.StoredBytes();
      known->value = StoredValue::OfBytes(value.Class(), known->bytes);
      break;
    default:
      break;
  }
  return known->value;
}

}  // namespace transload::sqlite
