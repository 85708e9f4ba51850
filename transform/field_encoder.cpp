#include "transform/field_encoder.h"

namespace transload {

EncoderPtr MakeEncoder(const Binding& binding) {
  if (binding.format == CellFormat::kPgBinary || binding.format == CellFormat::kPgText) {
    return MakePassThroughEncoder(binding);
  }
  if (binding.format == CellFormat::kDynamic) return MakeDynamicEncoder(binding);
  const bool geometry = binding.format == CellFormat::kGeometry;
  switch (binding.type().kind) {
    case PgKind::kBool:
      return MakeBoolEncoder(binding);
    case PgKind::kInt2:
    case PgKind::kInt4:
    case PgKind::kInt8:
      return MakeIntegerEncoder(binding);
    case PgKind::kFloat4:
    case PgKind::kFloat8:
      return binding.enum_index() ? nullptr : MakeFloatEncoder(binding);
    case PgKind::kNumeric:
      return binding.enum_index() ? nullptr : MakeNumericEncoder(binding);
    case PgKind::kText:
    case PgKind::kVarchar:
    case PgKind::kBpchar:
      return geometry ? MakeGeometryEncoder(binding) : MakeTextEncoder(binding);
    case PgKind::kBytea:
      return geometry ? MakeGeometryEncoder(binding) : MakeByteaEncoder(binding);
    case PgKind::kDate:
      return MakeDateEncoder(binding);
    case PgKind::kTime:
      return MakeTimeEncoder(binding);
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz:
      return MakeTimestampEncoder(binding);
    case PgKind::kInterval:
      return MakeIntervalEncoder(binding);
    case PgKind::kUuid:
      return MakeUuidEncoder(binding);
    case PgKind::kJson:
    case PgKind::kJsonb:
      return MakeJsonEncoder(binding);
    case PgKind::kBit:
    case PgKind::kVarbit:
      return MakeBitEncoder(binding);
    case PgKind::kInet:
    case PgKind::kCidr:
      return MakeInetEncoder(binding);
    case PgKind::kMacaddr:
      return MakeMacaddrEncoder(binding);
    case PgKind::kEnum:
      return MakeEnumEncoder(binding);
    case PgKind::kArray:
      return MakeArrayEncoder(binding);
    case PgKind::kPoint:
      return MakePointEncoder(binding);
    case PgKind::kGeometry:
      return MakeGeometryEncoder(binding);
    case PgKind::kVector:
      return MakeVectorEncoder(binding);
    case PgKind::kTimetz:  // their text and their units depend on settings; PostgreSQL only
    case PgKind::kMoney:
    case PgKind::kOther:
      return nullptr;
  }
  return nullptr;
}

}  // namespace transload
