// What the parts of SchemaBuilder's implementation share.
#ifndef TRANSLOAD_LOAD_SCHEMA_BUILDER_STATE_H_
#define TRANSLOAD_LOAD_SCHEMA_BUILDER_STATE_H_

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/fault_point.h"
#include "load/ddl.h"
#include "load/ledger_state.h"
#include "load/schema_builder.h"
#include "load/session.h"
#include "load/target_error.h"

namespace transload {

// What a failure is to its caller: an outcome, or the end of the connection.
inline ObjectOutcome Failed(const std::string& kind, const std::string& name, const Error& error) {
  ObjectOutcome outcome;
  outcome.ok = false;
  outcome.kind = kind;
  outcome.name = name;
  outcome.error = error.what();
  outcome.code = error.code;
  return outcome;
}

// What a crash between the statements and the COMMIT, and right after it, is called for an object.
inline std::pair<FaultPoint, FaultPoint> FaultPointsOf(const std::string& kind) {
  if (kind == "schema" || kind == "schema rename") {
    return {FaultPoint::kSchemaUncommitted, FaultPoint::kSchemaCommitted};
  }
  if (kind == "table") return {FaultPoint::kTableUncommitted, FaultPoint::kTableCommitted};
  if (kind == "index") return {FaultPoint::kIndexUncommitted, FaultPoint::kIndexCommitted};
  if (kind == "identity" || kind == "sequence") {
    return {FaultPoint::kSequenceUncommitted, FaultPoint::kSequenceCommitted};
  }
  if (kind == "foreign key" || kind == "check") {
    return {FaultPoint::kConstraintUncommitted, FaultPoint::kConstraintCommitted};
  }
  return {FaultPoint::kObjectUncommitted, FaultPoint::kObjectCommitted};
}

constexpr std::string_view kUniqueViolation = "23505";

// Of a statement that makes what is there: a table, a schema, any other object, a second primary
// key, a name that another transaction has taken since.
inline bool MeansDuplicate(std::string_view sqlstate) {
  return sqlstate == "42P07" || sqlstate == "42P06" || sqlstate == "42710" || sqlstate == "42723" ||
         sqlstate == "42P16" || sqlstate == kUniqueViolation;
}

inline std::string OidOfRelation(const std::string& schema, const std::string& name) {
  return fmt::format("select {}::regclass::oid", ddl::QuoteLiteral(ddl::Qualified(schema, name)));
}

struct SchemaBuilder::State {
  State(const Options& given, const std::string& run)
      : options(given),
        run_id(run),
        ledger(ddl::QuoteName(given.ledger_schema)),
        session(given, "transload schema " + run) {
    // Types and functions of extensions are named plainly in plans; built-in ones come first.
    session.Exec(
        std::string(kExtensionsOnPath) + ";" +
        // An object and its ledger row are one commit, and the run's last commit is a synchronous
        // one that makes all before it durable: nothing is won by waiting for the disk at each.
        "set synchronous_commit = off;"
        // PostgreSQL's own default makes an index of two million keys spill to disk.
        "select set_config('maintenance_work_mem', '128MB', false) where "
        "pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes('128MB');" +
        // No more processes at one index than the user gave the run; a sort that is shared by more
        // than there are cores takes longer than one that is not shared.
        fmt::format("select set_config('max_parallel_maintenance_workers', '{0}', false) where "
                    "current_setting('max_parallel_maintenance_workers', true)::int > {0};",
                    std::max(0, given.index_jobs - 1)) +
        // PostgreSQL ends an autovacuum that is in the way of a lock, but only when it looks for a
        // deadlock: after a second unless told otherwise, which only a superuser may do.
        "select set_config('deadlock_timeout', '20ms', false) from pg_catalog.pg_roles "
        "where rolname = current_user and rolsuper");
    if (given.tune) Tune();
  }

  // --tune: what a session may change for itself. Memory is for the whole load, so that every
  // worker gets its share.
  void Tune() {
    constexpr int kMegabytes = 2048;
    const int share = std::max(64, kMegabytes / std::max(1, options.index_jobs));
    session.Exec(
        "select set_config(name, value, false) from (values ('maintenance_work_mem', $1::text), "
        "('max_parallel_maintenance_workers', '4')) w(name, value) "
        "where exists (select 1 from pg_catalog.pg_settings s where s.name = w.name)",
        {std::to_string(share) + "MB"});
    session.Exec(kCompressByLz4);
  }

  Options options;
  std::string run_id;
  std::string ledger;  // quoted
  Session session;
  RetryHook retried;  // may be empty

  std::string Sql(const std::string& sql) const { return LedgerSql(sql, ledger); }

  // `oid_sql` finds the object's oid, "0" where it has none.
  void Record(SqlTransaction& transaction, const std::string& kind, const std::string& schema,
              const std::string& name, const std::string& table, const std::string& action,
              const std::string& detail = "", const std::string& oid_sql = "0") {
    transaction.Exec(Sql("insert into {L}.object (run_id, kind, schema, name, \"table\", action, "
                         "detail, oid) select $1::text, $2::text, $3::text, $4::text, $5::text, "
                         "$6::text, $7::text, coalesce((") +
                         oid_sql + ")::oid::bigint, 0)",
                     {run_id, kind, schema, name, table, action, detail});
  }

