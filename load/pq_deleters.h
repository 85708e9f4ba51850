// Ends of what libpq hands out, for std::unique_ptr. Only for files that use libpq themselves.
#ifndef TRANSLOAD_LOAD_PQ_DELETERS_H_
#define TRANSLOAD_LOAD_PQ_DELETERS_H_

#include <libpq-fe.h>

namespace transload {

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
struct FreeConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_PQ_DELETERS_H_
