// text, varchar, char, bytea and enums.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "core/ascii.h"
#include "transform/bind_source.h"
#include "transform/cell_text.h"
#include "transform/text_rules.h"

namespace transload {
namespace {

const char* IndexZero(bool never_null) {
  return never_null ? "ENUM index 0, the mark of an invalid insert; allow with enum_zero=empty"
                    : "ENUM index 0, the mark of an invalid insert; allow with enum_zero=null";
}

class TextTarget {
 public:
  explicit TextTarget(const Binding& binding)
      : rules_(binding.column),
        source_(binding.source()),
        limit_(binding.type().length),
        bpchar_(binding.type().kind == PgKind::kBpchar),
        xml_(binding.type().name == "xml"),
        enum_text_(source_.type == "enum" && !source_.labels.empty()),
        enum_zero_(binding.policies().enum_zero),
        never_null_(binding.column.never_null),
        type_name_(binding.type().Sql()) {
    empty_label_ =
        std::find(source_.labels.begin(), source_.labels.end(), "") != source_.labels.end();
    if (source_.zerofill && source_.length > 0) {
      zerofill_ = static_cast<std::size_t>(std::min<std::int64_t>(source_.length, 255));
    }
  }

  bool Put(EncodeContext& context, TextValue v) const {
    if (enum_text_ && v.text.empty() && !empty_label_) return PutIndexZero(context);
    if (!rules_.Clean(context, v.text)) return false;
    return PutChecked(context, v.text);
  }
  bool Put(EncodeContext& context, BytesValue v) const { return Put(context, TextValue{v.bytes}); }
  bool Put(EncodeContext& context, EnumValue v) const {
    if (v.index == 0) return PutIndexZero(context);
    if (v.index > source_.labels.size()) {
      return context.Fault(fmt::format("ENUM index {} has no label", v.index));
    }
    return Put(context, TextValue{source_.labels[v.index - 1]});
  }
  bool Put(EncodeContext& context, SignedValue v) const { return PutInteger(context, v.value); }
  bool Put(EncodeContext& context, UnsignedValue v) const { return PutInteger(context, v.value); }
  bool Put(EncodeContext& context, Float32Value v) const { return PutFloat(context, v.value); }
  bool Put(EncodeContext& context, Float64Value v) const { return PutFloat(context, v.value); }
  bool Put(EncodeContext& context, DecimalValue v) const { return PutChecked(context, v.text); }
  bool Put(EncodeContext& context, CivilValue v) const {
    context.text.clear();
    AppendCivil(context.text, v.time, source_.type == "date", source_.precision);
    return PutMade(context);
  }
  bool Put(EncodeContext& context, DurationValue v) const {
    context.text.clear();
    AppendDuration(context.text, v.nanos, source_.precision);
    return PutMade(context);
  }
  bool Put(EncodeContext& context, BitsValue v) const {
    context.text.clear();
    AppendBits(context.text, v.bytes, source_.length);
    return PutMade(context);
  }
  bool Put(EncodeContext& context, UuidValue v) const {
    context.text.clear();
    AppendUuid(context.text, v.bytes);
    return PutMade(context);
  }
  bool Put(EncodeContext& context, VectorValue v) const {
    context.text.clear();
    AppendVector(context.text, v.bytes);
    return PutMade(context);
  }

 private:
  bool PutChecked(EncodeContext& context, std::string_view text) const {
    if (bpchar_) {
      // Trailing blanks mean nothing in char(n), and PostgreSQL pads them itself.
      while (text.ends_with(' ')) text.remove_suffix(1);
    }
    // PostgreSQL would cut blanks beyond the length in silence; here they count like any other.
    if (limit_ >= 0 && text.size() > static_cast<std::size_t>(limit_) &&
        CountCodePoints(text) > static_cast<std::size_t>(limit_)) {
      return context.Misfit(fmt::format("text of {} characters is longer than {}",
                                        CountCodePoints(text), type_name_));
    }
    if (xml_ && !DeclaresUtf8(text)) {
      return context.Fault("the XML declaration names an encoding other than UTF-8");
    }
    return context.PutBytes(text);
  }
  bool PutMade(EncodeContext& context) const {
    context.Reserve(context.text.size());
    return PutChecked(context, context.text);
  }
  template <typename Int>
  bool PutInteger(EncodeContext& context, Int value) const {
    char digits[24];
    auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    (void)error;  // the buffer holds every 64-bit number
    const std::size_t size = static_cast<std::size_t>(end - digits);
    context.text.assign(zerofill_ > size ? zerofill_ - size : 0, '0');
    context.text.append(digits, size);
    return PutMade(context);
  }
  template <typename Float>
  bool PutFloat(EncodeContext& context, Float value) const {
    context.text.clear();
    AppendFloat(context.text, value);
    return PutMade(context);
  }
  bool PutIndexZero(EncodeContext& context) const {
    switch (enum_zero_) {
      case EnumZero::kNull:
        context.Coerced("enum_zero=null");
        return context.PutNull();
      case EnumZero::kEmpty:
        context.Coerced("enum_zero=empty");
        return context.PutBytes({});
      case EnumZero::kError:
        break;
    }
    return context.Fault(IndexZero(never_null_));
  }
  // An XML declaration rules how PostgreSQL reads the bytes that follow.
  static bool DeclaresUtf8(std::string_view text) {
    if (!text.starts_with("<?xml")) return true;
    std::string_view declaration = text.substr(0, text.find("?>"));
    const std::size_t at = declaration.find("encoding");
    if (at == declaration.npos) return true;
    const std::string lower = LowerAscii(declaration.substr(at));
    return lower.find("utf-8") != lower.npos || lower.find("utf8") != lower.npos;
  }

