// Tables that stood in the target before the run, and the foreign keys from and to them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "load/ddl.h"
#include "load/schema_builder_state.h"
#include "load/set_aside.h"

namespace transload {
namespace {

std::string Listed(const std::vector<const TablePlan*>& tables) {
  std::vector<std::string> names;
  for (const TablePlan* table : tables) names.push_back(ddl::Qualified(table->schema, table->name));
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

ObjectOutcome SchemaBuilder::TruncateTables(const std::vector<const TablePlan*>& tables) {
  const std::string all = Listed(tables);
  if (tables.empty()) return {};
  return state_->Do("truncate", all, [&](SqlTransaction& transaction) {
    transaction.Exec("TRUNCATE " + all);
    for (const TablePlan* table : tables) {
      if (state_->Made(transaction, "table", table->schema, table->name, "", "truncated")) continue;
      state_->Record(transaction, "table", table->schema, table->name, "", "truncated", "",
                     OidOfRelation(table->schema, table->name));
    }
  });
}

ObjectOutcome SchemaBuilder::RecordAppend(const std::vector<const TablePlan*>& tables) {
  return state_->Do("table", "existing tables", [&](SqlTransaction& transaction) {
    for (const TablePlan* table : tables) {
      if (state_->Made(transaction, "table", table->schema, table->name, "", "appended")) continue;
      state_->Record(transaction, "table", table->schema, table->name, "", "appended", "",
                     OidOfRelation(table->schema, table->name));
    }
  });
}

ObjectOutcome SchemaBuilder::DropTables(
    const std::vector<const TablePlan*>& tables,
    const std::vector<std::pair<std::string, std::string>>& parents) {
  if (tables.empty()) return {};
  return state_->Do("drop", Listed(tables), [&](SqlTransaction& transaction) {
    std::vector<const TablePlan*> standing;
    for (const TablePlan* table : tables) {
      if (state_->Made(transaction, "table", table->schema, table->name, "", "dropped")) continue;
      state_->Record(transaction, "table", table->schema, table->name, "", "dropped", "",
                     OidOfRelation(table->schema, table->name));
      standing.push_back(table);
    }
    if (!standing.empty()) {
      std::string all = Listed(standing);
      for (const auto& [schema, name] : parents) {
        state_->Record(transaction, "table", schema, name, "", "dropped", "",
                       OidOfRelation(schema, name));
        all += ", " + ddl::Qualified(schema, name);
      }
      transaction.Exec("DROP TABLE " + all);
    }
    for (const TablePlan* table : standing) {
      for (const std::string& sql : ddl::DropBesides(*table)) transaction.Exec(sql);
    }
  });
}

std::vector<ObjectOutcome> SchemaBuilder::DropForeignKeys(
    const std::vector<const TablePlan*>& tables) {
  std::vector<ObjectOutcome> outcomes;
  for (const TablePlan* table : tables) {
    // A partition's key belongs to the one of the table it is a partition of, and goes with it.
    SqlRows keys = state_->session.Exec(
        "with recursive held as (select k.oid, coalesce((to_jsonb(k) ->> 'conparentid')::oid, 0) "
        "as parent from pg_catalog.pg_constraint k where k.contype = 'f' and (k.conrelid = "
        "to_regclass($1::text) or k.confrelid = to_regclass($1::text)) union select k.oid, "
        "coalesce((to_jsonb(k) ->> 'conparentid')::oid, 0) from held h join "
        "pg_catalog.pg_constraint k on k.oid = h.parent) select n.nspname, c.relname, k.conname, "
        "pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint') from held h join "
        "pg_catalog.pg_constraint k on k.oid = h.oid join pg_catalog.pg_class c on c.oid = "
        "k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace where h.parent = 0 "
        "order by k.oid",
        {ddl::Qualified(table->schema, table->name)});
    for (std::size_t row = 0; row < keys.size(); ++row) {
      const std::string owner = ddl::Qualified(keys.Text(row, 0), keys.Text(row, 1));
      outcomes.push_back(state_->Do(
          "foreign key", keys.Text(row, 1) + "." + keys.Text(row, 2),
          [&](SqlTransaction& transaction) {
            if (state_->Made(transaction, "foreign key", keys.Text(row, 0), keys.Text(row, 2),
                             keys.Text(row, 1), "dropped")) {
              return;
            }
            transaction.Exec(fmt::format("ALTER TABLE {} DROP CONSTRAINT {}", owner,
                                         ddl::QuoteName(keys.Text(row, 2))));
            state_->Record(transaction, "foreign key", keys.Text(row, 0), keys.Text(row, 2),
                           keys.Text(row, 1), "dropped", keys.Text(row, 3));
            if (keys.Null(row, 4)) return;
            state_->Record(transaction, "comment", keys.Text(row, 0), keys.Text(row, 2),
                           keys.Text(row, 1), kSetAside,
                           fmt::format("COMMENT ON CONSTRAINT {} ON {} IS {}",
                                       ddl::QuoteName(keys.Text(row, 2)), owner,
                                       ddl::QuoteLiteral(keys.Text(row, 4))));
          }));
    }
  }
  return outcomes;
}

std::vector<ObjectOutcome> SchemaBuilder::RecreateForeignKeys() {
  SqlRows keys = state_->session.Exec(
      state_->Sql("select id, schema, name, \"table\", detail from {L}.object "
                  "where run_id = $1::text and kind = 'foreign key' and action = 'dropped' "
                  "order by id"),
      {state_->run_id});
  std::vector<ObjectOutcome> outcomes;
  for (std::size_t row = 0; row < keys.size(); ++row) {
    const std::string owner = ddl::Qualified(keys.Text(row, 1), keys.Text(row, 3));
    const std::string name = ddl::QuoteName(keys.Text(row, 2));
    const std::string definition = keys.Text(row, 4);
    auto mark = [&](SqlTransaction& transaction) {
      transaction.Exec(state_->Sql("update {L}.object set action = 'recreated' where id = "
                                   "$1::bigint"),
                       {keys.Text(row, 0)});
    };
    const std::string label = keys.Text(row, 3) + "." + keys.Text(row, 2);
    const std::string add =
        fmt::format("ALTER TABLE {} ADD CONSTRAINT {} {}", owner, name, definition);
    outcomes.push_back(state_->Try("foreign key", label, [&](SqlTransaction& transaction) {
      const bool dropped = !transaction
                                .Exec(state_->Sql("select from {L}.object where id = $1::bigint "
                                                  "and action = 'dropped'"),
                                      {keys.Text(row, 0)})
                                .empty();
      if (!dropped) return;  // the answer to the COMMIT was lost
      transaction.Exec(add);
      mark(transaction);
    }));
    ObjectOutcome& outcome = outcomes.back();
    if (outcome.ok) continue;
    if (outcome.code != "23503") {
      state_->RecordFailure(outcome);
      continue;
    }
    // Orphans: the key comes back for new rows, and the report says that old ones break it.
    ObjectOutcome loose = state_->Do("foreign key", label, [&](SqlTransaction& transaction) {
      transaction.Exec(add + (definition.ends_with("NOT VALID") ? "" : " NOT VALID"));
      mark(transaction);
    });
    if (!loose.ok) continue;  // which Do has recorded
    outcome.error += "; the key was made again as NOT VALID";
    outcome.hint = "delete or complete the rows without a parent, then VALIDATE CONSTRAINT";
    state_->RecordUnvalidated(outcome, keys.Text(row, 1), keys.Text(row, 3), keys.Text(row, 2));
  }
  return outcomes;
}

std::vector<ObjectOutcome> SchemaBuilder::ValidateRecreatedKeys() {
  const SqlRows keys = state_->session.Exec(
      state_->Sql("select u.schema, u.name, u.\"table\" from {L}.object u where "
                  "u.run_id = $1::text and u.kind = 'foreign key' and u.action = 'unvalidated' and "
                  "exists (select from {L}.object r where r.run_id = u.run_id and r.kind = u.kind "
                  "and r.schema = u.schema and r.name = u.name and r.\"table\" = u.\"table\" and "
                  "r.action = 'recreated') order by u.id"),
      {state_->run_id});
  std::vector<ObjectOutcome> outcomes;
  for (std::size_t row = 0; row < keys.size(); ++row) {
    const std::string &schema = keys.Text(row, 0), &name = keys.Text(row, 1);
    const std::string& table = keys.Text(row, 2);
    outcomes.push_back(
        state_->Try("foreign key", table + "." + name, [&](SqlTransaction& transaction) {
          transaction.Exec(fmt::format("ALTER TABLE {} VALIDATE CONSTRAINT {}",
                                       ddl::Qualified(schema, table), ddl::QuoteName(name)));
          state_->ForgetUnvalidated(transaction, "foreign key", schema, table, name);
        }));
    // The ledger goes on saying what it said.
    outcomes.back().stands_unvalidated = !outcomes.back().ok;
  }
  return outcomes;
}

}  // namespace transload
