#include "core/pg_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "core/ascii.h"
#include "core/error.h"

namespace transload {
namespace {

struct Spelling {
  std::string_view word;
  PgKind kind;
};

// The first spelling of a kind is the one written.
constexpr std::array kSpellings = {
    Spelling{"boolean", PgKind::kBool},
    Spelling{"bool", PgKind::kBool},
    Spelling{"smallint", PgKind::kInt2},
    Spelling{"int2", PgKind::kInt2},
    Spelling{"integer", PgKind::kInt4},
    Spelling{"int", PgKind::kInt4},
    Spelling{"int4", PgKind::kInt4},
    Spelling{"bigint", PgKind::kInt8},
    Spelling{"int8", PgKind::kInt8},
    Spelling{"real", PgKind::kFloat4},
    Spelling{"float4", PgKind::kFloat4},
    Spelling{"double precision", PgKind::kFloat8},
    Spelling{"float8", PgKind::kFloat8},
    Spelling{"float", PgKind::kFloat8},
    Spelling{"numeric", PgKind::kNumeric},
    Spelling{"decimal", PgKind::kNumeric},
    Spelling{"text", PgKind::kText},
    Spelling{"varchar", PgKind::kVarchar},
    Spelling{"character varying", PgKind::kVarchar},
    Spelling{"char", PgKind::kBpchar},
    Spelling{"character", PgKind::kBpchar},
    Spelling{"bpchar", PgKind::kBpchar},
    Spelling{"bytea", PgKind::kBytea},
    Spelling{"date", PgKind::kDate},
    Spelling{"time", PgKind::kTime},
    Spelling{"time without time zone", PgKind::kTime},
    Spelling{"timetz", PgKind::kTimetz},
    Spelling{"time with time zone", PgKind::kTimetz},
    Spelling{"timestamp", PgKind::kTimestamp},
    Spelling{"timestamp without time zone", PgKind::kTimestamp},
    Spelling{"timestamptz", PgKind::kTimestamptz},
    Spelling{"timestamp with time zone", PgKind::kTimestamptz},
    Spelling{"interval", PgKind::kInterval},
    Spelling{"uuid", PgKind::kUuid},
    Spelling{"json", PgKind::kJson},
    Spelling{"jsonb", PgKind::kJsonb},
    Spelling{"bit", PgKind::kBit},
    Spelling{"bit varying", PgKind::kVarbit},
    Spelling{"varbit", PgKind::kVarbit},
    Spelling{"inet", PgKind::kInet},
    Spelling{"cidr", PgKind::kCidr},
    Spelling{"macaddr", PgKind::kMacaddr},
    Spelling{"point", PgKind::kPoint},
    Spelling{"money", PgKind::kMoney},
};

// Names that stay as they are but have a kind of their own.
constexpr std::array kNamed = {
    Spelling{"citext", PgKind::kText},        Spelling{"xml", PgKind::kText},
    Spelling{"name", PgKind::kText},          Spelling{"geometry", PgKind::kGeometry},
    Spelling{"geography", PgKind::kGeometry}, Spelling{"vector", PgKind::kVector},
};

std::string Squeezed(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == ' ' || c == '\t' || c == '\n') {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else {
      out += c;
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

[[noreturn]] void RefuseType(std::string_view sql, std::string_view why) {
  throw UsageError(fmt::format("'{}' is not a PostgreSQL type: {}", sql, why));
}

std::int32_t Number(std::string_view sql, std::string_view digits, std::int32_t low,
                    std::int32_t high) {
  std::int32_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < low || value > high) {
    RefuseType(sql, fmt::format("'{}' is not a number from {} to {}", digits, low, high));
  }
  return value;
}

std::optional<PgKind> KindOf(std::string_view word) {
  for (const Spelling& spelling : kSpellings) {
    if (spelling.word == word) return spelling.kind;
  }
  return std::nullopt;
}

void ApplyModifiers(PgType& type, std::string_view sql, const std::vector<std::string>& numbers) {
  auto exactly_one = [&] {
    if (numbers.size() != 1) RefuseType(sql, "it takes one number in parentheses");
  };
  switch (type.kind) {
    case PgKind::kNumeric:
      if (numbers.size() > 2) RefuseType(sql, "numeric takes a precision and a scale");
      type.precision = Number(sql, numbers[0], 1, 1000);
      type.scale = numbers.size() == 2 ? Number(sql, numbers[1], -1000, 1000) : 0;
      return;
    case PgKind::kVarchar:
    case PgKind::kBpchar:
      exactly_one();
      type.length = Number(sql, numbers[0], 1, 10485760);
      return;
    case PgKind::kBit:
    case PgKind::kVarbit:
      exactly_one();
      type.length = Number(sql, numbers[0], 1, 83886080);
      return;
    case PgKind::kTime:
    case PgKind::kTimetz:
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz:
    case PgKind::kInterval:
      exactly_one();
      type.precision = Number(sql, numbers[0], 0, 6);
      return;
    default:
      RefuseType(sql, "it takes nothing in parentheses");
  }
}

std::string Modified(std::string_view word, std::int32_t modifier) {
  return modifier < 0 ? std::string(word) : fmt::format("{}({})", word, modifier);
}

}  // namespace

std::string PgType::Sql() const {
  if (kind == PgKind::kArray) return element.at(0).Sql() + "[]";
  if (!name.empty()) return name;
  std::string_view word;
  for (const Spelling& spelling : kSpellings) {
    if (spelling.kind == kind) {
      word = spelling.word;
      break;
    }
  }
  switch (kind) {
    case PgKind::kNumeric:
      return precision < 0 ? std::string(word) : fmt::format("numeric({},{})", precision, scale);
    case PgKind::kVarchar:
    case PgKind::kBpchar:
    case PgKind::kBit:
    case PgKind::kVarbit:
      return Modified(word, length);
    case PgKind::kTime:
    case PgKind::kTimetz:
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz:
    case PgKind::kInterval:
      return Modified(word, precision);
    default:
      return std::string(word);
  }
}

PgType ParsePgType(std::string_view sql) {
  std::string text = Squeezed(sql);
  if (text.empty()) RefuseType(sql, "it is empty");
  if (text.size() > 2 && text.ends_with("[]")) {
    PgType array;
    array.kind = PgKind::kArray;
    array.element.push_back(ParsePgType(std::string_view(text).substr(0, text.size() - 2)));
    return array;
  }

  // word ["(" numbers ")"] [rest of the word], as in "timestamp(3) with time zone"
  std::vector<std::string> numbers;
  std::string word = text;
  if (std::size_t open = text.find('('); open != std::string::npos) {
    std::size_t close = text.find(')', open);
    if (close == std::string::npos) RefuseType(sql, "a parenthesis is not closed");
    std::string inside = text.substr(open + 1, close - open - 1);
    for (std::size_t start = 0; start <= inside.size();) {
      std::size_t comma = std::min(inside.find(',', start), inside.size());
      numbers.push_back(Squeezed(std::string_view(inside).substr(start, comma - start)));
      start = comma + 1;
    }
    word = Squeezed(text.substr(0, open) + " " + text.substr(close + 1));
  }
  const std::string lower = LowerAscii(word);

  PgType type;
  if (std::optional<PgKind> kind = KindOf(lower)) {
    type.kind = *kind;
    // The SQL standard's char and bit mean length 1.
    if (type.kind == PgKind::kBpchar || type.kind == PgKind::kBit) type.length = 1;
    if (!numbers.empty()) ApplyModifiers(type, sql, numbers);
    return type;
  }
  type.kind = PgKind::kOther;
  for (const Spelling& spelling : kNamed) {
    if (spelling.word == lower) type.kind = spelling.kind;
  }
  if (type.kind == PgKind::kVector && numbers.size() == 1) {
    type.length = Number(sql, numbers[0], 1, 16000);
  }
  type.name = text;
  return type;
}

}  // namespace transload
