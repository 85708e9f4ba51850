#include "transform/numeric_field.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "transform/encode_context.h"

namespace transload {
namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kMaxIntegerDigits = 131072;
constexpr std::size_t kMaxFractionDigits = 16383;

// Four ASCII digits to their value. A character that is no digit leaves a bit in `bad`.
std::uint32_t FourDigits(const char* at, std::uint32_t& bad) {
  std::uint32_t word;
  std::memcpy(&word, at, sizeof word);
  word ^= 0x30303030;  // digits become 0..9, nothing else does
  bad |= (word | (word + 0x76767676)) & 0x80808080;
  word = (word * 10 + (word >> 8)) & 0x00FF00FF;  // two values below 100
  return (word & 0xFF) * 100 + (word >> 16);
}

// One to three digits.
std::uint32_t FewDigits(const char* at, std::size_t count, std::uint32_t& bad) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t digit = static_cast<std::uint8_t>(at[i]) - std::uint32_t{'0'};
    bad |= digit > 9;
    value = value * 10 + digit;
  }
  return value;
}

// Collects base-10000 digits, most significant first.
class DigitWriter {
 public:
  DigitWriter(char* payload, int weight) : digits_(payload + kHeaderBytes), weight_(weight) {}

  void Add(std::uint32_t digit) {
    if (count_ == 0 && digit == 0) {
      --weight_;
      return;
    }
    StoreBe16(digits_ + 2 * count_, static_cast<std::uint16_t>(digit));
    ++count_;
    if (digit != 0) kept_ = count_;
  }
  char* Finish(bool negative, std::size_t dscale) {
    char* payload = digits_ - kHeaderBytes;
    const bool zero = kept_ == 0;
    StoreBe16(payload, static_cast<std::uint16_t>(kept_));
    StoreBe16(payload + 2, zero ? 0 : static_cast<std::uint16_t>(weight_));
    StoreBe16(payload + 4, negative && !zero ? 0x4000 : 0);
    StoreBe16(payload + 6, static_cast<std::uint16_t>(dscale));
    return digits_ + 2 * kept_;
  }

 private:
  char* digits_;
  int weight_;
  std::size_t count_ = 0;
  std::size_t kept_ = 0;  // without trailing zeros
};

bool AllZeros(const char* from, const char* to) {
  return std::all_of(from, to, [](char c) { return c == '0'; });
}

// The parts of [+-]digits[.digits], without leading zeros.
struct Decimal {
  bool negative = false;
  const char* integer = nullptr;
  const char* point = nullptr;  // the end of the integer part
  const char* fraction = nullptr;
  const char* end = nullptr;

  std::size_t integer_digits() const { return static_cast<std::size_t>(point - integer); }
  std::size_t fraction_digits() const { return static_cast<std::size_t>(end - fraction); }
};

bool Split(std::string_view text, Decimal& d) {
  const char* at = text.data();
  d.end = at + text.size();
  if (at != d.end && (*at == '-' || *at == '+')) d.negative = *at++ == '-';
  const char* point = at;
  while (point != d.end && *point != '.') ++point;
  d.point = point;
  d.fraction = point == d.end ? point : point + 1;
  if (d.point == at && d.fraction == d.end) return false;
  while (at != d.point && *at == '0') ++at;
  d.integer = at;
  return true;
}

// Brings the digits to the declared type. False when the type cannot hold them.
bool Fit(Decimal& d, const NumericType& type, std::size_t& dscale, NumericError& error) {
  if (!type.constrained()) {
    if (d.integer_digits() > kMaxIntegerDigits || d.fraction_digits() > kMaxFractionDigits) {
      error = NumericError::kTooLarge;
      return false;
    }
    dscale = d.fraction_digits();
    return true;
  }
  const std::size_t scale = static_cast<std::size_t>(std::max(type.scale, 0));
  dscale = scale;
  if (d.fraction_digits() > scale) {
    if (!AllZeros(d.fraction + scale, d.end)) {
      error = NumericError::kCutsDigits;
      return false;
    }
    d.end = d.fraction + scale;
  }
  const std::int64_t room = std::int64_t{type.precision} - type.scale;
  if (static_cast<std::int64_t>(d.integer_digits()) > room) {
    // More scale than precision: even the first digits of the fraction must be zeros.
    const std::size_t needed = static_cast<std::size_t>(std::max<std::int64_t>(-room, 0));
    if (d.integer_digits() > 0 ||
        !AllZeros(d.fraction, d.fraction + std::min(needed, d.fraction_digits()))) {
      error = NumericError::kTooLarge;
      return false;
    }
  }
  if (type.scale < 0) {
    // PostgreSQL 15: a negative scale rounds to tens, hundreds, ...
    const std::size_t zeros = static_cast<std::size_t>(-type.scale);
    if (!AllZeros(d.point - std::min(zeros, d.integer_digits()), d.point)) {
      error = NumericError::kCutsDigits;
      return false;
    }
  }
  return true;
}

