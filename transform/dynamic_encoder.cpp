// Columns whose values have a type of their own each: SQLite.
#include <fmt/format.h>

#include <array>

#include "core/error.h"
#include "core/hex.h"
#include "transform/bind_source.h"
#include "transform/cell_text.h"
#include "transform/field_encoder.h"

namespace transload {
namespace {

constexpr std::array<std::string_view, 5> kClassNames = {"", "integer", "real", "text", "blob"};

// Blobs in a text column: SQLite's and PostgreSQL's common way to write bytes, \x0102.
class BlobTextEncoder final : public FieldEncoder {
 public:
  explicit BlobTextEncoder(std::int32_t limit) : limit_(limit) {}
  bool Encode(EncodeContext& context, const Cell& cell) const override {
    context.text = "\\x";
    AppendHex(context.text, cell.view());
    if (limit_ >= 0 && context.text.size() > static_cast<std::size_t>(limit_)) {
      return context.Misfit(fmt::format("a blob written as text is longer than {}", limit_));
    }
    context.Coerced("sqlite=blob_as_hex");
    return context.PutLongBytes(context.text);
  }

 private:
  std::int32_t limit_;
};

class DynamicEncoder final : public FieldEncoder {
 public:
  explicit DynamicEncoder(const Binding& binding) : type_name_(binding.type().Sql()) {
    classes_[1] = Bind(binding, CellFormat::kSigned);
    classes_[2] = Bind(binding, CellFormat::kFloat64);
    classes_[3] = Bind(binding, CellFormat::kText);
    classes_[4] = Bind(binding, CellFormat::kBytes);
    if (IsTextKind(binding.type().kind) && binding.column.decode != "blob_text") {
      classes_[4] = std::make_unique<BlobTextEncoder>(binding.type().length);
    }
  }

  bool binds() const {
    for (const EncoderPtr& encoder : classes_) {
      if (encoder != nullptr) return true;
    }
    return false;
  }

  bool Encode(EncodeContext& context, const Cell& cell) const override {
    if (cell.size == 0) RefuseCellSize(cell, CellFormat::kDynamic);
    const std::size_t value_class = static_cast<std::uint8_t>(cell.data[0]);
    if (value_class == 0 || value_class >= classes_.size()) {
      throw BugError(fmt::format("a dynamic cell of class {}", value_class));
    }
    const EncoderPtr& encoder = classes_[value_class];
    if (encoder == nullptr) {
      return context.Misfit(fmt::format("{} value {} does not fit {}", kClassNames[value_class],
                                        context.Shown(), type_name_));
    }
    return encoder->Encode(context, {cell.data + 1, cell.size - 1, false});
  }

 private:
  static EncoderPtr Bind(const Binding& binding, CellFormat format) {
    return MakeEncoder({binding.column, binding.target, format});
  }

  // By DynamicClass; null where that class does not go into the target.
  std::array<EncoderPtr, 5> classes_;
  std::string type_name_;
};

}  // namespace

EncoderPtr MakeDynamicEncoder(const Binding& binding) {
  auto encoder = std::make_unique<DynamicEncoder>(binding);
  if (!encoder->binds()) return nullptr;
  return encoder;
}

}  // namespace transload
