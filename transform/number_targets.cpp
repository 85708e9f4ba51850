// boolean, smallint, integer, bigint, real and double precision.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "core/ascii.h"
#include "transform/bind_source.h"
#include "transform/number_rules.h"

namespace transload {
namespace {

class BoolTarget {
 public:
  explicit BoolTarget(const Binding& binding) : other_(binding.policies().bool_other) {}

  bool Put(EncodeContext& context, SignedValue v) const { return PutNumber(context, v.value); }
  bool Put(EncodeContext& context, UnsignedValue v) const { return PutNumber(context, v.value); }
  bool Put(EncodeContext& context, Float64Value v) const { return PutNumber(context, v.value); }
  bool Put(EncodeContext& context, BitsValue v) const {
    std::uint64_t value = 0;
    if (!BitsToNumber(v.bytes, value)) value = 2;
    return PutNumber(context, value);
  }
  bool Put(EncodeContext& context, DecimalValue v) const {
    const std::size_t other = v.text.find_first_not_of("-0.");
    if (other == v.text.npos) return context.PutByte(0);
    double value = 0;
    std::from_chars(v.text.data(), v.text.data() + v.text.size(), value);
    return PutNumber(context, value);
  }
  bool Put(EncodeContext& context, TextValue v) const {
    const std::string word = LowerAscii(v.text.substr(0, 6));
    for (const char* yes : {"t", "true", "1", "y", "yes", "on"}) {
      if (word == yes) return context.PutByte(1);
    }
    for (const char* no : {"f", "false", "0", "n", "no", "off"}) {
      if (word == no) return context.PutByte(0);
    }
    return context.Misfit(fmt::format("'{}' is no boolean", context.Shown()));
  }

 private:
  template <typename Number>
  bool PutNumber(EncodeContext& context, Number value) const {
    if (value == Number{0} || value == Number{1}) {
      return context.PutByte(static_cast<std::uint8_t>(value));
    }
    if (other_ == BoolOther::kNonzeroTrue) {
      context.Coerced("bool_other=nonzero_true");
      return context.PutByte(1);
    }
    std::string why = fmt::format("value {} does not fit boolean", context.Shown());
    if (other_ == BoolOther::kError) return context.Fault(std::move(why));
    return context.Misfit(std::move(why));
  }

  BoolOther other_;
};

template <typename Int>
class IntegerTarget {
 public:
  explicit IntegerTarget(const Binding& binding)
      : rules_(binding),
        labels_(binding.source().labels),
        enum_text_(binding.source().type == "enum" && !labels_.empty()) {}

  bool Put(EncodeContext& context, SignedValue v) const {
    if (v.value < std::numeric_limits<Int>::min() || v.value > std::numeric_limits<Int>::max()) {
      return rules_.OutOfRange(context);
    }
    return PutInt(context, static_cast<Int>(v.value));
  }
  bool Put(EncodeContext& context, UnsignedValue v) const {
    if (v.value > static_cast<std::uint64_t>(std::numeric_limits<Int>::max())) {
      return rules_.OutOfRange(context);
    }
    return PutInt(context, static_cast<Int>(v.value));
  }
  bool Put(EncodeContext& context, EnumValue v) const {
    return Put(context, UnsignedValue{v.index});
  }
  bool Put(EncodeContext& context, BitsValue v) const {
    std::uint64_t value = 0;
    if (!BitsToNumber(v.bytes, value)) return rules_.OutOfRange(context);
    return Put(context, UnsignedValue{value});
  }
  bool Put(EncodeContext& context, Float32Value v) const {
    return Put(context, Float64Value{v.value});
  }
  bool Put(EncodeContext& context, Float64Value v) const {
    // The bounds are powers of two, so exact as doubles.
    constexpr double kBound = static_cast<double>(std::uint64_t{1} << (sizeof(Int) * 8 - 1));
    if (std::isnan(v.value) || std::trunc(v.value) != v.value) {
      return context.Misfit(fmt::format("value {} is no whole number, and the target is {}",
                                        context.Shown(), rules_.type_name()));
    }
    if (v.value < -kBound || v.value >= kBound) return rules_.OutOfRange(context);
    return PutInt(context, static_cast<Int>(v.value));
  }
  bool Put(EncodeContext& context, DecimalValue v) const {
    std::string_view text = v.text;
    if (const std::size_t point = text.find('.'); point != text.npos) {
      if (text.find_first_not_of('0', point + 1) != text.npos) {
        return context.Misfit(fmt::format("value {} is no whole number, and the target is {}",
                                          context.Shown(), rules_.type_name()));
      }
      text = text.substr(0, point);
    }
    return PutText(context, text);
  }
  bool Put(EncodeContext& context, TextValue v) const {
    if (!enum_text_) return PutText(context, v.text);
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (labels_[i] == v.text) return Put(context, UnsignedValue{i + 1});
    }
    if (v.text.empty()) return Put(context, UnsignedValue{0});
    return context.Fault(fmt::format("'{}' is no label of the enum", context.Shown()));
  }
  // Microseconds: the documented meaning of `time` mapped to an integer.
  bool Put(EncodeContext& context, DurationValue v) const requires(sizeof(Int) == 8) {
    if (v.nanos % 1000 != 0) {
      return context.Fault("more than six fractional digits do not fit microseconds");
    }
    return PutInt(context, static_cast<Int>(v.nanos / 1000));
  }

