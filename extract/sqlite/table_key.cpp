#include "extract/sqlite/table_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>

#include "core/ascii.h"
#include "core/hex.h"
#include "extract/sqlite/sql_tokens.h"
#include "extract/sqlite/text_class.h"

namespace transload::sqlite {
namespace {

constexpr std::size_t kLongestBound = 1024;

std::string HexBytes(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

void BindBound(Statement& statement, int index, const std::string& text, Affinity affinity) {
  switch (affinity) {
    case Affinity::kText:
      statement.BindText(index, text);
      break;
    case Affinity::kBlob:
      statement.BindBlob(index, HexBytes(text));
      break;
    default:
      statement.BindInteger(index, IntegerBound(text));
  }
}

std::optional<std::string> BoundText(const Statement& row, int column, Affinity affinity) {
  const int storage = row.Class(column);
  if (affinity == Affinity::kText && storage == SQLITE_TEXT) {
    const std::string_view text = row.Bytes(column);
    const TextShape shape = ShapeOf(text);
    if (text.size() > kLongestBound || !shape.utf8 || shape.nul) return std::nullopt;
    return std::string(text);
  }
  if (affinity == Affinity::kBlob && storage == SQLITE_BLOB) {
    const std::string_view bytes = row.Bytes(column);
    if (bytes.size() > kLongestBound) return std::nullopt;
    return LowerHex(bytes);
  }
  const bool number = affinity == Affinity::kInteger || affinity == Affinity::kNumeric;
  if (number && storage == SQLITE_INTEGER) return std::to_string(row.Integer(column));
  return std::nullopt;
}

std::string Collate(const TableKey& key, std::size_t i) {
  return i < key.collations.size() ? " COLLATE " + QuoteName(key.collations[i]) : "";
}

// With the collation on this side SQLite searches the key's index; beside the column it does not.
std::string Placeholders(const TableKey& key, int first, std::size_t count) {
  std::string text = "(";
  for (std::size_t i = 0; i < count; ++i) {
    text += fmt::format("{}?{}{}", i == 0 ? "" : ",", first + static_cast<int>(i), Collate(key, i));
  }
  return text + ")";
}

void UseRowid(TableKey& key, const std::vector<std::string>& names, const std::string& alias) {
  if (!alias.empty()) {
    key.by = SplitBy::kRowid;
    key.rowid = alias;
    return;
  }
  for (std::string_view candidate : {"rowid", "_rowid_", "oid"}) {
    const bool shadowed = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return EqualIgnoringCase(name, candidate);
    });
    if (shadowed) continue;
    key.by = SplitBy::kRowid;
    key.rowid = candidate;
    return;
  }
}

bool HasPrimaryKeyIndex(Connection& connection, const std::string& table) {
  Statement row(connection, fmt::format("SELECT 1 FROM pragma_index_list({}) WHERE origin = 'pk'",
                                        QuoteText(table)));
  return row.Step();
}

// Whether SQLite itself can compare by it: others are the application's.
bool IsBuiltIn(const std::string& collation) {
  constexpr std::array<std::string_view, 3> kBuiltIn = {"BINARY", "NOCASE", "RTRIM"};
  return std::any_of(kBuiltIn.begin(), kBuiltIn.end(),
                     [&](std::string_view name) { return EqualIgnoringCase(collation, name); });
}

// The parts as its index has them: a column may be in it twice, under two collations.
TableKey IndexedKey(Connection& connection, const std::string& table) {
  TableKey key;
  Statement row(
      connection,
      fmt::format("SELECT x.name, t.type, x.coll, x.\"desc\" FROM pragma_index_list({0}) "
                  "AS l, pragma_index_xinfo(l.name) AS x, pragma_table_xinfo({0}) AS t "
                  "WHERE l.origin = 'pk' AND x.key = 1 AND t.cid = x.cid ORDER BY x.seqno",
                  QuoteText(table)));
  while (row.Step()) {
    if (row.Integer(3) != 0) return {};  // a bound would have two orders
    if (!IsBuiltIn(row.Text(2))) return {};
    key.columns.push_back(row.Text(0));
    key.affinities.push_back(AffinityOf(row.Text(1)));
    key.collations.push_back(row.Text(2));
  }
  key.by = key.columns.empty() ? SplitBy::kNothing : SplitBy::kKey;
  return key;
}

bool IsWithoutRowid(Connection& connection, const std::string& table) {
  Statement row(
      connection,
      fmt::format("SELECT wr FROM pragma_table_list({}) WHERE schema = 'main'", QuoteText(table)));
  return row.Step() && row.Integer(0) != 0;
}

}  // namespace