// Two groups of four digits before the point and two behind it.
char* WriteGroups(const std::uint32_t (&groups)[4], bool negative, std::size_t scale, char* at) {
  int first = 0;
  int last = 3;
  while (first < 4 && groups[first] == 0) ++first;
  while (last > first && groups[last] == 0) --last;
  const int count = first == 4 ? 0 : last - first + 1;
  StoreBe16(at, static_cast<std::uint16_t>(count));
  StoreBe16(at + 2, static_cast<std::uint16_t>(count == 0 ? 0 : 1 - first));
  StoreBe16(at + 4, negative && count > 0 ? 0x4000 : 0);
  StoreBe16(at + 6, static_cast<std::uint16_t>(scale));
  char* to = at + kHeaderBytes;
  for (int i = 0; i < count; ++i, to += 2) {
    StoreBe16(to, static_cast<std::uint16_t>(groups[first + i]));
  }
  return to;
}

// The common case: as many fraction digits as the type declares, which is how a database prints its
// own decimals, and no more than eight digits on either side. Null for all others, good or bad.
char* WriteShortNumeric(std::string_view text, const NumericType& type, char* at) {
  const std::size_t scale = static_cast<std::size_t>(type.scale);
  const bool negative = text.starts_with('-');
  const char* digit = text.data() + negative;
  std::size_t size = text.size() - negative;
  if (scale > 0) {
    if (size < scale + 2 || digit[size - scale - 1] != '.') return nullptr;
    size -= scale + 1;
  }
  if (size - 1 > 7 || scale > 8 ||
      static_cast<std::int64_t>(size) > std::int64_t{type.precision} - type.scale) {
    return nullptr;
  }
  std::uint32_t bad = 0;
  auto group = [&bad](const char* from, std::size_t count) {
    return count == 4 ? FourDigits(from, bad) : FewDigits(from, count, bad);
  };
  const std::size_t head = size > 4 ? size - 4 : 0;
  const char* fraction = digit + size + 1;
  constexpr std::uint32_t kShift[] = {0, 1000, 100, 10, 1};
  const std::size_t tenths = std::min<std::size_t>(scale, 4);
  const std::uint32_t groups[4] = {
      group(digit, head), group(digit + head, size - head),
      group(fraction, tenths) * kShift[tenths],
      scale > 4 ? group(fraction + 4, scale - 4) * kShift[scale - 4] : 0};
  if (bad != 0) return nullptr;
  return WriteGroups(groups, negative, scale, at);
}

}  // namespace

char* WriteNumeric(std::string_view text, const NumericType& type, char* at, NumericError& error) {
  if (type.constrained() && type.scale >= 0) {
    if (char* end = WriteShortNumeric(text, type, at)) return end;
  }
  Decimal d;
  std::size_t dscale = 0;
  error = NumericError::kNotANumber;
  if (!Split(text, d)) return nullptr;
  if (!Fit(d, type, dscale, error)) return nullptr;

  const std::size_t integer_digits = d.integer_digits();
  DigitWriter writer(at, static_cast<int>((integer_digits + 3) / 4) - 1);
  std::uint32_t bad = 0;
  const char* digit = d.integer;
  if (const std::size_t head = integer_digits % 4; head > 0) {
    writer.Add(FewDigits(digit, head, bad));
    digit += head;
  }
  for (; digit != d.point; digit += 4) writer.Add(FourDigits(digit, bad));
  for (digit = d.fraction; d.end - digit >= 4; digit += 4) writer.Add(FourDigits(digit, bad));
  if (digit < d.end) {
    constexpr std::uint32_t kShift[] = {0, 1000, 100, 10};
    const std::size_t tail = static_cast<std::size_t>(d.end - digit);
    writer.Add(FewDigits(digit, tail, bad) * kShift[tail]);
  }
  if (bad != 0) {
    error = NumericError::kNotANumber;
    return nullptr;
  }
  return writer.Finish(d.negative, dscale);
}

