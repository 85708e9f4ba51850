#include "mappings/widest_type.h"

#include <algorithm>

namespace transload {
namespace {

// Decimal digits that a whole-number type needs; 0 for other types.
int IntegerDigits(PgKind kind) {
  switch (kind) {
    case PgKind::kBool:
      return 1;
    case PgKind::kInt2:
      return 5;
    case PgKind::kInt4:
      return 10;
    case PgKind::kInt8:
      return 19;
    default:
      return 0;
  }
}

bool IsText(PgKind kind) { return IsTextKind(kind) || kind == PgKind::kEnum; }

PgType Plain(PgKind kind) {
  PgType type;
  type.kind = kind;
  return type;
}

PgType WidestNumeric(const PgType& a, const PgType& b) {
  auto whole = [](const PgType& t) {
    return t.kind == PgKind::kNumeric ? t.precision - t.scale : IntegerDigits(t.kind);
  };
  PgType type = Plain(PgKind::kNumeric);
  const bool unlimited = (a.kind == PgKind::kNumeric && a.precision < 0) ||
                         (b.kind == PgKind::kNumeric && b.precision < 0);
  if (unlimited) return type;
  type.scale =
      std::max(a.kind == PgKind::kNumeric ? a.scale : 0, b.kind == PgKind::kNumeric ? b.scale : 0);
  type.precision = std::max(whole(a), whole(b)) + type.scale;
  return type;
}

PgType WidestText(const PgType& a, const PgType& b) {
  for (const PgType* type : {&a, &b}) {
    if (type->kind == PgKind::kText && !type->name.empty()) return *type;  // citext
  }
  const bool both_limited = (a.kind == PgKind::kVarchar || a.kind == PgKind::kBpchar) &&
                            (b.kind == PgKind::kVarchar || b.kind == PgKind::kBpchar);
  PgType type = Plain(both_limited ? PgKind::kVarchar : PgKind::kText);
  if (both_limited && a.length > 0 && b.length > 0) type.length = std::max(a.length, b.length);
  return type;
}

// The finer of two fractions; none given means the most there are.
std::int32_t FinerPrecision(const PgType& a, const PgType& b) {
  return a.precision < 0 || b.precision < 0 ? -1 : std::max(a.precision, b.precision);
}

}  // namespace

std::optional<PgType> WidestType(const PgType& a, const PgType& b) {
  if (a.kind == PgKind::kEnum && b.kind == PgKind::kEnum) return Plain(PgKind::kText);
  if (a == b) return a;
  const int a_digits = IntegerDigits(a.kind);
  const int b_digits = IntegerDigits(b.kind);
  if (a_digits > 0 && b_digits > 0) return a_digits > b_digits ? a : b;
  if ((a_digits > 0 || a.kind == PgKind::kNumeric) &&
      (b_digits > 0 || b.kind == PgKind::kNumeric)) {
    return WidestNumeric(a, b);
  }
  if (IsText(a.kind) && IsText(b.kind)) return WidestText(a, b);
  auto pair_is = [&](PgKind x, PgKind y) {
    return (a.kind == x && b.kind == y) || (a.kind == y && b.kind == x);
  };
  if (pair_is(PgKind::kFloat4, PgKind::kFloat8)) return Plain(PgKind::kFloat8);
  if (pair_is(PgKind::kDate, PgKind::kTimestamp)) {
    return a.kind == PgKind::kTimestamp ? a : b;
  }
  if (pair_is(PgKind::kTime, PgKind::kInterval)) {
    PgType type = Plain(PgKind::kInterval);
    type.precision = FinerPrecision(a, b);
    return type;
  }
  if (a.kind == b.kind && (a.kind == PgKind::kTimestamp || a.kind == PgKind::kTimestamptz ||
                           a.kind == PgKind::kTime || a.kind == PgKind::kInterval)) {
    PgType type = a;
    type.precision = FinerPrecision(a, b);
    return type;
  }
  return std::nullopt;
}

}  // namespace transload