  // Whether this run has made the object: a COMMIT whose answer was lost may have worked, and
  // making it again would fail on what stands there.
  bool Made(SqlTransaction& transaction, const std::string& kind, const std::string& schema,
            const std::string& name, const std::string& table,
            const std::string& action = "created") {
    return !transaction
                .Exec(Sql("select from {L}.object where run_id = $1::text and kind = $2::text and "
                          "schema = $3::text and name = $4::text and \"table\" = $5::text and "
                          "action = $6::text"),
                      {run_id, kind, schema, name, table, action})
                .empty();
  }

  // The same of what an archive makes, by its address: several operators share a name
  // (pg_archive_objects.cpp).
  bool Stands(SqlTransaction& transaction, const ArchiveObject& object);

  // pg_archive_objects.cpp has these.
  using Standing = std::map<std::string, std::string>;
  Standing ReadStanding(SqlTransaction& transaction, StandingKind kind);
  void ChangeStanding(SqlTransaction& transaction, StandingKind kind, const std::string& label,
                      const std::string& sql);

  // A constraint that stands, and that rows break which were there before it.
  void RecordUnvalidated(ObjectOutcome& outcome, const std::string& schema,
                         const std::string& table, const std::string& name) {
    outcome.stands_unvalidated = true;
    session.Transact([&](SqlTransaction& transaction) {
      ForgetUnvalidated(transaction, outcome.kind, schema, table, name);
      Record(transaction, outcome.kind, schema, name, table, "unvalidated",
             outcome.error + (outcome.hint.empty() ? "" : ": " + outcome.hint));
    });
  }
  void ForgetUnvalidated(SqlTransaction& transaction, const std::string& kind,
                         const std::string& schema, const std::string& table,
                         const std::string& name) {
    transaction.Exec(Sql("delete from {L}.object where run_id = $1::text and kind = $2::text and "
                         "action = 'unvalidated' and schema = $3::text and \"table\" = $4::text "
                         "and name = $5::text"),
                     {run_id, kind, schema, table, name});
  }

  ObjectOutcome Do(const std::string& kind, const std::string& name,
                   const std::function<void(SqlTransaction&)>& work,
                   const std::string& about_clashes = "") {
    ObjectOutcome outcome = Try(kind, name, work);
    if (outcome.ok) return outcome;
    if (outcome.code == kUniqueViolation) outcome.error += about_clashes;
    RecordFailure(outcome);
    return outcome;
  }

  // Runs the work in a transaction, again after a lock time-out, a deadlock, a cancellation. Throws
  // when those do not end: nothing is wrong with the object, and the same command makes it later.
  ObjectOutcome Try(const std::string& kind, const std::string& name,
                    const std::function<void(SqlTransaction&)>& work) {
    const auto [uncommitted, committed] = FaultPointsOf(kind);
    bool looked_again = false;
    for (int attempt = 1;; ++attempt) {
      try {
        session.Transact([&, before = uncommitted](SqlTransaction& transaction) {
          work(transaction);
          FaultAt(before, session.socket());
        });
        FaultAt(committed);
        ObjectOutcome outcome;
        outcome.kind = kind;
        outcome.name = name;
        return outcome;
      } catch (const Error& error) {
        // A full disk is nothing about the object: it is waited out, or ends the run resumable.
        if (error.connection_lost || error.exit_code == ExitCode::kBug || error.code == "53100") {
          throw;
        }
        // It may be ours: a COMMIT whose answer was lost came through after this try had looked.
        if (MeansDuplicate(error.code) && !looked_again) {
          looked_again = true;
          continue;
        }
        if (!error.retryable) return Failed(kind, name, error);
        if (attempt > options.retries) ThrowGivenUp(kind + " " + name, error, attempt);
        RestBeforeRetry(kind + " " + name, error, attempt);
      }
    }
  }

  void RestBeforeRetry(const std::string& what, const Error& error, int attempt) const {
    const std::chrono::milliseconds wait(200 * attempt);
    if (retried) retried(what, error.what(), attempt, wait);
    std::this_thread::sleep_for(wait);
  }

  [[noreturn]] static void ThrowGivenUp(const std::string& what, const Error& error, int tries) {
    Error given_up(fmt::format("{}: {} (tried {} times; {}the same command goes on from here)",
                               what, error.what(), tries, WhatToDo(error.code)));
    given_up.engine = error.engine;
    given_up.code = error.code;
    throw given_up;
  }

  void RecordFailure(const ObjectOutcome& outcome) {
    session.Transact([&](SqlTransaction& transaction) {
      // An earlier start may have failed on it too.
      transaction.Exec(Sql("delete from {L}.object where run_id = $1::text and kind = $2::text and "
                           "action = 'failed' and name = $3::text and detail = $4::text"),
                       {run_id, outcome.kind, outcome.name, outcome.error});
      Record(transaction, outcome.kind, "", outcome.name, "", "failed", outcome.error);
    });
  }

  ObjectOutcome SetNext(const std::string& kind, const std::string& label,
                        const std::string& sequence_sql, const std::string& floor_sql,
                        const std::string& next, bool forward_only);
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_SCHEMA_BUILDER_STATE_H_
