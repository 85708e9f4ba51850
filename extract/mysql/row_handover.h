// How libmariadb hands over the rows of a prepared statement.
#ifndef TRANSLOAD_EXTRACT_MYSQL_ROW_HANDOVER_H_
#define TRANSLOAD_EXTRACT_MYSQL_ROW_HANDOVER_H_

#include <cstddef>
#include <cstdint>

struct st_mysql_stmt;

namespace transload::mysql {

enum class RowHandover : std::uint8_t {
  kRows,   // each as the packet that it came in
  kCells,  // value by value: the library walks through the packet first
};

// Rows, where the library tells a packet's size and is of the very version whose headers this was
// compiled with: how it divides its work among functions stands in its headers, but is no promise.
// After an update of the library alone, values are taken one by one until this is compiled again.
RowHandover BestHandover();

// Gets what mysql_stmt_fetch finds, which nothing may be thrown through.
class RowReceiver {
 public:
  virtual void OnRow(const unsigned char* packet, std::size_t size) noexcept = 0;

 protected:
  ~RowReceiver() = default;
};
// Gets a value of the receiver's, and moves `at` behind it; nullptr stands for a NULL.
using CellFunction = void (*)(void* receiver, unsigned column, unsigned char** at);

// Before the statement is prepared; the receiver outlives it.
void HandOver(RowHandover handover, st_mysql_stmt* statement, RowReceiver* receiver,
              CellFunction on_cell);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_ROW_HANDOVER_H_
