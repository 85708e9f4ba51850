// Literals as defaults, by target type. A default that PostgreSQL would refuse takes CREATE TABLE
// down with it, so each is checked here and left out when in doubt.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/ascii.h"
#include "core/digits.h"
#include "core/hex.h"
#include "core/sql_quotes.h"
#include "mappings/default_values.h"

namespace transload {
namespace {

// 9 stands for a digit, h for a hex digit, everything else for itself.
bool HasShape(std::string_view text, std::string_view shape) {
  return text.size() == shape.size() &&
         std::equal(text.begin(), text.end(), shape.begin(), [](char c, char wanted) {
           return wanted == '9' ? IsDigit(c) : wanted == 'h' ? IsHexDigit(c) : c == wanted;
         });
}

bool IsInteger(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

bool IsHex(std::string_view text) {
  return text.size() % 2 == 0 && std::all_of(text.begin(), text.end(), IsHexDigit);
}

// [+-]digits[.digits][e[+-]digits]
bool IsDecimal(const std::string& text) {
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string::npos && !IsInteger(std::string_view(text).substr(exponent + 1))) {
    return false;
  }
  std::string mantissa = text.substr(0, exponent);
  const std::size_t point = mantissa.find('.');
  if (point != std::string::npos) mantissa.erase(point, 1);
  return IsInteger(mantissa);
}

int TwoDigits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

// hh:mm[:ss[.fraction]] of a day.
bool IsTimeOfDay(std::string_view text) {
  if (!HasShape(text.substr(0, 5), "99:99") || TwoDigits(text, 0) > 23 || TwoDigits(text, 3) > 59) {
    return false;
  }
  if (text.size() == 5) return true;
  if (!HasShape(text.substr(5, 3), ":99") || TwoDigits(text, 6) > 59) return false;
  std::string_view fraction = text.substr(8);
  return fraction.empty() || (fraction[0] == '.' && fraction.size() > 1 &&
                              std::all_of(fraction.begin() + 1, fraction.end(), IsDigit));
}

// [-]h:mm:ss, [-]hhh:mm:ss
bool IsSpan(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 3) return false;
  return IsInteger(text.substr(0, colon)) && IsTimeOfDay("00" + std::string(text.substr(colon)));
}

DefaultValue Sql(std::string sql, std::string note = {}) {
  return {std::move(sql), "", std::move(note)};
}

DefaultValue Number(const std::string& text, const PgType& type) {
  if (text.empty()) return Sql("0", "the source's default is an empty text, which it reads as 0");
  if (!BitDigits(text).empty()) {
    const std::string bits = BitDigits(text);
    if (bits.size() > 63) return NoDefault("a bit literal for a number");
    return Sql(std::to_string(std::stoull(bits, nullptr, 2)));
  }
  const bool whole =
      type.kind == PgKind::kInt2 || type.kind == PgKind::kInt4 || type.kind == PgKind::kInt8;
  const std::size_t point = text.find('.');
  const bool fits = whole ? IsInteger(text.substr(0, point)) &&
                                (point == std::string::npos ||
                                 text.find_first_not_of('0', point + 1) == std::string::npos)
                          : IsDecimal(text);
  if (!fits) return NoDefault(fmt::format("'{}' is not a number", text));
  std::string number = whole ? text.substr(0, text.find('.')) : text;
  const bool negative = number[0] == '-';
  if (number[0] == '-' || number[0] == '+') number.erase(0, 1);
  while (number.size() > 1 && number[0] == '0' && number[1] != '.') number.erase(0, 1);  // ZEROFILL
  return Sql((negative ? "-" : "") + number);
}

DefaultValue Boolean(const std::string& text) {
  const std::string lower = LowerAscii(text);
  const std::string bits = BitDigits(text);
  if (lower == "true" || lower == "t" || lower == "yes" || lower == "on") return Sql("true");
  if (lower == "false" || lower == "f" || lower == "no" || lower == "off") return Sql("false");
  const std::string number = bits.empty() ? text : bits;
  if (!IsInteger(number)) return NoDefault(fmt::format("'{}' is not a truth value", text));
  if (number.find_first_of("23456789-") != std::string::npos && bits.empty()) {
    return NoDefault(fmt::format("{} is neither 0 nor 1", text));
  }
  return Sql(number.find('1') != std::string::npos ? "true" : "false");
}

// Unpadded, bit(8) DEFAULT B'101' is taken by CREATE TABLE and refused by every INSERT.
DefaultValue Bits(const std::string& text, const PgType& type) {
  std::string bits = BitDigits(text);
  if (bits.empty() && IsInteger(text) && text.size() < 20 && IsDigit(text[0])) {
    for (unsigned long long value = std::stoull(text); value > 0; value >>= 1) {
      bits.insert(bits.begin(), value & 1 ? '1' : '0');
    }
    if (bits.empty()) bits = "0";
  }
  const auto length = static_cast<std::size_t>(std::max(type.length, 1));
  if (bits.empty() || bits.size() > length)
    return NoDefault(fmt::format("'{}' is not {}", text, type.Sql()));
  return Sql("B'" + std::string(length - bits.size(), '0') + bits + "'");
}

bool RealDay(const std::string& text) {
  const int year = std::stoi(text.substr(0, 4));
  const int month = std::stoi(text.substr(5, 2));
  const int day = std::stoi(text.substr(8, 2));
  if (year == 0 || month == 0 || month > 12 || day == 0) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int days = month == 2                                              ? (leap ? 29 : 28)
                   : month == 4 || month == 6 || month == 9 || month == 11 ? 30
                                                                           : 31;
  return day <= days;
}

DefaultValue Temporal(const std::string& text, const PgType& type) {
  if (type.kind == PgKind::kTime || type.kind == PgKind::kInterval) {
    const bool fits = type.kind == PgKind::kTime ? IsTimeOfDay(text) : IsSpan(text);
    return fits ? Sql(QuoteLiteral(text))
                : NoDefault(fmt::format("'{}' is not {}", text, type.Sql()));
  }
  if (text.starts_with("0000-00-00")) return NoDefault("a zero date");
  const bool day = HasShape(std::string_view(text).substr(0, 10), "9999-99-99") && RealDay(text);
  const bool time =
      text.size() == 10 || (text.size() > 11 && (text[10] == ' ' || text[10] == 'T') &&
                            IsTimeOfDay(std::string_view(text).substr(11)));
  if (!day || !time) {
    return NoDefault(fmt::format("'{}' is not a date that exists", text));
  }
  // The source's session runs in UTC, so that is what a TIMESTAMP's default was shown in.
  return Sql(QuoteLiteral(type.kind == PgKind::kTimestamptz ? text + "+00" : text));
}

DefaultValue Bytes(const std::string& text) {
  std::string hex;
  if (text.size() >= 3 && (text[0] == 'x' || text[0] == 'X') && text[1] == '\'' &&
      text.back() == '\'' && IsHex(std::string_view(text).substr(2, text.size() - 3))) {
    hex = text.substr(2, text.size() - 3);
  } else if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') &&
             IsHex(std::string_view(text).substr(2))) {
    hex = text.substr(2);
  } else {
    hex = LowerHex(text);
  }
  return Sql("'\\x" + LowerAscii(hex) + "'::bytea");
}

