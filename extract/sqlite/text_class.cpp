#include "extract/sqlite/text_class.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/ascii.h"
#include "core/digits.h"
#include "core/short_decimal.h"
#include "core/utf8.h"

namespace transload::sqlite {
namespace {

// Reads fixed-width fields from the left; every reader leaves `ok` false on the first misfit.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : text_(text) {}

  bool ok = true;
  bool at_end() const { return at_ == text_.size(); }
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void Skip() { ++at_; }
  void Expect(char c) {
    if (Peek() == c) {
      ++at_;
    } else {
      ok = false;
    }
  }
  template <std::size_t kDigits>
  int Number() {
    std::uint32_t value = 0;
    if (text_.size() - at_ < kDigits || !ReadDigits<kDigits>(text_.data() + at_, value)) {
      ok = false;
      return 0;
    }
    at_ += kDigits;
    return static_cast<int>(value);
  }
  std::uint32_t CountDigits() {
    std::uint32_t digits = 0;
    for (; IsDigit(Peek()); ++at_) ++digits;
    return digits;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool IsRealDay(int year, int month, int day) {
  static constexpr std::array<int, 12> kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2 && day == 29 && !leap) return false;
  return day <= kDays[static_cast<std::size_t>(month - 1)];
}

// HH:MM[:SS[.fraction]]. Returns false for what is no time of day.
bool ReadTime(FieldReader& reader, bool allow_24, bool* excess_digits) {
  const int hour = reader.Number<2>();
  reader.Expect(':');
  const int minute = reader.Number<2>();
  int second = 0;
  std::uint32_t digits = 0;
  if (reader.ok && reader.Peek() == ':') {
    reader.Skip();
    second = reader.Number<2>();
    if (reader.ok && reader.Peek() == '.') {
      reader.Skip();
      digits = reader.CountDigits();
      if (digits == 0) reader.ok = false;
    }
  }
  *excess_digits = digits > 6;
  if (!reader.ok || minute > 59 || second > 59) return false;
  return hour < 24 || (allow_24 && hour == 24 && minute == 0 && second == 0 && digits == 0);
}

bool ReadZone(FieldReader& reader) {
  if (reader.Peek() == 'Z' || reader.Peek() == 'z') {
    reader.Skip();
    return reader.at_end();
  }
  if (reader.Peek() != '+' && reader.Peek() != '-') return false;
  reader.Skip();
  const int hours = reader.Number<2>();
  int minutes = 0;
  if (reader.ok && !reader.at_end()) {
    if (reader.Peek() == ':') reader.Skip();
    minutes = reader.Number<2>();
  }
  return reader.ok && reader.at_end() && hours <= 15 && minutes <= 59;
}

TextClass ClassifyDateOrTime(std::string_view text, bool* excess_digits) {
  FieldReader reader(text);
  if (text.size() >= 5 && text[2] == ':') {
    return ReadTime(reader, true, excess_digits) && reader.at_end() ? TextClass::kTime
                                                                    : TextClass::kOther;
  }
  const int year = reader.Number<4>();
  reader.Expect('-');
  const int month = reader.Number<2>();
  reader.Expect('-');
  const int day = reader.Number<2>();
  if (!reader.ok || !IsRealDay(year, month, day)) return TextClass::kOther;
  if (reader.at_end()) return TextClass::kDate;
  if (reader.Peek() != ' ' && reader.Peek() != 'T' && reader.Peek() != 't')
    return TextClass::kOther;
  reader.Skip();
  if (!ReadTime(reader, false, excess_digits)) return TextClass::kOther;
  if (reader.at_end()) return TextClass::kDatetime;
  return ReadZone(reader) ? TextClass::kDatetimeZone : TextClass::kOther;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHexDigit(text[i])) return false;
  }
  return true;
}

bool IsBooleanWord(std::string_view text) {
  switch (text.size()) {
    case 1:
      return std::string_view("tfyn01TFYN").find(text[0]) != std::string_view::npos;
    case 2:
      return EqualIgnoringCase(text, "no") || EqualIgnoringCase(text, "on");
    case 3:
      return EqualIgnoringCase(text, "yes") || EqualIgnoringCase(text, "off");
    case 4:
      return EqualIgnoringCase(text, "true");
    case 5:
      return EqualIgnoringCase(text, "false");
    default:
      return false;
  }
}

