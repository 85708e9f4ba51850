#include "core/cell.h"

namespace transload {

std::string_view Name(CellFormat format) {
  switch (format) {
    case CellFormat::kSigned:
      return "signed";
    case CellFormat::kUnsigned:
      return "unsigned";
    case CellFormat::kFloat32:
      return "float32";
    case CellFormat::kFloat64:
      return "float64";
    case CellFormat::kDecimal:
      return "decimal";
    case CellFormat::kText:
      return "text";
    case CellFormat::kBytes:
      return "bytes";
    case CellFormat::kCivil:
      return "civil";
    case CellFormat::kDuration:
      return "duration";
    case CellFormat::kBits:
      return "bits";
    case CellFormat::kGeometry:
      return "geometry";
    case CellFormat::kUuid:
      return "uuid";
    case CellFormat::kVector:
      return "vector";
    case CellFormat::kUtf16:
      return "utf16";
    case CellFormat::kDynamic:
      return "dynamic";
    case CellFormat::kPgBinary:
      return "pgbinary";
    case CellFormat::kPgText:
      return "pgtext";
  }
  return "unknown";
}

}  // namespace transload
