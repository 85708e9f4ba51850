#include <array>

#include "tests/fuzz/one_cell.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace transload;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const std::array<OneCell, 5> kCells = {
      OneCell(CellFormat::kDecimal, "numeric"), OneCell(CellFormat::kDecimal, "numeric(12,2)"),
      OneCell(CellFormat::kText, "numeric"), OneCell(CellFormat::kText, "double precision"),
      OneCell(CellFormat::kText, "bigint")};
  for (const OneCell& cell : kCells) cell.Try(bytes);
  return 0;
}
