#include <array>

#include "tests/fuzz/one_cell.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace transload;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const std::array<OneCell, 3> kCells = {
      OneCell(CellFormat::kText, "jsonb"), OneCell(CellFormat::kText, "json"),
      OneCell(CellFormat::kText, "jsonb", "json_bad", "strip_nul")};
  for (const OneCell& cell : kCells) cell.Try(bytes);
  return 0;
}
