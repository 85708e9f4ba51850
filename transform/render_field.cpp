#include "transform/render_field.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>

#include "core/hex.h"
#include "transform/cell_text.h"
#include "transform/civil_time.h"
#include "transform/encode_context.h"

namespace transload {
namespace {

std::int64_t Be64(std::string_view field) {
  return static_cast<std::int64_t>(LoadBe64(field.data()));
}
std::int32_t Be32(std::string_view field) {
  return static_cast<std::int32_t>(LoadBe32(field.data()));
}

// ".123456" without trailing zeros.
void AppendMicros(std::string& out, std::int64_t micros) {
  if (micros == 0) return;
  std::string digits = fmt::format(".{:06}", micros);
  while (digits.ends_with('0')) digits.pop_back();
  out += digits;
}

void AppendTimeOfDay(std::string& out, std::int64_t micros) {
  const std::int64_t seconds = micros / kMicrosPerSecond;
  fmt::format_to(std::back_inserter(out), "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60,
                 seconds % 60);
  AppendMicros(out, micros % kMicrosPerSecond);
}

// The year 0 and those before it are years BC.
void AppendDate(std::string& out, std::int32_t days, bool& before_christ) {
  const CivilDate date = CivilFromDays(days);
  before_christ = date.year <= 0;
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}",
                 before_christ ? 1 - date.year : date.year, date.month, date.day);
}

bool AppendDateField(std::string& out, std::string_view field) {
  if (field.size() != 4) return false;
  const std::int32_t days = Be32(field);
  bool before_christ = false;
  if (days == kDayInfinity) {
    out += "infinity";
  } else if (days == kDayMinusInfinity) {
    out += "-infinity";
  } else {
    AppendDate(out, days, before_christ);
    if (before_christ) out += " BC";
  }
  return true;
}

bool AppendTimestamp(std::string& out, std::string_view field, bool with_zone) {
  if (field.size() != 8) return false;
  const std::int64_t micros = Be64(field);
  if (micros == kMicrosInfinity || micros == kMicrosMinusInfinity) {
    out += micros == kMicrosInfinity ? "infinity" : "-infinity";
    return true;
  }
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --days;
  }
  bool before_christ = false;
  AppendDate(out, static_cast<std::int32_t>(days), before_christ);
  out += ' ';
  AppendTimeOfDay(out, rest);
  if (with_zone) out += "+00";
  if (before_christ) out += " BC";
  return true;
}

bool AppendTimetz(std::string& out, std::string_view field) {
  if (field.size() != 12) return false;
  AppendTimeOfDay(out, Be64(field));
  const std::int64_t west = Be32(field.substr(8));
  const std::int64_t zone = west < 0 ? -west : west;
  fmt::format_to(std::back_inserter(out), "{}{:02}", west > 0 ? '-' : '+', zone / 3600);
  if (zone % 3600 != 0) fmt::format_to(std::back_inserter(out), ":{:02}", zone / 60 % 60);
  if (zone % 60 != 0) fmt::format_to(std::back_inserter(out), ":{:02}", zone % 60);
  return true;
}

bool AppendInterval(std::string& out, std::string_view field) {
  if (field.size() != 16) return false;
  const std::int64_t micros = Be64(field);
  const std::int32_t days = Be32(field.substr(8));
  const std::int32_t months = Be32(field.substr(12));
  const std::size_t start = out.size();
  bool negative_before = false;
  auto part = [&](std::int64_t value, std::string_view unit) {
    if (value == 0) return;
    fmt::format_to(std::back_inserter(out), "{}{}{} {}{}", out.size() > start ? " " : "",
                   negative_before && value > 0 ? "+" : "", value, unit, value == 1 ? "" : "s");
    negative_before = value < 0;
  };
  part(months / 12, "year");
  part(months % 12, "mon");
  part(days, "day");
  if (micros != 0 || out.size() == start) {
    if (out.size() > start) out += ' ';
    if (micros < 0) out += '-';
    if (micros > 0 && negative_before) out += '+';
    const std::uint64_t magnitude =
        micros < 0 ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
    const std::uint64_t seconds = magnitude / 1'000'000;
    fmt::format_to(std::back_inserter(out), "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60,
                   seconds % 60);
    AppendMicros(out, static_cast<std::int64_t>(magnitude % 1'000'000));
  }
  return true;
}

