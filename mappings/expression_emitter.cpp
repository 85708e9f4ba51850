#include "mappings/expression_emitter.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/ascii.h"
#include "core/sql_quotes.h"
#include "mappings/default_values.h"
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

}  // namespace transload
