// One column's part of a block: what a driver is asked to fill, and how a filled value becomes a
// cell. Everything here is a pure function of bytes, so that recorded buffers can stand in for a
// driver.
#ifndef TRANSLOAD_EXTRACT_ODBC_CELL_BUFFER_H_
#define TRANSLOAD_EXTRACT_ODBC_CELL_BUFFER_H_

#include <sql.h>
#include <sqlext.h>

#include <cstddef>
#include <vector>

#include "core/cell.h"
#include "core/row_batch.h"
#include "extract/odbc/driver_quirks.h"

namespace transload::odbc {

// An indicator that no driver writes: what stands there before each fetch.
inline constexpr SQLLEN kUntouched = -1'000'003;

// How values of a format travel.
struct CellTransport {
  SQLSMALLINT c_type;
  std::size_t fixed_bytes;  // 0: as wide as the column needs
  std::size_t terminator;   // bytes a driver adds behind a value
  // `data` points at a whole value of `size` bytes. Throws Error for one that has no such form.
  void (*append)(const char* data, std::size_t size, RowBatch& batch);
};

CellTransport TransportOf(CellFormat format, TextAs text);

struct CellBuffer {
  CellTransport transport;
  std::size_t stride = 0;  // bytes from one row's value to the next
  std::vector<char> data;
  std::vector<SQLLEN> indicators;

  void Reserve(std::size_t rows, std::size_t value_bytes);
  // Before each fetch: marks every value and indicator as not written.
  void Reset();
  // The value of that row did not fit: its indicator is larger than its room, or not known.
  bool Overflowed(std::size_t row) const;
  // Appends the row's cell. Throws when the driver said neither NULL nor a length, or said that
  // there is a value and wrote none where it belongs.
  void Append(std::size_t row, RowBatch& batch) const;
};

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_CELL_BUFFER_H_
