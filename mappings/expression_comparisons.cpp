// What makes two values comparable, and the comparisons: = to >, IN, BETWEEN, IS, LIKE and REGEXP.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/ascii.h"
#include "core/sql_quotes.h"
#include "mappings/default_values.h"
#include "mappings/expression_emitter.h"

namespace transload {
namespace {

bool IsZeroOrOne(const EmittedSql& piece) { return piece.sql == "0" || piece.sql == "1"; }

std::string BooleanLiteral(const EmittedSql& piece) { return piece.sql == "1" ? "true" : "false"; }

bool IsAscii(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

bool ExpressionEmitter::AlignText(EmittedSql& a, EmittedSql& b, bool order) {
  if (order) {
    Fail("it orders texts, which depends on the collation");
    return false;
  }
  if (a.padded || b.padded) Note("blanks at the end count, which they do not in the source");
  if (a.exact || b.exact || !(a.case_insensitive || b.case_insensitive)) return true;
  for (EmittedSql* side : {&a, &b}) {
    if (side->column == nullptr) continue;
    if (side->column->type.name == "citext" || !side->column->collation.empty()) return true;
  }
  for (EmittedSql* side : {&a, &b}) {
    if (side->literal && !IsAscii(side->sql)) {
      Fail("it compares letters beyond ASCII without regard to case");
      return false;
    }
    side->sql = side->literal ? LowerAscii(side->sql) : fmt::format("lower({})", side->sql);
  }
  Note("compares in lower case; the source's collation may take more letters as equal");
  return true;
}

// Only texts in the form that both read alike: what MySQL reads leniently, PostgreSQL may read
// otherwise.
bool ExpressionEmitter::AlignLiteral(const EmittedSql& value, EmittedSql& literal, bool order) {
  const std::string text = literal.sql.substr(1, literal.sql.size() - 2);
  auto reads_as = [&](const char* type) {
    return LiteralDefault(text, ParsePgType(type)).why.empty();
  };
  const PgKind column = value.value == ValueClass::kOther && value.column != nullptr
                            ? value.column->type.kind
                            : PgKind::kText;
  switch (value.value) {
    case ValueClass::kTimestamp:
      return reads_as("timestamp");
    case ValueClass::kDate:
      if (!reads_as("timestamp")) return false;
      // As a date it would lose its time of day.
      if (text.size() > 10) literal.sql += "::timestamp";
      return true;
    case ValueClass::kTime:
      if (reads_as("time")) return true;
      break;
    default:
      break;
  }
  if (value.value == ValueClass::kTime || column == PgKind::kInterval) {
    if (!reads_as("interval")) return false;
    literal.sql += "::interval";
    return true;
  }
  // Their order differs.
  if (order) return false;
  if (column == PgKind::kUuid) return reads_as("uuid");
  // An address of the other family is none in MariaDB.
  return column == PgKind::kInet && reads_as("inet") &&
         (text.find(':') != std::string::npos) == (value.column->source.type == "inet6");
}

bool ExpressionEmitter::Align(EmittedSql& a, EmittedSql& b, bool order) {
  if (a.value == ValueClass::kNull || b.value == ValueClass::kNull) return true;
  if (IsNumber(a.value) && IsNumber(b.value)) return true;
  for (auto [boolean, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    if (boolean->value != ValueClass::kBoolean || !IsNumber(other->value)) continue;
    if (boolean->column != nullptr && !IsZeroOrOne(*other)) {
      Fail("a boolean column is compared with more than 0 and 1");
      return false;
    }
    if (IsZeroOrOne(*other)) {
      other->sql = BooleanLiteral(*other);
    } else {
      boolean->sql = fmt::format("({})::integer", boolean->sql);
    }
    return true;
  }
  if (a.value == ValueClass::kText && b.value == ValueClass::kText) return AlignText(a, b, order);
  for (const auto& pair : {std::pair(&a, &b), std::pair(&b, &a)}) {
    EmittedSql* const value = pair.first;
    EmittedSql* const literal = pair.second;
    if (!literal->literal) continue;
    if (value->value == ValueClass::kEnum && value->column != nullptr && !order) {
      const std::vector<std::string>& labels = value->column->type.labels;
      const bool known = std::any_of(labels.begin(), labels.end(), [&](const std::string& label) {
        return QuoteLiteral(label) == literal->sql;
      });
      if (known) return true;
      Fail(fmt::format("{} is no label of the enum", literal->sql));
      return false;
    }
    if (AlignLiteral(*value, *literal, order)) return true;
  }
  const bool dates = (a.value == ValueClass::kDate || a.value == ValueClass::kTimestamp) &&
                     (b.value == ValueClass::kDate || b.value == ValueClass::kTimestamp);
  const bool same = a.value == b.value && !a.literal && !b.literal &&
                    (a.value == ValueClass::kBoolean || a.value == ValueClass::kTime ||
                     a.value == ValueClass::kBytes);
  if (dates || same) return true;
  if (a.column != nullptr && b.column != nullptr && !order && a.column->type == b.column->type &&
      a.column->source.type == b.column->source.type && a.value == ValueClass::kOther) {
    return true;
  }
  Fail("it compares values of different kinds");
  return false;
}

EmittedSql ExpressionEmitter::Compare(const SqlNode& node) {
  EmittedSql a = Value(node.args[0]);
  EmittedSql b = Value(node.args[1]);
  const bool order = node.text != "=" && node.text != "<>" && node.text != "<=>";
  if (!Align(a, b, order)) return Fail(why_);
  const std::string op = node.text == "<=>" ? "IS NOT DISTINCT FROM" : node.text;
  return Piece(fmt::format("({} {} {})", a.sql, op, b.sql), ValueClass::kBoolean);
}

EmittedSql ExpressionEmitter::In(const SqlNode& node) {
  const EmittedSql value = Value(node.args[0]);
  std::vector<std::string> list;
  std::string left = value.sql;
  bool all_booleans = value.value == ValueClass::kBoolean && value.column != nullptr;
  for (std::size_t i = 1; i < node.args.size(); ++i) {
    EmittedSql side = value;
    EmittedSql item = Value(node.args[i]);
    if (!Align(side, item, false)) return Fail(why_);
    left = side.sql;
    all_booleans = all_booleans && (item.sql == "true" || item.sql == "false");
    if (std::find(list.begin(), list.end(), item.sql) == list.end()) list.push_back(item.sql);
  }
  EmittedSql out =
      Piece(fmt::format("({} {}IN ({}))", left, node.negated ? "NOT " : "", fmt::join(list, ", ")),
            ValueClass::kBoolean);
  // flag IN (0, 1) is what makes it a boolean; a CHECK that is NULL holds too.
  out.always_true = all_booleans && list.size() == 2 && !node.negated;
  return out;
}

EmittedSql ExpressionEmitter::Between(const SqlNode& node) {
  EmittedSql value = Value(node.args[0]);
  EmittedSql low = Value(node.args[1]);
  EmittedSql high = Value(node.args[2]);
  if (!Align(value, low, true) || !Align(value, high, true)) return Fail(why_);
  EmittedSql out = Piece(fmt::format("({} {}BETWEEN {} AND {})", value.sql,
                                     node.negated ? "NOT " : "", low.sql, high.sql),
                         ValueClass::kBoolean);
  out.always_true = value.value == ValueClass::kBoolean && value.column != nullptr &&
                    low.sql == "false" && high.sql == "true" && !node.negated;
  return out;
}

EmittedSql ExpressionEmitter::Is(const SqlNode& node) {
  const EmittedSql value = node.text == "NULL" ? Value(node.args[0]) : Condition(node.args[0]);
  return Piece(fmt::format("({} IS {}{})", value.sql, node.negated ? "NOT " : "", node.text),
               ValueClass::kBoolean);
}

EmittedSql ExpressionEmitter::Like(const SqlNode& node) {
  EmittedSql value = Value(node.args[0]);
  const EmittedSql pattern = Value(node.args[1]);
  if (value.value != ValueClass::kText || !pattern.literal || node.args.size() > 2) {
    return Fail("LIKE other than of a text and a literal");
  }
  const bool sqlite = dialect_ == SqlDialect::kSqlite;
  // SQLite's LIKE has no escape character, and takes a = A whatever the column's collation.
  const bool no_escape = sqlite && pattern.sql.find('\\') != std::string::npos;
  const bool fold = sqlite || (value.case_insensitive && !value.exact);
  if (fold && !IsAscii(pattern.sql)) {
    return Fail("it compares letters beyond ASCII without regard to case");
  }
  if (fold) Note("compares without regard to case by PostgreSQL's rules");
  // LIKE knows no such collation before PostgreSQL 18.
  if (value.column != nullptr && !value.column->collation.empty()) {
    value.sql += " COLLATE pg_catalog.\"default\"";
  }
  return Piece(fmt::format("({} {}{} {}{})", value.sql, node.negated ? "NOT " : "",
                           fold ? "ILIKE" : "LIKE", pattern.sql, no_escape ? " ESCAPE ''" : ""),
               ValueClass::kBoolean);
}

EmittedSql ExpressionEmitter::Regexp(const SqlNode& node) {
  const EmittedSql value = Value(node.args[0]);
  const EmittedSql pattern = Value(node.args[1]);
  if (value.value != ValueClass::kText || !pattern.literal || dialect_ == SqlDialect::kSqlite) {
    return Fail("REGEXP other than of a text and a literal");
  }
  Note("a regular expression: the two languages differ in detail");
  const std::string op =
      std::string(node.negated ? "!" : "") + (value.case_insensitive && !value.exact ? "~*" : "~");
  return Piece(fmt::format("({} {} {})", value.sql, op, pattern.sql), ValueClass::kBoolean);
}

}  // namespace transload