// [+-]digits[.digits][e[+-]digits], at least one digit before the exponent.
void ClassifyNumber(std::string_view text, TextFinding& finding) {
  FieldReader reader(text);
  const bool negative = reader.Peek() == '-';
  if (negative || reader.Peek() == '+') reader.Skip();
  const std::size_t first = !text.empty() && !IsDigit(text[0]) && text[0] != '.' ? 1 : 0;
  const std::uint32_t whole = reader.CountDigits();
  std::uint32_t leading_zeros = 0;
  while (leading_zeros < whole && text[first + leading_zeros] == '0') ++leading_zeros;
  std::uint32_t fraction = 0;
  const bool point = reader.Peek() == '.';
  if (point) {
    reader.Skip();
    fraction = reader.CountDigits();
  }
  if (whole + fraction == 0) return;
  int exponent = 0;
  const bool has_exponent = reader.Peek() == 'e' || reader.Peek() == 'E';
  if (has_exponent) {
    reader.Skip();
    const bool down = reader.Peek() == '-';
    if (down || reader.Peek() == '+') reader.Skip();
    const std::size_t left = reader.CountDigits();
    if (left == 0 || left > 4) return;
    std::from_chars(text.data() + text.size() - left, text.data() + text.size(), exponent);
    if (down) exponent = -exponent;
  }
  if (!reader.at_end()) return;
  const int significant = static_cast<int>(whole - leading_zeros);
  finding.int_digits = static_cast<std::uint32_t>(std::max(0, significant + exponent));
  finding.scale = static_cast<std::uint32_t>(std::max(0, static_cast<int>(fraction) - exponent));
  std::int64_t value = 0;
  const char* start = text.data() + (text[0] == '+' ? 1 : 0);
  const bool fits = !point && !has_exponent &&
                    std::from_chars(start, text.data() + text.size(), value).ec == std::errc();
  finding.text_class = fits ? TextClass::kInteger : TextClass::kDecimal;
}

}  // namespace

TextShape ShapeBeyond(std::size_t plain_bytes, std::string_view text) {
  TextShape shape;
  shape.chars = plain_bytes;
  const char* at = text.data() + shape.chars;
  const char* const end = text.data() + text.size();
  while (at < end) {
    const std::size_t length = Utf8SequenceLength(at, end);
    if (length == 0) shape.utf8 = false;
    if (*at == '\0') shape.nul = true;
    at += std::max<std::size_t>(length, 1);
    ++shape.chars;
    const std::size_t plain = PlainPrefix({at, static_cast<std::size_t>(end - at)});
    at += plain;
    shape.chars += plain;
  }
  return shape;
}

void Classify(std::string_view text, TextFinding& finding) {
  if (text.empty()) {
    finding.text_class = TextClass::kEmpty;
    return;
  }
  const char first = text[0];
  finding.boolean = IsBooleanWord(text);
  if (IsUuid(text)) {
    finding.text_class = TextClass::kUuid;
  } else if (IsDigit(first) || first == '-' || first == '+' || first == '.') {
    // Two dashes where a date has them are in no number.
    const bool dated = text.size() >= 10 && text[4] == '-' && text[7] == '-';
    if (!dated) ClassifyNumber(text, finding);
    if (finding.text_class == TextClass::kOther && IsDigit(first)) {
      finding.text_class = ClassifyDateOrTime(text, &finding.excess_digits);
      if (finding.text_class == TextClass::kOther) finding.excess_digits = false;
    }
  } else if (first == '{' || first == '[' || first == '"' || text == "true" || text == "false" ||
             text == "null") {
    if (ExamineJson(text).json) finding.text_class = TextClass::kJson;
  }
}

JsonFinding ExamineJson(std::string_view text) {
  JsonFinding finding;
  finding.json = nlohmann::json::accept(text);
  // The parser takes \u0000 and joins or refuses surrogates as jsonb does.
  finding.jsonb = finding.json && text.find("\\u0000") == std::string_view::npos;
  return finding;
}

RealDigits DigitsOf(double value) {
  RealDigits digits;
  if (!std::isfinite(value) || value == 0) return digits;
  if (const std::optional<ShortDecimal> found = FindShortDecimal(std::abs(value))) {
    std::uint32_t all = 0;
    for (std::uint64_t rest = found->units; rest > 0; rest /= 10) ++all;
    digits.scale = static_cast<std::uint32_t>(found->scale);
    digits.int_digits = all > digits.scale ? all - digits.scale : 0;
    return digits;
  }
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), std::abs(value),
                                 std::chars_format::scientific)
                       .ptr;
  const std::string_view form(text.data(), static_cast<std::size_t>(end - text.data()));
  const std::size_t mark = form.find('e');
  int exponent = 0;
  const char* from = form.data() + mark + (form[mark + 1] == '+' ? 2 : 1);
  std::from_chars(from, end, exponent);
  const int fraction = mark > 1 ? static_cast<int>(mark) - 2 : 0;
  digits.int_digits = static_cast<std::uint32_t>(std::max(0, exponent + 1));
  digits.scale = static_cast<std::uint32_t>(std::max(0, fraction - exponent));
  return digits;
}

}  // namespace transload::sqlite
