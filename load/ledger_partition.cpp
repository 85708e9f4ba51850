// Tables and partitions: recording, claiming, giving back, cutting, starting anew.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "core/fault_point.h"
#include "load/ledger.h"
#include "load/ledger_state.h"
#include "load/range_json.h"
#include "load/sql.h"

namespace transload {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kPhaseNames[] = {"schema",      "data",      "indexes",
                                       "constraints", "sequences", "verify"};

constexpr const char* kRecordAmendment =
    "update {L}.run set amendments = (amendments::jsonb || jsonb_build_object("
    "'at', clock_timestamp(), 'what', $2::text, 'table', "
    "(select source_name from {L}.\"table\" where id = $3::bigint)))::json "
    "where id = $1::text";

std::vector<std::int64_t> Ids(const SqlRows& rows) {
  std::vector<std::int64_t> ids;
  for (std::size_t row = 0; row < rows.size(); ++row) ids.push_back(rows.Int(row, 0));
  return ids;
}

// A connection keeps room for the largest message that it ever sent.
constexpr std::size_t kTablesInOneMessage = 200;

std::string TablesJson(std::span<const NewTable> tables) {
  Json array = Json::array();
  for (const NewTable& table : tables) {
    array.push_back({{"source_schema", table.source_schema},
                     {"source_name", table.source_name},
                     {"schema", table.schema},
                     {"name", table.name},
                     {"plan", table.plan_json()},
                     {"estimated_rows", table.estimated_rows},
                     {"estimated_bytes", table.estimated_bytes}});
  }
  return Dump(array);
}

std::string PartitionsJson(const std::vector<NewPartition>& partitions) {
  Json array = Json::array();
  for (const NewPartition& partition : partitions) {
    array.push_back({{"table_id", partition.table_id},
                     {"range", Json::parse(RangeToJson(partition.range))},
                     {"estimated_bytes", partition.estimated_bytes},
                     {"remainder", partition.remainder}});
  }
  return Dump(array);
}

}  // namespace

std::vector<std::int64_t> Ledger::State::RecordTables(SqlTransaction& transaction,
                                                      const std::string& run_id,
                                                      std::span<const NewTable> tables) const {
  std::vector<std::int64_t> ids;
  for (std::size_t from = 0; from < tables.size(); from += kTablesInOneMessage) {
    const std::size_t count = std::min(kTablesInOneMessage, tables.size() - from);
    const SqlRows rows = transaction.Exec(Sql(sql::kRecordTables),
                                          {run_id, TablesJson(tables.subspan(from, count))});
    for (const std::int64_t id : Ids(rows)) ids.push_back(id);
  }
  return ids;
}

std::vector<std::int64_t> Ledger::RecordTables(const std::string& run_id,
                                               const std::vector<NewTable>& tables) {
  std::lock_guard guard(state_->mutex);
  std::vector<std::int64_t> ids;
  state_->session.Transact([&](SqlTransaction& transaction) {
    ids = state_->RecordTables(transaction, run_id, tables);
  });
  return ids;
}

std::vector<std::int64_t> Ledger::InsertPartitions(const std::string& run_id,
                                                   const std::vector<NewPartition>& partitions) {
  return Ids(state_->Exec(sql::kInsertPartitions, {run_id, PartitionsJson(partitions)}));
}

void Ledger::SetTablePhase(std::int64_t table_id, TablePhase phase, const std::string& state) {
  state_->ExecOften(
      "update {L}.\"table\" set phases = phases || jsonb_build_object($2::text, $3::text) "
      "where id = $1::bigint",
      {std::to_string(table_id), kPhaseNames[static_cast<int>(phase)], state});
}

std::vector<std::int64_t> Ledger::TablesNotThrough(const std::string& run_id, TablePhase phase) {
  return Ids(
      state_->Exec("select id from {L}.\"table\" where run_id = $1::text and "
                   "phases ->> $2::text is distinct from 'done' order by id",
                   {run_id, kPhaseNames[static_cast<int>(phase)]}));
}

void Ledger::SetSourceRows(std::int64_t table_id, std::uint64_t rows) {
  state_->ExecOften("update {L}.\"table\" set source_rows = $2::numeric where id = $1::bigint",
                    {std::to_string(table_id), std::to_string(rows)});
}

void Ledger::SetVerdict(std::int64_t table_id, const std::string& verdict,
                        const std::string& detail) {
  state_->ExecOften(
      "update {L}.\"table\" set verdict = $2::text, verdict_detail = $3::text where id = "
      "$1::bigint",
      {std::to_string(table_id), verdict, detail});
}

