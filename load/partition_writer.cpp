#include "load/partition_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/error.h"
#include "core/fault_point.h"
#include "load/column_query.h"
#include "load/copy_frame.h"
#include "load/data_connection.h"
#include "load/ddl.h"
#include "load/ledger_state.h"
#include "load/range_json.h"
#include "load/sql.h"
#include "load/target_columns.h"
#include "load/text_stage.h"

namespace transload {
namespace {

using Json = nlohmann::ordered_json;

// JSON strings keep a NUL byte as an escape, which text in PostgreSQL cannot.
std::string WithoutNul(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\0') {
      out += "\\0";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Difference(const std::vector<TargetColumn>& bound,
                       const std::vector<TargetColumn>& found) {
  for (const TargetColumn& column : bound) {
    auto same = [&](const TargetColumn& other) { return other.name == column.name; };
    auto now = std::find_if(found.begin(), found.end(), same);
    if (now == found.end()) return fmt::format("column {} is gone", column.name);
    if (*now == column || (column.as_text && AsText(*now) == column)) continue;
    if (now->type.Sql() != column.type.Sql()) {
      return fmt::format("column {} was {} and is {}", column.name, column.type.Sql(),
                         now->type.Sql());
    }
    return fmt::format("column {} was altered", column.name);
  }
  return "";
}

}  // namespace

struct PartitionWriter::State {
  State(const Options& options, int lane)
      : ledger(ddl::QuoteName(options.ledger_schema)),
        connection(options, fmt::format("transload lane {}", lane)) {
    if (options.tune) connection.Exec(kCompressByLz4);
  }

  std::string ledger;  // quoted
  DataConnection connection;
  Claim claim;
  std::string copy_sql;
  bool open = false;
  TextStage stage;
  bool careful = false;
  std::uint64_t taken = 0;  // rows of the COPYs of a careful partition
  std::vector<RejectedRow> rejects;

  // From the stage into the table itself.
  void Unstage(std::uint64_t rows) {
    const SqlRows types = connection.Exec(stage.TypesSql());
    const std::string insert = stage.InsertSql(types);
    connection.Exec("savepoint transload_staged");
    std::uint64_t moved = 0;
    try {
      moved = connection.Exec(insert).affected;
    } catch (Error& error) {
      if (connection.usable() && !error.retryable && error.column.empty()) {
        error.column = FindMisread(types);
      }
      // A name of nothing, or of several things: text that is no value of its type, which is a
      // matter of the row, whatever class the server puts it in.
      constexpr std::array<std::string_view, 6> kNotFound = {"42883", "42725", "42704",
                                                             "42P01", "42602", "3F000"};
      if (std::find(kNotFound.begin(), kNotFound.end(), error.code) != kNotFound.end()) {
        error.code = "22P02";
      }
      throw;
    }
    connection.Exec(stage.DropSql());
    if (moved == rows) return;
    throw Error(fmt::format("partition {} of {}: {} rows were staged, {} arrived", claim.number,
                            claim.table, rows, moved));
  }

  // The column with text that is no value of its type: the server names none in what it says of a
  // cast. Empty when each can be read.
  std::string FindMisread(const SqlRows& types) {
    for (const auto& [column, query] : stage.CastSql(types)) {
      connection.Exec("rollback to savepoint transload_staged");
      try {
        connection.Exec(query);
      } catch (const Error&) {
        if (!connection.usable()) throw;
        return column;
      }
    }
    return "";
  }

  std::string Sql(const std::string& sql) const { return LedgerSql(sql, ledger); }

  void InsertRejects() {
    if (rejects.empty()) return;
    Json array = Json::array();
    for (RejectedRow& reject : rejects) {
      array.push_back({{"key", WithoutNul(reject.key)},
                       {"column", reject.column},
                       {"reason", WithoutNul(reject.reason)},
                       {"row", WithoutNul(reject.row)}});
    }
    connection.Exec(
        Sql("insert into {L}.reject (table_id, partition_id, key, \"column\", reason, \"row\") "
            "select $1::bigint, $2::bigint, key, \"column\", reason, \"row\" from "
            "json_to_recordset($3::json) as r(key text, \"column\" text, reason text, "
            "\"row\" text)"),
        {std::to_string(claim.table_id), std::to_string(claim.partition_id), Dump(array)});
  }

