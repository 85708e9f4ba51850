// What the parts of the ledger's implementation share.
#ifndef TRANSLOAD_LOAD_LEDGER_STATE_H_
#define TRANSLOAD_LOAD_LEDGER_STATE_H_

#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "load/ledger.h"
#include "load/session.h"

namespace transload {

// "after-data": when a user's step runs, as the ledger's object rows say it.
std::string StepWord(StepTime when);

// Replaces {L} by the ledger's quoted schema.
std::string LedgerSql(const std::string& sql, const std::string& quoted_schema);

struct Ledger::State {
  State(const Options& given, const std::string& application_name)
      : options(given), session(given, application_name) {}

  Options options;
  std::string schema;         // as the user wrote it
  std::string quoted_schema;  // for SQL
  std::int64_t lock_key = 0;  // 0: no lock taken
  std::string lock_subject;
  std::string run_at_work;  // that this process has begun or taken up
  std::string state_said;   // the last one that was recorded of it, or tried to be

  // Guards the session: calls take turns.
  std::mutex mutex;
  Session session;

  // Ids in the order of `tables`.
  std::vector<std::int64_t> RecordTables(SqlTransaction& transaction, const std::string& run_id,
                                         std::span<const NewTable> tables) const;

  std::string Sql(const std::string& sql) const { return LedgerSql(sql, quoted_schema); }
  SqlRows Exec(const std::string& sql, const std::vector<SqlValue>& parameters = {}) {
    std::lock_guard guard(mutex);
    return session.Exec(Sql(sql), parameters);
  }
  SqlRows ExecOften(const std::string& sql, const std::vector<SqlValue>& parameters) {
    std::lock_guard guard(mutex);
    return session.ExecOften(Sql(sql), parameters);
  }
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_LEDGER_STATE_H_
