// Puts a source reading and a target writing together into one encoder, when the target has a Put
// for that kind of value.
#ifndef TRANSLOAD_TRANSFORM_BIND_SOURCE_H_
#define TRANSLOAD_TRANSFORM_BIND_SOURCE_H_

#include <memory>
#include <utility>

#include "transform/cell_values.h"
#include "transform/field_encoder.h"

namespace transload {

template <typename Reader, typename Target>
class PairEncoder final : public FieldEncoder {
 public:
  explicit PairEncoder(Target target) : target_(std::move(target)) {}

  bool Encode(EncodeContext& context, const Cell& cell) const override {
    return target_.Put(context, Reader().Read(context, cell));
  }

 private:
  Target target_;
};

template <typename Reader, typename Target>
EncoderPtr Pair(Target target) {
  constexpr bool kTakes = requires(const Target& t, EncodeContext& context, const Cell& cell) {
    t.Put(context, Reader().Read(context, cell));
  };
  if constexpr (kTakes) {
    return std::make_unique<PairEncoder<Reader, Target>>(std::move(target));
  } else {
    return nullptr;
  }
}

template <typename Target>
EncoderPtr BindSource(const Binding& binding, Target target) {
  if (binding.enum_index()) return Pair<EnumReader>(std::move(target));
  switch (binding.format) {
    case CellFormat::kSigned:
      return Pair<SignedReader>(std::move(target));
    case CellFormat::kUnsigned:
      return Pair<UnsignedReader>(std::move(target));
    case CellFormat::kFloat32:
      return Pair<Float32Reader>(std::move(target));
    case CellFormat::kFloat64:
      return Pair<Float64Reader>(std::move(target));
    case CellFormat::kDecimal:
      return Pair<DecimalReader>(std::move(target));
    case CellFormat::kText:
      return Pair<TextReader>(std::move(target));
    case CellFormat::kBytes:
      return Pair<BytesReader>(std::move(target));
    case CellFormat::kCivil:
      return Pair<CivilReader>(std::move(target));
    case CellFormat::kDuration:
      return Pair<DurationReader>(std::move(target));
    case CellFormat::kBits:
      return Pair<BitsReader>(std::move(target));
    case CellFormat::kGeometry:
      return Pair<GeometryReader>(std::move(target));
    case CellFormat::kUuid:
      return Pair<UuidReader>(std::move(target));
    case CellFormat::kVector:
      return Pair<VectorReader>(std::move(target));
    case CellFormat::kUtf16:
      return Pair<Utf16Reader>(std::move(target));
    case CellFormat::kDynamic:
    case CellFormat::kPgBinary:
    case CellFormat::kPgText:
      return nullptr;
  }
  return nullptr;
}

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_BIND_SOURCE_H_
