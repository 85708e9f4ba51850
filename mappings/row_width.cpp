#include "mappings/row_width.h"

#include <algorithm>

namespace transload {
namespace {

struct Width {
  std::size_t bytes, alignment;
};

// The longest value that is never stored elsewhere, its header of a byte included.
constexpr std::size_t kMostInline = 24;

Width Varying(std::size_t most_bytes) { return {std::min(most_bytes + 1, kMostInline), 1}; }

Width Characters(std::int32_t length) {
  return Varying(length < 0 ? kMostInline : static_cast<std::size_t>(length) * 4);
}

// Four digits take two bytes, and scale and weight take two.
Width Digits(const PgType& type) {
  if (type.precision < 0) return Varying(kMostInline);
  const std::int32_t groups = (type.precision - type.scale + 3) / 4 + (type.scale + 3) / 4;
  return Varying(2 + 2 * static_cast<std::size_t>(groups));
}

Width WidthOf(const PgType& type) {
  switch (type.kind) {
    case PgKind::kBool:
      return {1, 1};
    case PgKind::kInt2:
      return {2, 2};
    case PgKind::kInt4:
    case PgKind::kFloat4:
    case PgKind::kDate:
    case PgKind::kEnum:
      return {4, 4};
    case PgKind::kInt8:
    case PgKind::kFloat8:
    case PgKind::kTime:
    case PgKind::kTimestamp:
    case PgKind::kTimestamptz:
    case PgKind::kMoney:
      return {8, 8};
    case PgKind::kTimetz:
      return {12, 8};
    case PgKind::kInterval:
    case PgKind::kPoint:
      return {16, 8};
    case PgKind::kUuid:
      return {16, 1};
    case PgKind::kMacaddr:
      return {6, 4};
    case PgKind::kNumeric:
      return Digits(type);
    case PgKind::kVarchar:
    case PgKind::kBpchar:
      return Characters(type.length);
    case PgKind::kBit:
    case PgKind::kVarbit:
      return Varying(type.length < 0 ? kMostInline
                                     : static_cast<std::size_t>(type.length + 7) / 8 + 4);
    case PgKind::kInet:
    case PgKind::kCidr:
      return Varying(18);
    case PgKind::kText:
    case PgKind::kBytea:
    case PgKind::kJson:
    case PgKind::kJsonb:
    case PgKind::kArray:
    case PgKind::kGeometry:
    case PgKind::kVector:
    case PgKind::kOther:
      return {kMostInline, 1};
  }
  return {kMostInline, 1};
}

std::size_t Align(std::size_t bytes, std::size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

}  // namespace

std::size_t MostBytesInRow(const std::vector<PgType>& columns) {
  constexpr std::size_t kHeader = 23;
  std::size_t bytes = Align(kHeader + (columns.size() + 7) / 8, 8);
  for (const PgType& column : columns) {
    const Width width = WidthOf(column);
    bytes = Align(bytes, width.alignment) + width.bytes;
  }
  return bytes;
}

}  // namespace transload
