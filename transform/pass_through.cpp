// Fields that a PostgreSQL source sent in the binary form of exactly the target's type.
#include "transform/field_encoder.h"
#include "transform/text_rules.h"

namespace transload {
namespace {

class PassThroughEncoder final : public FieldEncoder {
 public:
  bool Encode(EncodeContext& context, const Cell& cell) const override {
    return context.PutBytes(cell.view());
  }
  Copies CopiesCells() const override { return Copies::kAll; }
};

// A source in SQL_ASCII promises nothing about its text.
class CheckedTextEncoder final : public FieldEncoder {
 public:
  explicit CheckedTextEncoder(const ColumnPlan& column) : rules_(column) {}
  bool Encode(EncodeContext& context, const Cell& cell) const override {
    std::string_view text = cell.view();
    return rules_.Clean(context, text) && context.PutBytes(text);
  }
  Copies CopiesCells() const override {
    return rules_.KeepsGoodText() ? Copies::kGoodText : Copies::kNone;
  }

 private:
  TextRules rules_;
};

// Array headers carry the element's type, whose number may differ between two clusters.
class ArrayEncoder final : public FieldEncoder {
 public:
  explicit ArrayEncoder(std::uint32_t element_oid) : element_oid_(element_oid) {}
  bool Encode(EncodeContext& context, const Cell& cell) const override {
    if (cell.size < 12) return context.Fault("an array shorter than its header");
    char* const field = context.at;
    context.PutBytes(cell.view());
    if (element_oid_ != 0) StoreBe32(field + 12, element_oid_);
    return true;
  }

 private:
  std::uint32_t element_oid_;
};

}  // namespace

EncoderPtr MakePassThroughEncoder(const Binding& binding) {
  if (binding.format == CellFormat::kPgText) {
    // A target column that takes text as it is needs the reader's promise (TargetColumn::as_text).
    if (!binding.target.as_text) return nullptr;
    return std::make_unique<CheckedTextEncoder>(binding.column);
  }
  switch (binding.type().kind) {
    case PgKind::kText:
    case PgKind::kVarchar:
    case PgKind::kBpchar:
    case PgKind::kJson:
    case PgKind::kEnum:
      return std::make_unique<CheckedTextEncoder>(binding.column);
    case PgKind::kArray:
      return std::make_unique<ArrayEncoder>(binding.target.element_oid);
    default:
      return std::make_unique<PassThroughEncoder>();
  }
}

}  // namespace transload
