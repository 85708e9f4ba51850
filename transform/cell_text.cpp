#include "transform/cell_text.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <iterator>

#include "core/hex.h"
#include "transform/numeric_field.h"

namespace transload {
namespace {

void AppendFraction(std::string& out, std::uint32_t nanos, std::int32_t precision) {
  if (precision == 0 || (precision < 0 && nanos == 0)) return;
  std::string digits = fmt::format(".{:09}", nanos);
  if (precision > 0 && precision < 9) {
    digits.resize(static_cast<std::size_t>(precision) + 1);
  } else {
    while (digits.ends_with('0')) digits.pop_back();
    if (digits == ".") return;
  }
  out += digits;
}

template <typename Float>
void AppendAnyFloat(std::string& out, Float value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "Infinity" : "-Infinity";
  } else {
    char buffer[32];
    out += ShortestDecimal(value, buffer);
  }
}

}  // namespace

void AppendCivil(std::string& out, const CivilTime& time, bool date_only, std::int32_t precision) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "{:04}-{:02}-{:02}", time.year, time.month, time.day);
  if (date_only) return;
  fmt::format_to(to, " {:02}:{:02}:{:02}", time.hour, time.minute, time.second);
  AppendFraction(out, time.nanos, precision);
}

void AppendDuration(std::string& out, std::int64_t nanos, std::int32_t precision) {
  if (nanos < 0) out += '-';
  const std::uint64_t total =
      nanos < 0 ? 0 - static_cast<std::uint64_t>(nanos) : static_cast<std::uint64_t>(nanos);
  const std::uint64_t seconds = total / 1'000'000'000;
  fmt::format_to(std::back_inserter(out), "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60,
                 seconds % 60);
  AppendFraction(out, static_cast<std::uint32_t>(total % 1'000'000'000), precision);
}

void AppendFloat(std::string& out, double value) { AppendAnyFloat(out, value); }
void AppendFloat(std::string& out, float value) { AppendAnyFloat(out, value); }

void AppendBits(std::string& out, std::string_view big_endian, std::int64_t width) {
  const std::size_t all = big_endian.size() * 8;
  const std::size_t bits =
      width > 0 && static_cast<std::size_t>(width) < all ? static_cast<std::size_t>(width) : all;
  for (std::size_t i = all - bits; i < all; ++i) {
    const unsigned byte = static_cast<std::uint8_t>(big_endian[i / 8]);
    out += (byte >> (7 - i % 8) & 1) != 0 ? '1' : '0';
  }
}

void AppendUuid(std::string& out, std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    AppendHex(out, bytes.substr(i, 1));
  }
}

void AppendVector(std::string& out, std::string_view floats) {
  out += '[';
  for (std::size_t i = 0; i + 4 <= floats.size(); i += 4) {
    float value;
    std::memcpy(&value, floats.data() + i, sizeof value);
    if (i > 0) out += ',';
    AppendFloat(out, value);
  }
  out += ']';
}

}  // namespace transload
