#include "load/row_repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/error.h"
#include "load/copy_frame.h"
#include "load/data_connection.h"
#include "load/ddl.h"

namespace transload {
namespace {

constexpr std::size_t kMessageBytes = 256 * 1024;

// The table itself, and its partitions with theirs.
constexpr const char* kTree =
    "with recursive tree as (select $1::regclass::oid as oid union all select i.inhrelid from tree "
    "t join pg_catalog.pg_class c on c.oid = t.oid and c.relkind = 'p' join "
    "pg_catalog.pg_inherits i on i.inhparent = t.oid) ";

// Rows on their way into the table or out of it.
struct Stage {
  const char* name;
  bool made = false;
  std::uint64_t rows = 0;
};

}  // namespace

struct RowRepair::State {
  State(const Options& options, RepairTarget repaired, std::optional<RunLock> held)
      : connection(options, "transload repair"),
        target(std::move(repaired)),
        lock(std::move(held)),
        table(ddl::Qualified(target.schema, target.table)) {}

  std::uint64_t Run(const std::string& sql) { return connection.Exec(sql).affected; }

  // Try what may be refused; the transaction goes on either way.
  bool Allowed(const std::vector<std::string>& statements, std::uint64_t* affected = nullptr) {
    Run("savepoint allowed");
    try {
      for (const std::string& sql : statements) {
        const std::uint64_t rows = Run(sql);
        if (affected != nullptr) *affected++ = rows;
      }
    } catch (const Error& error) {
      if (error.connection_lost || error.interrupted) throw;
      Run("rollback to savepoint allowed");
      refusal = error.what();
      return false;
    }
    return true;
  }

  void Describe() {
    const bool partitioned =
        connection
            .Exec("select relkind = 'p' from pg_catalog.pg_class where oid = $1::regclass", {table})
            .Bool(0, 0);
    from = partitioned ? table : "only " + table;
    const SqlRows known = connection.Exec(
        "select attname, pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute "
        "where attrelid = $1::regclass and attnum > 0 and not attisdropped",
        {table});
    std::map<std::string, std::string> type_of;
    for (std::size_t i = 0; i < known.size(); ++i) type_of[known.Text(i, 0)] = known.Text(i, 1);
    const std::set<std::string> key(target.key.begin(), target.key.end());
    std::vector<std::string> names, here, there;
    for (const TargetColumn& column : target.columns) {
      const std::string name = ddl::QuoteName(column.name);
      const std::string value =
          column.as_text ? fmt::format("r.{}::{}", name, type_of[column.name]) : "r." + name;
      staged.push_back(column.as_text ? "null::pg_catalog.text as " + name : name);
      names.push_back(name);
      values.push_back(value);
      here.push_back("t." + name + (column.as_text ? "::pg_catalog.text" : ""));
      there.push_back("r." + name);
      if (key.contains(column.name)) {
        same_key += fmt::format("{}t.{} = {}", same_key.empty() ? "" : " and ", name, value);
      } else {
        changes.push_back(fmt::format("{} = {}", name, value));
      }
    }
    columns = fmt::format("{}", fmt::join(names, ", "));
    image_here = fmt::format("md5(row({})::text)", fmt::join(here, ", "));
    image_there = fmt::format("md5(row({})::text)", fmt::join(there, ", "));
  }

  // Asked on this connection: the one that holds the lock may have gone without a sign.
  void ThrowIfLockIsLost() {
    if (!lock) return;
    const SqlRows held =
        connection.Exec(std::string("select ") + kFromLockHolder +
                            " and l.pid = $2::integer and a.backend_start = $3::timestamptz",
                        {std::to_string(lock->key), std::to_string(lock->holder.backend_pid),
                         lock->holder.backend_start});
    if (!held.empty()) return;
    Error error(fmt::format(
        "the repair of {} was rolled back: the lock that keeps a run from beginning beside it was "
        "lost with its connection (somebody ended it, or the server restarted). What was repaired "
        "before stays; the same command goes on",
        table));
    error.lock_lost = true;
    throw error;
  }

