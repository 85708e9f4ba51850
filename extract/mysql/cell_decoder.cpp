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

void AppendDuration(const unsigned char* at, unsigned size, RowBatch& batch) {
  std::int64_t nanos = 0;
  if (size >= 8) {
    std::int64_t hours = std::int64_t{Load<std::uint32_t>(at + 1)} * 24 + at[5];
    std::int64_t seconds = (hours * 60 + at[6]) * 60 + at[7];
    std::int64_t micros = size >= 12 ? Load<std::uint32_t>(at + 8) : 0;
    nanos = (seconds * 1'000'000 + micros) * 1000;
    if (at[0] != 0) nanos = -nanos;
  }
  batch.AppendCell(&nanos, sizeof nanos);
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

const unsigned char* DecodeDuration(const unsigned char* at, RowBatch& batch) {
  AppendDuration(at + 1, *at, batch);
  return at + 1 + *at;
}

std::uint64_t LoadLongLength(const unsigned char*& at) {
  const unsigned char first = *at++;
  std::uint64_t value = first;
  if (first == 0xFC) {
    value = Load<std::uint16_t>(at);
    at += 2;
  } else if (first == 0xFD) {
    value = Load<std::uint16_t>(at) | std::uint64_t{at[2]} << 16;
    at += 3;
  } else if (first == 0xFE) {
    value = Load<std::uint64_t>(at);
    at += 8;
  }
  return value;
}

}  // namespace transload::mysql
