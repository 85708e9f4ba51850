// PostgreSQL's binary NUMERIC, written from decimal text and integers without going through floats.
//
//   int16 ndigits, int16 weight, uint16 sign (0000 +, 4000 -, C000 NaN, D000 +Inf, F000 -Inf),
//   uint16 dscale, then ndigits base-10000 digits; the value is sum(digit[i] * 10000^(weight - i)).
//
// Written as PostgreSQL itself stores it: no leading and no trailing zero digits, zero has weight 0
// and no sign, and dscale is the declared scale where there is one.
#ifndef TRANSLOAD_TRANSFORM_NUMERIC_FIELD_H_
#define TRANSLOAD_TRANSFORM_NUMERIC_FIELD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/pg_type.h"

namespace transload {

struct NumericType {
  std::int32_t precision = -1;  // -1: unconstrained
  std::int32_t scale = 0;

  static NumericType Of(const PgType& type) { return {type.precision, type.scale}; }
  bool constrained() const { return precision >= 0; }
};

enum class NumericError : std::uint8_t {
  kNotANumber,  // the text is no plain decimal number
  kTooLarge,    // more digits before the point than the type has
  kCutsDigits,  // digits other than zero beyond the type's scale
};

// Bytes that a payload made from `characters` of decimal text takes at most.
constexpr std::size_t NumericBytes(std::size_t characters) { return 16 + characters; }

// Writes the payload (no length) of [+-]digits[.digits] and returns its end, or null with `error`.
char* WriteNumeric(std::string_view text, const NumericType& type, char* at, NumericError& error);
char* WriteNumeric(std::uint64_t magnitude, bool negative, const NumericType& type, char* at,
                   NumericError& error);
// units / 10^scale, the scale being the type's. Null where that takes more than eight digits on one
// side of the point, or more than the type has: the other ways know what to do then.
char* WriteShortUnits(std::uint64_t units, bool negative, const NumericType& type, char* at);
enum class NumericSpecial : std::uint16_t { kNan = 0xC000, kPlusInf = 0xD000, kMinusInf = 0xF000 };
char* WriteNumericSpecial(NumericSpecial special, char* at);

// "-1.5e3" to "-1500": a decimal with an exponent to one without. Replaces `out`. False when the
// text is no number, or when it would have more digits than a NUMERIC can have (131072 before and
// 16383 after the point); `too_large` tells the two apart.
bool ExpandExponent(std::string_view text, std::string& out, bool& too_large);

// The shortest decimal text that reads back as the same float, with an exponent where that is
// shorter: "0.1", "1e+100". Not for NaN and infinities.
std::string_view ShortestDecimal(double value, char (&buffer)[32]);
std::string_view ShortestDecimal(float value, char (&buffer)[32]);

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_NUMERIC_FIELD_H_
