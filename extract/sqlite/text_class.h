// What a TEXT value looks like. The names are those of core/source_facts.h.
#ifndef TRANSLOAD_EXTRACT_SQLITE_TEXT_CLASS_H_
#define TRANSLOAD_EXTRACT_SQLITE_TEXT_CLASS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/utf8.h"

namespace transload::sqlite {

struct TextShape {
  bool utf8 = true;  // well-formed (RFC 3629); U+0000 counts as well-formed here
  bool nul = false;
  std::uint64_t chars = 0;  // of well-formed text
};
// Of text that begins with so many plain bytes.
TextShape ShapeBeyond(std::size_t plain, std::string_view text);
inline TextShape ShapeOf(std::string_view text) {
  const std::size_t plain = PlainPrefix(text);
  if (plain == text.size()) return {true, false, plain};
  return ShapeBeyond(plain, text);
}

enum class TextClass : std::uint8_t {
  kOther,
  kEmpty,
  kInteger,
  kDecimal,
  kDate,
  kDatetime,
  kDatetimeZone,
  kTime,
  kUuid,
  kJson,
  kCount,  // not a class: how many there are
};

struct TextFinding {
  TextClass text_class = TextClass::kOther;
  bool boolean = false;          // true false t f yes no y n on off 0 1
  bool excess_digits = false;    // a time with more than 6 digits of a second
  std::uint32_t int_digits = 0;  // of numbers: before the point, without leading zeros
  std::uint32_t scale = 0;       // of numbers: after the point, exponents worked in
};
// Fills a finding that is new. As a result, its small parts would be written one by one and read
// at once, which makes the processor wait.
void Classify(std::string_view text, TextFinding& finding);
inline TextFinding Classify(std::string_view text) {
  TextFinding finding;
  Classify(text, finding);
  return finding;
}

struct JsonFinding {
  bool json = false;   // RFC 8259
  bool jsonb = false;  // and PostgreSQL's jsonb takes it
};
JsonFinding ExamineJson(std::string_view text);

// Digits of a double in its shortest form that reads back the same.
struct RealDigits {
  std::uint32_t int_digits = 0;
  std::uint32_t scale = 0;
};
RealDigits DigitsOf(double value);

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_TEXT_CLASS_H_
