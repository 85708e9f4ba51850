// Opening, locking and taking over; runs.
#include "load/ledger.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "core/error.h"
#include "core/fault_point.h"
#include "load/ddl.h"
#include "load/ledger_layout.h"
#include "load/ledger_state.h"
#include "load/sql.h"

namespace transload {
namespace {

// A backend that was told to end is waited for so often, so long: 30 s.
constexpr int kWaitsForBackend = 300;
constexpr std::chrono::milliseconds kBackendWait{100};
constexpr int kWaitsForLock = 30;  // 3 s

// Any 64 bits that two processes agree on.
std::int64_t LockKey(const std::string& fingerprint, const std::string& target_schemas) {
  RowChecksum hash;
  AddRow(hash, fingerprint + '\n' + target_schemas, 0);
  return static_cast<std::int64_t>(hash.low);
}

void End(Session& session, const SessionId& other) {
  const std::string end_it =
      "select pg_terminate_backend(pid) from pg_catalog.pg_stat_activity "
      "where pid = $1::integer and backend_start = $2::timestamptz and pid <> pg_backend_pid()";
  for (int wait = 0; wait < kWaitsForBackend; ++wait) {
    if (session.Exec(end_it, {std::to_string(other.backend_pid), other.backend_start}).empty()) {
      return;
    }
    std::this_thread::sleep_for(kBackendWait);
  }
}

RunRecord RunFromRow(const SqlRows& rows, std::size_t row) {
  RunRecord run;
  run.id = rows.Text(row, 0);
  run.fingerprint = rows.Text(row, 1);
  run.target_schemas = rows.Text(row, 2);
  run.input_hash = rows.Text(row, 3);
  run.input_json = rows.Text(row, 4);
  run.options_json = rows.Text(row, 5);
  run.snapshot_json = rows.Text(row, 6);
  run.seed = rows.Count(row, 7);
  run.version = rows.Text(row, 8);
  run.state = rows.Text(row, 9);
  run.started_at = rows.Text(row, 10);
  run.finished_at = rows.Text(row, 11);
  run.amendments_json = rows.Text(row, 12);
  run.outcome_json = rows.Text(row, 13);
  return run;
}

std::optional<RunRecord> FirstRun(const SqlRows& rows) {
  if (rows.empty()) return std::nullopt;
  return RunFromRow(rows, 0);
}

SqlValue OrNull(const std::string& text) { return text.empty() ? SqlValue() : SqlValue(text); }

// "app from 10.0.0.7, connected since ... (backend 123)"; nothing where nobody has the lock.
std::optional<std::string> HolderOf(Session& session, std::int64_t key) {
  SqlRows holder = session.Exec(
      "select coalesce(a.usename, '?'), coalesce(a.client_addr::text, 'the same host'), "
      "coalesce(to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"'), "
      "'?'), l.pid " +
          std::string(kFromLockHolder),
      {std::to_string(key)});
  if (holder.empty()) return std::nullopt;
  return fmt::format("{} from {}, connected since {} (backend {})", holder.Text(0, 0),
                     holder.Text(0, 1), holder.Text(0, 2), holder.Text(0, 3));
}

}  // namespace

std::string StepWord(StepTime when) {
  switch (when) {
    case StepTime::kBeforeSchema:
      return "before-schema";
    case StepTime::kAfterSchema:
      return "after-schema";
    case StepTime::kAfterData:
      return "after-data";
    case StepTime::kAfterConstraints:
      return "after-constraints";
  }
  return "";
}

std::string LedgerSql(const std::string& sql, const std::string& quoted_schema) {
  std::string out;
  for (std::size_t at = 0;;) {
    std::size_t next = sql.find("{L}", at);
    out.append(sql, at, next - at);
    if (next == std::string::npos) return out;
    // Inside a literal, as pg_get_serial_sequence wants it, the name's own quotes count.
    bool literal = next > 0 && sql[next - 1] == '\'';
    for (char c : quoted_schema) {
      if (literal && c == '\'') out += '\'';
      out += c;
    }
    at = next + 3;
  }
}

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;
Ledger::~Ledger() = default;
const std::string& Ledger::schema() const { return state_->schema; }

Ledger Ledger::Open(const Options& options) {
  auto state = std::make_unique<State>(options, "transload control");
  state->schema = options.ledger_schema;
  state->quoted_schema = ddl::QuoteName(options.ledger_schema);
  RefuseReadOnly(state->session);
  bool made = false;
  state->session.Transact([&](SqlTransaction& transaction) {
    if (!HasLedger(transaction, state->schema)) {
      // Two processes may start at once: the second finds the schema made.
      transaction.Exec("select pg_advisory_xact_lock(7020094512)");
    }
    const std::string why = WhyLedgerUnfit(transaction, state->schema, LedgerUse::kWrite);
    if (!why.empty()) throw RefusedError(why);
    if (HasLedger(transaction, state->schema)) return;
    if (transaction
            .Exec("select 1 from pg_catalog.pg_namespace where nspname = $1::text", {state->schema})
            .empty()) {
      transaction.Exec(state->Sql("create schema {L}; revoke all on schema {L} from public"));
    }
    transaction.Exec(state->Sql(sql::kLedgerSchema));
    made = true;
  });
  if (made) FaultAt(FaultPoint::kLedgerMade);
  return Ledger(std::move(state));
}

std::optional<Ledger> Ledger::OpenReadOnly(const Options& options) {
  auto state = std::make_unique<State>(options, "transload status");
  state->schema = options.ledger_schema;
  state->quoted_schema = ddl::QuoteName(options.ledger_schema);
  state->session.Exec("set default_transaction_read_only = on");
  bool found = false;
  state->session.Transact([&](SqlTransaction& transaction) {
    found = HasLedger(transaction, state->schema);
    const std::string why = WhyLedgerUnfit(transaction, state->schema, LedgerUse::kRead);
    if (found && !why.empty()) throw RefusedError(why);
  });
  if (!found) return std::nullopt;
  return Ledger(std::move(state));
}

Ledger Ledger::OpenForLock(const Options& options) {
  auto state = std::make_unique<State>(options, "transload control");
  RefuseReadOnly(state->session);
  return Ledger(std::move(state));
}

void Ledger::Lock(const std::string& fingerprint, const std::string& target_schemas) {
  std::lock_guard guard(state_->mutex);
  const std::int64_t key = LockKey(fingerprint, target_schemas);
  // The server may need a moment to see that the process which held it has gone.
  for (int wait = 0; wait < kWaitsForLock; ++wait) {
    if (wait > 0) std::this_thread::sleep_for(kBackendWait);
    if (!state_->session.Exec("select pg_try_advisory_lock($1::bigint)", {std::to_string(key)})
             .Bool(0, 0)) {
      continue;
    }
    state_->lock_key = key;
    state_->lock_subject = fingerprint + " into " + target_schemas;
    FaultAt(FaultPoint::kRunLocked);
    return;
  }
  const std::string who =
      HolderOf(state_->session, key).value_or("somebody who has just left: try again");
  throw RefusedError(fmt::format(
      "another transload is at work on the same source and target schema ({}): {}. Wait for it, "
      "look at it with transload status, or end it",
      target_schemas, who));
}

RunLock Ledger::held_lock() const { return {state_->lock_key, control_session()}; }

bool Ledger::IsLocked(const std::string& fingerprint, const std::string& target_schemas) {
  std::lock_guard guard(state_->mutex);
  return HolderOf(state_->session, LockKey(fingerprint, target_schemas)).has_value();
}

int Ledger::TakeOver(const std::string& run_id) {
  // A killed client's COPY or CREATE INDEX goes on, and holds its locks, until the server notices.
  // Lanes are in the ledger; those who make objects carry the run's name.
  const std::string left =
      "from pg_catalog.pg_stat_activity a where a.pid <> pg_backend_pid() and "
      "a.datname = current_database() and (a.usename = current_user and "
      "a.application_name = 'transload schema ' || $1::text or exists (select from {L}.lane l "
      "where l.run_id = $1::text and a.pid = l.backend_pid and a.backend_start = l.backend_start))";
  for (int wait = 0; wait < kWaitsForBackend; ++wait) {
    if (state_->Exec("select pg_terminate_backend(a.pid) " + left, {run_id}).empty()) break;
    std::this_thread::sleep_for(kBackendWait);
  }
  // After that, so that a dead lane's open finish does not hold us up.
  int taken = static_cast<int>(
      state_
          ->Exec("update {L}.partition set state = 'todo', epoch = epoch + 1, owner = null, "
                 "lease = null where run_id = $1::text and state = 'running'",
                 {run_id})
          .affected);
  state_->Exec("delete from {L}.lane where run_id = $1::text", {run_id});
  FaultAt(FaultPoint::kRunTakenOver);
  return taken;
}

SessionId Ledger::control_session() const {
  std::lock_guard guard(state_->mutex);
  return {state_->session.backend_pid(), state_->session.backend_start()};
}

void Ledger::EndSession(const SessionId& session) {
  std::lock_guard guard(state_->mutex);
  End(state_->session, session);
}

void Ledger::Reconnect() {
  std::lock_guard guard(state_->mutex);
  Session fresh(state_->options, "transload control");
  // The server may still believe in the session that was lost, and let it hold the run's lock.
  End(fresh, {state_->session.backend_pid(), state_->session.backend_start()});
  if (state_->lock_key != 0) {
    if (!fresh.Exec("select pg_try_advisory_lock($1::bigint)", {std::to_string(state_->lock_key)})
             .Bool(0, 0)) {
      throw Error(
          "the run's lock was taken by somebody else while the control connection was away: " +
          state_->lock_subject);
    }
    // Whoever had the lock meanwhile has perhaps brought the run to its end.
    if (!state_->run_at_work.empty()) {
      const SqlRows run =
          fresh.Exec(state_->Sql("select state from {L}.run where id = $1::text and state in "
                                 "('done', 'undone', 'abandoned') and state <> $2::text"),
                     {state_->run_at_work, state_->state_said});
      if (!run.empty()) {
        throw Error(fmt::format(
            "run {} is {} since the control connection was away: taken up by somebody else, or the "
            "target has lost its latest commits",
            state_->run_at_work, run.Text(0, 0)));
      }
    }
  }
  // Not before: what is said of a run's end is for who holds its lock to say.
  state_->session = std::move(fresh);
}

std::vector<std::int64_t> Ledger::BeginRun(const RunRecord& run,
                                           const std::vector<NewTable>& tables) {
  std::lock_guard guard(state_->mutex);
  std::vector<std::int64_t> ids;
  state_->session.Transact([&](SqlTransaction& transaction) {
    transaction.Exec(
        state_->Sql("insert into {L}.run (id, fingerprint, target_schemas, input_hash, input, "
                    "options, snapshot, seed, version, state) values ($1::text, $2::text, "
                    "$3::text, $4::text, $5::json, $6::json, $7::json, $8::numeric, $9::text, "
                    "'running')"),
        {run.id, run.fingerprint, run.target_schemas, run.input_hash,
         run.input_json.empty() ? "{}" : run.input_json,
         run.options_json.empty() ? "{}" : run.options_json, OrNull(run.snapshot_json),
         std::to_string(run.seed), run.version});
    ids = state_->RecordTables(transaction, run.id, tables);
    FaultAt(FaultPoint::kRunRecorded, state_->session.socket());
  });
  state_->run_at_work = run.id;
  FaultAt(FaultPoint::kTablesRecorded, state_->session.socket());
  return ids;
}

std::optional<RunRecord> Ledger::FindRun(const std::string& id) {
  return FirstRun(state_->Exec(std::string(sql::kReadRun) + " where id = $1::text", {id}));
}

std::optional<RunRecord> Ledger::FindUnfinishedRun(const std::string& fingerprint,
                                                   const std::string& target_schemas) {
  return FirstRun(state_->Exec(std::string(sql::kReadRun) +
                                   " where fingerprint = $1::text and target_schemas = $2::text "
                                   "and state in ('running', 'stopped') "
                                   "order by started_at desc limit 1",
                               {fingerprint, target_schemas}));
}

std::optional<RunRecord> Ledger::FindFinishedRun(const std::string& fingerprint,
                                                 const std::string& target_schemas) {
  return FirstRun(state_->Exec(std::string(sql::kReadRun) +
                                   " where fingerprint = $1::text and target_schemas = $2::text "
                                   "and state = 'done' order by started_at desc limit 1",
                               {fingerprint, target_schemas}));
}

std::vector<RunRecord> Ledger::ListRuns() {
  SqlRows rows = state_->Exec(std::string(sql::kReadRun) + " order by started_at desc");
  std::vector<RunRecord> runs;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    runs.push_back(RunFromRow(rows, row));
    runs.back().input_json.clear();
    runs.back().options_json.clear();
  }
  return runs;
}