bool Ledger::AllPartitionsDone(std::int64_t table_id) {
  return state_
      ->ExecOften(
          "select coalesce(bool_and(state = 'done'), false) from {L}.partition "
          "where table_id = $1::bigint",
          {std::to_string(table_id)})
      .Bool(0, 0);
}

std::optional<Claim> Ledger::TakePartition(const std::string& run_id, const std::string& owner,
                                           const std::vector<std::int64_t>& not_these_tables) {
  SqlRows rows = state_->ExecOften(
      sql::kTakePartition,
      {run_id, owner, Dump(Json(not_these_tables)), std::to_string(kLeaseSeconds)});
  if (rows.empty()) return std::nullopt;
  Claim claim;
  claim.run_id = run_id;
  claim.partition_id = rows.Int(0, 0);
  claim.table_id = rows.Int(0, 1);
  claim.number = static_cast<int>(rows.Int(0, 2));
  claim.generation = rows.Int(0, 3);
  claim.epoch = rows.Int(0, 4);
  claim.owner = owner;
  claim.attempts = static_cast<int>(rows.Int(0, 5));
  claim.range = RangeFromJson(rows.Text(0, 6));
  claim.remainder = rows.Bool(0, 7);
  claim.estimated_bytes = rows.Count(0, 8);
  claim.schema = rows.Text(0, 9);
  claim.table = rows.Text(0, 10);
  claim.last = rows.Bool(0, 11);
  FaultAt(FaultPoint::kPartitionClaimed, state_->session.socket());
  return claim;
}

std::vector<std::int64_t> Ledger::Heartbeat(const std::string& run_id, const std::string& process,
                                            const std::vector<LaneBeat>& beats) {
  Json array = Json::array();
  for (const LaneBeat& beat : beats) {
    Json item = {{"lane", beat.lane},
                 {"doing", beat.doing},
                 {"partition_id", beat.partition_id},
                 {"epoch", beat.epoch},
                 {"backend_pid", beat.backend_pid},
                 {"rows", beat.rows},
                 {"bytes", beat.bytes}};
    if (!beat.backend_start.empty()) item["backend_start"] = beat.backend_start;
    array.push_back(std::move(item));
  }
  return Ids(
      state_->Exec(sql::kHeartbeat, {run_id, process, Dump(array), std::to_string(kLeaseSeconds)}));
}

bool Ledger::Release(const Claim& claim, const std::string& error) {
  return state_
             ->Exec(
                 "update {L}.partition set state = 'todo', owner = null, lease = null, "
                 "error = $3::text where id = $1::bigint and epoch = $2::bigint "
                 "and owner = $4::text and state = 'running'",
                 {std::to_string(claim.partition_id), std::to_string(claim.epoch), error,
                  claim.owner})
             .affected == 1;
}

std::optional<std::int64_t> Ledger::Split(Claim& claim, const KeyBound& boundary) {
  auto [below, rest] = CutRange(claim.range, boundary);
  SqlRows rows = state_->Exec(
      sql::kSplitPartition,
      {std::to_string(claim.partition_id), std::to_string(claim.epoch), RangeToJson(below),
       RangeToJson(rest), claim.remainder ? "t" : "f", claim.owner});
  FaultAt(FaultPoint::kPartitionSplit, state_->session.socket());
  if (rows.empty()) {
    // Taken over; or cut by an earlier try, whose answer was lost with the connection.
    // The rest may have been claimed and cut further meanwhile: the latest partition stands for it.
    rows = state_->Exec(
        "select (select max(rest.id) from {L}.partition rest where rest.table_id = p.table_id) "
        "from {L}.partition p where p.id = $1::bigint and p.epoch = $2::bigint "
        "and p.owner = $4::text and p.state = 'running' and p.range::text = $3::text",
        {std::to_string(claim.partition_id), std::to_string(claim.epoch), RangeToJson(below),
         claim.owner});
    if (rows.empty()) return std::nullopt;
  }
  claim.range = below;
  claim.remainder = false;
  return rows.Int(0, 0);
}

bool Ledger::WasCommitted(const Claim& claim) {
  SqlRows rows = state_->Exec(
      "select state = 'done' and epoch = $2::bigint and owner = $3::text from {L}.partition "
      "where id = $1::bigint for update",
      {std::to_string(claim.partition_id), std::to_string(claim.epoch), claim.owner});
  return !rows.empty() && rows.Bool(0, 0);
}

bool Ledger::IsHeld(const Claim& claim) {
  return !state_
              ->Exec(
                  "select from {L}.partition where id = $1::bigint and epoch = $2::bigint and "
                  "coalesce(owner, $3::text) = $3::text",
                  {std::to_string(claim.partition_id), std::to_string(claim.epoch), claim.owner})
              .empty();
}

