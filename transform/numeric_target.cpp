#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <type_traits>

#include "core/short_decimal.h"
#include "transform/bind_source.h"
#include "transform/number_rules.h"
#include "transform/numeric_field.h"

namespace transload {
namespace {

class NumericTarget {
 public:
  explicit NumericTarget(const Binding& binding)
      : rules_(binding), type_(NumericType::Of(binding.type())) {}

  bool Put(EncodeContext& context, DecimalValue v) const {
    NumericError error;
    char* start = context.at;
    char* end = WriteNumeric(v.text, type_, start + 4, error);
    if (end != nullptr) return Finish(context, start, end);
    // PostgreSQL's own words, when it is the source.
    if (v.text == "NaN") return PutSpecial(context, NumericSpecial::kNan);
    if (v.text == "Infinity") return PutInfinity(context, NumericSpecial::kPlusInf);
    if (v.text == "-Infinity") return PutInfinity(context, NumericSpecial::kMinusInf);
    return Refuse(context, error);
  }
  bool Put(EncodeContext& context, SignedValue v) const {
    const std::uint64_t magnitude =
        v.value < 0 ? 0 - static_cast<std::uint64_t>(v.value) : static_cast<std::uint64_t>(v.value);
    return PutInteger(context, magnitude, v.value < 0);
  }
  bool Put(EncodeContext& context, UnsignedValue v) const {
    return PutInteger(context, v.value, false);
  }
  bool Put(EncodeContext& context, BitsValue v) const {
    std::uint64_t value = 0;
    if (!BitsToNumber(v.bytes, value)) return rules_.OutOfRange(context);
    return PutInteger(context, value, false);
  }
  bool Put(EncodeContext& context, Float32Value v) const { return PutBinary(context, v.value); }
  bool Put(EncodeContext& context, Float64Value v) const { return PutBinary(context, v.value); }
  bool Put(EncodeContext& context, TextValue v) const {
    if (v.text.find_first_of("eE") == v.text.npos) return PutDecimal(context, v.text);
    return PutExponent(context, v.text);
  }

 private:
  bool PutDecimal(EncodeContext& context, std::string_view text) const {
    NumericError error;
    char* start = context.at;
    char* end = WriteNumeric(text, type_, start + 4, error);
    if (end == nullptr) return Refuse(context, error);
    return Finish(context, start, end);
  }
  bool PutInteger(EncodeContext& context, std::uint64_t magnitude, bool negative) const {
    NumericError error;
    char* start = context.at;
    char* end = WriteNumeric(magnitude, negative, type_, start + 4, error);
    if (end == nullptr) return Refuse(context, error);
    return Finish(context, start, end);
  }
  template <typename Float>
  bool PutBinary(EncodeContext& context, Float value) const {
    if (std::isnan(value)) return PutSpecial(context, NumericSpecial::kNan);
    if (std::isinf(value)) {
      return PutInfinity(context, value > 0 ? NumericSpecial::kPlusInf : NumericSpecial::kMinusInf);
    }
    // The shortest digits, always: 2^64 is 18446744073709552000 here, as 1e23 is 1 and 23 zeros.
    char buffer[32];
    if constexpr (std::is_same_v<Float, double>) {
      const double magnitude = std::abs(value);
      if (type_.constrained() && type_.scale >= 0 && type_.scale <= kMostShortScale) {
        char* start = context.at;
        const auto units = UnitsAt(magnitude, type_.scale);
        char* end =
            units ? WriteShortUnits(*units, std::signbit(value), type_, start + 4) : nullptr;
        if (end != nullptr) return Finish(context, start, end);
      }
      if (std::optional<ShortDecimal> digits = FindShortDecimal(magnitude)) {
        context.Reserve(NumericBytes(sizeof buffer));
        return PutDecimal(context, Spell(*digits, std::signbit(value), buffer));
      }
    }
    auto [end, error] =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
    (void)error;  // 32 characters hold every float
    return PutExponent(context, {buffer, static_cast<std::size_t>(end - buffer)});
  }
  static std::string_view Spell(ShortDecimal digits, bool negative, char (&buffer)[32]) {
    char* at = buffer + sizeof buffer;
    char* const end = at;
    for (int i = 0; i < digits.scale; ++i, digits.units /= 10) {
      *--at = static_cast<char>('0' + digits.units % 10);
    }
    if (digits.scale > 0) *--at = '.';
    do {
      *--at = static_cast<char>('0' + digits.units % 10);
      digits.units /= 10;
    } while (digits.units > 0);
    if (negative) *--at = '-';
    return {at, static_cast<std::size_t>(end - at)};
  }
  bool PutSpecial(EncodeContext& context, NumericSpecial special) const {
    return Finish(context, context.at, WriteNumericSpecial(special, context.at + 4));
  }
  bool PutInfinity(EncodeContext& context, NumericSpecial infinity) const {
    return type_.constrained() ? rules_.OutOfRange(context) : PutSpecial(context, infinity);
  }
  bool PutExponent(EncodeContext& context, std::string_view text) const {
    bool too_large = false;
    if (!ExpandExponent(text, context.decimal, too_large)) {
      return Refuse(context, too_large ? NumericError::kTooLarge : NumericError::kNotANumber);
    }
    context.Reserve(NumericBytes(context.decimal.size()));
    return PutDecimal(context, context.decimal);
  }
  static bool Finish(EncodeContext& context, char* start, char* end) {
    StoreBe32(start, static_cast<std::uint32_t>(end - start - 4));
    context.at = end;
    return true;
  }
  bool Refuse(EncodeContext& context, NumericError error) const {
    switch (error) {
      case NumericError::kNotANumber:
        return context.Misfit(fmt::format("'{}' is no decimal number", context.Shown()));
      case NumericError::kTooLarge:
        return rules_.OutOfRange(context);
      case NumericError::kCutsDigits:
        break;
    }
    return context.Misfit(fmt::format("value {} has more fractional digits than {}",
                                      context.Shown(), rules_.type_name()));
  }

  NumberRules rules_;
  NumericType type_;
};

}  // namespace

EncoderPtr MakeNumericEncoder(const Binding& binding) {
  return BindSource(binding, NumericTarget(binding));
}

}  // namespace transload