void Ledger::SetRunState(const std::string& run_id, const std::string& state,
                         const std::string& outcome_json) {
  std::lock_guard guard(state_->mutex);
  state_->run_at_work = run_id;
  state_->state_said = state;  // before it is: the answer may be lost
  state_->session.Transact([&](SqlTransaction& transaction) {
    transaction.Exec("set local synchronous_commit = on");
    transaction.Exec(
        state_->Sql(
            "update {L}.run set state = $2::text, outcome = coalesce($3::json, outcome), "
            "finished_xid = case when $2::text = 'done' then txid_current() else finished_xid end, "
            "finished_at = case when $2::text in ('done', 'undone', 'abandoned') "
            "then clock_timestamp() end where id = $1::text"),
        {run_id, state, OrNull(outcome_json)});
  });
}

void Ledger::GoOnWithEnded(const std::string& run_id) {
  std::lock_guard guard(state_->mutex);
  state_->run_at_work = run_id;
  state_->state_said = "done";
}

void Ledger::SetOutcome(const std::string& run_id, const std::string& outcome_json) {
  std::lock_guard guard(state_->mutex);
  state_->session.Transact([&](SqlTransaction& transaction) {
    transaction.Exec("set local synchronous_commit = on");
    transaction.Exec(state_->Sql("update {L}.run set outcome = $2::json where id = $1::text"),
                     {run_id, outcome_json});
  });
}

