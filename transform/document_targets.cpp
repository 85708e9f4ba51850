// json and jsonb.
#include <fmt/format.h>

#include <cmath>

#include "transform/bind_source.h"
#include "transform/cell_text.h"
#include "transform/json_scan.h"

namespace transload {
namespace {

class JsonTarget {
 public:
  explicit JsonTarget(const Binding& binding)
      : jsonb_(binding.type().kind == PgKind::kJsonb), bad_(binding.policies().json_bad) {}

  bool Put(EncodeContext& context, TextValue v) const {
    JsonFindings findings;
    if (Scan(context, v.text, findings)) return PutDocument(context, v.text, findings);
    switch (bad_) {
      case JsonBad::kNull:
        context.Coerced("json_bad=null");
        return context.PutNull();
      case JsonBad::kStripNul: {
        StripNulEscapes(v.text, context.text);
        if (context.text.size() == v.text.size()) break;
        if (!Scan(context, context.text, findings)) break;
        context.Coerced("json_bad=strip_nul");
        return PutDocument(context, context.text, findings);
      }
      case JsonBad::kError:
      case JsonBad::kJsonType:
      case JsonBad::kText:
        break;
    }
    return context.Misfit(fmt::format("{}; allow with the policy json_bad", findings.why));
  }
  // Numbers of a dynamic column are documents too.
  bool Put(EncodeContext& context, SignedValue v) const {
    context.decimal = fmt::to_string(v.value);
    return Put(context, TextValue{context.decimal});
  }
  bool Put(EncodeContext& context, Float64Value v) const {
    if (!std::isfinite(v.value)) {
      return context.Misfit(fmt::format("{} is no JSON number", context.Shown()));
    }
    context.decimal.clear();
    AppendFloat(context.decimal, v.value);
    return Put(context, TextValue{context.decimal});
  }

 private:
  bool Scan(EncodeContext& context, std::string_view text, JsonFindings& findings) const {
    if (!jsonb_) return ScanJson(text, findings);
    context.canonical.Clear();
    return ScanJsonb(text, context.canonical, findings);
  }
  bool PutDocument(EncodeContext& context, std::string_view text,
                   const JsonFindings& findings) const {
    if (!jsonb_) return context.PutBytes(text);
    if (findings.duplicate_keys) context.Coerced("jsonb=duplicate_keys");
    if (findings.negative_zero) context.Coerced("jsonb=negative_zero");
    // The version of jsonb's binary form, then text.
    StoreBe32(context.at, static_cast<std::uint32_t>(text.size() + 1));
    context.at[4] = 1;
    std::memcpy(context.at + 5, text.data(), text.size());
    context.at += 5 + text.size();
    return true;
  }

  bool jsonb_;
  JsonBad bad_;
};

}  // namespace

EncoderPtr MakeJsonEncoder(const Binding& binding) {
  return BindSource(binding, JsonTarget(binding));
}

}  // namespace transload
