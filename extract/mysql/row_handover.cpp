#include "extract/mysql/row_handover.h"

#include <mariadb/mysql.h>

namespace transload::mysql {
namespace {

int TakeRow(MYSQL_STMT* statement, unsigned char* packet, unsigned long size) {
  static_cast<RowReceiver*>(statement->user_data)->OnRow(packet, size);
  return 0;
}

void TakeCell(void* receiver, unsigned column, unsigned char** at) {
  static_cast<RowReceiver*>(receiver)->OnCell(column, const_cast<const unsigned char**>(at));
}

// A connection does its work through a table of functions, which a connection plugin may bring.
// This one is the library's own, but for what becomes of a row that mysql_stmt_fetch has received.
const st_mariadb_methods* MethodsThatTakeRows(const st_mariadb_methods& of_library) {
  static const st_mariadb_methods methods = [&] {
    st_mariadb_methods ours = of_library;
    ours.db_stmt_fetch_to_bind = &TakeRow;
    return ours;
  }();
  return &methods;
}

}  // namespace

RowHandover BestHandover() {
  static const bool same_library = mysql_get_client_version() == MARIADB_PACKAGE_VERSION_ID;
  return same_library ? RowHandover::kRows : RowHandover::kCells;
}

void HandOver(RowHandover handover, st_mysql_stmt* statement, RowReceiver* receiver) {
  mysql_stmt_attr_set(statement, STMT_ATTR_CB_USER_DATA, receiver);
  if (handover == RowHandover::kRows) {
    statement->mysql->methods = MethodsThatTakeRows(*statement->mysql->methods);
  } else {
    mysql_stmt_attr_set(statement, STMT_ATTR_CB_RESULT, reinterpret_cast<const void*>(&TakeCell));
  }
}

}  // namespace transload::mysql