  TextRules rules_;
  SourceColumn source_;
  std::int32_t limit_;
  bool bpchar_;
  bool xml_;
  bool enum_text_;
  bool empty_label_ = false;
  EnumZero enum_zero_;
  bool never_null_;
  std::size_t zerofill_ = 0;
  std::string type_name_;
};

// text and unlimited varchar from text: nothing to do but to check.
class PlainTextTarget {
 public:
  explicit PlainTextTarget(const Binding& binding) : rules_(binding.column) {}
  bool Put(EncodeContext& context, TextValue v) const {
    return rules_.Clean(context, v.text) && context.PutBytes(v.text);
  }

 private:
  TextRules rules_;
};

class ByteaTarget {
 public:
  bool Put(EncodeContext& context, BytesValue v) const { return context.PutBytes(v.bytes); }
  bool Put(EncodeContext& context, TextValue v) const { return context.PutBytes(v.text); }
  bool Put(EncodeContext& context, BitsValue v) const { return context.PutBytes(v.bytes); }
  bool Put(EncodeContext& context, UuidValue v) const { return context.PutBytes(v.bytes); }
  bool Put(EncodeContext& context, VectorValue v) const { return context.PutBytes(v.bytes); }
};

class EnumTarget {
 public:
  explicit EnumTarget(const Binding& binding)
      : labels_(binding.type().labels),
        by_index_(binding.source().labels),
        charset_(binding.source().charset),
        enum_zero_(binding.policies().enum_zero),
        never_null_(binding.column.never_null),
        type_name_(binding.type().Sql()) {
    // A source ENUM without a '' label shows index 0 as ''.
    const std::vector<std::string>& source = binding.source().labels;
    empty_is_zero_ = binding.source().type == "enum" &&
                     std::find(source.begin(), source.end(), "") == source.end();
    std::size_t longest = 0;
    for (const std::string& label : labels_) {
      longest = std::max(longest, label.size());
      known_.emplace(label, true);
    }
    room_ = longest;
  }

  bool Put(EncodeContext& context, TextValue v) const {
    if (v.text.empty() && empty_is_zero_) return PutZero(context);
    if (!Known(v.text)) {
      // What has no Unicode arrives as FF (transform/text_rules.cpp).
      if (v.text.find('\xFF') != v.text.npos) {
        return context.Fault(fmt::format(
            "a label with a character of {} that has no Unicode; mend it in the source, or map the "
            "column to text with the policy bad_utf8=replace",
            charset_));
      }
      return context.Misfit(
          fmt::format("'{}' is no label of the enum {}", context.Shown(), type_name_));
    }
    return context.PutBytes(v.text);
  }
  bool Put(EncodeContext& context, EnumValue v) const {
    if (v.index == 0) return PutZero(context);
    if (v.index > by_index_.size() || !Known(by_index_[v.index - 1])) {
      return context.Misfit(
          fmt::format("ENUM index {} is no label of the enum {}", v.index, type_name_));
    }
    return context.PutLongBytes(by_index_[v.index - 1]);
  }

 private:
  // Most enums are small, and comparing a few short strings is faster than hashing one.
  bool Known(std::string_view text) const {
    if (text.size() > room_) return false;
    if (labels_.size() > 16) return known_.find(text) != known_.end();
    for (const std::string& label : labels_) {
      if (label == text) return true;
    }
    return false;
  }
  bool PutZero(EncodeContext& context) const {
    switch (enum_zero_) {
      case EnumZero::kNull:
        context.Coerced("enum_zero=null");
        return context.PutNull();
      case EnumZero::kEmpty:
        if (!Known("")) {
          return context.Misfit("ENUM index 0 under enum_zero=empty, and the enum has no '' label");
        }
        context.Coerced("enum_zero=empty");
        return context.PutBytes({});
      case EnumZero::kError:
        break;
    }
    return context.Misfit(IndexZero(never_null_));
  }

  std::vector<std::string> labels_;
  std::vector<std::string> by_index_;
  std::unordered_map<std::string_view, bool> known_;
  std::size_t room_ = 0;
  bool empty_is_zero_ = false;
  std::string charset_;
  EnumZero enum_zero_;
  bool never_null_;
  std::string type_name_;

 public:
  // The map's keys look into labels_.
  EnumTarget(EnumTarget&&) = default;
  EnumTarget(const EnumTarget&) = delete;
};

}  // namespace

EncoderPtr MakeTextEncoder(const Binding& binding) {
  const bool plain = binding.format == CellFormat::kText && binding.source().type != "enum" &&
                     binding.type().kind != PgKind::kBpchar && binding.type().length < 0 &&
                     binding.type().name != "xml";
  if (plain) return BindSource(binding, PlainTextTarget(binding));
  return BindSource(binding, TextTarget(binding));
}

EncoderPtr MakeByteaEncoder(const Binding& binding) {
  if (binding.format == CellFormat::kUtf16) return nullptr;
  return BindSource(binding, ByteaTarget());
}

EncoderPtr MakeEnumEncoder(const Binding& binding) {
  return BindSource(binding, EnumTarget(binding));
}

}  // namespace transload
