#include "extract/postgres/failure.h"

#include <string>

#include "core/postgres_client.h"

namespace transload::postgres {
namespace {

std::string WithAdvice(std::string_view sqlstate, std::string text) {
  if (sqlstate == "40001" && text.find("recovery") != std::string::npos) {
    text +=
        "; on a standby set hot_standby_feedback = on, or max_standby_streaming_delay = -1 for "
        "the time of the copy";
  }
  if (sqlstate == kLockNotAvailable) {
    text +=
        "; at the source a session holds ACCESS EXCLUSIVE on the table or an index of it, or waits "
        "for that (TRUNCATE, ALTER TABLE, REINDEX): end it (pg_blocking_pids names it), or wait "
        "for it";
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
  Error error(WithAdvice(sqlstate, TidyMessage(message)));
  error.engine = "PostgreSQL source";  // the target's errors say PostgreSQL
  error.code = sqlstate;
  error.connection_lost = EndsSession(sqlstate);
  error.retryable = MayRetry(sqlstate);
  return error;
}

Error ConnectionLost(std::string_view message) {
  Error error = StatementError(StateOfRefusal(message), message);
  error.connection_lost = true;
  return error;
}

}  // namespace transload::postgres
