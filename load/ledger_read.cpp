// What status, report and verify read.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "load/ledger.h"
#include "load/ledger_state.h"
#include "load/range_json.h"
#include "load/sql.h"

namespace transload {
namespace {

PartitionRow PartitionFromRow(const SqlRows& rows, std::size_t row) {
  PartitionRow out;
  out.id = rows.Int(row, 0);
  out.table_id = rows.Int(row, 1);
  out.number = static_cast<int>(rows.Int(row, 2));
  out.range = RangeFromJson(rows.Text(row, 3));
  out.remainder = rows.Bool(row, 4);
  out.state = rows.Text(row, 5);
  out.attempts = static_cast<int>(rows.Int(row, 6));
  out.owner = rows.Text(row, 7);
  out.epoch = rows.Int(row, 8);
  out.rows_read = rows.Count(row, 9);
  out.rows_written = rows.Count(row, 10);
  out.rows_rejected = rows.Count(row, 11);
  out.checksum = RowChecksum::FromHex(out.rows_written, rows.Text(row, 12));
  out.source_bytes = rows.Count(row, 13);
  out.copy_bytes = rows.Count(row, 14);
  out.estimated_bytes = rows.Count(row, 15);
  out.seconds = rows.Real(row, 16);
  out.started_at = rows.Text(row, 17);
  out.finished_at = rows.Text(row, 18);
  out.error = rows.Text(row, 19);
  out.sub_checksums_json = rows.Text(row, 20);
  return out;
}

std::vector<PartitionRow> PartitionsFromRows(const SqlRows& rows) {
  std::vector<PartitionRow> partitions;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    partitions.push_back(PartitionFromRow(rows, row));
  }
  return partitions;
}

void AddTo(Sums& sums, const PartitionRow& partition) {
  ++sums.partitions;
  if (partition.state != "done") return;
  ++sums.partitions_done;
  sums.rows_read += partition.rows_read;
  sums.rows_written += partition.rows_written;
  sums.rows_rejected += partition.rows_rejected;
  sums.checksum.Add(partition.checksum);
  sums.source_bytes += partition.source_bytes;
  sums.copy_bytes += partition.copy_bytes;
}

Sums SumsOf(const std::vector<PartitionRow>& partitions) {
  Sums sums;
  for (const PartitionRow& partition : partitions) AddTo(sums, partition);
  return sums;
}

TableRow TableFromRow(const SqlRows& rows, std::size_t row) {
  TableRow out;
  out.id = rows.Int(row, 0);
  out.source_schema = rows.Text(row, 1);
  out.source_name = rows.Text(row, 2);
  out.schema = rows.Text(row, 3);
  out.name = rows.Text(row, 4);
  out.plan_json = rows.Text(row, 5);
  out.generation = rows.Int(row, 6);
  out.phases = nlohmann::json::parse(rows.Text(row, 7)).get<std::map<std::string, std::string>>();
  if (!rows.Null(row, 8)) out.source_rows = rows.Count(row, 8);
  out.verdict = rows.Text(row, 9);
  out.verdict_detail = rows.Text(row, 10);
  out.estimated_rows = rows.Count(row, 11);
  out.estimated_bytes = rows.Count(row, 12);
  return out;
}

LaneRow LaneFromRow(const SqlRows& rows, std::size_t row) {
  LaneRow out;
  out.owner = rows.Text(row, 0);
  out.beat.lane = static_cast<int>(rows.Int(row, 1));
  out.beat.doing = rows.Text(row, 2);
  out.beat.partition_id = rows.Int(row, 3);
  out.beat.epoch = rows.Int(row, 4);
  out.beat.backend_pid = static_cast<std::int32_t>(rows.Int(row, 5));
  out.beat.backend_start = rows.Text(row, 6);
  out.beat.rows = rows.Count(row, 7);
  out.beat.bytes = rows.Count(row, 8);
  out.seen_at = rows.Text(row, 9);
  out.age_seconds = rows.Real(row, 10);
  return out;
}

ObjectRow ObjectFromRow(const SqlRows& rows, std::size_t row) {
  ObjectRow out;
  out.id = rows.Int(row, 0);
  out.kind = rows.Text(row, 1);
  out.schema = rows.Text(row, 2);
  out.name = rows.Text(row, 3);
  out.table = rows.Text(row, 4);
  out.action = rows.Text(row, 5);
  out.detail = rows.Text(row, 6);
  out.oid = static_cast<std::uint32_t>(rows.Count(row, 7));
  out.made_at = rows.Text(row, 8);
  return out;
}

}  // namespace

Sums Ledger::TableSums(std::int64_t table_id) { return SumsOf(ReadPartitions(table_id)); }

std::set<std::pair<std::string, std::string>> Ledger::AppendedTables() {
  const SqlRows rows = state_->Exec(
      "select distinct n.nspname, c.relname from {L}.object o join {L}.run r on r.id = o.run_id "
      "join pg_catalog.pg_class c on c.oid = o.oid::oid join pg_catalog.pg_namespace n on n.oid = "
      "c.relnamespace where o.kind = 'table' and o.action = 'appended' and r.input #>> "
      "'{options,on_existing}' = $1::text and not exists (select from {L}.object later where "
      "later.kind = 'table' and later.action = 'truncated' and later.oid = o.oid and later.id > "
      "o.id)",
      {std::to_string(static_cast<int>(OnExisting::kAppend))});
  std::set<std::pair<std::string, std::string>> tables;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    tables.emplace(rows.Text(row, 0), rows.Text(row, 1));
  }
  return tables;
}

