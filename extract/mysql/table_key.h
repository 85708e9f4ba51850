// The columns that partitions of a table are cut along, and the SQL that names a part.
//
// Bounds travel as text (core/partition.h): numbers as digits, binary values and text of character
// sets that UTF-8 does not bring back as lower-case hex, everything else as the server printed it
// in UTF-8. They return as literals of the column's own
// type, character set and collation, so that the server compares them as it compares its rows.
#ifndef TRANSLOAD_EXTRACT_MYSQL_TABLE_KEY_H_
#define TRANSLOAD_EXTRACT_MYSQL_TABLE_KEY_H_

#include <optional>
#include <string>
#include <vector>

#include "core/partition.h"
#include "core/source_schema.h"

namespace transload::mysql {

enum class KeyClass {
  kInteger,  // bare digits, and the values can be computed with
  kNumber,   // bare digits: decimal, year
  kText,     // in a character set and a collation
  kEncoded,  // the same in hex: text that UTF-8 does not bring back as it was
  kBinary,   // hex
  kQuoted,   // dates and times, uuid, inet: the server's own text, quoted
  kNone,     // not fit for cutting: float, enum, set, bit, json, geometry
};

struct KeyColumn {
  std::string name;
  KeyClass kind = KeyClass::kNone;
  std::string charset, collation;  // kText, kEncoded
  bool nullable = false;
  bool is_unsigned = false;

  static KeyColumn From(const SourceColumn& column);
  // A bound as a literal. Throws BugError for a number that is none.
  std::string Literal(const std::string& bound) const;
  // What to select to get the bound's text back.
  std::string BoundExpression() const;
};

struct TableKey {
  std::string index;  // empty: no index is named in the SQL
  std::vector<KeyColumn> columns;
  // The rows lie in this order, so that reading them in it costs nothing. InnoDB.
  bool clustered = false;

  std::vector<std::string> names() const;
  // "`a`, `b`"
  std::string ColumnList() const;
  // " FORCE INDEX (`PRIMARY`)", or nothing.
  std::string IndexHint() const;
};

// The best key to cut a table along: primary, unique without NULLs, unique on one nullable column.
// Nothing when the table has none whose columns all order well.
std::optional<TableKey> ChooseKey(const SourceTable& table);

// The condition of a range, without WHERE; empty for the whole table. MySQL does not take a row
// comparison as a range of an index, so composite bounds are spelt out:
// `a` >= x AND (`a` > x OR (`a` = x AND `b` >= y)).
std::string RangeCondition(const TableKey& key, const PartitionRange& range);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_TABLE_KEY_H_
