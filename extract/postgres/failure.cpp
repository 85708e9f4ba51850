#include "extract/postgres/failure.h"

#include <string>

namespace transload::postgres {
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

// The server has ended the session, or is about to.
bool EndsSession(std::string_view sqlstate) {
  return sqlstate.starts_with("57P0") || sqlstate.starts_with("08") || sqlstate == "25P03" ||
         sqlstate == "25P04";
}

std::string WithAdvice(std::string_view sqlstate, std::string text) {
  if (sqlstate == "40001" && text.find("recovery") != std::string::npos) {
    text +=
        "; on a standby set hot_standby_feedback = on, or max_standby_streaming_delay = -1 for "
        "the time of the copy";
  }
  if (sqlstate == kInsufficientPrivilege && text.find("row-level security") != std::string::npos) {
    text +=
        "; a policy would hide rows: connect as the table's owner, a superuser or a role with "
        "BYPASSRLS";
  }
  return text;
}

}  // namespace

Error StatementError(std::string_view sqlstate, std::string_view message) {
  Error error(WithAdvice(sqlstate, Tidy(message)));
  error.engine = "PostgreSQL source";  // the target's errors say PostgreSQL
  error.code = sqlstate;
  error.connection_lost = EndsSession(sqlstate);
  error.retryable = error.connection_lost || sqlstate == "40001" || sqlstate == "40P01" ||
                    sqlstate == "55P03" || sqlstate == kQueryCanceled || sqlstate.starts_with("53");
  return error;
}

Error ConnectionLost(std::string_view message) {
  // A refused login has no SQLSTATE that libpq would tell.
  const bool full = message.find("too many clients") != message.npos ||
                    message.find("too many connections") != message.npos ||
                    message.find("connection slots are reserved") != message.npos;
  Error error = StatementError(full ? "53300" : "08006", message);
  error.connection_lost = true;
  return error;
}

}  // namespace transload::postgres
