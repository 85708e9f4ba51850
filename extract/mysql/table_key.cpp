#include "extract/mysql/table_key.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/ascii.h"
#include "core/error.h"
#include "extract/mysql/charset.h"
#include "extract/mysql/sql_text.h"

namespace transload::mysql {
namespace {

KeyClass Classify(const SourceColumn& column) {
  // Before the format: an enum with an empty label is read as a number, but orders and compares
  // as an enum.
  if (column.type == "enum" || column.type == "set" || column.type == "json") {
    return KeyClass::kNone;
  }
  switch (column.format) {
    case CellFormat::kSigned:
      return KeyClass::kInteger;
    case CellFormat::kUnsigned:
      return column.type == "year" ? KeyClass::kNumber : KeyClass::kInteger;
    case CellFormat::kDecimal:
      return KeyClass::kNumber;
    case CellFormat::kCivil:
    case CellFormat::kDuration:
      return KeyClass::kQuoted;
    case CellFormat::kBytes:
      return KeyClass::kBinary;
    case CellFormat::kText:
      break;
    default:
      return KeyClass::kNone;
  }
  if (column.type == "uuid" || column.type == "inet4" || column.type == "inet6") {
    return KeyClass::kQuoted;
  }
  if (column.charset.empty() || column.collation.empty()) return KeyClass::kNone;
  return ComesBackTheSame(column.charset) ? KeyClass::kText : KeyClass::kEncoded;
}

bool IsPlainNumber(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::optional<TableKey> KeyOf(const SourceTable& table, const SourceIndex& index) {
  TableKey key;
  key.index = index.name;
  key.clustered = index.kind == IndexKind::kPrimary && EqualIgnoringCase(table.engine, "InnoDB");
  for (const SourceIndexPart& part : index.parts) {
    const SourceColumn* column = table.FindColumn(part.column);
    // A descending part would make the OFFSET walk run against the comparison's direction.
    if (column == nullptr || part.prefix_length >= 0 || part.descending) return std::nullopt;
    KeyColumn& added = key.columns.emplace_back(KeyColumn::From(*column));
    if (added.kind == KeyClass::kNone) return std::nullopt;
  }
  bool nullable = std::any_of(key.columns.begin(), key.columns.end(),
                              [](const KeyColumn& column) { return column.nullable; });
  if (key.columns.empty() || (nullable && key.columns.size() > 1)) return std::nullopt;
  return key;
}

// Rows at or after `bound` ("open" false), or strictly before it.
std::string Compare(const TableKey& key, const KeyBound& bound, bool before) {
  const char* strict = before ? "<" : ">";
  std::string condition;
  // From the last column outwards.
  for (std::size_t i = key.columns.size(); i-- > 0;) {
    const KeyColumn& column = key.columns[i];
    std::string name = QuoteName(column.name);
    std::string literal = column.Literal(bound[i]);
    if (condition.empty()) {
      condition = fmt::format("{} {} {}", name, before ? "<" : ">=", literal);
    } else {
      // The first half alone makes the range of the index.
      condition = fmt::format("{0} {1}= {2} AND ({0} {1} {2} OR ({0} = {2} AND {3}))", name, strict,
                              literal, condition);
    }
  }
  return condition;
}

}  // namespace

KeyColumn KeyColumn::From(const SourceColumn& column) {
  KeyColumn key;
  key.name = column.name;
  key.kind = Classify(column);
  key.charset = column.charset;
  key.collation = column.collation;
  key.nullable = column.nullable;
  key.is_unsigned = column.is_unsigned;
  return key;
}

std::string KeyColumn::Literal(const std::string& bound) const {
  switch (kind) {
    case KeyClass::kInteger:
    case KeyClass::kNumber:
      if (!IsPlainNumber(bound)) throw BugError("a numeric key bound is no number: " + bound);
      return bound;
    case KeyClass::kBinary:
      return HexLiteral(FromHex(bound));
    case KeyClass::kQuoted:
      return QuoteText(bound);
    case KeyClass::kText:
      // Hex, because a character set such as gbk can hide a quote in a character.
      return fmt::format("CONVERT(_utf8mb4 {} USING {}) COLLATE {}", HexLiteral(bound), charset,
                         collation);
    case KeyClass::kEncoded:
      return fmt::format("_{} {} COLLATE {}", charset, HexLiteral(FromHex(bound)), collation);
    case KeyClass::kNone:
      break;
  }
  throw BugError("column " + name + " does not bound partitions");
}

std::string KeyColumn::BoundExpression() const {
  if (kind == KeyClass::kBinary || kind == KeyClass::kEncoded)
    return fmt::format("LOWER(HEX({}))", QuoteName(name));
  return QuoteName(name);
}

std::vector<std::string> TableKey::names() const {
  std::vector<std::string> names;
  for (const KeyColumn& column : columns) names.push_back(column.name);
  return names;
}

std::string TableKey::ColumnList() const {
  std::vector<std::string> quoted;
  for (const KeyColumn& column : columns) quoted.push_back(QuoteName(column.name));
  return Join(quoted, ", ");
}

std::string TableKey::IndexHint() const {
  return index.empty() ? "" : fmt::format(" FORCE INDEX ({})", QuoteName(index));
}

std::optional<TableKey> ChooseKey(const SourceTable& table) {
  std::optional<TableKey> with_nulls;
  std::optional<TableKey> unique;
  for (const SourceIndex& index : table.indexes) {
    if (index.kind != IndexKind::kPrimary && index.kind != IndexKind::kUnique) continue;
    // A hash index keeps no order, an invisible one may not be named in a hint.
    if (index.invisible || EqualIgnoringCase(index.method, "HASH")) continue;
    std::optional<TableKey> key = KeyOf(table, index);
    if (!key) continue;
    if (index.kind == IndexKind::kPrimary) return key;
    std::optional<TableKey>& place = key->columns[0].nullable ? with_nulls : unique;
    if (!place || key->columns.size() < place->columns.size()) place = key;
  }
  return unique ? unique : with_nulls;
}

std::string RangeCondition(const TableKey& key, const PartitionRange& range) {
  if (range.whole_table()) return {};
  auto check = [&](const std::optional<KeyBound>& bound) {
    if (bound && bound->size() != key.columns.size()) {
      throw BugError("a partition's bound does not fit its key: " + range.Describe());
    }
  };
  check(range.lower);
  check(range.upper);
  if (range.only_nulls) return QuoteName(key.columns.at(0).name) + " IS NULL";
  if (!range.lower && !range.upper) {
    return key.columns.at(0).nullable ? QuoteName(key.columns[0].name) + " IS NOT NULL" : "";
  }
  std::string condition;
  if (range.lower) condition = Compare(key, *range.lower, false);
  if (range.upper) {
    if (!condition.empty()) condition += " AND ";
    condition += Compare(key, *range.upper, true);
  }
  return condition;
}

}  // namespace transload::mysql
