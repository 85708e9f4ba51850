#include "verify/key_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <limits>

#include "transform/civil_time.h"

namespace transload {
namespace {

constexpr std::size_t kBytes = 16;
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMicrosPerSecond = 1'000'000;
// Header of a binary numeric: digits, weight, sign, scale; 16 bits each.
constexpr std::size_t kNumericHeader = 8;
constexpr std::uint16_t kNegative = 0x4000;
constexpr std::uint16_t kPositive = 0x0000;

std::uint64_t Word(std::int64_t value) { return static_cast<std::uint64_t>(value) ^ kSign; }
std::int64_t Value(std::uint64_t word) { return static_cast<std::int64_t>(word ^ kSign); }

std::uint16_t Be16(const char* at) {
  return static_cast<std::uint16_t>((static_cast<unsigned char>(at[0]) << 8) |
                                    static_cast<unsigned char>(at[1]));
}

std::int64_t SignedField(std::string_view field) {
  std::uint64_t value = 0;
  for (char byte : field) value = (value << 8) | static_cast<unsigned char>(byte);
  const std::size_t unused = 64 - 8 * field.size();
  return static_cast<std::int64_t>(value << unused) >> unused;
}

// The largest integer that is not above the number, or the nearest that has 64 bits.
std::int64_t FloorOfNumeric(std::string_view field) {
  if (field.size() < kNumericHeader) return kMost;
  const int digits = Be16(field.data());
  const int weight = static_cast<std::int16_t>(Be16(field.data() + 2));
  const std::uint16_t sign = Be16(field.data() + 4);
  if (sign != kPositive && sign != kNegative) return kMost;  // NaN sorts last
  const bool negative = sign == kNegative;
  std::uint64_t whole = 0;
  bool fraction = false;
  bool overflow = weight > 4;
  for (int i = 0; i <= std::max(weight, digits - 1) && !overflow; ++i) {
    const std::size_t at = kNumericHeader + 2 * static_cast<std::size_t>(i);
    const std::uint64_t digit = i < digits && at + 2 <= field.size() ? Be16(field.data() + at) : 0;
    if (i > weight) {
      fraction = fraction || digit != 0;
    } else {
      overflow = __builtin_mul_overflow(whole, std::uint64_t{10'000}, &whole) ||
                 __builtin_add_overflow(whole, digit, &whole);
    }
  }
  if (digits > 0 && weight < 0) fraction = true;
  if (negative && fraction && !overflow) overflow = __builtin_add_overflow(whole, 1u, &whole);
  if (overflow || whole > static_cast<std::uint64_t>(kMost)) return negative ? kLeast : kMost;
  return negative ? -static_cast<std::int64_t>(whole) : static_cast<std::int64_t>(whole);
}

void WriteBytes(std::string_view bytes, std::uint64_t* words) {
  std::array<unsigned char, kBytes> point{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), kBytes), point.begin());
  words[0] = words[1] = 0;
  for (std::size_t i = 0; i < 8; ++i) words[0] = (words[0] << 8) | point[i];
  for (std::size_t i = 8; i < kBytes; ++i) words[1] = (words[1] << 8) | point[i];
}

std::optional<std::string> BytesOfHex(const std::string& hex) {
  std::string digits;
  for (char c : hex) {
    if (c != '-') digits += c;  // of a UUID
  }
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned value = 0;
    const char* end = digits.data() + i + 2;
    if (std::from_chars(digits.data() + i, end, value, 16).ptr != end) return std::nullopt;
    bytes += static_cast<char>(value);
  }
  return bytes;
}

bool ParseInteger(std::string_view text, std::int64_t& value) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size();
}

