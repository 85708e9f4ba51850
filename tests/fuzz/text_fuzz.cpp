#include <array>

#include "tests/fuzz/one_cell.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace transload;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const std::array<OneCell, 9> kCells = {
      OneCell(CellFormat::kText, "text"),
      OneCell(CellFormat::kText, "varchar(5)", "bad_utf8", "replace"),
      OneCell(CellFormat::kText, "text", "bad_utf8", "latin1"),
      OneCell(CellFormat::kText, "char(3)", "nul_byte", "replace:U+2400"),
      OneCell(CellFormat::kText, "timestamptz"),
      OneCell(CellFormat::kText, "uuid"),
      OneCell(CellFormat::kText, "inet"),
      OneCell(CellFormat::kText, "varbit"),
      OneCell(CellFormat::kText, "interval")};
  for (const OneCell& cell : kCells) cell.Try(bytes);
  return 0;
}