void Ledger::SetInput(const std::string& run_id, const std::string& input_hash,
                      const std::string& input_json) {
  state_->Exec(
      "update {L}.run set input_hash = $2::text, input = $3::json where id = $1::text "
      "and input_hash <> $2::text",
      {run_id, input_hash, input_json});
}

void Ledger::SetSnapshot(const std::string& run_id, const std::string& snapshot_json) {
  state_->Exec("update {L}.run set snapshot = $2::json where id = $1::text",
               {run_id, OrNull(snapshot_json)});
}

void Ledger::SetSource(const std::string& run_id, const std::string& fingerprint,
                       const std::string& display_url) {
  state_->Exec(
      "update {L}.run set fingerprint = $2::text, options = (options::jsonb || "
      "jsonb_build_object('source', $3::text))::json, amendments = (amendments::jsonb || "
      "jsonb_build_object('at', clock_timestamp(), 'what', 'source moved from ' || (options ->> "
      "'source'), 'table', ''))::json where id = $1::text",
      {run_id, fingerprint, display_url});
}

void Ledger::AddAmendment(const std::string& run_id, const std::string& what,
                          const std::string& table) {
  state_->Exec(
      "update {L}.run set amendments = (amendments::jsonb || jsonb_build_object('at', "
      "clock_timestamp(), 'what', $2::text, 'table', $3::text))::json where id = $1::text",
      {run_id, what, table});
}

void Ledger::MoveEnd(const std::string& run_id) {
  state_->Exec(
      "update {L}.run set finished_xid = txid_current() where id = $1::text and finished_xid is "
      "not null",
      {run_id});
}

void Ledger::ForgetSteps(const std::string& run_id, const std::vector<StepTime>& times) {
  for (StepTime time : times) {
    state_->Exec(
        "delete from {L}.object where run_id = $1::text and kind = 'step' and \"table\" = $2::text",
        {run_id, StepWord(time)});
  }
}

void Ledger::ForgetFailures(const std::vector<std::int64_t>& ids) {
  if (ids.empty()) return;
  state_->Exec(fmt::format("delete from {{L}}.object where action = 'failed' and id in ({})",
                           fmt::join(ids, ", ")));
}

void Ledger::ForgetRefreshes(const std::string& run_id) {
  state_->Exec("delete from {L}.object where run_id = $1::text and kind = 'materialized view data'",
               {run_id});
}

void Ledger::Forget(const std::string& run_id) {
  state_->Exec("delete from {L}.run where id = $1::text", {run_id});
}

}  // namespace transload
