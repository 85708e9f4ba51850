#include "extract/odbc/cell_buffer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/error.h"

namespace transload::odbc {
namespace {

// Fills values before a fetch. Repeated, it is a NaN that no server stores and no valid date, so
// that a driver that writes with the wrong distance between rows is found out.
constexpr char kMark = 0x7F;
bool HasMark(SQLSMALLINT c_type) {
  return c_type == SQL_C_FLOAT || c_type == SQL_C_DOUBLE || c_type == SQL_C_TYPE_TIMESTAMP;
}

void AppendBytes(const char* data, std::size_t size, RowBatch& batch) {
  if (size > INT32_MAX) {
    throw Error(fmt::format("a value of {} bytes: PostgreSQL takes less than 1 GiB", size));
  }
  batch.AppendCell(std::string_view(data, size));
}

// Numbers and dates as text: some drivers pad them with blanks.
void AppendTrimmed(const char* data, std::size_t size, RowBatch& batch) {
  std::string_view text(data, size);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  // A locale's decimal comma would change a value without a word.
  if (text.find(',') != std::string_view::npos) {
    throw Error(
        fmt::format("the driver writes numbers with a comma ('{}'): switch regional "
                    "settings off in its connection string",
                    text));
  }
  batch.AppendCell(text);
}

void AppendCivil(const char* data, std::size_t, RowBatch& batch) {
  SQL_TIMESTAMP_STRUCT value;
  std::memcpy(&value, data, sizeof value);
  CivilTime civil{};
  civil.year = value.year;
  civil.month = static_cast<std::uint8_t>(value.month);
  civil.day = static_cast<std::uint8_t>(value.day);
  civil.hour = static_cast<std::uint8_t>(value.hour);
  civil.minute = static_cast<std::uint8_t>(value.minute);
  civil.second = static_cast<std::uint8_t>(value.second);
  civil.nanos = value.fraction;
  std::memcpy(batch.AppendCell(sizeof civil), &civil, sizeof civil);
}

// [-]h…h:mm:ss[.fraction] as nanoseconds.
void AppendDuration(const char* data, std::size_t size, RowBatch& batch) {
  const std::string_view text(data, size);
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  std::int64_t parts[3] = {0, 0, 0};
  std::int64_t nanos = 0, unit = 1'000'000'000;
  std::size_t part = 0, digits = 0;
  bool fraction = false, bad = rest.empty();
  for (const char c : rest) {
    if (c >= '0' && c <= '9') {
      ++digits;
      if (fraction) {
        unit /= 10;
        nanos += (c - '0') * unit;
      } else {
        parts[part] = parts[part] * 10 + (c - '0');
        bad = bad || parts[part] > 2'000'000;
      }
    } else if (c == ':' && part < 2 && digits > 0 && !fraction) {
      ++part;
      digits = 0;
    } else if (c == '.' && part == 2 && digits > 0 && !fraction) {
      fraction = true;
    } else {
      bad = true;
    }
  }
  if (bad || part != 2 || parts[1] > 59 || parts[2] > 59) {
    throw Error(fmt::format("the driver sent '{}' for a time of day", text));
  }
  std::int64_t total = ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1'000'000'000 + nanos;
  if (negative) total = -total;
  std::memcpy(batch.AppendCell(sizeof total), &total, sizeof total);
}

// The first three fields of a GUID lie in the machine's order, the rest as it is written.
void AppendGuid(const char* data, std::size_t size, RowBatch& batch) {
  constexpr unsigned char kFrom[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  if (size != 16) throw Error(fmt::format("the driver sent a GUID of {} bytes", size));
  char* to = batch.AppendCell(16);
  for (std::size_t i = 0; i < 16; ++i) to[i] = data[kFrom[i]];
}

}  // namespace

CellTransport TransportOf(CellFormat format, TextAs text) {
  switch (format) {
    case CellFormat::kSigned:
      return {SQL_C_SBIGINT, 8, 0, AppendBytes};
    case CellFormat::kUnsigned:
      return {SQL_C_UBIGINT, 8, 0, AppendBytes};
    case CellFormat::kFloat32:
      return {SQL_C_FLOAT, 4, 0, AppendBytes};
    case CellFormat::kFloat64:
      return {SQL_C_DOUBLE, 8, 0, AppendBytes};
    case CellFormat::kCivil:
      return {SQL_C_TYPE_TIMESTAMP, sizeof(SQL_TIMESTAMP_STRUCT), 0, AppendCivil};
    case CellFormat::kUuid:
      return {SQL_C_GUID, sizeof(SQLGUID), 0, AppendGuid};
    case CellFormat::kDecimal:
      return {SQL_C_CHAR, 0, 1, AppendTrimmed};
    case CellFormat::kDuration:
      return {SQL_C_CHAR, 0, 1, AppendDuration};
    case CellFormat::kText:
      if (text == TextAs::kBinary) return {SQL_C_BINARY, 0, 0, AppendBytes};
      return {SQL_C_CHAR, 0, 1, AppendBytes};
    case CellFormat::kUtf16:
      return {SQL_C_WCHAR, 0, 2, AppendBytes};
    case CellFormat::kBytes:
    case CellFormat::kBits:
    case CellFormat::kGeometry:
    case CellFormat::kVector:
      return {SQL_C_BINARY, 0, 0, AppendBytes};
    case CellFormat::kDynamic:
    case CellFormat::kPgBinary:
    case CellFormat::kPgText:
      break;
  }
  throw BugError(fmt::format("ODBC has no transport for {} values", Name(format)));
}

void CellBuffer::Reserve(std::size_t rows, std::size_t value_bytes) {
  stride = transport.fixed_bytes > 0 ? transport.fixed_bytes : value_bytes + transport.terminator;
  // Wide characters are read as such: keep every value aligned.
  stride = (stride + 1) & ~std::size_t{1};
  data.resize(stride * rows);
  indicators.resize(rows);
}

void CellBuffer::Reset() {
  std::fill(indicators.begin(), indicators.end(), kUntouched);
  if (HasMark(transport.c_type)) std::memset(data.data(), kMark, data.size());
}

bool CellBuffer::Overflowed(std::size_t row) const {
  if (transport.fixed_bytes > 0) return false;
  const SQLLEN indicator = indicators[row];
  return indicator == SQL_NO_TOTAL ||
         (indicator >= 0 && static_cast<std::size_t>(indicator) > stride - transport.terminator);
}

void CellBuffer::Append(std::size_t row, RowBatch& batch) const {
  const SQLLEN indicator = indicators[row];
  if (indicator == SQL_NULL_DATA) {
    batch.AppendNull();
    return;
  }
  if (indicator < 0) {
    throw Error(fmt::format(
        "the driver says neither the length of a value nor that it is NULL (indicator {})",
        indicator == kUntouched ? std::string("not set") : std::to_string(indicator)));
  }
  const std::size_t size =
      transport.fixed_bytes > 0 ? transport.fixed_bytes : static_cast<std::size_t>(indicator);
  const char* value = data.data() + row * stride;
  if (HasMark(transport.c_type) &&
      std::all_of(value, value + size, [](char c) { return c == kMark; })) {
    throw Error(
        "the driver reports a value and wrote none where it belongs in an array: it cannot be "
        "trusted with this column's type");
  }
  transport.append(value, size, batch);
}

}  // namespace transload::odbc
