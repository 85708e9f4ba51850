#include <cstdint>
#include <cstdlib>
#include <vector>

#include "extract/mysql/cell_decoder.h"

// A row's packet as a MySQL server sends it, or something that poses as one. The first byte says
// how many columns there are, as many bytes their forms; what follows is the packet.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace transload;
  if (size == 0 || size <= data[0]) return 0;
  const std::size_t columns = data[0];
  std::vector<mysql::WireForm> forms;
  for (std::size_t i = 1; i <= columns; ++i) {
    forms.push_back(static_cast<mysql::WireForm>(data[i] % 7));
  }
  // On the heap and exactly as long, so that a sanitizer sees the first byte too many.
  const std::vector<unsigned char> packet(data + 1 + columns, data + size);
  RowBatch batch;
  batch.BeginRow();
  if (!mysql::DecodeRow(forms, packet.data(), packet.size(), batch)) return 0;
  CellCursor cells(batch.Row(0));
  std::size_t found = 0;
  for (; !cells.done(); ++found) cells.Next();
  if (found != columns) std::abort();
  return 0;
}