std::int64_t IntegerBound(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) {
    throw BugError("'" + text + "' is no integer bound of a SQLite key");
  }
  return value;
}

std::string TableKey::Sql() const {
  if (by == SplitBy::kRowid) return QuoteName(rowid);
  std::string sql;
  for (const std::string& column : columns) sql += (sql.empty() ? "" : ",") + QuoteName(column);
  return sql;
}

std::string TableKey::OrderSql() const {
  if (by == SplitBy::kRowid) return Sql();
  std::string sql;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    sql += (i == 0 ? "" : ",") + QuoteName(columns[i]) + Collate(*this, i);
  }
  return sql;
}

TableKey FindTableKey(Connection& connection, const std::string& table) {
  TableKey key;
  std::vector<std::string> names;
  std::map<std::int64_t, std::pair<std::string, std::string>> primary;  // name, declared type
  Statement row(connection,
                fmt::format("SELECT name, type, pk FROM pragma_table_xinfo({})", QuoteText(table)));
  while (row.Step()) {
    names.push_back(row.Text(0));
    if (row.Integer(2) > 0) primary[row.Integer(2)] = {row.Text(0), row.Text(1)};
  }
  if (!IsWithoutRowid(connection, table)) {
    // INTEGER PRIMARY KEY is the rowid just when SQLite made no index for it: PRIMARY KEY DESC on
    // the column is not, PRIMARY KEY(id DESC) on the table is.
    const bool alias = primary.size() == 1 &&
                       EqualIgnoringCase(primary.begin()->second.second, "INTEGER") &&
                       !HasPrimaryKeyIndex(connection, table);
    UseRowid(key, names, alias ? primary.begin()->second.first : "");
    return key;
  }
  return IndexedKey(connection, table);
}

std::string RangeSql(const TableKey& key, const PartitionRange& range) {
  if (range.only_nulls) return "0";  // neither a rowid nor such a primary key is ever NULL
  std::string sql;
  int next = 1;
  const auto add = [&](const std::optional<KeyBound>& bound, std::string_view comparison) {
    if (!bound) return;
    sql += fmt::format("{}({}) {} {}", sql.empty() ? "" : " AND ", key.Sql(), comparison,
                       Placeholders(key, next, bound->size()));
    next += static_cast<int>(bound->size());
  };
  add(range.lower, ">=");
  add(range.upper, "<");
  return sql;
}

int BindRange(Statement& statement, const TableKey& key, const PartitionRange& range) {
  int next = 1;
  for (const std::optional<KeyBound>& bound : {range.lower, range.upper}) {
    if (!bound || range.only_nulls) continue;
    for (std::size_t i = 0; i < bound->size(); ++i) {
      const Affinity affinity =
          key.by == SplitBy::kRowid ? Affinity::kInteger : key.affinities.at(i);
      BindBound(statement, next++, (*bound)[i], affinity);
    }
  }
  return next;
}

std::optional<KeyBound> ReadBound(const Statement& row, int first, const TableKey& key) {
  if (key.by == SplitBy::kRowid) return KeyBound{std::to_string(row.Integer(first))};
  KeyBound bound;
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    std::optional<std::string> text =
        BoundText(row, first + static_cast<int>(i), key.affinities[i]);
    if (!text) return std::nullopt;
    bound.push_back(std::move(*text));
  }
  return bound;
}

std::optional<KeyBound> FindBoundary(Connection& connection, const std::string& table,
                                     const TableKey& key, const PartitionRange& range,
                                     std::uint64_t rows) {
  if (key.by == SplitBy::kNothing || range.only_nulls) return std::nullopt;
  const std::string where = RangeSql(key, range);
  const std::string offset_at = "?" + std::to_string(1 + (range.lower ? range.lower->size() : 0) +
                                                     (range.upper ? range.upper->size() : 0));
  Statement row(connection,
                fmt::format("SELECT {0} FROM main.{1} NOT INDEXED{2}{3} ORDER BY {4} LIMIT -1 "
                            "OFFSET {5}",
                            key.Sql(), QuoteName(table), where.empty() ? "" : " WHERE ", where,
                            key.OrderSql(), offset_at));
  const int next = BindRange(row, key, range);
  row.BindInteger(next, static_cast<std::int64_t>(std::max<std::uint64_t>(rows, 1)));
  while (row.Step()) {
    std::optional<KeyBound> bound = ReadBound(row, 0, key);
    if (bound && bound != range.lower) return bound;
  }
  return std::nullopt;
}

}  // namespace transload::sqlite