  void SilenceTriggers() {
    if (Allowed({"set local session_replication_role = replica"})) {
      // Some are set to fire all the same.
      counts.quiet = !connection
                          .Exec(std::string(kTree) +
                                    "select exists (select from pg_catalog.pg_trigger g join tree "
                                    "on g.tgrelid = tree.oid where g.tgenabled in ('A', 'R'))",
                                {table})
                          .Bool(0, 0);
      return;
    }
    counts.quiet = false;
    const SqlRows triggers = connection.Exec(
        std::string(kTree) +
            "select g.tgrelid::regclass::text, quote_ident(g.tgname) from pg_catalog.pg_trigger g "
            "join tree on g.tgrelid = tree.oid where not g.tgisinternal and g.tgenabled = 'O'",
        {table});
    for (std::size_t i = 0; i < triggers.size(); ++i) {
      silenced.emplace_back(triggers.Text(i, 0), triggers.Text(i, 1));
      Run(fmt::format("alter table {} disable trigger {}", triggers.Text(i, 0),
                      triggers.Text(i, 1)));
    }
  }

  void Put(Stage& stage, std::string_view tuples) {
    if (copying != &stage) {
      EndCopy();
      // Without constraints and defaults: what is put must arrive as it is.
      if (!std::exchange(stage.made, true)) {
        Run(fmt::format(
            "create temp table {} on commit drop as select {} from only {} with no data",
            stage.name, fmt::join(staged, ", "), table));
      }
      connection.StartCopyIn(fmt::format("copy pg_temp.{} from stdin (format binary)", stage.name));
      connection.Put(kCopyHeader.data(), kCopyHeader.size());
      copying = &stage;
    }
    for (; !tuples.empty(); tuples.remove_prefix(std::min(tuples.size(), kMessageBytes))) {
      connection.Put(tuples.data(), std::min(tuples.size(), kMessageBytes));
    }
  }

  void EndCopy() {
    if (copying == nullptr) return;
    connection.Put(kCopyTrailer.data(), kCopyTrailer.size());
    Stage& stage = *std::exchange(copying, nullptr);
    stage.rows += connection.EndCopyIn();
    Run(fmt::format("analyze pg_temp.{}", stage.name));
  }

  // By what they look like, and by their key where there is one, which has an index.
  std::string GoneSql() const {
    const std::string keys = same_key.empty() ? "" : " and " + same_key;
    return fmt::format(
        "delete from {0} t using (select o, c from (select t.tableoid as o, t.ctid as c, "
        "g.transload_copies as copies, row_number() over (partition by g.transload_image) as n "
        "from "
        "{0} t join (select r.*, {1} as transload_image, count(*) over (partition by {1}) as "
        "transload_copies, row_number() over (partition by {1}) as transload_copy from pg_temp.{2} "
        "r) g on g.transload_copy = 1 and {3} = g.transload_image{4}) matched where n <= copies) d "
        "where t.tableoid = d.o and t.ctid = d.c",
        from, image_there, gone.name, image_here, Replaced(keys, "r.", "g."));
  }

  std::string Insert(const std::string& condition) const {
    return fmt::format("insert into {} ({}) overriding system value select {} from pg_temp.{} r{}",
                       table, columns, fmt::join(values, ", "), put.name, condition);
  }

  void DeleteGone() {
    if (gone.rows > 0) counts.deleted += Run(GoneSql());
  }

  // Replaced rows go first, so that values of a unique column may have moved between them.
  std::vector<std::string> ReplaceSql() const {
    return {fmt::format("delete from {} t using pg_temp.{} r where {}", from, put.name, same_key),
            Insert("")};
  }
  bool ReplacePut() {
    std::uint64_t affected[2] = {};
    if (!Allowed(ReplaceSql(), affected)) return false;
    CountReplaced(affected[0], affected[1]);
    return true;
  }
  void CountReplaced(std::uint64_t replaced, std::uint64_t added) {
    counts.updated += replaced;
    counts.inserted += added - std::min(added, replaced);
  }

