#include "load/row_repair.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "load/copy_frame.h"
#include "load/data_connection.h"
#include "load/ddl.h"

namespace transload {
namespace {

constexpr std::size_t kSliceBytes = 256 * 1024;
constexpr const char* kStage = "pg_temp.transload_repair";

}  // namespace

struct RowRepair::State {
  State(const Options& options, RepairTarget repaired)
      : connection(options, "transload repair"),
        target(std::move(repaired)),
        table(ddl::Qualified(target.schema, target.table)),
        columns(ddl::ColumnList(target.columns)) {}

  std::uint64_t Run(const std::string& sql) { return connection.Exec(sql).affected; }

  // Try what only some roles may; the transaction goes on either way.
  bool Allowed(const std::string& sql) {
    Run("savepoint allowed");
    try {
      Run(sql);
    } catch (const Error& error) {
      if (error.connection_lost) throw;
      Run("rollback to savepoint allowed");
      return false;
    }
    return true;
  }

  void SilenceTriggers() {
    if (Allowed("set local session_replication_role = replica")) {
      // Some are set to fire all the same.
      counts.quiet = !connection
                          .Exec(
                              "select exists (select from pg_catalog.pg_trigger where tgrelid = "
                              "$1::regclass and tgenabled in ('A', 'R'))",
                              {table})
                          .Bool(0, 0);
      return;
    }
    counts.quiet = false;
    const SqlRows triggers = connection.Exec(
        "select quote_ident(tgname) from pg_catalog.pg_trigger where tgrelid = $1::regclass and "
        "not tgisinternal and tgenabled = 'O'",
        {table});
    for (std::size_t i = 0; i < triggers.size(); ++i) {
      Run(fmt::format("alter table {} disable trigger {}", table, triggers.Text(i, 0)));
      silenced.push_back(triggers.Text(i, 0));
    }
  }

  void EndCopy() {
    if (!copying) return;
    connection.Put(kCopyTrailer.data(), kCopyTrailer.size());
    put += connection.EndCopyIn();
    copying = false;
  }

  DataConnection connection;
  RepairTarget target;
  std::string table;
  std::string columns;
  std::vector<std::string> silenced;
  bool copying = false;
  std::uint64_t put = 0;
  RepairCounts counts;
};

RowRepair::RowRepair(const Options& options, const RepairTarget& target)
    : state_(std::make_unique<State>(options, target)) {
  state_->Run("begin");
  state_->SilenceTriggers();
  // Without constraints and defaults: what is put must arrive as it is.
  state_->Run(
      fmt::format("create temp table transload_repair on commit drop as select {} from only {} "
                  "with no data",
                  state_->columns, state_->table));
}

RowRepair::~RowRepair() = default;  // closing the connection rolls back

void RowRepair::Delete(const std::string& where_sql) {
  state_->counts.deleted += state_->Run(fmt::format("delete from only {}{}{}", state_->table,
                                                    where_sql.empty() ? "" : " where ", where_sql));
}

void RowRepair::Put(std::string_view tuples) {
  if (!state_->copying) {
    state_->connection.StartCopyIn(fmt::format("copy {} from stdin (format binary)", kStage));
    state_->connection.Put(kCopyHeader.data(), kCopyHeader.size());
    state_->copying = true;
  }
  for (; !tuples.empty(); tuples.remove_prefix(std::min(tuples.size(), kSliceBytes))) {
    state_->connection.Put(tuples.data(), std::min(tuples.size(), kSliceBytes));
  }
}

void RowRepair::MergePut() {
  state_->EndCopy();
  if (state_->put == 0) return;
  if (state_->target.key.empty()) throw BugError("rows cannot be merged without a key");
  std::string same, there;
  for (const std::string& name : state_->target.key) {
    const std::string column = ddl::QuoteName(name);
    same += fmt::format("{}t.{} = r.{}", same.empty() ? "" : " and ", column, column);
  }
  // Replaced rows go first, so that values of a unique column may have moved between them.
  const std::uint64_t replaced = state_->Run(
      fmt::format("delete from only {} t using {} r where {}", state_->table, kStage, same));
  const std::uint64_t added =
      state_->Run(fmt::format("insert into {} ({}) overriding system value select {} from {}",
                              state_->table, state_->columns, state_->columns, kStage));
  state_->counts.updated += replaced;
  state_->counts.inserted += added - replaced;
}

void RowRepair::AddPut() {
  state_->EndCopy();
  if (state_->put == 0) return;
  state_->counts.inserted +=
      state_->Run(fmt::format("insert into {} ({}) overriding system value select {} from {}",
                              state_->table, state_->columns, state_->columns, kStage));
}

RepairCounts RowRepair::Finish() {
  for (const std::string& trigger : state_->silenced) {
    state_->Run(fmt::format("alter table {} enable trigger {}", state_->table, trigger));
  }
  state_->connection.Commit();
  return state_->counts;
}

}  // namespace transload