bool AppendInet(std::string& out, std::string_view field, bool cidr) {
  if (field.size() < 4) return false;
  const std::size_t size = static_cast<std::uint8_t>(field[3]);
  if ((size != 4 && size != 16) || field.size() != 4 + size) return false;
  char name[INET6_ADDRSTRLEN];
  if (inet_ntop(size == 4 ? AF_INET : AF_INET6, field.data() + 4, name, sizeof name) == nullptr) {
    return false;
  }
  out += name;
  const unsigned bits = static_cast<std::uint8_t>(field[1]);
  if (cidr || bits != size * 8) fmt::format_to(std::back_inserter(out), "/{}", bits);
  return true;
}

bool AppendBitField(std::string& out, std::string_view field) {
  if (field.size() < 4) return false;
  const std::uint32_t bits = LoadBe32(field.data());
  if (field.size() - 4 != (std::size_t{bits} + 7) / 8) return false;
  for (std::size_t i = 0; i < bits; ++i) {
    out += (static_cast<std::uint8_t>(field[4 + i / 8]) >> (7 - i % 8) & 1) != 0 ? '1' : '0';
  }
  return true;
}

// The shortest digits, in scientific notation from 1e-05 down and from 10^digits up, as C's %g.
template <typename Float>
void AppendShortest(std::string& out, Float value) {
  if (!std::isfinite(value)) {
    AppendFloat(out, value);
    return;
  }
  char buffer[32];
  auto [end, error] =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  (void)error;  // 32 characters hold every float
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  std::string_view exponent_text = text.substr(text.find('e') + 1);
  if (exponent_text.starts_with('+')) exponent_text.remove_prefix(1);
  int exponent = 0;
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  if (exponent < -4 || exponent >= std::numeric_limits<Float>::digits10) {
    out += text;
    return;
  }
  auto [fixed_end, fixed_error] =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  (void)fixed_error;
  out.append(buffer, fixed_end);
}

bool AppendFloatField(std::string& out, std::string_view field) {
  if (field.size() == 4) {
    AppendShortest(out, __builtin_bit_cast(float, LoadBe32(field.data())));
    return true;
  }
  if (field.size() != 8) return false;
  AppendShortest(out, __builtin_bit_cast(double, LoadBe64(field.data())));
  return true;
}

// An element as it stands inside of braces.
void AppendElement(std::string& out, std::string_view text) {
  auto is_plain = [](std::string_view t) {
    if (t.empty() || t == "NULL" || t == "null") return false;
    return t.find_first_of("{},\"\\ \t\n\r\v\f") == t.npos;
  };
  if (is_plain(text)) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

// One dimension's braces, down to the elements.
bool AppendDimension(std::string& out, std::string_view sizes, std::string_view& elements,
                     const PgType& type) {
  const std::uint32_t size = LoadBe32(sizes.data());
  out += '{';
  for (std::uint32_t i = 0; i < size; ++i) {
    if (i > 0) out += ',';
    if (sizes.size() > 8) {
      if (!AppendDimension(out, sizes.substr(8), elements, type)) return false;
      continue;
    }
    if (elements.size() < 4) return false;
    const std::uint32_t length = LoadBe32(elements.data());
    elements.remove_prefix(4);
    if (length == 0xFFFFFFFFu) {
      out += "NULL";
      continue;
    }
    if (length > elements.size()) return false;
    std::string text;
    if (!AppendFieldText(text, elements.substr(0, length), type)) return false;
    AppendElement(out, text);
    elements.remove_prefix(length);
  }
  out += '}';
  return true;
}

bool AppendArrayField(std::string& out, std::string_view field, const PgType& type) {
  if (field.size() < 12 || type.element.size() != 1) return false;
  const std::uint32_t dimensions = LoadBe32(field.data());
  if (dimensions == 0) {
    out += "{}";
    return true;
  }
  if (dimensions > 6 || field.size() < 12 + std::size_t{8} * dimensions) return false;
  std::string_view elements = field.substr(12 + std::size_t{8} * dimensions);
  // Every element takes four bytes at least, so sizes that promise more are not an array's.
  std::uint64_t promised = 1;
  for (std::uint32_t i = 0; i < dimensions; ++i) {
    promised *= LoadBe32(field.data() + 12 + std::size_t{8} * i);
    if (promised == 0 || promised > elements.size() / 4) return false;
  }
  return AppendDimension(out, field.substr(12, std::size_t{8} * dimensions), elements,
                         type.element.front()) &&
         elements.empty();
}

bool AppendPoint(std::string& out, std::string_view field) {
  if (field.size() != 16) return false;
  out += '(';
  AppendFloatField(out, field.substr(0, 8));
  out += ',';
  AppendFloatField(out, field.substr(8));
  out += ')';
  return true;
}

bool AppendVectorField(std::string& out, std::string_view field) {
  if (field.size() < 4 || field.size() % 4 != 0) return false;
  out += '[';
  for (std::size_t i = 4; i < field.size(); i += 4) {
    if (i > 4) out += ',';
    AppendFloatField(out, field.substr(i, 4));
  }
  out += ']';
  return true;
}

bool AppendInteger(std::string& out, std::string_view field) {
  switch (field.size()) {
    case 2:
      out += fmt::to_string(static_cast<std::int16_t>(LoadBe16(field.data())));
      return true;
    case 4:
      out += fmt::to_string(Be32(field));
      return true;
    case 8:
      out += fmt::to_string(Be64(field));
      return true;
    default:
      return false;
  }
}

}  // namespace