std::map<std::pair<std::string, std::string>, Ledger::Filler> Ledger::FilledByOthers(
    const std::string& fingerprint) {
  const SqlRows rows = state_->Exec(
      "select n.nspname, c.relname, r.id, coalesce(r.options ->> 'source', '') from "
      "(select distinct on (o.oid) o.oid, o.run_id from {L}.object o join {L}.run r on r.id = "
      "o.run_id where o.kind = 'table' and o.action in ('created', 'truncated', 'appended') and "
      "r.state <> 'undone' order by o.oid, o.id desc) last join {L}.run r on r.id = last.run_id "
      "join pg_catalog.pg_class c on c.oid = last.oid::oid join pg_catalog.pg_namespace n on "
      "n.oid = c.relnamespace where r.fingerprint <> $1::text",
      {fingerprint});
  std::map<std::pair<std::string, std::string>, Filler> fillers;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    fillers[{rows.Text(row, 0), rows.Text(row, 1)}] = {rows.Text(row, 2), rows.Text(row, 3)};
  }
  return fillers;
}

std::uint64_t Ledger::CountRejects(const std::string& run_id) {
  return state_
      ->Exec(
          "select count(*) from {L}.reject r join {L}.\"table\" t on t.id = r.table_id "
          "where t.run_id = $1::text",
          {run_id})
      .Count(0, 0);
}

std::vector<RejectRow> Ledger::ReadRejects(const std::string& run_id, std::uint64_t limit,
                                           std::int64_t after) {
  SqlRows rows = state_->Exec(
      "select r.table_id, r.partition_id, r.key, r.\"column\", r.reason, r.\"row\", r.id "
      "from {L}.reject r join {L}.\"table\" t on t.id = r.table_id "
      "where t.run_id = $1::text and r.id > $3::bigint order by r.id limit $2::bigint",
      {run_id, std::to_string(limit), std::to_string(after)});
  std::vector<RejectRow> rejects;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    rejects.push_back({rows.Int(row, 0), rows.Int(row, 1), rows.Text(row, 2), rows.Text(row, 3),
                       rows.Text(row, 4), rows.Text(row, 5), rows.Int(row, 6)});
  }
  return rejects;
}

std::vector<PartitionRow> Ledger::ReadPartitions(std::int64_t table_id) {
  return PartitionsFromRows(state_->Exec(
      std::string(sql::kReadPartitions) + "where p.table_id = $1::bigint order by p.number",
      {std::to_string(table_id)}));
}

LedgerSnapshot Ledger::Read(const std::string& run_id, Plans plans) {
  std::optional<RunRecord> run = FindRun(run_id);
  if (!run) throw RefusedError("the ledger knows no run " + run_id);
  LedgerSnapshot out;
  out.run = *run;
  std::lock_guard guard(state_->mutex);
  state_->session.Transact([&](SqlTransaction& transaction) {
    auto rows_of = [&](const std::string& text) {
      return transaction.Exec(state_->Sql(text), {run_id});
    };
    transaction.Exec("set transaction isolation level repeatable read read only");
    SqlRows rows = transaction.Exec(state_->Sql(sql::kReadTables),
                                    {run_id, plans == Plans::kRead ? "true" : "false"});
    std::map<std::int64_t, std::size_t> place;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      out.tables.push_back(TableFromRow(rows, row));
      place[out.tables.back().id] = row;
    }
    out.partitions = PartitionsFromRows(rows_of(std::string(sql::kReadPartitions) +
                                                "where p.run_id = $1::text "
                                                "order by p.table_id, p.number"));
    for (const PartitionRow& partition : out.partitions) {
      AddTo(out.tables.at(place.at(partition.table_id)).sums, partition);
    }
    rows = rows_of(
        "select process, lane, doing, partition_id, epoch, backend_pid, backend_start, rows, "
        "bytes, "
        "seen_at, extract(epoch from clock_timestamp() - seen_at) from {L}.lane "
        "where run_id = $1::text order by process, lane");
    for (std::size_t row = 0; row < rows.size(); ++row) out.lanes.push_back(LaneFromRow(rows, row));
    rows = rows_of(
        "select id, kind, schema, name, \"table\", action, detail, oid, made_at from {L}.object "
        "where run_id = $1::text order by id");
    for (std::size_t row = 0; row < rows.size(); ++row) {
      out.objects.push_back(ObjectFromRow(rows, row));
    }
    rows = rows_of(
        "select c.table_id, c.\"column\", c.rule, sum(c.rows), "
        "(array_agg(c.samples order by c.partition_id))[1] from {L}.coercion c "
        "join {L}.\"table\" t on t.id = c.table_id where t.run_id = $1::text "
        "group by 1, 2, 3 order by 1, 2, 3");
    for (std::size_t row = 0; row < rows.size(); ++row) {
      out.coercions.push_back(
          {rows.Int(row, 0), rows.Text(row, 1), rows.Text(row, 2), rows.Count(row, 3),
           nlohmann::json::parse(rows.Text(row, 4)).get<std::vector<std::string>>()});
    }
    out.now = transaction.Exec("select clock_timestamp()", {}).Text(0, 0);
  });
  return out;
}

}  // namespace transload