  // In place, so that rows that refer to them are none the wiser. Not where a unique value moves
  // between rows, or a column takes no changes.
  bool UpdatePut() {
    if (changes.empty()) return false;
    std::uint64_t affected[2] = {};
    const bool done = Allowed(
        {fmt::format("update {} t set {} from pg_temp.{} r where {}", from,
                     fmt::join(changes, ", "), put.name, same_key),
         Insert(fmt::format(" where not exists (select from {} t where {})", from, same_key))},
        affected);
    if (!done) return false;
    counts.updated += affected[0];
    counts.inserted += affected[1];
    return true;
  }

  // Where the server watches foreign keys, deleting a row that others refer to is refused, and
  // adding one whose parent is not there yet.
  void MergeAsAllowed() {
    std::uint64_t deleted = 0;
    const bool went = gone.rows == 0 || Allowed({GoneSql()}, &deleted);
    counts.deleted += deleted;
    std::string why = went ? "" : refusal;
    const bool came = put.rows == 0 || UpdatePut() || ReplacePut();
    if (!came) why = refusal;
    if (went && came) return;
    const bool nothing = (gone.rows == 0 || !went) && (put.rows == 0 || !came);
    if (nothing) throw Error(why);
    counts.refused = why;
  }

  static std::string Replaced(std::string text, const std::string& what, const std::string& with) {
    for (std::size_t at = 0; (at = text.find(" = " + what, at)) != std::string::npos; ++at) {
      text.replace(at + 3, what.size(), with);
    }
    return text;
  }

  DataConnection connection;
  RepairTarget target;
  std::optional<RunLock> lock;
  std::string table;
  std::string from;     // what rows are read from: a partitioned table, or ONLY this one
  std::string columns;  // names
  std::vector<std::string> staged;      // as they are selected to make a stage
  std::vector<std::string> values;      // of a staged row r, in the table's types
  std::vector<std::string> changes;     // "a = r.a", but the key's
  std::string same_key;                 // of rows t and r
  std::string image_here, image_there;  // what rows t and r look like
  std::vector<std::pair<std::string, std::string>> silenced;
  Stage put{"transload_repair"};
  Stage gone{"transload_repair_gone"};
  Stage* copying = nullptr;
  std::string refusal;  // what Allowed() was told last
  RepairCounts counts;
};

RowRepair::RowRepair(const Options& options, const RepairTarget& target,
                     const std::optional<RunLock>& lock)
    : state_(std::make_unique<State>(options, target, lock)) {
  state_->Run("begin");
  // Nothing follows that would make a repair durable, as a run's end does for its partitions.
  state_->Run("set local synchronous_commit = on");
  state_->Describe();
  state_->SilenceTriggers();
}

RowRepair::~RowRepair() = default;  // closing the connection rolls back

void RowRepair::Delete(const std::string& where_sql) {
  state_->counts.deleted += state_->Run(fmt::format("delete from {}{}{}", state_->from,
                                                    where_sql.empty() ? "" : " where ", where_sql));
}

void RowRepair::PutGone(std::string_view tuples) { state_->Put(state_->gone, tuples); }
void RowRepair::Put(std::string_view tuples) { state_->Put(state_->put, tuples); }

void RowRepair::MergePut() {
  State& state = *state_;
  state.EndCopy();
  if (state.put.rows > 0 && state.target.key.empty()) {
    throw BugError("rows cannot be merged without a key");
  }
  if (state.counts.quiet) {
    state.DeleteGone();
    if (state.put.rows == 0) return;
    const std::vector<std::string> replace = state.ReplaceSql();
    const std::uint64_t replaced = state.Run(replace[0]);
    state.CountReplaced(replaced, state.Run(replace[1]));
    return;
  }
  state.MergeAsAllowed();
}

void RowRepair::AddPut() {
  state_->EndCopy();
  state_->DeleteGone();
  if (state_->put.rows > 0) state_->counts.inserted += state_->Run(state_->Insert(""));
}

RepairCounts RowRepair::Finish() {
  if (!state_->silenced.empty()) {
    // Checks that wait for the end stand in the way of ALTER TABLE.
    state_->Run("set constraints all immediate");
  }
  for (const auto& [table, trigger] : state_->silenced) {
    state_->Run(fmt::format("alter table {} enable trigger {}", table, trigger));
  }
  state_->ThrowIfLockIsLost();
  state_->connection.Commit();
  return state_->counts;
}

}  // namespace transload