  void InsertCoercions(const std::vector<CoercionRow>& coercions) {
    if (coercions.empty()) return;
    Json array = Json::array();
    for (const CoercionRow& coercion : coercions) {
      Json samples = Json::array();
      for (const std::string& sample : coercion.samples) samples.push_back(WithoutNul(sample));
      array.push_back({{"column", coercion.column},
                       {"rule", coercion.rule},
                       {"rows", coercion.rows},
                       {"samples", samples}});
    }
    connection.Exec(
        Sql("insert into {L}.coercion (table_id, partition_id, \"column\", rule, rows, samples) "
            "select $1::bigint, $2::bigint, \"column\", rule, rows, samples from "
            "json_to_recordset($3::json) as c(\"column\" text, rule text, rows bigint, "
            "samples json)"),
        {std::to_string(claim.table_id), std::to_string(claim.partition_id), Dump(array)});
  }

  bool UpdatePartition(const PartitionOutcome& outcome, const PartitionRange* done_range) {
    Json json = {
        {"rows_read", outcome.rows_read},         {"rows_written", outcome.rows_written},
        {"rows_rejected", outcome.rows_rejected}, {"checksum", outcome.checksum.Hex()},
        {"source_bytes", outcome.source_bytes},   {"copy_bytes", outcome.copy_bytes},
        {"read_seconds", outcome.read_seconds},   {"encode_seconds", outcome.encode_seconds},
        {"write_seconds", outcome.write_seconds}};
    if (!outcome.sub_checksums_json.empty()) {
      json["sub_checksums"] = Json::parse(outcome.sub_checksums_json);
    }
    if (done_range) json["range"] = Json::parse(RangeToJson(*done_range));
    return !connection
                .ExecOften(Sql(sql::kFinishPartition),
                           {std::to_string(claim.partition_id), std::to_string(claim.epoch),
                            Dump(json), claim.owner})
                .empty();
  }

  void Begin(const Claim& wanted, const std::vector<TargetColumn>& bound) {
    claim = wanted;
    rejects.clear();
    careful = false;
    taken = 0;
    open = true;
    connection.Exec("begin; lock table " + ddl::Qualified(claim.schema, claim.table) +
                    " in row exclusive mode");
    CheckTable(bound);
    std::vector<std::string> names;
    for (const TargetColumn& column : bound) names.push_back(column.name);
    stage = TextStage(claim.schema, claim.table, bound);
    copy_sql = stage.needed() ? stage.CopySql() : ddl::CopyIn(claim.schema, claim.table, names);
  }

  void StartCopy() {
    if (stage.needed()) connection.Exec(stage.CreateSql());
    connection.StartCopyIn(copy_sql);
    connection.Put(kCopyHeader.data(), kCopyHeader.size());
  }

  std::uint64_t EndCopy() {
    connection.Put(kCopyTrailer.data(), kCopyTrailer.size());
    return connection.EndCopyIn();
  }

