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

// Rows, where the library is of the very version whose headers this was compiled with: how it
// divides its work among functions stands in its headers, but is no promise. After an update of the
// library alone, values are taken one by one until this is compiled again.
RowHandover BestHandover();

// What mysql_stmt_fetch finds comes here. Nothing may be thrown through the library.
class RowReceiver {
 public:
  virtual void OnRow(const unsigned char* packet, std::size_t size) noexcept = 0;
  // Moves `at` behind the value; nullptr stands for a NULL.
  virtual void OnCell(unsigned column, const unsigned char** at) noexcept = 0;

 protected:
  ~RowReceiver() = default;
};

// Before the statement is prepared; the receiver outlives it.
void HandOver(RowHandover handover, st_mysql_stmt* statement, RowReceiver* receiver);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_ROW_HANDOVER_H_
