// The functions, CASE and CAST of ExpressionEmitter.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "mappings/expression_emitter.h"

namespace transload {
namespace {

// Source function to PostgreSQL's, for those that take texts and mean the same.
const std::map<std::string, std::string>& TextFunctions() {
  static const std::map<std::string, std::string> functions = {
      {"lower", "lower"},      {"lcase", "lower"}, {"upper", "upper"}, {"ucase", "upper"},
      {"trim", "btrim"},       {"ltrim", "ltrim"}, {"rtrim", "rtrim"}, {"reverse", "reverse"},
      {"replace", "replace"},  {"left", "left"},   {"right", "right"}, {"substr", "substr"},
      {"substring", "substr"}, {"mid", "substr"}};
  return functions;
}

}  // namespace

std::string ExpressionEmitter::AsText(const EmittedSql& piece) {
  if (piece.value == ValueClass::kText) return piece.sql;
  if (piece.value == ValueClass::kInteger || piece.value == ValueClass::kDecimal) {
    return fmt::format("({})::text", piece.sql);
  }
  Fail("a value other than text or a number is made part of a text");
  return piece.sql;
}

EmittedSql ExpressionEmitter::Concat(const SqlNode& node) {
  std::vector<std::string> parts;
  EmittedSql out = Piece("", ValueClass::kText);
  for (const SqlNode& arg : node.args) {
    const EmittedSql part = Value(arg);
    parts.push_back(AsText(part));
    TakeCollation(out, part);
  }
  if (parts.empty()) return Fail("concat of nothing");
  out.sql = fmt::format("({})", fmt::join(parts, " || "));
  return out;
}

EmittedSql ExpressionEmitter::Coalesce(const SqlNode& node) {
  std::vector<std::string> parts;
  const EmittedSql first = Value(node.args.front());
  EmittedSql out = Piece("", first.value);
  for (const SqlNode& arg : node.args) {
    EmittedSql item = Value(arg);
    TakeCollation(out, item);
    EmittedSql side = first;
    if (item.value == ValueClass::kText && first.value == ValueClass::kText) {
      parts.push_back(item.sql);
      continue;
    }
    const std::string written = item.sql;
    if (!Align(side, item, false)) return Fail(why_);
    if (item.literal && item.sql != written) return Fail("a text of another kind in COALESCE");
    parts.push_back(item.sql);
  }
  out.sql = fmt::format("COALESCE({})", fmt::join(parts, ", "));
  return out;
}

EmittedSql ExpressionEmitter::TextCall(const SqlNode& node, const std::string& name) {
  std::vector<std::string> args;
  EmittedSql out = Piece("", ValueClass::kText);
  for (std::size_t i = 0; i < node.args.size(); ++i) {
    const EmittedSql arg = Value(node.args[i]);
    const bool number_wanted = i > 0 && (name == "left" || name == "right" || name == "substr");
    if (number_wanted ? arg.value != ValueClass::kInteger : arg.value != ValueClass::kText) {
      return Fail(name + " of what is no text");
    }
    // A start before 1 and a negative length mean different things.
    if (number_wanted && (node.args[i].kind != SqlNode::Kind::kNumber || arg.sql == "0")) {
      return Fail(name + " with a position that is not a plain number");
    }
    TakeCollation(out, arg);
    args.push_back(arg.sql);
  }
  if (args.empty() || (name == "btrim" && args.size() > 1)) return Fail(name + " in this form");
  out.sql = fmt::format("{}({})", name, fmt::join(args, ", "));
  return out;
}

EmittedSql ExpressionEmitter::DateCall(const SqlNode& node, const std::string& name) {
  const EmittedSql value = Value(node.args.front());
  if (value.value != ValueClass::kDate && value.value != ValueClass::kTimestamp) {
    return Fail(name + " of what is no date");
  }
  if (name == "date") return Piece(fmt::format("({})::date", value.sql), ValueClass::kDate);
  const std::string field = name == "dayofmonth" ? "day" : name;
  return Piece(fmt::format("EXTRACT({} FROM {})::integer", field, value.sql), ValueClass::kInteger);
}

EmittedSql ExpressionEmitter::Call(const SqlNode& node) {
  const std::string& name = node.text;
  const std::size_t count = node.args.size();
  const bool sqlite = dialect_ == SqlDialect::kSqlite;
  if (auto text = TextFunctions().find(name); text != TextFunctions().end()) {
    return TextCall(node, text->second);
  }
  if (name == "concat" && !sqlite) return Concat(node);
  if ((name == "coalesce" && count > 0) || (name == "ifnull" && count == 2)) return Coalesce(node);
  if (name == "json_valid" && count == 1) {
    const EmittedSql value = Value(node.args[0]);
    if (value.value != ValueClass::kJson) return Fail("json_valid of what is not json here");
    EmittedSql out = Piece("true", ValueClass::kBoolean);
    out.always_true = true;
    return out;
  }
  if ((name == "length" || name == "octet_length" || name == "char_length" ||
       name == "character_length") &&
      count == 1) {
    const EmittedSql value = Value(node.args[0]);
    if (value.value == ValueClass::kBytes) {
      return Piece(fmt::format("octet_length({})", value.sql), ValueClass::kInteger);
    }
    if (value.value != ValueClass::kText) return Fail(name + " of what is no text");
    const bool bytes = name == "octet_length" || (name == "length" && !sqlite);
    if (bytes && value.column != nullptr &&
        value.column->source.charset.starts_with("utf8") == false) {
      return Fail(name + " counts bytes of another character set");
    }
    return Piece(fmt::format("{}({})", bytes ? "octet_length" : "char_length", value.sql),
                 ValueClass::kInteger);
  }
  if (name == "abs" && count == 1) {
    const EmittedSql value = Value(node.args[0]);
    if (!IsNumber(value.value)) return Fail("abs of what is no number");
    return Piece(fmt::format("abs({})", value.sql), value.value);
  }
  if (name == "nullif" && count == 2) {
    EmittedSql a = Value(node.args[0]);
    EmittedSql b = Value(node.args[1]);
    if (!a.case_insensitive && Align(a, b, false)) {
      return Piece(fmt::format("NULLIF({}, {})", a.sql, b.sql), a.value);
    }
    return Fail("nullif of values that compare otherwise");
  }
  if ((name == "if" || name == "iif") && count == 3) {
    SqlNode as_case;
    as_case.kind = SqlNode::Kind::kCase;
    as_case.args = node.args;
    return Case(as_case);
  }
  if (!sqlite && count == 1 &&
      (name == "year" || name == "month" || name == "day" || name == "dayofmonth" ||
       name == "quarter" || name == "date")) {
    return DateCall(node, name);
  }
  return Fail(fmt::format("the function {}", name));
}

EmittedSql ExpressionEmitter::Case(const SqlNode& node) {
  std::string sql = "CASE";
  std::size_t at = 0;
  EmittedSql operand;
  const bool with_operand = node.text == "operand";
  if (with_operand) operand = Value(node.args[at++]);
  EmittedSql out;
  auto result = [&](const SqlNode& branch) {
    const EmittedSql piece = Value(branch);
    if (out.value == ValueClass::kNull) out.value = piece.value;
    const bool fits = piece.value == out.value || piece.value == ValueClass::kNull ||
                      (IsNumber(piece.value) && IsNumber(out.value));
    if (!fits) Fail("the branches of a CASE are of different kinds");
    TakeCollation(out, piece);
    return piece.sql;
  };
  for (; at + 1 < node.args.size(); at += 2) {
    if (with_operand) {
      EmittedSql side = operand;
      EmittedSql when = Value(node.args[at]);
      if (!Align(side, when, false)) return Fail(why_);
      sql += fmt::format(" WHEN {} = {}", side.sql, when.sql);
    } else {
      sql += fmt::format(" WHEN {}", Condition(node.args[at]).sql);
    }
    sql += fmt::format(" THEN {}", result(node.args[at + 1]));
  }
  if (at < node.args.size()) sql += fmt::format(" ELSE {}", result(node.args[at]));
  out.sql = "(" + sql + " END)";
  return out;
}

EmittedSql ExpressionEmitter::Cast(const SqlNode& node) {
  EmittedSql value = Value(node.args[0]);
  const std::string& type = node.text;
  auto starts = [&](const char* word) { return type.starts_with(word); };
  if (value.value == ValueClass::kInteger) {
    if (starts("signed") || type == "integer" || type == "int" || type == "bigint") {
      return Piece(fmt::format("({})::bigint", value.sql), ValueClass::kInteger);
    }
    if ((starts("char") || starts("text") || starts("varchar")) &&
        type.find('(') == std::string::npos) {
      return Piece(fmt::format("({})::text", value.sql), ValueClass::kText);
    }
  }
  if (value.value == ValueClass::kText && type == "text") return value;
  if (value.value == ValueClass::kText && starts("char") &&
      type.find_first_of("0123456789") == std::string::npos) {
    return value;
  }
  const bool iso_date = value.literal && value.sql.size() == 12 &&
                        value.sql.find_first_not_of("'0123456789-") == std::string::npos;
  if (type == "date" && (iso_date || value.value == ValueClass::kTimestamp)) {
    return Piece(fmt::format("({})::date", value.sql), ValueClass::kDate);
  }
  return Fail(fmt::format("a cast to {}", type));
}

}  // namespace transload