  void CheckTable(const std::vector<TargetColumn>& bound) {
    SqlRows generation =
        connection.ExecOften(Sql("select generation from {L}.\"table\" where id = $1::bigint"),
                             {std::to_string(claim.table_id)});
    if (generation.empty() || generation.Int(0, 0) != claim.generation) {
      Error error(fmt::format("table {}.{} was planned anew meanwhile", claim.schema, claim.table));
      error.code = "fenced";
      error.retryable = true;
      throw error;
    }
    SqlRows rows = connection.ExecOften(DescribeTableSql(), {claim.schema, claim.table});
    std::string difference = Difference(bound, ColumnsFromRows(rows));
    if (difference.empty()) return;
    throw Error(
        fmt::format("the target table {}.{} is not what it was when the run began: {}. Put "
                    "it back, or load the table again with --reload {}",
                    claim.schema, claim.table, difference, claim.table));
  }
};

PartitionWriter::PartitionWriter(const Options& options, int lane)
    : state_(std::make_unique<State>(options, lane)) {}
PartitionWriter::PartitionWriter(PartitionWriter&&) noexcept = default;
PartitionWriter& PartitionWriter::operator=(PartitionWriter&&) noexcept = default;
PartitionWriter::~PartitionWriter() = default;

std::vector<TargetColumn> PartitionWriter::DescribeTable(const std::string& schema,
                                                         const std::string& table) {
  return ColumnsFromRows(state_->connection.ExecOften(DescribeTableSql(), {schema, table}));
}

void PartitionWriter::Begin(const Claim& claim, const std::vector<TargetColumn>& bound) {
  if (state_->open) Abort();
  try {
    state_->Begin(claim, bound);
    state_->StartCopy();
    FaultAt(FaultPoint::kPartitionBegun, state_->connection.socket());
  } catch (const Error& error) {
    if (!error.connection_lost) Abort();
    throw;
  }
}

void PartitionWriter::BeginCareful(const Claim& claim, const std::vector<TargetColumn>& bound,
                                   const std::vector<std::string>& first) {
  if (state_->open) Abort();
  try {
    state_->Begin(claim, bound);
    state_->connection.Exec("set constraints all immediate");
    for (const std::string& statement : first) state_->connection.Exec(statement);
    state_->careful = true;
  } catch (const Error& error) {
    if (!error.connection_lost) Abort();
    throw;
  }
}

std::optional<Error> PartitionWriter::TryWrite(std::string_view tuples) {
  if (!state_->open || !state_->careful) throw BugError("a partition that was not begun with care");
  DataConnection& connection = state_->connection;
  connection.Exec("savepoint transload_rows");
  try {
    state_->StartCopy();
    connection.Put(tuples.data(), tuples.size());
    const std::uint64_t rows = state_->EndCopy();
    if (state_->stage.needed()) state_->Unstage(rows);
    state_->taken += rows;
  } catch (const Error& error) {
    if (!connection.usable()) throw;
    connection.Exec("rollback to savepoint transload_rows; release savepoint transload_rows");
    return error;
  }
  connection.Exec("release savepoint transload_rows");
  FaultAt(FaultPoint::kRowsSent, connection.socket());
  return std::nullopt;
}

void PartitionWriter::Write(const CopyBlock& block) {
  Write(block.bytes.data(), block.bytes.size());
}

void PartitionWriter::Write(const char* bytes, std::size_t size) {
  if (!state_->open) throw BugError("rows written to a partition that is not open");
  state_->connection.Put(bytes, size);
  FaultAt(FaultPoint::kRowsSent, state_->connection.socket());
}

void PartitionWriter::AddReject(RejectedRow row) { state_->rejects.push_back(std::move(row)); }

FinishResult PartitionWriter::Finish(const PartitionOutcome& outcome) {
  if (!state_->open) throw BugError("a partition that is not open cannot be finished");
  const Claim& claim = state_->claim;
  if (outcome.rows_rejected != state_->rejects.size() ||
      outcome.rows_read != outcome.rows_written + outcome.rows_rejected) {
    throw BugError(
        fmt::format("partition {} of {}: {} rows read, {} written, {} rejected, {} "
                    "rejects kept",
                    claim.number, claim.table, outcome.rows_read, outcome.rows_written,
                    outcome.rows_rejected, state_->rejects.size()));
  }
  DataConnection& connection = state_->connection;
  try {
    const std::uint64_t copied = state_->careful ? state_->taken : state_->EndCopy();
    FaultAt(FaultPoint::kCopyEnded, connection.socket());
    if (copied != outcome.rows_written) {
      throw Error(fmt::format("partition {} of {}: {} rows were sent, the server took {}",
                              claim.number, claim.table, outcome.rows_written, copied));
    }
    if (state_->stage.needed() && !state_->careful) state_->Unstage(outcome.rows_written);
    state_->InsertRejects();
    state_->InsertCoercions(outcome.coercions);
    std::pair<PartitionRange, PartitionRange> cut;
    if (outcome.ended_at) cut = CutRange(claim.range, *outcome.ended_at);
    if (!state_->UpdatePartition(outcome, outcome.ended_at ? &cut.first : nullptr)) {
      Abort();
      return FinishResult::kFenced;
    }
    if (outcome.ended_at) {
      connection.Exec(
          state_->Sql(sql::kSplitPartition),
          {std::to_string(claim.partition_id), std::to_string(claim.epoch), SqlValue(),
           RangeToJson(cut.second), "t", claim.owner});  // cut further before it is read
    }
    FaultAt(FaultPoint::kPartitionUncommitted, connection.socket());
    connection.Commit();
  } catch (const Error& error) {
    if (!error.connection_lost) Abort();
    throw;
  }
  state_->open = false;
  FaultAt(FaultPoint::kPartitionCommitted, connection.socket());
  return FinishResult::kCommitted;
}

FinishResult PartitionWriter::FinishRetry(const RetriedRows& retried) {
  const Claim& claim = state_->claim;
  if (state_->taken != retried.rejects.size() || state_->taken != retried.checksum.rows) {
    throw BugError(fmt::format("partition {} of {}: {} rejected rows for {} that were written",
                               claim.partition_id, claim.table, retried.rejects.size(),
                               state_->taken));
  }
  DataConnection& connection = state_->connection;
  const std::string id = std::to_string(claim.partition_id);
  const std::string count = std::to_string(state_->taken);
  try {
    SqlRows now = connection.Exec(
        state_->Sql("select rows_written, checksum from {L}.partition where id = $1::bigint and "
                    "epoch = $2::bigint and state = 'done' for update"),
        {id, std::to_string(claim.epoch)});
    if (now.empty()) {
      Abort();
      return FinishResult::kFenced;
    }
    RowChecksum sum = RowChecksum::FromHex(now.Count(0, 0), now.Text(0, 1));
    sum.Add(retried.checksum);
    connection.Exec(
        state_->Sql("update {L}.partition set rows_written = rows_written + $2::bigint, "
                    "rows_rejected = rows_rejected - $2::bigint, checksum = $3::text, "
                    "sub_checksums = null where id = $1::bigint"),
        {id, count, sum.Hex()});
    SqlRows gone = connection.Exec(
        state_->Sql("delete from {L}.reject where partition_id = $1::bigint and id in "
                    "(select x::bigint from json_array_elements_text($2::json) x)"),
        {id, Dump(Json(retried.rejects))});
    if (gone.affected != retried.rejects.size()) {
      throw BugError(
          fmt::format("{} rejects were to go, {} did", retried.rejects.size(), gone.affected));
    }
    state_->InsertCoercions(retried.coercions);
    for (const std::string& statement : retried.last) connection.Exec(statement);
    connection.Commit();
  } catch (const Error& error) {
    if (!error.connection_lost) Abort();
    throw;
  }
  state_->open = false;
  return FinishResult::kCommitted;
}

void PartitionWriter::SetReject(const RejectRow& reject) {
  state_->connection.Exec(state_->Sql("update {L}.reject set \"column\" = $2::text, reason = "
                                      "$3::text, \"row\" = $4::text where id = $1::bigint"),
                          {std::to_string(reject.id), reject.column, WithoutNul(reject.reason),
                           WithoutNul(reject.row)});
}

void PartitionWriter::Abort() {
  state_->rejects.clear();
  state_->open = false;
  state_->connection.RollBack();
}

void PartitionWriter::Cancel() noexcept { state_->connection.Cancel(); }
std::int32_t PartitionWriter::backend_pid() const { return state_->connection.backend_pid(); }
const std::string& PartitionWriter::backend_start() const {
  return state_->connection.backend_start();
}

}  // namespace transload