std::int64_t Ledger::Replan(const std::string& run_id, std::int64_t table_id,
                            const std::vector<std::string>& sql, const std::string& plan_json,
                            const std::vector<NewPartition>& partitions, const std::string& why) {
  std::lock_guard guard(state_->mutex);
  std::int64_t generation = 0;
  const std::string id = std::to_string(table_id);
  state_->session.Transact([&](SqlTransaction& transaction) {
    // The table first: a lane holds its lock before it touches its partition's row.
    for (const std::string& statement : sql) transaction.Exec(statement);
    generation = transaction
                     .Exec(state_->Sql("update {L}.\"table\" set generation = generation + 1, "
                                       "plan = $2::json, "
                                       "verdict = '', verdict_detail = '' "
                                       "where id = $1::bigint returning generation"),
                           {id, plan_json})
                     .Int(0, 0);
    // Rejects and coercions go with their partitions. Numbers and epochs start anew under ids that
    // nobody holds: a lane of the old generation finds no row to update.
    transaction.Exec(state_->Sql("delete from {L}.partition where table_id = $1::bigint"), {id});
    transaction.Exec(state_->Sql(sql::kInsertPartitions), {run_id, PartitionsJson(partitions)});
    // An enum type that went with its column's type is no object of the run any more.
    transaction.Exec(state_->Sql("delete from {L}.object o where run_id = $1::text and "
                                 "kind = 'type' and not exists (select from pg_catalog.pg_type t "
                                 "where t.oid = o.oid)"),
                     {run_id});
    transaction.Exec(state_->Sql(kRecordAmendment), {run_id, why, id});
    FaultAt(FaultPoint::kReplanUncommitted, state_->session.socket());
  });
  FaultAt(FaultPoint::kReplanCommitted, state_->session.socket());
  return generation;
}

void Ledger::Amend(const std::string& run_id, std::int64_t table_id,
                   const std::vector<std::string>& sql, const std::string& plan_json,
                   const std::string& why) {
  std::lock_guard guard(state_->mutex);
  const std::string id = std::to_string(table_id);
  state_->session.Transact([&](SqlTransaction& transaction) {
    for (const std::string& statement : sql) transaction.Exec(statement);
    transaction.Exec(state_->Sql("update {L}.\"table\" set plan = $2::json where id = $1::bigint"),
                     {id, plan_json});
    transaction.Exec(state_->Sql(kRecordAmendment), {run_id, why, id});
    FaultAt(FaultPoint::kReplanUncommitted, state_->session.socket());
  });
  FaultAt(FaultPoint::kReplanCommitted, state_->session.socket());
}

void Ledger::ResetPartitions(std::int64_t table_id, const std::vector<std::int64_t>& partitions,
                             const std::vector<std::string>& sql) {
  std::lock_guard guard(state_->mutex);
  const std::vector<SqlValue> which = {std::to_string(table_id), Dump(Json(partitions))};
  const std::string mine =
      "table_id = $1::bigint and (json_array_length($2::json) = 0 or {ID} in "
      "(select x::bigint from json_array_elements_text($2::json) x))";
  auto with_id = [&](const std::string& before, const std::string& column) {
    std::string condition = mine;
    return state_->Sql(before + condition.replace(condition.find("{ID}"), 4, column));
  };
  state_->session.Transact([&](SqlTransaction& transaction) {
    for (const std::string& statement : sql) transaction.Exec(statement);
    transaction.Exec(with_id("delete from {L}.reject where ", "partition_id"), which);
    transaction.Exec(with_id("delete from {L}.coercion where ", "partition_id"), which);
    transaction.Exec(
        with_id("update {L}.partition set state = 'todo', epoch = epoch + 1, owner = null, "
                "lease = null, rows_read = 0, rows_written = 0, rows_rejected = 0, "
                "checksum = '00000000000000000000000000000000', source_bytes = 0, copy_bytes = 0, "
                "sub_checksums = null, started_at = null, finished_at = null where ",
                "id"),
        which);
    transaction.Exec(state_->Sql("update {L}.\"table\" set phases = phases || '{\"data\": "
                                 "\"begun\"}', verdict = '', verdict_detail = '' "
                                 "where id = $1::bigint"),
                     {std::to_string(table_id)});
    FaultAt(FaultPoint::kResetUncommitted, state_->session.socket());
  });
  FaultAt(FaultPoint::kResetCommitted, state_->session.socket());
}

}  // namespace transload
