// How a value looks between a source and an encoder.
//
// A reader appends cells as its client library hands them over; an encoder, bound to the column
// once, turns them into binary COPY fields. CellFormat is the contract between the two: which bytes
// stand in a cell. It is a property of a column, never of a single value, with one exception
// (kDynamic).
//
// Integers and floats inside cells are little-endian, as client libraries deliver them. The build
// refuses big-endian machines (see row_batch.cpp).
#ifndef TRANSLOAD_CORE_CELL_H_
#define TRANSLOAD_CORE_CELL_H_

#include <cstdint>
#include <string_view>

namespace transload {

enum class CellFormat : std::uint8_t {
  kSigned,    // 1, 2, 4 or 8 bytes, two's complement; the cell's size says which
  kUnsigned,  // 1, 2, 4 or 8 bytes
  kFloat32,   // 4 bytes IEEE 754
  kFloat64,   // 8 bytes IEEE 754
  kDecimal,   // ASCII: [-]digits[.digits], leading zeros allowed (ZEROFILL), no exponent
  kText,      // bytes that the source promises to be UTF-8; nobody has checked yet
  kBytes,     // raw bytes
  kCivil,     // struct CivilTime: a date or a date with time, as the source shows it
  kDuration,  // 8 bytes signed: nanoseconds; a MySQL TIME, or the time of day of other engines
  kBits,      // big-endian, right-aligned: MySQL BIT(10) 0b1000000001 is 02 01
  kGeometry,  // 4 bytes little-endian SRID, then WKB: MySQL's storage form
  kUuid,      // 16 bytes in textual order
  kVector,    // little-endian IEEE 754 float32 values
  kUtf16,     // UTF-16LE, possibly with lone surrogates
  kDynamic,   // one byte DynamicClass, then the payload: a SQLite value, whose type varies by row
  kPgBinary,  // a PostgreSQL binary send form of exactly the target's type
  kPgText,    // a PostgreSQL text output form
};

// First byte of a kDynamic cell.
enum class DynamicClass : std::uint8_t {
  kInteger = 1,  // 8 bytes signed
  kReal = 2,     // 8 bytes IEEE 754
  kText = 3,     // bytes, unchecked
  kBlob = 4,     // raw bytes
};

// Payload of a kCivil cell. Fields hold what the source shows, valid or not: MySQL stores
// 0000-00-00 and 2020-02-31, and it is the encoder's policy that decides what becomes of them.
struct CivilTime {
  std::int16_t year;
  std::uint8_t month;
  std::uint8_t day;
  std::uint8_t hour;
  std::uint8_t minute;
  std::uint8_t second;
  std::uint8_t reserved;  // always 0, so that equal values have equal bytes
  std::uint32_t nanos;
};
static_assert(sizeof(CivilTime) == 12);

// One borrowed value. NULL is told apart from empty by `null`, never by the pointer.
struct Cell {
  const char* data = nullptr;
  std::uint32_t size = 0;
  bool null = true;

  std::string_view view() const { return {data, size}; }
};

// Lower-case name as it appears in rule files and messages, e.g. "signed", "civil".
std::string_view Name(CellFormat format);

}  // namespace transload

#endif  // TRANSLOAD_CORE_CELL_H_
