// The kinds of value that cells hold, as the targets take them, and how each is read from a cell.
#ifndef TRANSLOAD_TRANSFORM_CELL_VALUES_H_
#define TRANSLOAD_TRANSFORM_CELL_VALUES_H_

#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/cell.h"
#include "core/error.h"
#include "core/utf8.h"
#include "transform/encode_context.h"

namespace transload {

struct SignedValue {
  std::int64_t value;
};
struct UnsignedValue {
  std::uint64_t value;
};
// An ENUM by its index: 0 for the value of an invalid insert, labels from 1.
struct EnumValue {
  std::uint64_t index;
};
struct Float32Value {
  float value;
};
struct Float64Value {
  double value;
};
struct DecimalValue {
  std::string_view text;
};
struct TextValue {
  std::string_view text;  // not checked yet
};
struct BytesValue {
  std::string_view bytes;
};
struct CivilValue {
  CivilTime time;
};
struct DurationValue {
  std::int64_t nanos;
};
struct BitsValue {
  std::string_view bytes;  // big-endian, right-aligned
};
struct UuidValue {
  std::string_view bytes;
};
struct GeometryValue {
  std::string_view bytes;  // SRID, then WKB
};
struct VectorValue {
  std::string_view bytes;  // little-endian float32
};

// A cell whose size its format does not allow is an adapter's defect, not bad data.
[[noreturn]] inline void RefuseCellSize(const Cell& cell, CellFormat format) {
  throw BugError("a cell of format " + std::string(Name(format)) + " has " +
                 std::to_string(cell.size) + " bytes");
}

template <typename T>
T LoadCell(const Cell& cell) {
  T value;
  std::memcpy(&value, cell.data, sizeof value);
  return value;
}

struct SignedReader {
  SignedValue Read(EncodeContext&, const Cell& cell) const {
    switch (cell.size) {
      case 8:
        return {LoadCell<std::int64_t>(cell)};
      case 4:
        return {LoadCell<std::int32_t>(cell)};
      case 2:
        return {LoadCell<std::int16_t>(cell)};
      case 1:
        return {LoadCell<std::int8_t>(cell)};
    }
    RefuseCellSize(cell, CellFormat::kSigned);
  }
};
struct UnsignedReader {
  UnsignedValue Read(EncodeContext&, const Cell& cell) const {
    switch (cell.size) {
      case 8:
        return {LoadCell<std::uint64_t>(cell)};
      case 4:
        return {LoadCell<std::uint32_t>(cell)};
      case 2:
        return {LoadCell<std::uint16_t>(cell)};
      case 1:
        return {LoadCell<std::uint8_t>(cell)};
    }
    RefuseCellSize(cell, CellFormat::kUnsigned);
  }
};
struct EnumReader {
  EnumValue Read(EncodeContext& context, const Cell& cell) const {
    return {UnsignedReader().Read(context, cell).value};
  }
};
// Formats of one fixed size.
template <typename Value, typename Raw, CellFormat kFormat>
struct FixedReader {
  Value Read(EncodeContext&, const Cell& cell) const {
    if (cell.size != sizeof(Raw)) RefuseCellSize(cell, kFormat);
    return {LoadCell<Raw>(cell)};
  }
};
// Formats that are bytes, with the least they must have.
template <typename Value, CellFormat kFormat, std::uint32_t kLeast = 0>
struct ViewReader {
  Value Read(EncodeContext&, const Cell& cell) const {
    if (cell.size < kLeast) RefuseCellSize(cell, kFormat);
    return {cell.view()};
  }
};
using Float32Reader = FixedReader<Float32Value, float, CellFormat::kFloat32>;
using Float64Reader = FixedReader<Float64Value, double, CellFormat::kFloat64>;
using CivilReader = FixedReader<CivilValue, CivilTime, CellFormat::kCivil>;
using DurationReader = FixedReader<DurationValue, std::int64_t, CellFormat::kDuration>;
using DecimalReader = ViewReader<DecimalValue, CellFormat::kDecimal>;
using TextReader = ViewReader<TextValue, CellFormat::kText>;
using BytesReader = ViewReader<BytesValue, CellFormat::kBytes>;
using BitsReader = ViewReader<BitsValue, CellFormat::kBits>;
using UuidReader = ViewReader<UuidValue, CellFormat::kUuid, 16>;
using GeometryReader = ViewReader<GeometryValue, CellFormat::kGeometry>;
using VectorReader = ViewReader<VectorValue, CellFormat::kVector>;

// UTF-16 becomes text first. A lone surrogate keeps its code point as three bytes (ED A0 80 to
// ED BF BF), which the check of text then finds and treats by the bad_utf8 policy.
struct Utf16Reader {
  TextValue Read(EncodeContext& context, const Cell& cell) const {
    if (cell.size % 2 != 0) RefuseCellSize(cell, CellFormat::kUtf16);
    Utf16ToUtf8(cell.view(), context.utf16);
    // Up to three bytes come of two.
    context.Reserve(context.utf16.size());
    return {context.utf16};
  }
};

}  // namespace transload

#endif  // TRANSLOAD_TRANSFORM_CELL_VALUES_H_
