#include "load/undo.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "load/ddl.h"
#include "load/ledger_damage.h"
#include "load/ledger_state.h"
#include "load/pg_archive_objects.h"
#include "load/pg_archive_undo.h"
#include "load/session.h"
#include "load/set_aside.h"
#include "load/sql.h"

namespace transload {
namespace {

struct Made {
  std::string kind, schema, name, table, oid;
};

// What comes first stands on what comes later.
constexpr std::array kOrder = {"foreign key", "check",    "index", "trigger",   "function",
                               "table",       "sequence", "type",  "collation", "schema"};

class Undoing {
 public:
  Undoing(SqlTransaction& transaction, const Options& options, std::string run_id,
          std::string damage, bool force)
      : transaction_(transaction),
        ledger_(ddl::QuoteName(options.ledger_schema)),
        run_id_(std::move(run_id)),
        damage_(std::move(damage)),
        force_(force) {}

  UndoResult Run() {
    LookForOthersWork();
    if (!result_.in_the_way.empty()) return std::move(result_);
    ArchiveUndo archive = UndoArchiveObjects(
        transaction_, ledger_, run_id_, [this](const std::string& sql) { return TryExec(sql); });
    result_.dropped = std::move(archive.dropped);
    result_.in_the_way = std::move(archive.in_the_way);
    if (!result_.in_the_way.empty()) return std::move(result_);
    for (const char* kind : kOrder) {
      SqlRows rows = transaction_.Exec(
          Sql("select kind, schema, name, \"table\", oid from {L}.object where run_id = $1::text "
              "and action = 'created' and kind = $2::text and detail not like 'archive class %' "
              "order by id desc"),
          {run_id_, kind});
      for (std::size_t row = 0; row < rows.size(); ++row) {
        Drop({rows.Text(row, 0), rows.Text(row, 1), rows.Text(row, 2), rows.Text(row, 3),
              rows.Text(row, 4)});
      }
    }
    if (!result_.in_the_way.empty()) return std::move(result_);
    PutForeignKeysBack();
    PutStandingBack();
    transaction_.Exec(Sql("update {L}.run set state = 'undone', finished_at = clock_timestamp() "
                          "where id = $1::text"),
                      {run_id_});
    result_.done = true;
    return std::move(result_);
  }

 private:
  std::string Sql(const std::string& sql) const { return LedgerSql(sql, ledger_); }

  void LookForOthersWork() {
    if (!damage_.empty()) {
      (force_ ? result_.kept : result_.in_the_way)
          .push_back(fmt::format(
              "the ledger is damaged, {}: {}", damage_,
              force_ ? "what it does not list stays" : "--force drops what it still lists"));
    }
    SqlRows touched = transaction_.Exec(
        Sql("select action, kind, schema, name from {L}.object where run_id = $1::text and action "
            "in ('truncated', 'dropped', 'appended', 'altered') "
            "and kind <> 'foreign key' order by id"),
        {run_id_});
    for (std::size_t row = 0; row < touched.size(); ++row) {
      const std::string& action = touched.Text(row, 0);
      const std::string text =
          fmt::format("the run {}{} {} {}.{}, which was there before: {}", action,
                      action == "appended" ? " to" : "", touched.Text(row, 1), touched.Text(row, 2),
                      touched.Text(row, 3),
                      force_ ? "left as it is now" : "--force goes on and leaves it as it is now");
      (force_ ? result_.kept : result_.in_the_way).push_back(text);
    }
    if (force_) return;
    SqlRows tables = transaction_.Exec(
        Sql("select t.id, t.schema, t.name, r.finished_xid, (select coalesce(sum(rows_written), 0) "
            "from {L}.partition p where p.table_id = t.id and p.state = 'done') "
            "from {L}.\"table\" t join {L}.run r on r.id = t.run_id where t.run_id = $1::text "
            "and exists (select 1 from {L}.object o where o.run_id = t.run_id and o.kind = 'table' "
            "and o.action = 'created' and o.schema = t.schema and o.name = t.name "
            "and o.oid = to_regclass(quote_ident(t.schema) || '.' || "
            "quote_ident(t.name))::oid::bigint"
            ") order by t.id"),
        {run_id_});
    for (std::size_t row = 0; row < tables.size(); ++row) CheckRows(tables, row);
  }

