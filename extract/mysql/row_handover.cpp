#include "extract/mysql/row_handover.h"

#include <mariadb/mysql.h>

#include <type_traits>

namespace transload::mysql {
namespace {

int TakeRow(MYSQL_STMT* statement, unsigned char* packet, unsigned long size) {
  static_cast<RowReceiver*>(statement->user_data)->OnRow(packet, size);
  return 0;
}

// Older libraries do not say how long a row's packet is.
template <typename Methods>
constexpr bool kTellsSize = std::is_same_v<decltype(Methods::db_stmt_fetch_to_bind),
                                           int (*)(MYSQL_STMT*, unsigned char*, unsigned long)>;

// A connection does its work through a table of functions, which a connection plugin may bring.
// This one is the library's own, but for what becomes of a row that mysql_stmt_fetch has received.
template <typename Methods>
const Methods* MethodsThatTakeRows(const Methods& of_library) {
  static const Methods methods = [&] {
    Methods ours = of_library;
    if constexpr (kTellsSize<Methods>) ours.db_stmt_fetch_to_bind = &TakeRow;
    return ours;
  }();
  return &methods;
}

}  // namespace

RowHandover BestHandover() {
  static const bool same_library = mysql_get_client_version() == MARIADB_PACKAGE_VERSION_ID;
  return same_library && kTellsSize<st_mariadb_methods> ? RowHandover::kRows : RowHandover::kCells;
}

void HandOver(RowHandover handover, st_mysql_stmt* statement, RowReceiver* receiver,
              CellFunction on_cell) {
  mysql_stmt_attr_set(statement, STMT_ATTR_CB_USER_DATA, receiver);
  if (handover == RowHandover::kRows) {
    statement->mysql->methods = MethodsThatTakeRows(*statement->mysql->methods);
  } else {
    mysql_stmt_attr_set(statement, STMT_ATTR_CB_RESULT, reinterpret_cast<const void*>(on_cell));
  }
}

}  // namespace transload::mysql
