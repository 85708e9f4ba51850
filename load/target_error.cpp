#include "load/target_error.h"

namespace transload {
namespace {

std::string Tidy(std::string_view message) {
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) {
    message.remove_suffix(1);
  }
  for (std::string_view prefix : {"ERROR:  ", "FATAL:  "}) {
    if (message.starts_with(prefix)) message.remove_prefix(prefix.size());
  }
  return std::string(message);
}

}  // namespace

bool EndsSession(std::string_view sqlstate) {
  return sqlstate.starts_with("57P0") || sqlstate.starts_with("08") || sqlstate == "25P03" ||
         sqlstate == "25P04";
}

// 57014: somebody cancelled the statement, or a time-out of the server's did.
bool MayRetry(std::string_view sqlstate) {
  return sqlstate == "57014" || sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03" ||
         sqlstate.starts_with("53") || EndsSession(sqlstate);
}

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
  Error error(Tidy(message));
  error.engine = "PostgreSQL";
  error.code = sqlstate;
  error.retryable = MayRetry(sqlstate);
  error.connection_lost = EndsSession(sqlstate);
  return error;
}

Error TargetLost(std::string_view message) {
  // A refused login has no SQLSTATE that libpq would tell.
  const bool full = message.find("too many clients") != message.npos ||
                    message.find("too many connections") != message.npos ||
                    message.find("connection slots are reserved") != message.npos;
  Error error = TargetError(full ? "53300" : "08006", message);
  error.connection_lost = true;
  return error;
}

}  // namespace transload