  // Keys of tables that were there before, dropped for loading and not made again by the run.
  void PutForeignKeysBack() {
    SqlRows keys = transaction_.Exec(
        Sql("select id, schema, name, \"table\", detail from {L}.object where run_id = $1::text "
            "and kind = 'foreign key' and action = 'dropped' order by id"),
        {run_id_});
    for (std::size_t row = 0; row < keys.size(); ++row) {
      const std::string table = ddl::Qualified(keys.Text(row, 1), keys.Text(row, 3));
      const std::string add = fmt::format("ALTER TABLE {} ADD CONSTRAINT {} {}", table,
                                          ddl::QuoteName(keys.Text(row, 2)), keys.Text(row, 4));
      const std::string label = fmt::format("foreign key {} of {}.{}", keys.Text(row, 2),
                                            keys.Text(row, 1), keys.Text(row, 3));
      std::string problem = TryExec(add);
      if (problem.empty()) {
        result_.kept.push_back(label + ": put back as it was");
      } else if (TryExec(add + " NOT VALID").empty()) {
        result_.kept.push_back(label + ": put back as NOT VALID: " + problem);
      } else {
        result_.kept.push_back(
            fmt::format("{}: could not be put back: {}; {}", label, problem, add));
        continue;
      }
      transaction_.Exec(Sql("update {L}.object set action = 'recreated' where id = $1::bigint"),
                        {keys.Text(row, 0)});
      const SqlRows comment = transaction_.Exec(
          Sql("delete from {L}.object where run_id = $1::text and kind = 'comment' and action = "
              "$2::text and schema = $3::text and name = $4::text and \"table\" = $5::text "
              "returning detail"),
          {run_id_, kSetAside, keys.Text(row, 1), keys.Text(row, 2), keys.Text(row, 3)});
      if (!comment.empty()) TryExec(comment.Text(0, 0));
    }
  }

  // What was said and granted of schemas that stood before, and of what is made in future.
  void PutStandingBack() {
    SqlRows changes = transaction_.Exec(
        Sql("select name, detail from {L}.object where run_id = $1::text and kind = $2::text and "
            "action = 'changed' order by id desc"),
        {run_id_, kStanding});
    for (std::size_t row = 0; row < changes.size(); ++row) {
      const std::string problem = TryExec(changes.Text(row, 1));
      result_.kept.push_back(changes.Text(row, 0) +
                             (problem.empty() ? ": put back as it was"
                                              : fmt::format(": could not be put back: {}; {}",
                                                            problem, changes.Text(row, 1))));
    }
  }

  void CheckRows(const SqlRows& tables, std::size_t row) {
    const std::string name = ddl::Qualified(tables.Text(row, 1), tables.Text(row, 2));
    transaction_.Exec(fmt::format("lock table {} in share mode", name));
    const bool partitioned =
        transaction_
            .Exec("select relkind = 'p' from pg_catalog.pg_class where oid = $1::regclass", {name})
            .Bool(0, 0);
    const std::string from = (partitioned ? "" : "only ") + name;
    std::string query = Sql(sql::kUndoForeignRows);
    query.replace(query.find("from {T}"), 8, "from " + from);
    const bool foreign =
        transaction_.Exec(query, {run_id_, tables.rows[row][0], tables.rows[row][3]}).Bool(0, 0);
    const std::uint64_t rows = transaction_.Exec("select count(*) from " + from).Count(0, 0);
    if (foreign || rows != tables.Count(row, 4)) {
      result_.in_the_way.push_back(
          fmt::format("rows of table {}.{} changed since the run ({} now, {} written by it): "
                      "--force drops them",
                      tables.Text(row, 1), tables.Text(row, 2), rows, tables.Text(row, 4)));
    }
  }

  // The statement, and the query that says whether the object is still the one that was made.
  static std::pair<std::string, std::string> DropSql(const Made& made) {
    const std::string name =
        made.kind == "schema" ? ddl::QuoteName(made.name) : ddl::Qualified(made.schema, made.name);
    const std::string table = made.table.empty() ? "" : ddl::Qualified(made.schema, made.table);
    auto exists = [&](const char* catalogue) {
      return fmt::format("select 1 from pg_catalog.{} where oid = {}", catalogue, made.oid);
    };
    if (made.kind == "schema") return {"DROP SCHEMA " + name, exists("pg_namespace")};
    if (made.kind == "table") return {"DROP TABLE " + name, exists("pg_class")};
    if (made.kind == "sequence") return {"DROP SEQUENCE " + name, exists("pg_class")};
    if (made.kind == "collation") return {"DROP COLLATION " + name, exists("pg_collation")};
    if (made.kind == "type") return {"DROP TYPE " + name, exists("pg_type")};
    if (made.kind == "function") return {"DROP FUNCTION " + name + "()", exists("pg_proc")};
    if (made.kind == "foreign key" || made.kind == "check") {
      return {fmt::format("ALTER TABLE {} DROP CONSTRAINT {}", table, ddl::QuoteName(made.name)),
              exists("pg_constraint")};
    }
    // Indexes and triggers go with their table.
    return {"", ""};
  }

