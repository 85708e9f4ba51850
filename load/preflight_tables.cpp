// May tables that stand in the target be used for the run? Reads only.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "load/ddl.h"
#include "load/preflight_list.h"

namespace transload {
namespace {

void CheckExisting(const std::vector<ExistingTable>& existing, const Options& options,
                   Checklist& list) {
  for (const ExistingTable& table : existing) {
    const std::string subject = fmt::format("{}.{}", table.schema, table.name);
    if (options.data_only && table.kind == 'S') continue;
    const bool plain = table.kind == 'r' || table.kind == 'p';
    const bool reuse = options.data_only || options.on_existing == OnExisting::kTruncate ||
                       options.on_existing == OnExisting::kAppend;
    if (!plain) {
      list.Refuse(subject, "something that is not a table has this name");
    } else if (reuse && table.has_rows && options.on_existing == OnExisting::kFail) {
      list.Refuse(subject, "the table has rows: empty it, or say --on-existing truncate or append");
    } else if (!reuse && options.on_existing == OnExisting::kFail) {
      list.Refuse(subject,
                  "exists already: --on-existing truncate, drop or append, another "
                  "--schema, or undo the run that made it");
    } else if (options.on_existing == OnExisting::kTruncate ||
               options.on_existing == OnExisting::kDrop) {
      list.Warn(subject,
                options.on_existing == OnExisting::kDrop ? "will be dropped" : "will be emptied");
    }
  }
}

// What loading into a table that stands takes of it: rows in, and out again to prove them; LOCK
// TABLE goes by the table's own privileges. Only its owner may drop a foreign key and make it
// again.
void CheckTablePrivileges(Session& session, const std::vector<ExistingTable>& existing,
                          const Options& options, Checklist& list) {
  const bool truncates = options.on_existing == OnExisting::kTruncate;
  const bool appends = options.on_existing == OnExisting::kAppend;
  if (!options.data_only && !truncates && !appends) return;
  for (const ExistingTable& table : existing) {
    const std::string name = ddl::Qualified(table.schema, table.name);
    const std::string subject = fmt::format("{}.{}", table.schema, table.name);
    if (table.kind == 'S') {
      const bool settable =
          session.Exec("select has_sequence_privilege($1::text, 'update')", {name}).Bool(0, 0);
      if (!settable) list.Refuse(subject, "GRANT UPDATE ON SEQUENCE " + name);
      continue;
    }
    if (table.kind != 'r' && table.kind != 'p') continue;
    const SqlRows row = session.Exec(
        "select concat_ws(', ', case when not has_any_column_privilege(c.oid, 'select') then "
        "'SELECT' end, case when not (has_any_column_privilege(c.oid, 'insert') and "
        "has_table_privilege(c.oid, 'insert, update, delete, truncate')) then 'INSERT' end, case "
        "when $2::boolean and not has_table_privilege(c.oid, 'truncate') then 'TRUNCATE' end), "
        "(select string_agg(distinct k.conrelid::regclass::text, ', ') from "
        "pg_catalog.pg_constraint k join pg_catalog.pg_class o on o.oid = k.conrelid where "
        "k.contype = 'f' and c.oid in (k.conrelid, k.confrelid) and not pg_has_role(o.relowner, "
        "'usage')) from pg_catalog.pg_class c where c.oid = to_regclass($1::text)",
        {name, truncates ? "t" : "f"});
    if (row.empty()) continue;
    if (!row.Text(0, 0).empty()) {
      list.Refuse(subject, fmt::format("GRANT {} ON {}", row.Text(0, 0), name));
    }
    if (!row.Null(0, 1)) {
      list.Refuse(subject, fmt::format("foreign keys are dropped for loading and made again, which "
                                       "the owner alone may do: be owner of {}",
                                       row.Text(0, 1)));
    }
  }
}

// Triggers of a table that the run did not make are its owner's, and COPY fires them.
void CheckTriggers(Session& session, const std::vector<ExistingTable>& existing,
                   const Options& options, Checklist& list) {
  const bool truncates = options.on_existing == OnExisting::kTruncate;
  if (options.on_existing == OnExisting::kDrop) return;
  for (const ExistingTable& table : existing) {
    if (table.kind != 'r' && table.kind != 'p') continue;
    const SqlRows found = session.Exec(
        "select string_agg(quote_ident(t.tgname), ', ' order by t.tgname) from "
        "pg_catalog.pg_trigger t where t.tgrelid = to_regclass($1::text) and not t.tgisinternal "
        "and "
        "t.tgenabled in ('O', 'A') and (t.tgtype & 4 <> 0 or ($2::boolean and t.tgtype & 32 <> 0))",
        {ddl::Qualified(table.schema, table.name), truncates ? "t" : "f"});
    if (found.Null(0, 0)) continue;
    list.Warn(
        fmt::format("{}.{}", table.schema, table.name),
        fmt::format("its triggers fire while rows are loaded: {}; disable those that must not",
                    found.Text(0, 0)));
  }
}

std::string Rows(const std::vector<std::string>& texts) {
  std::vector<std::string> rows;
  for (const std::string& text : texts) rows.push_back("(" + ddl::QuoteLiteral(text) + ")");
  return fmt::format("{}", fmt::join(rows, ", "));
}

// What a run makes beside a table: enum types and functions of triggers, by qualified name.
struct Besides {
  std::vector<std::string> types, functions;

