#include "mappings/expression_emitter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/ascii.h"
#include "mappings/default_values.h"
#include "mappings/names.h"
#include "mappings/type_rules.h"

namespace transload {
namespace {

using Kind = SqlNode::Kind;

ValueClass ClassOf(const PgType& type) {
  switch (type.kind) {
    case PgKind::kBool:
      return ValueClass::kBoolean;
    case PgKind::kInt2:
    case PgKind::kInt4:
    case PgKind::kInt8:
      return ValueClass::kInteger;
    case PgKind::kNumeric:
      return ValueClass::kDecimal;
    case PgKind::kFloat4:
    case PgKind::kFloat8:
      return ValueClass::kFloat;
    case PgKind::kText:
      return type.name == "xml" ? ValueClass::kOther : ValueClass::kText;
    case PgKind::kVarchar:
    case PgKind::kBpchar:
      return ValueClass::kText;
    case PgKind::kDate:
      return ValueClass::kDate;
    case PgKind::kTimestamp:
      return ValueClass::kTimestamp;
    case PgKind::kTime:
      return ValueClass::kTime;
    case PgKind::kBytea:
      return ValueClass::kBytes;
    case PgKind::kJson:
    case PgKind::kJsonb:
      return ValueClass::kJson;
    case PgKind::kEnum:
      return ValueClass::kEnum;
    default:
      return ValueClass::kOther;
  }
}

bool IsZeroOrOne(const EmittedSql& piece) { return piece.sql == "0" || piece.sql == "1"; }

std::string BooleanLiteral(const EmittedSql& piece) { return piece.sql == "1" ? "true" : "false"; }

bool IsAscii(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

bool IsNumber(ValueClass value) {
  return value == ValueClass::kInteger || value == ValueClass::kDecimal ||
         value == ValueClass::kFloat;
}

EmittedSql Piece(std::string sql, ValueClass value) {
  EmittedSql out;
  out.sql = std::move(sql);
  out.value = value;
  return out;
}

EmittedSql ExpressionEmitter::Fail(const std::string& why) {
  if (why_.empty()) why_ = why;
  return Piece("NULL", ValueClass::kNull);
}

void ExpressionEmitter::Note(const std::string& note) {
  if (std::find(notes_.begin(), notes_.end(), note) == notes_.end()) notes_.push_back(note);
}

EmittedSql ExpressionEmitter::Condition(const SqlNode& node) {
  EmittedSql value = Value(node);
  if (value.value == ValueClass::kBoolean) return value;
  // A number stands for its being other than 0, in both dialects.
  if (IsNumber(value.value)) {
    return Piece(fmt::format("({} <> 0)", value.sql), ValueClass::kBoolean);
  }
  if (value.value == ValueClass::kNull) return Piece("NULL::boolean", ValueClass::kBoolean);
  return Fail("a text or a date stands where a truth value is wanted");
}

EmittedSql ExpressionEmitter::Value(const SqlNode& node) {
  switch (node.kind) {
    case Kind::kColumn:
      return Column(node);
    case Kind::kNumber:
      return Piece(node.text, node.text.find_first_of(".eE") == std::string::npos
                                  ? ValueClass::kInteger
                                  : ValueClass::kDecimal);
    case Kind::kString: {
      EmittedSql out = Piece(QuoteLiteral(node.text), ValueClass::kText);
      out.literal = true;
      return out;
    }
    case Kind::kBytes:
      return Piece("'\\x" + node.text + "'::bytea", ValueClass::kBytes);
    case Kind::kBits:
      return Fail("a bit literal");
    case Kind::kMoment:
      return Moment(node);
    case Kind::kRow:
      return Fail("a row of values stands where one value is wanted");
    case Kind::kNull:
      return Piece("NULL", ValueClass::kNull);
    case Kind::kTrue:
      return Piece("true", ValueClass::kBoolean);
    case Kind::kFalse:
      return Piece("false", ValueClass::kBoolean);
    case Kind::kUnary:
      return Unary(node);
    case Kind::kBinary:
      return Binary(node);
    case Kind::kCall:
      return Call(node);
    case Kind::kIn:
      return In(node);
    case Kind::kBetween:
      return Between(node);
    case Kind::kIs:
      return Is(node);
    case Kind::kLike:
      return Like(node);
    case Kind::kRegexp:
      return Regexp(node);
    case Kind::kCase:
      return Case(node);
    case Kind::kCast:
      return Cast(node);
  }
  return Fail("it is not understood");
}

EmittedSql ExpressionEmitter::ValueFor(const SqlNode& node, const PgType& target) {
  EmittedSql value = Value(node);
  const ValueClass wanted = ClassOf(target);
  if (value.value == wanted || value.value == ValueClass::kNull || value.literal) return value;
  if (IsNumber(value.value) && IsNumber(wanted)) return value;
  if (wanted == ValueClass::kBoolean && IsNumber(value.value)) {
    return Piece(fmt::format("({} <> 0)", value.sql), ValueClass::kBoolean);
  }
  if (value.value == ValueClass::kBoolean && IsNumber(wanted)) {
    return Piece(fmt::format("({})::integer", value.sql), ValueClass::kInteger);
  }
  if (wanted == ValueClass::kText && value.value == ValueClass::kInteger) {
    return Piece(fmt::format("({})::text", value.sql), ValueClass::kText);
  }
  if (wanted == ValueClass::kDate && value.value == ValueClass::kTimestamp) {
    return Piece(fmt::format("({})::date", value.sql), ValueClass::kDate);
  }
  return Fail("its value is of another kind than the column");
}

EmittedSql ExpressionEmitter::Column(const SqlNode& node) {
  const ColumnPlan* found = nullptr;
  for (const ColumnPlan& column : columns_) {
    if (column.source.name == node.text) found = &column;
  }
  for (const ColumnPlan& column : columns_) {
    if (found == nullptr && LowerAscii(column.source.name) == LowerAscii(node.text)) {
      found = &column;
    }
  }
  if (found == nullptr) return Fail(fmt::format("it names {}, which is no column here", node.text));
  EmittedSql out = Piece(QuoteIdent(found->name), ClassOf(found->type));
  out.column = found;
  out.case_insensitive =
      out.value == ValueClass::kText && IsCaseInsensitive(found->source.collation);
  out.exact =
      out.value == ValueClass::kText && LowerAscii(found->source.collation).ends_with("_bin");
  // A char arrives without its blanks.
  out.padded = out.value == ValueClass::kText && found->source.type != "char" &&
               PadsWithBlanks(found->source.collation);
  if (found->type.kind == PgKind::kTimestamptz) return Fail("it depends on the time zone");
  return out;
}

EmittedSql ExpressionEmitter::Moment(const SqlNode& node) {
  const PgType type = ParsePgType(node.text);
  const DefaultValue literal = LiteralDefault(node.args[0].text, type);
  if (!literal.why.empty()) return Fail(literal.why);
  return Piece(literal.sql + "::" + node.text, ClassOf(type));
}

EmittedSql ExpressionEmitter::Unary(const SqlNode& node) {
  if (node.text == "NOT") {
    return Piece(fmt::format("(NOT {})", Condition(node.args[0]).sql), ValueClass::kBoolean);
  }
  EmittedSql value = Value(node.args[0]);
  if (!IsNumber(value.value)) return Fail(node.text + " before what is no number");
  if (node.text == "~") return Fail("~ (MySQL computes in 64 bits without sign)");
  if (node.text == "+") return value;
  return Piece("-" + (value.sql.starts_with("-") ? "(" + value.sql + ")" : value.sql), value.value);
}

EmittedSql ExpressionEmitter::Binary(const SqlNode& node) {
  if (node.text == "AND" || node.text == "OR" || node.text == "XOR") return Logical(node);
  if (node.text == "||") return Concat(node);
  if (node.text == "=" || node.text == "<=>" || node.text == "<>" || node.text[0] == '<' ||
      node.text[0] == '>') {
    if (node.text != "<<" && node.text != ">>") return Compare(node);
  }
  return Arithmetic(node);
}

EmittedSql ExpressionEmitter::Logical(const SqlNode& node) {
  EmittedSql a = Condition(node.args[0]);
  EmittedSql b = Condition(node.args[1]);
  if (node.text == "AND" && a.always_true) return b;
  if (node.text == "AND" && b.always_true) return a;
  if (node.text == "OR" && a.always_true) return a;
  if (node.text == "OR" && b.always_true) return b;
  const char* op = node.text == "XOR" ? "<>" : node.text.c_str();
  return Piece(fmt::format("({} {} {})", a.sql, op, b.sql), ValueClass::kBoolean);
}

EmittedSql ExpressionEmitter::Arithmetic(const SqlNode& node) {
  EmittedSql a = Value(node.args[0]);
  EmittedSql b = Value(node.args[1]);
  if (!IsNumber(a.value) || !IsNumber(b.value)) {
    return Fail(fmt::format("{} between what are not both numbers", node.text));
  }
  const bool integers = a.value == ValueClass::kInteger && b.value == ValueClass::kInteger;
  const std::string& op = node.text;
  std::string written = op;
  if (op == "/" && dialect_ == SqlDialect::kMySql) {
    return Fail("/ (MySQL divides integers into decimals)");
  }
  if (op == "/" || op == "DIV" || op == "%" || op == "MOD") {
    // Both sources give NULL for a division by zero, where PostgreSQL fails.
    const bool safe_divisor =
        node.args[1].kind == Kind::kNumber && b.sql.find_first_of("123456789") != std::string::npos;
    if (!integers || !safe_divisor) return Fail(op + " other than of an integer by a number");
    written = op == "DIV" ? "/" : op == "MOD" ? "%" : op;
  } else if (op != "+" && op != "-" && op != "*" && (!integers || op == "<<" || op == ">>")) {
    return Fail(op + " computes with 64 bits without sign in the source");
  }
  const ValueClass value = integers ? ValueClass::kInteger
                           : a.value == ValueClass::kFloat || b.value == ValueClass::kFloat
                               ? ValueClass::kFloat
                               : ValueClass::kDecimal;
  return Piece(fmt::format("({} {} {})", a.sql, written, b.sql), value);
}

void ExpressionEmitter::TakeCollation(EmittedSql& made, const EmittedSql& part) {
  made.case_insensitive = made.case_insensitive || part.case_insensitive;
  made.exact = made.exact || part.exact;
  made.padded = made.padded || part.padded;
}

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