bool IsAddress(const std::string& text) {
  in6_addr address = {};
  return inet_pton(AF_INET, text.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

DefaultValue Set(const std::string& text, const PgType& type) {
  if (text.empty()) return Sql("'{}'");
  std::vector<std::string> members;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    members.push_back(QuoteLiteral(text.substr(start, comma - start)));
    start = comma + 1;
  }
  return Sql(fmt::format("ARRAY[{}]::{}", fmt::join(members, ","), type.Sql()));
}

DefaultValue Label(const std::string& text, const PgType& type) {
  if (std::find(type.labels.begin(), type.labels.end(), text) == type.labels.end()) {
    return NoDefault(fmt::format("'{}' is no label of the enum", text));
  }
  return Sql(QuoteLiteral(text) + "::" + type.name);
}

}  // namespace

std::string BitDigits(const std::string& text) {
  const bool is_bits = text.size() > 3 && (text[0] == 'b' || text[0] == 'B') && text[1] == '\'' &&
                       text.find_first_not_of("01", 2) == text.size() - 1 && text.back() == '\'';
  return is_bits ? text.substr(2, text.size() - 3) : "";
}

DefaultValue LiteralDefault(const std::string& text, const PgType& type) {
  if (type.kind != PgKind::kBytea && text.find('\0') != std::string::npos) {
    return NoDefault("a text holds a NUL byte");
  }
  switch (type.kind) {
    case PgKind::kInt2:
    case PgKind::kInt4:
    case PgKind::kInt8:
    case PgKind::kFloat4:
    case PgKind::kFloat8:
    case PgKind::kNumeric:
      return Number(text, type);
    case PgKind::kBool:
      return Boolean(text);
    case PgKind::kText:
    case PgKind::kVarchar:
    case PgKind::kBpchar:
      if (type.name == "xml") return NoDefault("a default for xml");
      return Sql(QuoteLiteral(text));
    case PgKind::kBit:
    case PgKind::kVarbit:
      return Bits(text, type);
    case PgKind::kDate:
    case PgKind::kTime:
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz:
    case PgKind::kInterval:
      return Temporal(text, type);
    case PgKind::kBytea:
      return Bytes(text);
    case PgKind::kEnum:
      return Label(text, type);
    case PgKind::kArray:
      if (type.element.front().kind == PgKind::kText) return Set(text, type);
      return NoDefault("a default for " + type.Sql());
    case PgKind::kJson:
    case PgKind::kJsonb:
      return nlohmann::json::accept(text) ? Sql(QuoteLiteral(text) + "::" + type.Sql())
                                          : NoDefault("it is not JSON");
    case PgKind::kUuid:
      return HasShape(text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh") ? Sql(QuoteLiteral(text))
                                                                    : NoDefault("it is not a UUID");
    case PgKind::kInet:
      return IsAddress(text) ? Sql(QuoteLiteral(text)) : NoDefault("it is no address");
    default:
      return NoDefault("a default for " + type.Sql());
  }
}

}  // namespace transload