char* WriteNumeric(std::uint64_t magnitude, bool negative, const NumericType& type, char* at,
                   NumericError& error) {
  if (type.constrained() && type.precision - type.scale < 20) {
    // Rare enough: numeric(20,0) and wider take the way below.
    char buffer[24];
    auto [end, code] = std::to_chars(buffer, buffer + sizeof buffer, magnitude);
    (void)code;
    char* result = WriteNumeric({buffer, static_cast<std::size_t>(end - buffer)}, type, at, error);
    if (result != nullptr && negative && magnitude != 0) StoreBe16(at + 4, 0x4000);
    return result;
  }
  std::uint32_t groups[5];
  int count = 0;
  for (std::uint64_t rest = magnitude; rest != 0; rest /= 10000) {
    groups[count++] = static_cast<std::uint32_t>(rest % 10000);
  }
  DigitWriter writer(at, count - 1);
  while (count > 0) writer.Add(groups[--count]);
  return writer.Finish(negative,
                       type.constrained() ? static_cast<std::size_t>(std::max(type.scale, 0)) : 0);
}

char* WriteShortUnits(std::uint64_t units, bool negative, const NumericType& type, char* at) {
  constexpr std::uint64_t kPowers[] = {1,       10,        100,        1'000,      10'000,
                                       100'000, 1'000'000, 10'000'000, 100'000'000};
  constexpr int kMost = 8;
  if (type.scale < 0 || type.scale > kMost || type.precision <= type.scale) return nullptr;
  const std::uint64_t whole = units / kPowers[type.scale];
  if (whole >= kPowers[std::min(type.precision - type.scale, kMost)]) return nullptr;
  const std::uint64_t fraction = units % kPowers[type.scale] * kPowers[kMost - type.scale];
  const std::uint32_t groups[4] = {
      static_cast<std::uint32_t>(whole / 10'000), static_cast<std::uint32_t>(whole % 10'000),
      static_cast<std::uint32_t>(fraction / 10'000), static_cast<std::uint32_t>(fraction % 10'000)};
  return WriteGroups(groups, negative, static_cast<std::size_t>(type.scale), at);
}

char* WriteNumericSpecial(NumericSpecial special, char* at) {
  StoreBe32(at, 0);
  StoreBe16(at + 4, static_cast<std::uint16_t>(special));
  StoreBe16(at + 6, 0);
  return at + kHeaderBytes;
}

bool ExpandExponent(std::string_view text, std::string& out, bool& too_large) {
  out.clear();
  too_large = false;
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  std::string_view mantissa = text.substr(0, e);
  std::int64_t exponent = 0;
  if (e < text.size()) {
    std::string_view digits = text.substr(e + 1);
    if (digits.starts_with('+')) {
      digits.remove_prefix(1);
      if (digits.starts_with('-')) return false;
    }
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (digits.empty() || end != digits.data() + digits.size()) return false;
    if (error == std::errc::result_out_of_range) {
      too_large = true;
      return false;
    }
    if (error != std::errc()) return false;
  }
  Decimal d;
  if (!Split(mantissa, d)) return false;
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!std::all_of(d.integer, d.point, is_digit) || !std::all_of(d.fraction, d.end, is_digit)) {
    return false;
  }
  const bool zero = AllZeros(d.integer, d.point) && AllZeros(d.fraction, d.end);
  if (zero && exponent > 0) exponent = 0;
  const std::int64_t limit = kMaxIntegerDigits + kMaxFractionDigits;
  const std::int64_t integer_digits = static_cast<std::int64_t>(d.integer_digits()) + exponent;
  const std::int64_t fraction_digits =
      std::max<std::int64_t>(static_cast<std::int64_t>(d.fraction_digits()) - exponent, 0);
  if (exponent > limit || exponent < -limit ||
      fraction_digits > static_cast<std::int64_t>(kMaxFractionDigits)) {
    too_large = true;
    return false;
  }
  std::string all(d.integer, d.point);
  all.append(d.fraction, d.end);
  if (d.negative) out += '-';
  if (integer_digits <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-integer_digits), '0');
    out += all;
  } else if (static_cast<std::size_t>(integer_digits) >= all.size()) {
    out += all;
    out.append(static_cast<std::size_t>(integer_digits) - all.size(), '0');
  } else {
    out.append(all, 0, static_cast<std::size_t>(integer_digits));
    out += '.';
    out.append(all, static_cast<std::size_t>(integer_digits));
  }
  if (out.ends_with('.')) out.pop_back();
  std::size_t significant = out.find_first_of("123456789");
  const std::size_t point = std::min(out.find('.'), out.size());
  if (significant < point && point - significant > kMaxIntegerDigits) {
    too_large = true;
    return false;
  }
  return true;
}

namespace {

template <typename Float>
std::string_view Shortest(Float value, char (&buffer)[32]) {
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  (void)error;  // 32 characters hold every float
  return {buffer, static_cast<std::size_t>(end - buffer)};
}

}  // namespace

std::string_view ShortestDecimal(double value, char (&buffer)[32]) {
  return Shortest(value, buffer);
}
std::string_view ShortestDecimal(float value, char (&buffer)[32]) {
  return Shortest(value, buffer);
}

}  // namespace transload