 private:
  bool PutText(EncodeContext& context, std::string_view text) const {
    if (text.starts_with('+')) text.remove_prefix(1);
    Int value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || end != text.data() + text.size() || error == std::errc::invalid_argument) {
      return context.Misfit(fmt::format("'{}' is no whole number, and the target is {}",
                                        context.Shown(), rules_.type_name()));
    }
    if (error == std::errc::result_out_of_range) return rules_.OutOfRange(context);
    return PutInt(context, value);
  }
  static bool PutInt(EncodeContext& context, Int value) {
    if constexpr (sizeof(Int) == 8) return context.Put64(static_cast<std::uint64_t>(value));
    if constexpr (sizeof(Int) == 4) return context.Put32(static_cast<std::uint32_t>(value));
    if constexpr (sizeof(Int) == 2) return context.Put16(static_cast<std::uint16_t>(value));
  }

  NumberRules rules_;
  std::vector<std::string> labels_;
  bool enum_text_;
};

template <typename Float>
class FloatTarget {
 public:
  explicit FloatTarget(const Binding& binding) : rules_(binding) {}

  bool Put(EncodeContext& context, Float32Value v) const {
    return PutFloat(context, static_cast<Float>(v.value));
  }
  bool Put(EncodeContext& context, Float64Value v) const {
    if constexpr (sizeof(Float) == 4) {
      const float narrow = static_cast<float>(v.value);
      if (std::isinf(narrow) && !std::isinf(v.value)) return rules_.OutOfRange(context);
      if (narrow == 0 && v.value != 0) return rules_.OutOfRange(context);
      if (static_cast<double>(narrow) != v.value && !std::isnan(v.value)) {
        context.Coerced(kRounded);
      }
      return PutFloat(context, narrow);
    } else {
      return PutFloat(context, v.value);
    }
  }
  bool Put(EncodeContext& context, SignedValue v) const {
    const Float value = static_cast<Float>(v.value);
    // Through a type wide enough for 2^63.
    if (static_cast<long double>(value) != static_cast<long double>(v.value)) {
      context.Coerced(kRounded);
    }
    return PutFloat(context, value);
  }
  bool Put(EncodeContext& context, UnsignedValue v) const {
    const Float value = static_cast<Float>(v.value);
    if (static_cast<long double>(value) != static_cast<long double>(v.value)) {
      context.Coerced(kRounded);
    }
    return PutFloat(context, value);
  }
  bool Put(EncodeContext& context, DecimalValue v) const { return PutText(context, v.text); }
  bool Put(EncodeContext& context, TextValue v) const { return PutText(context, v.text); }

 private:
  static constexpr std::string_view kRounded = "float=rounded";

  bool PutText(EncodeContext& context, std::string_view text) const {
    if (text.starts_with('+')) text.remove_prefix(1);
    Float value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || end != text.data() + text.size() || error == std::errc::invalid_argument) {
      return context.Misfit(fmt::format("'{}' is no number", context.Shown()));
    }
    if (error == std::errc::result_out_of_range) return rules_.OutOfRange(context);
    // Up to this many digits come back as they were.
    if (SignificantDigits(text) > std::numeric_limits<Float>::digits10) context.Coerced(kRounded);
    return PutFloat(context, value);
  }
  static int SignificantDigits(std::string_view text) {
    int digits = 0;
    int zeros = 0;
    for (const char c : text) {
      if ((c | 0x20) == 'e') break;
      if (c < '0' || c > '9') continue;
      if (c == '0') {
        zeros += digits > 0;
      } else {
        digits += zeros + 1;
        zeros = 0;
      }
    }
    return digits;
  }
  static bool PutFloat(EncodeContext& context, Float value) {
    if constexpr (sizeof(Float) == 4) {
      return context.Put32(__builtin_bit_cast(std::uint32_t, value));
    } else {
      return context.Put64(__builtin_bit_cast(std::uint64_t, value));
    }
  }

  NumberRules rules_;
};

}  // namespace

EncoderPtr MakeBoolEncoder(const Binding& binding) {
  return binding.enum_index() ? nullptr : BindSource(binding, BoolTarget(binding));
}

EncoderPtr MakeIntegerEncoder(const Binding& binding) {
  switch (binding.type().kind) {
    case PgKind::kInt2:
      return BindSource(binding, IntegerTarget<std::int16_t>(binding));
    case PgKind::kInt4:
      return BindSource(binding, IntegerTarget<std::int32_t>(binding));
    default:
      return BindSource(binding, IntegerTarget<std::int64_t>(binding));
  }
}

EncoderPtr MakeFloatEncoder(const Binding& binding) {
  if (binding.type().kind == PgKind::kFloat4)
    return BindSource(binding, FloatTarget<float>(binding));
  return BindSource(binding, FloatTarget<double>(binding));
}

}  // namespace transload
