// How a table is cut and addressed: by rowid, or by the primary key of WITHOUT ROWID tables.
#ifndef TRANSLOAD_EXTRACT_SQLITE_TABLE_KEY_H_
#define TRANSLOAD_EXTRACT_SQLITE_TABLE_KEY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/partition.h"
#include "extract/sqlite/connection.h"
#include "extract/sqlite/declared_type.h"

namespace transload::sqlite {

struct TableKey {
  // kRowid, kKey, or kNothing where neither can be used.
  SplitBy by = SplitBy::kNothing;
  // The name the rowid goes by: the INTEGER PRIMARY KEY, or whichever of rowid, _rowid_ and oid is
  // not a column's name. Unquoted; empty unless kRowid.
  std::string rowid;
  std::vector<std::string> columns;  // kKey: the primary key's
  std::vector<Affinity> affinities;  // kKey: of those
  // kKey: that its index compares by, which may be others than the columns' own.
  std::vector<std::string> collations;

  // "rowid", or "a", "b": quoted, to select.
  std::string Sql() const;
  // The same, to order by.
  std::string OrderSql() const;
};

TableKey FindTableKey(Connection& connection, const std::string& table);

// A rowid, or another integer of a key, from a bound.
std::int64_t IntegerBound(const std::string& text);

// SQL for the rows of a range, without WHERE; empty for all rows. Bounds become ?1, ?2, ...
std::string RangeSql(const TableKey& key, const PartitionRange& range);
// Binds what RangeSql left open; returns the next free index.
int BindRange(Statement& statement, const TableKey& key, const PartitionRange& range);

// The key in the columns `first`... of a row, as a bound; nothing when it cannot be written as one
// without a loss (a text in an INTEGER key, bad UTF-8, very long): a neighbour will do.
std::optional<KeyBound> ReadBound(const Statement& row, int first, const TableKey& key);

// The first key at or after `range`'s start that has `rows` rows before it in the range.
std::optional<KeyBound> FindBoundary(Connection& connection, const std::string& table,
                                     const TableKey& key, const PartitionRange& range,
                                     std::uint64_t rows);

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_TABLE_KEY_H_