bool AppendNumericText(std::string& out, std::string_view field) {
  if (field.size() < 8) return false;
  const std::uint16_t count = LoadBe16(field.data());
  const int weight = static_cast<std::int16_t>(LoadBe16(field.data() + 2));
  const std::uint16_t sign = LoadBe16(field.data() + 4);
  const std::uint16_t dscale = LoadBe16(field.data() + 6);
  if (field.size() != 8 + std::size_t{2} * count) return false;
  if (sign == 0xC000 || sign == 0xD000 || sign == 0xF000) {
    out += sign == 0xC000 ? "NaN" : sign == 0xD000 ? "Infinity" : "-Infinity";
    return true;
  }
  if (sign == 0x4000) out += '-';
  auto digit = [&](int group) -> unsigned {
    const int index = weight - group;
    return index < 0 || index >= count ? 0u : LoadBe16(field.data() + 8 + 2 * index);
  };
  if (weight < 0) {
    out += '0';
  } else {
    out += fmt::to_string(digit(weight));
    for (int group = weight - 1; group >= 0; --group) {
      fmt::format_to(std::back_inserter(out), "{:04}", digit(group));
    }
  }
  if (dscale == 0) return true;
  std::string fraction;
  for (int group = -1; fraction.size() < dscale; --group) {
    fmt::format_to(std::back_inserter(fraction), "{:04}", digit(group));
  }
  out += '.';
  out.append(fraction, 0, dscale);
  return true;
}

bool AppendFieldText(std::string& out, std::string_view field, const PgType& type) {
  switch (type.kind) {
    case PgKind::kBool:
      out += !field.empty() && field[0] != 0 ? 't' : 'f';
      return field.size() == 1;
    case PgKind::kInt2:
    case PgKind::kInt4:
    case PgKind::kInt8:
    case PgKind::kMoney:  // its fractional units; how many make one depends on the locale
      return AppendInteger(out, field);
    case PgKind::kFloat4:
    case PgKind::kFloat8:
      return AppendFloatField(out, field);
    case PgKind::kNumeric:
      return AppendNumericText(out, field);
    case PgKind::kText:
    case PgKind::kVarchar:
    case PgKind::kBpchar:
    case PgKind::kEnum:
    case PgKind::kJson:
      out += field;
      return true;
    case PgKind::kJsonb:
      out += field.substr(field.empty() ? 0 : 1);
      return field.starts_with('\1');
    case PgKind::kBytea:
      out += "\\x";
      AppendHex(out, field);
      return true;
    case PgKind::kDate:
      return AppendDateField(out, field);
    case PgKind::kTime:
      if (field.size() != 8) return false;
      AppendTimeOfDay(out, Be64(field));
      return true;
    case PgKind::kTimetz:
      return AppendTimetz(out, field);
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz:
      return AppendTimestamp(out, field, type.kind == PgKind::kTimestamptz);
    case PgKind::kInterval:
      return AppendInterval(out, field);
    case PgKind::kUuid:
      AppendUuid(out, field);
      return field.size() == 16;
    case PgKind::kBit:
    case PgKind::kVarbit:
      return AppendBitField(out, field);
    case PgKind::kInet:
    case PgKind::kCidr:
      return AppendInet(out, field, type.kind == PgKind::kCidr);
    case PgKind::kMacaddr:
      for (std::size_t i = 0; i < field.size(); ++i) {
        if (i > 0) out += ':';
        AppendHex(out, field.substr(i, 1));
      }
      return field.size() == 6 || field.size() == 8;
    case PgKind::kArray:
      return AppendArrayField(out, field, type);
    case PgKind::kPoint:
      return AppendPoint(out, field);
    case PgKind::kVector:
      return AppendVectorField(out, field);
    case PgKind::kGeometry:
      AppendHex(out, field);
      return true;
    case PgKind::kOther:
      return false;
  }
  return false;
}

}  // namespace transload