// As the target and the sources print them: in UTC where there is a zone.
std::optional<std::int64_t> ParseTime(const std::string& text, bool date) {
  IsoTime iso;
  if (!ParseIsoTime(text, iso) || iso.has_time == date || iso.zone_seconds != 0)
    return std::nullopt;
  const CivilTime& time = iso.time;
  if (time.year < 1 || time.month < 1 || time.month > 12 || time.day < 1) return std::nullopt;
  const std::int64_t day = DaysFromCivil(time.year, time.month, time.day);
  if (date) return day;
  const std::int64_t second = (time.hour * 60 + time.minute) * 60 + time.second;
  return day * kMicrosPerDay + second * kMicrosPerSecond + time.nanos / 1000;
}

std::string PrintDay(std::int64_t day) {
  const CivilDate date = CivilFromDays(static_cast<std::int32_t>(day));
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string PrintMicros(std::int64_t micros) {
  std::int64_t day = micros / kMicrosPerDay;
  std::int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --day;
  }
  const std::int64_t second = rest / kMicrosPerSecond;
  return fmt::format("{} {:02}:{:02}:{:02}.{:06}", PrintDay(day), second / 3600, second / 60 % 60,
                     second % 60, rest % kMicrosPerSecond);
}

}  // namespace

std::optional<KeyPart> KeyPart::For(const PgType& type) {
  switch (type.kind) {
    case PgKind::kInt2:
    case PgKind::kInt4:
    case PgKind::kInt8:
    case PgKind::kNumeric:
    case PgKind::kDate:
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz:
    case PgKind::kUuid:
    case PgKind::kBytea:
      return KeyPart(type);
    default:
      return std::nullopt;
  }
}

std::size_t KeyPart::words() const {
  return kind_ == PgKind::kUuid || kind_ == PgKind::kBytea ? 2 : 1;
}

bool KeyPart::last() const {
  return kind_ == PgKind::kBytea || (kind_ == PgKind::kNumeric && (!exact_ || scale_ > 0));
}

void KeyPart::Write(std::string_view field, std::uint64_t* words) const {
  switch (kind_) {
    case PgKind::kUuid:
    case PgKind::kBytea:
      WriteBytes(field, words);
      return;
    case PgKind::kNumeric:
      words[0] = Word(FloorOfNumeric(field));
      return;
    default:
      words[0] = Word(SignedField(field));
      return;
  }
}

bool KeyPart::Parse(const std::string& text, std::uint64_t* words) const {
  std::int64_t value = 0;
  switch (kind_) {
    case PgKind::kUuid:
    case PgKind::kBytea: {
      std::optional<std::string> bytes = BytesOfHex(text);
      if (!bytes) return false;
      const bool uuid = kind_ == PgKind::kUuid;
      if (uuid && bytes->size() != kBytes) return false;
      bytes->resize(std::min(bytes->size(), kBytes));
      // A shorter string is less than the same one with zeros behind it, which a point can't tell.
      while (!uuid && !bytes->empty() && bytes->back() == '\0') bytes->pop_back();
      if (bytes->empty()) return false;
      WriteBytes(*bytes, words);
      return true;
    }
    case PgKind::kDate:
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz: {
      const std::optional<std::int64_t> time = ParseTime(text, kind_ == PgKind::kDate);
      if (!time) return false;
      value = *time;
      break;
    }
    default:
      if (!ParseInteger(std::string_view(text).substr(0, text.find('.')), value)) return false;
      // Where larger numbers are cut short to, no cut can be.
      if (value == kLeast || (value == kMost && kind_ == PgKind::kNumeric)) return false;
      break;
  }
  words[0] = Word(value);
  return true;
}

std::string KeyPart::Print(const std::uint64_t* words) const {
  switch (kind_) {
    case PgKind::kUuid:
      return fmt::format("{:016x}{:016x}", words[0], words[1]);
    case PgKind::kBytea: {
      std::string hex = fmt::format("{:016x}{:016x}", words[0], words[1]);
      while (hex.ends_with("00")) hex.resize(hex.size() - 2);
      return hex;
    }
    case PgKind::kDate:
      return PrintDay(Value(words[0]));
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz:
      return PrintMicros(Value(words[0]));
    default:
      return std::to_string(Value(words[0]));
  }
}

}  // namespace transload
