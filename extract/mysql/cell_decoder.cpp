#include "extract/mysql/cell_decoder.h"

#include <cstring>

namespace transload::mysql {
namespace {

template <typename T>
T Load(const unsigned char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

WireType WireTypeOf(int type, bool is_unsigned) {
  CellFormat integer = is_unsigned ? CellFormat::kUnsigned : CellFormat::kSigned;
  switch (type) {
    case 1:  // TINY
      return {WireForm::kFixed1, integer};
    case 2:  // SHORT
      return {WireForm::kFixed2, integer};
    case 13:  // YEAR
      return {WireForm::kFixed2, CellFormat::kUnsigned};
    case 3:  // LONG
    case 9:  // INT24, sent as four bytes
      return {WireForm::kFixed4, integer};
    case 8:  // LONGLONG
      return {WireForm::kFixed8, integer};
    case 4:  // FLOAT
      return {WireForm::kFixed4, CellFormat::kFloat32};
    case 5:  // DOUBLE
      return {WireForm::kFixed8, CellFormat::kFloat64};
    case 7:   // TIMESTAMP
    case 10:  // DATE
    case 12:  // DATETIME
      return {WireForm::kCivil, CellFormat::kCivil};
    case 11:  // TIME
      return {WireForm::kDuration, CellFormat::kDuration};
    case 0:    // DECIMAL
    case 246:  // NEWDECIMAL
      return {WireForm::kBytes, CellFormat::kDecimal};
    case 16:  // BIT
      return {WireForm::kBytes, CellFormat::kBits};
    case 255:  // GEOMETRY
      return {WireForm::kBytes, CellFormat::kGeometry};
    case 242:  // VECTOR
      return {WireForm::kBytes, CellFormat::kVector};
    default:
      return {WireForm::kBytes, std::nullopt};
  }
}

std::int64_t DurationNanos(const unsigned char* at, unsigned size) {
  if (size < 8) return 0;
  std::int64_t hours = std::int64_t{Load<std::uint32_t>(at + 1)} * 24 + at[5];
  std::int64_t seconds = (hours * 60 + at[6]) * 60 + at[7];
  std::int64_t micros = size >= 12 ? Load<std::uint32_t>(at + 8) : 0;
  std::int64_t nanos = (seconds * 1'000'000 + micros) * 1000;
  return at[0] != 0 ? -nanos : nanos;
}

bool LoadLongLength(const unsigned char*& at, std::size_t room, std::uint64_t& length) {
  const auto load = [&](std::size_t bytes) {
    if (room < 1 + bytes) return false;
    length = 0;
    std::memcpy(&length, at, bytes);
    at += bytes;
    return true;
  };
  switch (at[-1]) {
    case 0xFC:
      return load(2);
    case 0xFD:
      return load(3);
    case 0xFE:
      return load(8);
    default:
      return false;
  }
}

}  // namespace transload::mysql