  void Drop(const Made& made) {
    auto [statement, exists] = DropSql(made);
    if (statement.empty()) return;
    const std::string label =
        fmt::format("{} {}{}{}", made.kind, made.schema, made.schema.empty() ? "" : ".", made.name);
    if (transaction_.Exec(exists).empty()) {
      result_.kept.push_back(label + ": already gone, or made anew by somebody else");
      return;
    }
    // Functions hang on their triggers; those are dropped with the function's table gone.
    if (made.kind == "function") DropTriggersOf(made);
    std::string problem = TryExec(statement);
    if (problem.empty()) {
      result_.dropped.push_back(label);
    } else {
      result_.in_the_way.push_back(label + ": " + problem);
    }
  }

  void DropTriggersOf(const Made& function) {
    SqlRows triggers = transaction_.Exec(
        "select t.tgname, c.relname, n.nspname from pg_catalog.pg_trigger t join "
        "pg_catalog.pg_class c on c.oid = t.tgrelid join pg_catalog.pg_namespace n on "
        "n.oid = c.relnamespace join " +
            ledger_ +
            ".object o on o.run_id = $1::text and o.kind = 'trigger' and o.action = 'created' "
            "and o.name = t.tgname and o.\"table\" = c.relname and o.schema = n.nspname "
            "where t.tgfoid = $2::bigint::oid",
        {run_id_, function.oid});
    for (std::size_t row = 0; row < triggers.size(); ++row) {
      transaction_.Exec(fmt::format("DROP TRIGGER {} ON {}", ddl::QuoteName(triggers.Text(row, 0)),
                                    ddl::Qualified(triggers.Text(row, 2), triggers.Text(row, 1))));
    }
  }

  // The server's words for what depends on an object, or nothing when the statement worked. The
  // block catches the failure on the server's side: libpqxx 6 ends a transaction whose statement
  // failed.
  std::string TryExec(const std::string& statement) {
    transaction_.Exec("do " +
                      ddl::QuoteLiteral("declare said text; more text; begin perform "
                                        "set_config('transload.problem', '', true); execute " +
                                        ddl::QuoteLiteral(statement) +
                                        "; exception when others then get stacked diagnostics said "
                                        "= message_text, more = pg_exception_detail; perform "
                                        "set_config('transload.problem', said || '; ' || more, "
                                        "true); end"));
    return transaction_.Exec("select current_setting('transload.problem')").Text(0, 0);
  }

  SqlTransaction& transaction_;
  std::string ledger_;
  std::string run_id_;
  std::string damage_;
  bool force_;
  UndoResult result_;
};

// Ends the transaction without committing it.
struct NothingDone {};

}  // namespace

UndoResult Undo(const Options& options, bool force) {
  Ledger ledger = Ledger::Open(options);
  std::vector<RunRecord> runs = ledger.ListRuns();
  auto wanted = std::find_if(runs.begin(), runs.end(), [&](const RunRecord& run) {
    return options.run_id.empty() ? run.state != "undone" && run.state != "abandoned"
                                  : run.id == options.run_id;
  });
  if (wanted == runs.end()) {
    throw RefusedError(options.run_id.empty() ? "the ledger knows no run that could be undone"
                                              : "the ledger knows no run " + options.run_id);
  }
  if (wanted->state == "undone") throw RefusedError("run " + wanted->id + " is undone already");
  ledger.Lock(wanted->fingerprint, wanted->target_schemas);
  ledger.TakeOver(wanted->id);
  const std::string damage = LedgerDamage(ledger.Read(wanted->id));
  Session session(options, "transload undo");
  UndoResult result;
  try {
    session.Transact([&](SqlTransaction& transaction) {
      result = Undoing(transaction, options, wanted->id, damage, force).Run();
      if (!result.done) throw NothingDone();
    });
  } catch (const NothingDone&) {
    result.dropped.clear();
  }
  return result;
}

}  // namespace transload