  void Add(const TablePlan& table) {
    for (const EnumTypePlan& type : table.types) {
      types.push_back(ddl::Qualified(type.schema, type.name));
    }
    for (const TouchTriggerPlan& trigger : table.triggers) {
      functions.push_back(ddl::Qualified(table.schema, trigger.function) + "()");
    }
  }
  // Rows of what stands of them, with the words of a DROP.
  std::string StandingSql() const {
    std::string sql = "select 'pg_catalog.pg_class'::regclass::oid, 0::oid, '' where false";
    if (!types.empty()) {
      sql +=
          " union all select 'pg_catalog.pg_type'::regclass, to_regtype(name), 'TYPE ' || name "
          "from (values " +
          Rows(types) + ") t (name) where to_regtype(name) is not null";
    }
    if (!functions.empty()) {
      sql +=
          " union all select 'pg_catalog.pg_proc'::regclass, to_regprocedure(name), "
          "'FUNCTION ' || name from (values " +
          Rows(functions) + ") f (name) where to_regprocedure(name) is not null";
    }
    return sql;
  }
};

// A table that stands no more may have left them behind; the run makes its own.
void CheckBesides(Session& session, const MigrationPlan& plan,
                  const std::vector<const TablePlan*>& standing, Checklist& list) {
  Besides besides;
  for (const TablePlan& table : plan.tables) {
    if (std::find(standing.begin(), standing.end(), &table) == standing.end()) besides.Add(table);
  }
  const SqlRows found =
      session.Exec("select name from (" + besides.StandingSql() + ") s (class, oid, name)");
  for (std::size_t row = 0; row < found.size(); ++row) {
    list.Refuse(found.Text(row, 0),
                fmt::format("exists already, and its table does not: DROP {}, or take another "
                            "--schema",
                            found.Text(row, 0)));
  }
}

// DROP never cascades here: what would hold it up is named before anything is touched.
void CheckDropped(Session& session, const std::vector<std::string>& doomed, const Besides& besides,
                  Checklist& list) {
  if (doomed.empty()) return;
  const std::string oids =
      "select to_regclass(name) as oid from (values " + Rows(doomed) + ") v (name)";
  const SqlRows kept = session.Exec(
      "select c.oid::regclass::text from (" + oids +
      ") d join pg_catalog.pg_class c on c.oid = d.oid join pg_catalog.pg_namespace n on n.oid = "
      "c.relnamespace where not (pg_has_role(c.relowner, 'usage') or pg_has_role(n.nspowner, "
      "'usage')) order by 1");
  for (std::size_t row = 0; row < kept.size(); ++row) {
    list.Refuse(kept.Text(row, 0), "only its owner, or its schema's, may drop it");
  }
  // What goes with the tables, and what needs any of that; of a view it is the rule that does.
  const SqlRows held = session.Exec(
      "with recursive gone (classid, objid) as (select 'pg_catalog.pg_class'::regclass::oid, "
      "oid::oid from (" +
      oids + ") d union select class, oid from (" + besides.StandingSql() +
      ") s (class, oid, name) union select d.classid, d.objid from gone g join "
      "pg_catalog.pg_depend d on "
      "(d.refclassid, d.refobjid) = (g.classid, g.objid) where d.deptype in ('a', 'i', 'P', 'S', "
      "'x') and d.objsubid = 0) select pg_describe_object(f.classid, f.objid, 0), "
      "string_agg(distinct pg_describe_object(f.by_class, f.by, f.by_sub), ', ') from (select g.*, "
      "coalesce(w.refclassid, d.classid) as by_class, coalesce(w.refobjid, d.objid) as by, case "
      "when w.refobjid is null then d.objsubid else 0 end as by_sub from gone g join "
      "pg_catalog.pg_depend d on (d.refclassid, d.refobjid) = (g.classid, g.objid) and d.deptype = "
      "'n' left join pg_catalog.pg_depend w on (w.classid, w.objid, w.objsubid) = (d.classid, "
      "d.objid, d.objsubid) and w.deptype = 'i' where (d.classid, d.objid) not in (select classid, "
      "objid from gone)) f where (f.by_class, f.by) not in (select classid, objid from gone) group "
      "by f.classid, f.objid order by 1");
  for (std::size_t row = 0; row < held.size(); ++row) {
    list.Refuse(held.Text(row, 0),
                fmt::format("cannot be dropped while {} needs it: drop that first (nothing is "
                            "dropped by CASCADE), or take another --on-existing",
                            held.Text(row, 1)));
  }
}

// --data-only makes no table and no sequence.
void CheckMissing(const std::vector<ExistingTable>& existing, const MigrationPlan& plan,
                  Checklist& list) {
  for (const TablePlan& table : plan.tables) {
    const bool there =
        std::any_of(existing.begin(), existing.end(), [&](const ExistingTable& other) {
          return other.schema == table.schema && other.name == table.name && other.kind != 'S';
        });
    if (there) continue;
    list.Refuse(fmt::format("{}.{}", table.schema, table.name),
                fmt::format("--data-only: there is no such table for {}; create it, or leave it "
                            "out with --exclude",
                            table.SourceLabel()));
  }
  for (const SequencePlan& sequence : plan.sequences) {
    const bool there =
        std::any_of(existing.begin(), existing.end(), [&](const ExistingTable& other) {
          return other.schema == sequence.schema && other.name == sequence.name &&
                 other.kind == 'S';
        });
    if (there) continue;
    list.Refuse(fmt::format("{}.{}", sequence.schema, sequence.name),
                "--data-only: there is no such sequence; create it");
  }
}

}  // namespace

std::vector<const TablePlan*> PlansOf(const std::vector<ExistingTable>& existing,
                                      const MigrationPlan& plan) {
  std::set<std::pair<std::string, std::string>> standing;
  for (const ExistingTable& table : existing) {
    if (table.kind == 'r' || table.kind == 'p') standing.emplace(table.schema, table.name);
  }
  std::vector<const TablePlan*> plans;
  for (const TablePlan& table : plan.tables) {
    if (standing.contains({table.schema, table.name})) plans.push_back(&table);
  }
  return plans;
}

void CheckStandingTables(Session& session, const MigrationPlan& plan, const Options& options,
                         const std::vector<ExistingTable>& existing,
                         const std::vector<std::pair<std::string, std::string>>& parents,
                         Checklist& list) {
  CheckExisting(existing, options, list);
  CheckTablePrivileges(session, existing, options, list);
  CheckTriggers(session, existing, options, list);
  const std::vector<const TablePlan*> standing = PlansOf(existing, plan);
  if (options.on_existing == OnExisting::kDrop) {
    std::vector<std::string> doomed;
    Besides besides;
    for (const TablePlan* table : standing) {
      doomed.push_back(ddl::Qualified(table->schema, table->name));
      besides.Add(*table);
    }
    for (const auto& [schema, name] : parents) {
      list.Warn(fmt::format("{}.{}", schema, name), "will be dropped");
      doomed.push_back(ddl::Qualified(schema, name));
    }
    CheckDropped(session, doomed, besides, list);
  }
  if (!options.data_only) CheckBesides(session, plan, standing, list);
  if (options.data_only) CheckMissing(existing, plan, list);
}

}  // namespace transload
