#include "load/target_error.h"

#include "core/postgres_client.h"

namespace transload {

std::string_view WhatToDo(std::string_view sqlstate) {
  if (sqlstate == "57014") {
    return "look who cancels it: a time-out of the server's or of a proxy, or a job that ends long "
           "statements; then ";
  }
  if (sqlstate == "55P03" || sqlstate == "40P01") {
    return "end who holds the lock (pg_locks, pg_stat_activity), or raise --lock-timeout; then ";
  }
  if (sqlstate == "53300") return "fewer --jobs, or a higher max_connections; then ";
  if (sqlstate == "53100") return "make room on the server's disk; then ";
  return "";
}

Error TargetError(std::string_view sqlstate, std::string_view message) {
  Error error(TidyMessage(message));
  error.engine = "PostgreSQL";
  error.code = sqlstate;
  error.retryable = MayRetry(sqlstate);
  error.connection_lost = EndsSession(sqlstate);
  return error;
}

Error TargetLost(std::string_view message) {
  // Libpqxx asks for the encoding of what it is about to say, which a lost connection has not.
  if (message.starts_with("Could not obtain client encoding")) {
    message = "the connection to the server was lost";
  }
  Error error = TargetError(StateOfRefusal(message), message);
  error.connection_lost = true;
  return error;
}

}  // namespace transload
