#include <array>

#include "tests/fuzz/one_cell.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace transload;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const std::array<OneCell, 7> kCells = {
      OneCell(CellFormat::kDynamic, "text"),
      OneCell(CellFormat::kDynamic, "bigint"),
      OneCell(CellFormat::kDynamic, "numeric"),
      OneCell(CellFormat::kDynamic, "jsonb"),
      OneCell(CellFormat::kDynamic, "bytea"),
      OneCell(CellFormat::kDynamic, "boolean"),
      OneCell(CellFormat::kDynamic, "timestamp", "sqlite_epoch", "julian")};
  // A cell of a wrong size is an adapter's defect, which encoders refuse by an exception.
  if (size == 0 || data[0] == 0 || data[0] > 4 || (data[0] <= 2 && size != 9)) return 0;
  for (const OneCell& cell : kCells) cell.Try(bytes);
  return 0;
}
