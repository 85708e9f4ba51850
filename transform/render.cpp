#include "transform/render.h"

#include <fmt/format.h>

#include <cstring>

#include "core/hex.h"
#include "core/utf8.h"
#include "transform/cell_text.h"
#include "transform/cell_values.h"
#include "transform/render_field.h"

namespace transload {
namespace {

std::string Cut(std::string_view shown, std::size_t whole) {
  return fmt::format("{}… ({} bytes)", shown, whole);
}

// Text with what is not UTF-8 as \xHH and NUL as \0.
std::string TextShown(std::string_view text) {
  std::string out;
  const std::size_t limit = text.size() > kRenderBytes ? kRenderBytes : text.size();
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (at < text.data() + limit) {
    const std::size_t length = Utf8SequenceLength(at, end);
    if (length > 0 && *at != '\0') {
      out.append(at, length);
      at += length;
    } else {
      out += *at == '\0' ? "\\0" : fmt::format("\\x{:02x}", static_cast<std::uint8_t>(*at));
      ++at;
    }
  }
  return text.size() > limit ? Cut(out, text.size()) : out;
}

std::string BytesShown(std::string_view bytes) {
  std::string out = "\\x";
  AppendHex(out, bytes.substr(0, kRenderBytes / 2));
  return bytes.size() > kRenderBytes / 2 ? Cut(out, bytes.size()) : out;
}

std::int64_t SignedCell(const Cell& cell) {
  std::int64_t value = 0;
  std::memcpy(&value, cell.data, cell.size);
  const unsigned shift = 64 - 8 * cell.size;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << shift) >> shift;
}

std::uint64_t UnsignedCell(const Cell& cell) {
  std::uint64_t value = 0;
  std::memcpy(&value, cell.data, cell.size);
  return value;
}

std::string DynamicShown(const Cell& cell, const SourceColumn& column) {
  if (cell.size == 0) return "";
  SourceColumn inner = column;
  switch (static_cast<DynamicClass>(cell.data[0])) {
    case DynamicClass::kInteger:
      inner.format = CellFormat::kSigned;
      break;
    case DynamicClass::kReal:
      inner.format = CellFormat::kFloat64;
      break;
    case DynamicClass::kText:
      inner.format = CellFormat::kText;
      break;
    default:
      inner.format = CellFormat::kBytes;
  }
  return RenderCell({cell.data + 1, cell.size - 1, false}, inner);
}

// The least size a cell of this format can be read at; smaller ones are shown as bytes.
bool WellSized(const Cell& cell, CellFormat format) {
  switch (format) {
    case CellFormat::kSigned:
    case CellFormat::kUnsigned:
      return cell.size >= 1 && cell.size <= 8;
    case CellFormat::kFloat32:
      return cell.size == 4;
    case CellFormat::kFloat64:
    case CellFormat::kDuration:
      return cell.size == 8;
    case CellFormat::kCivil:
      return cell.size == sizeof(CivilTime);
    case CellFormat::kUuid:
      return cell.size == 16;
    default:
      return true;
  }
}

}  // namespace

std::string RenderCell(const Cell& cell, const SourceColumn& column) {
  if (cell.null) return "NULL";
  if (!WellSized(cell, column.format)) return BytesShown(cell.view());
  std::string out;
  switch (column.format) {
    case CellFormat::kSigned:
      return fmt::to_string(SignedCell(cell));
    case CellFormat::kUnsigned: {
      const std::uint64_t value = UnsignedCell(cell);
      if (column.type == "enum" && value >= 1 && value <= column.labels.size()) {
        return column.labels[value - 1];
      }
      return fmt::to_string(value);
    }
    case CellFormat::kFloat32:
      AppendFloat(out, LoadCell<float>(cell));
      return out;
    case CellFormat::kFloat64:
      AppendFloat(out, LoadCell<double>(cell));
      return out;
    case CellFormat::kDecimal:
    case CellFormat::kText:
    case CellFormat::kPgText:
      return TextShown(cell.view());
    case CellFormat::kCivil:
      AppendCivil(out, LoadCell<CivilTime>(cell), column.type == "date", column.precision);
      return out;
    case CellFormat::kDuration:
      AppendDuration(out, LoadCell<std::int64_t>(cell), column.precision);
      return out;
    case CellFormat::kBits:
      AppendBits(out, cell.view().substr(0, kRenderBytes), column.length);
      return out;
    case CellFormat::kUuid:
      AppendUuid(out, cell.view());
      return out;
    case CellFormat::kVector:
      AppendVector(out, cell.view().substr(0, kRenderBytes));
      return out;
    case CellFormat::kUtf16:
      Utf16ToUtf8(cell.view(), out);
      return TextShown(out);
    case CellFormat::kDynamic:
      return DynamicShown(cell, column);
    case CellFormat::kBytes:
    case CellFormat::kGeometry:
    case CellFormat::kPgBinary:
      break;
  }
  return BytesShown(cell.view());
}

std::string RenderField(std::string_view field, const PgType& type) {
  std::string out;
  if (!AppendFieldText(out, field, type)) return BytesShown(field);
  return type.kind == PgKind::kBytea ? BytesShown(field) : TextShown(out);
}

}  // namespace transload
