#include "mappings/default_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "core/ascii.h"
#include "mappings/expression_translator.h"
#include "mappings/tsql_rewrite.h"

namespace transload {
namespace {

bool IsIntKind(const PgType& type) {
  return type.kind == PgKind::kInt4 || type.kind == PgKind::kInt8;
}

// Lower case, without blanks outside of quotes and without parentheses around the whole.
std::string Normal(const std::string& sql) {
  std::string out;
  bool quoted = false;
  for (char c : sql) {
    if (c == '\'') quoted = !quoted;
    if (!quoted && (c == ' ' || c == '\t' || c == '\n')) continue;
    out += quoted ? c : LowerAscii(c);
  }
  while (out.size() > 2 && out.front() == '(' && out.back() == ')') {
    int depth = 0;
    bool whole = true;
    for (std::size_t i = 0; i + 1 < out.size(); ++i) {
      depth += out[i] == '(' ? 1 : out[i] == ')' ? -1 : 0;
      whole = whole && depth > 0;
    }
    if (!whole) break;
    out = out.substr(1, out.size() - 2);
  }
  return out;
}

// name, name(), name(3)
bool IsCallOf(const std::string& call, std::initializer_list<std::string_view> names) {
  const std::size_t open = call.find('(');
  const std::string_view rest =
      open == std::string::npos ? std::string_view() : std::string_view(call).substr(open);
  const bool shape = rest.empty() || rest == "()" ||
                     (rest.size() == 3 && rest[1] >= '0' && rest[1] <= '6' && rest[2] == ')');
  return shape && std::find(names.begin(), names.end(), std::string_view(call).substr(0, open)) !=
                      names.end();
}

// Functions of time. `utc`: the source gives UTC whatever its zone (SQLite does).
DefaultValue NowDefault(const PgType& type, const std::string& digits, bool utc) {
  const std::string at_utc = "(now() AT TIME ZONE 'UTC')";
  if (!utc || type.kind == PgKind::kTimestamptz) {
    std::string sql = NowSql(type, digits);
    if (sql.empty()) return NoDefault("a time for a column of type " + type.Sql());
    const bool local = type.kind != PgKind::kTimestamptz;
    return {sql, "", local ? "by the time zone of the session that inserts" : ""};
  }
  switch (type.kind) {
    case PgKind::kTimestamp:
      return {at_utc, "", ""};
    case PgKind::kDate:
      return {at_utc + "::date", "", ""};
    case PgKind::kTime:
      return {at_utc + "::time", "", ""};
    default:
      break;
  }
  if (IsTextKind(type.kind)) return {"to_char(" + at_utc + ", 'YYYY-MM-DD HH24:MI:SS')", "", ""};
  return NoDefault("a time for a column of type " + type.Sql());
}

DefaultValue UuidDefault(const PgType& type, int target_version) {
  if (target_version < 130000) return NoDefault("gen_random_uuid() needs PostgreSQL 13");
  const std::string note = "random (version 4); the source's uuid() is made from the time";
  if (type.kind == PgKind::kUuid) return {"gen_random_uuid()", "", note};
  if (IsTextKind(type.kind)) return {"gen_random_uuid()::text", "", note};
  return NoDefault("a UUID for a column of type " + type.Sql());
}

// Text forms of a part of the UTC time: date('now') and time('now') in SQLite.
DefaultValue UtcPart(const PgType& type, const char* cast, const char* format) {
  const std::string now = "(now() AT TIME ZONE 'UTC')";
  if (IsTextKind(type.kind)) return {fmt::format("to_char({}, '{}')", now, format), "", ""};
  const bool fits = type.kind == PgKind::kTimestamp ||
                    (type.kind == PgKind::kDate && std::string(cast) == "date") ||
                    (type.kind == PgKind::kTime && std::string(cast) == "time");
  if (!fits) return NoDefault("a time for a column of type " + type.Sql());
  return {fmt::format("{}::{}", now, cast), "", ""};
}

std::optional<DefaultValue> SqliteFunction(const std::string& call, const PgType& type) {
  if (call == "datetime('now')" || call == "datetime()") return NowDefault(type, "", true);
  if (call == "date('now')" || call == "date()" || call == "current_date") {
    return UtcPart(type, "date", "YYYY-MM-DD");
  }
  if (call == "time('now')" || call == "time()" || call == "current_time") {
    return UtcPart(type, "time", "HH24:MI:SS");
  }
  if (call == "datetime('now','localtime')" && type.kind == PgKind::kTimestamp) {
    return DefaultValue{"LOCALTIMESTAMP(0)", "", "by the time zone of the session that inserts"};
  }
  if ((call == "strftime('%s','now')" || call == "unixepoch()" || call == "unixepoch('now')") &&
      IsIntKind(type)) {
    return DefaultValue{"EXTRACT(epoch FROM now())::bigint", "", ""};
  }
  return std::nullopt;
}

std::optional<DefaultValue> KnownFunction(const std::string& call, const PgType& type,
                                          SqlDialect dialect, int target_version) {
  const bool sqlite = dialect == SqlDialect::kSqlite;
  if (IsCallOf(call, {"current_timestamp", "now", "localtimestamp", "localtime"}))
    return NowDefault(type, FractionDigits(call), sqlite);
  if (sqlite) return SqliteFunction(call, type);
  if (IsCallOf(call, {"utc_timestamp"})) return NowDefault(type, FractionDigits(call), true);
  if (call == "curdate()" || call == "current_date" || call == "current_date()") {
    if (type.kind != PgKind::kDate && type.kind != PgKind::kTimestamp) return std::nullopt;
    return DefaultValue{"CURRENT_DATE", "", "by the time zone of the session that inserts"};
  }
  if (call == "curtime()" || call == "current_time" || call == "current_time()") {
    if (type.kind != PgKind::kTime) return std::nullopt;
    return DefaultValue{"LOCALTIME(0)", "", "by the time zone of the session that inserts"};
  }
  if (call == "uuid()") return UuidDefault(type, target_version);
  if (call == "rand()" && type.kind == PgKind::kFloat8) return DefaultValue{"random()", "", ""};
  const bool json = type.kind == PgKind::kJson || type.kind == PgKind::kJsonb;
  if (call == "json_array()" && json) return LiteralDefault("[]", type);
  if (call == "json_object()" && json) return LiteralDefault("{}", type);
  if (call == "unix_timestamp()" && IsIntKind(type)) {
    return DefaultValue{"EXTRACT(epoch FROM now())::bigint", "", ""};
  }
  return std::nullopt;
}

// An expression that is a literal after all: ('abc'), (-1), X'00ff', "abc" in SQLite.
std::optional<DefaultValue> AsLiteral(const std::string& sql, const PgType& type,
                                      SqlDialect dialect) {
  const ParsedSql parsed = ParseSql(sql, dialect);
  if (!parsed.ok()) return std::nullopt;
  const SqlNode& node = parsed.node;
  switch (node.kind) {
    case SqlNode::Kind::kString:
    case SqlNode::Kind::kNumber:
      return LiteralDefault(node.text, type);
    case SqlNode::Kind::kTrue:
      return LiteralDefault("1", type);
    case SqlNode::Kind::kFalse:
      return LiteralDefault("0", type);
    case SqlNode::Kind::kBytes:
      return type.kind == PgKind::kBytea ? LiteralDefault("X'" + node.text + "'", type)
                                         : std::optional<DefaultValue>();
    case SqlNode::Kind::kBits:
      return LiteralDefault("b'" + node.text + "'", type);
    case SqlNode::Kind::kNull:
      return DefaultValue{};
    case SqlNode::Kind::kUnary:
      if (node.text == "-" && node.args[0].kind == SqlNode::Kind::kNumber) {
        return LiteralDefault("-" + node.args[0].text, type);
      }
      return std::nullopt;
    case SqlNode::Kind::kColumn:
      // SQLite takes a double-quoted name that is no column for a text.
      if (dialect == SqlDialect::kSqlite) return LiteralDefault(node.text, type);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

// The text that X'616263' spells; nothing where a byte is beyond ASCII.
std::optional<std::string> SpelledText(std::string_view literal) {
  std::string text;
  for (std::size_t at = 2; at + 2 < literal.size(); at += 2) {
    const int byte = std::stoi(std::string(literal.substr(at, 2)), nullptr, 16);
    if (byte > 0x7F) return std::nullopt;
    text += static_cast<char>(byte);
  }
  return text;
}

// Bits as the values of their column come: each a digit of a text, or as whole bytes.
DefaultValue PaddedBits(std::string digits, std::size_t length, const PgType& type) {
  const bool bytes = type.kind == PgKind::kBytea;
  if (bytes) length = (length + 7) / 8 * 8;
  if (digits.size() < length) digits.insert(0, length - digits.size(), '0');
  if (!bytes) return LiteralDefault(digits, type);
  std::string hex;
  for (std::size_t at = 0; at < digits.size(); at += 8) {
    hex += fmt::format("{:02x}", std::stoi(digits.substr(at, 8), nullptr, 2));
  }
  return LiteralDefault("X'" + hex + "'", type);
}

bool IsTemporal(const PgType& type) {
  return type.kind == PgKind::kTimestamp || type.kind == PgKind::kTimestamptz ||
         type.kind == PgKind::kDate;
}

}  // namespace

DefaultValue NoDefault(std::string why) { return {"", std::move(why), ""}; }

std::string FractionDigits(const std::string& now) {
  const std::size_t open = now.find('(');
  if (open == std::string::npos || open + 1 >= now.size() || now[open + 1] < '0' ||
      now[open + 1] > '6') {
    return "";
  }
  return now.substr(open + 1, 1);
}

std::string NowSql(const PgType& type, const std::string& digits) {
  const std::string precision = "(" + (digits.empty() ? "0" : digits) + ")";
  switch (type.kind) {
    case PgKind::kTimestamptz:
      return "CURRENT_TIMESTAMP" + precision;
    case PgKind::kTimestamp:
      return "LOCALTIMESTAMP" + precision;
    case PgKind::kDate:
      return "CURRENT_DATE";
    case PgKind::kTime:
      return "LOCALTIME" + precision;
    default:
      return "";
  }
}

DefaultValue TranslateDefault(const SourceColumn& column, const PgType& type, SqlDialect dialect,
                              int target_version) {
  if (!column.default_value) return {};
  SourceDefault source = *column.default_value;
  if (dialect == SqlDialect::kTSql) {
    source.text = RewriteTSql(source.text);
    dialect = SqlDialect::kMySql;
  }
  const std::string call = Normal(source.text);
  // MySQL 5.7 does not tell a literal from a function; a date column's default of that name is one.
  const bool function =
      source.is_expression || (IsTemporal(type) && call.starts_with("current_timestamp"));
  if (!function && column.format == CellFormat::kBytes && IsTextKind(type.kind) &&
      source.text.starts_with("X'")) {
    const std::optional<std::string> text = SpelledText(source.text);
    return text ? LiteralDefault(*text, type) : NoDefault("bytes beyond ASCII for a text");
  }
  const std::string bits = BitDigits(source.text);
  if (!function && column.type == "bit" && !bits.empty() &&
      (IsTextKind(type.kind) || type.kind == PgKind::kBytea)) {
    return PaddedBits(bits, static_cast<std::size_t>(std::max<std::int64_t>(column.length, 1)),
                      type);
  }
  if (!function) return LiteralDefault(source.text, type);
  if (auto known = KnownFunction(call, type, dialect, target_version)) return *known;
  if (auto literal = AsLiteral(source.text, type, dialect)) return *literal;
  const Translation value = TranslateValue(source.text, dialect, {}, type);
  if (!value.ok()) return NoDefault(value.why);
  return {value.sql, "", ""};
}

}  // namespace transload
