#include "load/set_aside.h"

#include <fmt/format.h>

#include "core/error.h"
#include "load/ddl.h"
#include "load/schema_builder_state.h"

namespace transload {
namespace {

// The table with its partitions (tree) and with those it is one of (above), and the foreign keys on
// and to them: each partition's key belongs to the one of the table it is a partition of.
std::string HeldKeys(const TablePlan& table) {
  return fmt::format(
      "with recursive tree as (select to_regclass({})::oid as oid union all select i.inhrelid from "
      "tree t join pg_catalog.pg_class c on c.oid = t.oid and c.relkind = 'p' join "
      "pg_catalog.pg_inherits i on i.inhparent = t.oid), above as (select oid from tree union "
      "select i.inhparent from above a join pg_catalog.pg_class c on c.oid = a.oid and "
      "c.relispartition join pg_catalog.pg_inherits i on i.inhrelid = a.oid), held as (select "
      "k.oid, coalesce((to_jsonb(k) ->> 'conparentid')::oid, 0) as parent from "
      "pg_catalog.pg_constraint k where k.contype = 'f' and (k.conrelid in (select oid from tree) "
      "or k.confrelid in (select oid from tree)) union select k.oid, coalesce((to_jsonb(k) ->> "
      "'conparentid')::oid, 0) from held h join pg_catalog.pg_constraint k on k.oid = h.parent), "
      "keys as (select k.*, n.nspname, c.relname from held h join pg_catalog.pg_constraint k on "
      "k.oid = h.oid join pg_catalog.pg_class c on c.oid = k.conrelid join "
      "pg_catalog.pg_namespace n on n.oid = c.relnamespace where h.parent = 0) ",
      ddl::QuoteLiteral(ddl::Qualified(table.schema, table.name)));
}

// The ledger's table of objects, and the condition on the alias o for what this run has made.
struct MadeHere {
  MadeHere(const Options& options, const std::string& run_id)
      : objects(ddl::QuoteName(options.ledger_schema) + ".object"),
        run(ddl::QuoteLiteral(run_id)),
        condition(fmt::format("o.run_id = {} and o.action = 'created'", run)) {}
  std::string objects, run, condition;
};

// Triggers and rules that are on: what disables each, what enables it again, then kind, schema,
// name, table and oid. Copies on partitions of a partitioned table's trigger are internal before
// PostgreSQL 13; unlike those of a key they belong to no constraint.
std::string ActiveTriggers(const MadeHere& made, const TablePlan& table) {
  return fmt::format(
      "{} select format('ALTER TABLE %I.%I DISABLE %s %I', n.nspname, c.relname, upper(x.kind), "
      "x.name), format('ALTER TABLE %I.%I ENABLE%s %s %I', n.nspname, c.relname, case x.enabled "
      "when 'A' then ' ALWAYS' when 'R' then ' REPLICA' else '' end, upper(x.kind), x.name), "
      "x.kind, n.nspname, x.name, c.relname, x.oid from (select oid, 'trigger' as kind, tgrelid as "
      "relation, tgname as name, tgenabled as enabled from pg_catalog.pg_trigger where not "
      "tgisinternal or tgconstraint = 0 union all select oid, 'rule', ev_class, rulename, "
      "ev_enabled from pg_catalog.pg_rewrite where rulename <> '_RETURN') x join tree on tree.oid "
      "= x.relation join pg_catalog.pg_class c on c.oid = x.relation join pg_catalog.pg_namespace "
      "n on n.oid = c.relnamespace where x.enabled <> 'D' and exists (select from {} o where "
      "o.kind = 'table' and {} and o.oid = {}::regclass::oid) order by c.relkind <> 'p', x.oid",
      HeldKeys(table), made.objects, made.condition,
      ddl::QuoteLiteral(ddl::Qualified(table.schema, table.name)));
}

}  // namespace

std::vector<std::string> SetAsideSql(TableReader& reader, const Options& options,
                                     const std::string& run_id, const TablePlan& table) {
  const MadeHere made(options, run_id);
  std::vector<std::string> statements;
  // What to run now, and what puts it back; kind, schema, name and table of the ledger's row.
  auto set_aside = [&](const std::string& query) {
    for (const auto& row : reader.Query(query)) {
      if (!row[0]->empty()) statements.push_back(*row[0]);
      auto text = [&row](std::size_t column) {
        return ddl::QuoteLiteral(row[column].value_or(""));
      };
      statements.push_back(fmt::format(
          "INSERT INTO {} (run_id, kind, schema, name, \"table\", action, detail, oid) VALUES ({}, "
          "{}, {}, {}, {}, '{}', {}, {})",
          made.objects, made.run, text(2), text(3), text(4), text(5), kSetAside, text(1), *row[6]));
    }
  };
  auto made_keys = [&](const std::string& columns) {
    return fmt::format(
        "{} select {} from keys k join {} o on o.oid = k.oid and o.kind = 'foreign key' and {}",
        HeldKeys(table), columns, made.objects, made.condition);
  };
  set_aside(
      made_keys("format('ALTER TABLE %I.%I DROP CONSTRAINT %I', k.nspname, k.relname, k.conname), "
                "format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', k.nspname, k.relname, "
                "k.conname, pg_get_constraintdef(k.oid)), 'foreign key', k.nspname, k.conname, "
                "k.relname, k.oid"));
  set_aside(made_keys("'', format('COMMENT ON CONSTRAINT %I ON %I.%I IS %L', k.conname, k.nspname, "
                      "k.relname, obj_description(k.oid, 'pg_constraint')), 'comment', k.nspname, "
                      "k.conname, k.relname, 0") +
            " where obj_description(k.oid, 'pg_constraint') is not null");
  set_aside(ActiveTriggers(made, table));
  return statements;
}

TriggerSwitch TriggersOf(TableReader& reader, const Options& options, const std::string& run_id,
                         const TablePlan& table) {
  TriggerSwitch triggers;
  for (const auto& row : reader.Query(ActiveTriggers(MadeHere(options, run_id), table))) {
    triggers.off.push_back(*row[0]);
    triggers.on.push_back(*row[1]);
  }
  return triggers;
}

void RefuseForeignCascades(TableReader& reader, const Options& options, const std::string& run_id,
                           const std::vector<TablePlan>& tables) {
  const MadeHere made(options, run_id);
  std::string listed;
  for (const TablePlan& table : tables) {
    for (const auto& row : reader.Query(fmt::format(
             "{} select k.conname, format('%I.%I', k.nspname, k.relname), case k.confdeltype when "
             "'c' then 'CASCADE' when 'n' then 'SET NULL' else 'SET DEFAULT' end from keys k where "
             "k.confdeltype in ('c', 'n', 'd') and k.confrelid in (select oid from above) and not "
             "exists (select from {} o where o.oid = k.oid and o.kind = 'foreign key' and {}) "
             "order by 2, 1",
             HeldKeys(table), made.objects, made.condition))) {
      listed += fmt::format("\n  foreign key {} of table {} refers to {} ON DELETE {}", *row[0],
                            *row[1], table.TargetLabel(), *row[2]);
    }
  }
  if (listed.empty()) return;
  throw RefusedError(fmt::format(
      "rows are to be deleted and loaded again, and foreign keys that the run did not make would "
      "delete or change others along with them; drop these, give the same command again, and make "
      "them again afterwards:{}",
      listed));
}

std::vector<ObjectOutcome> SchemaBuilder::PutBack() {
  const SqlRows rows = state_->session.Exec(
      state_->Sql("select id, kind, schema, name, \"table\", detail, oid from {L}.object where "
                  "run_id = $1::text and action = $2::text order by id"),
      {state_->run_id, kSetAside});
  std::vector<ObjectOutcome> outcomes;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::string& kind = rows.Text(row, 1);
    const std::string label =
        fmt::format("{}.{}.{}", rows.Text(row, 2), rows.Text(row, 4), rows.Text(row, 3));
    auto put_back = [&](const std::string& sql) {
      return state_->Do(kind, label, [&](SqlTransaction& transaction) {
        const SqlRows still = transaction.Exec(
            state_->Sql("delete from {L}.object where id = $1::bigint returning id"),
            {rows.Text(row, 0)});
        if (still.empty()) return;  // the answer to the COMMIT was lost
        transaction.Exec(sql);
        // That it would not go back as it was is no failure once it is back NOT VALID.
        transaction.Exec(state_->Sql("delete from {L}.object where run_id = $1::text and kind = "
                                     "$2::text and name = $3::text and action = 'failed'"),
                         {state_->run_id, kind, label});
        if (kind != "foreign key") return;
        transaction.Exec(
            state_->Sql(
                "update {L}.object set oid = (select k.oid from pg_catalog.pg_constraint k where "
                "k.conrelid = $3::regclass and k.conname = $4::text) where run_id = $1::text and "
                "kind = 'foreign key' and action = 'created' and oid = $2::bigint"),
            {state_->run_id, rows.Text(row, 6),
             ddl::Qualified(rows.Text(row, 2), rows.Text(row, 4)), rows.Text(row, 3)});
      });
    };
    const std::string& sql = rows.Text(row, 5);
    outcomes.push_back(put_back(sql));
    if (!outcomes.back().ok && outcomes.back().code == "23503" && !sql.ends_with("NOT VALID")) {
      // Orphans: whoever validates the key next tells of them.
      outcomes.push_back(put_back(sql + " NOT VALID"));
    }
  }
  return outcomes;
}

}  // namespace transload
