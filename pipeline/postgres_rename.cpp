#include "pipeline/postgres_rename.h"

#include <fmt/format.h>

#include <set>

#include "load/ddl.h"
#include "pipeline/postgres_extras.h"

namespace transload {
namespace {

bool TargetSays(Endpoints& ends, const std::string& sql) {
  return !ends.target.QueryText(sql).empty();
}

bool Stands(Endpoints& ends, const std::string& schema) {
  return TargetSays(
      ends, "select 1 from pg_catalog.pg_namespace where nspname = " + ddl::QuoteLiteral(schema));
}

// What lies in a schema, everything depends on it.
std::string HoldsSomething(const std::string& schema) {
  return "select 1 from pg_catalog.pg_depend d join pg_catalog.pg_namespace n on n.oid = "
         "d.refobjid and d.refclassid = 'pg_catalog.pg_namespace'::regclass where n.nspname = " +
         ddl::QuoteLiteral(schema) + " limit 1";
}

void CheckOne(Endpoints& ends, const std::string& from, const std::string& to,
              std::vector<PreflightItem>& items) {
  auto refuse = [&](const std::string& why) {
    items.push_back({CheckResult::kRefusal, fmt::format("--rename-schema {}={}", from, to), why});
  };
  if (Stands(ends, to)) {
    refuse(
        fmt::format("the target has a schema {} already; drop it if it is empty, or choose "
                    "another name",
                    to));
  }
  const std::string in_source = to == "public" ? HoldsSomething(to)
                                               : "select 1 from pg_catalog.pg_namespace where "
                                                 "nspname = " +
                                                     ddl::QuoteLiteral(to);
  if (AsPostgres(ends)->Query(in_source).size() > 0) {
    refuse(fmt::format("the source has a schema {} too; choose another name", to));
  }
  if (!Stands(ends, from)) return;
  if (from != "public" || TargetSays(ends, HoldsSomething(from))) {
    refuse(
        fmt::format("the target has a schema {} of its own, and everything is made under that "
                    "name before it is renamed; rename the target's for the time, or make the "
                    "tables yourself and use --data-only",
                    from));
  } else if (!TargetSays(ends,
                         "select 1 from pg_catalog.pg_namespace where nspname = 'public' and "
                         "pg_catalog.pg_has_role(nspowner, 'usage')")) {
    refuse(
        "the login does not own the target's schema public, and cannot rename it; give it to "
        "the login");
  }
}

}  // namespace

std::map<std::string, std::string> RenamesOf(const Endpoints& ends) {
  if (ends.options.data_only ||
      dynamic_cast<postgres::PostgresSource*>(ends.source.get()) == nullptr) {
    return {};
  }
  return ends.options.rename_schema;
}

std::string TargetSchemas(const Endpoints& ends, const MigrationPlan& plan) {
  std::set<std::string> schemas(plan.schemas.begin(), plan.schemas.end());
  for (const TablePlan& table : plan.tables) schemas.insert(table.schema);
  // By the names that they end with, also while they have others.
  for (const auto& [from, to] : RenamesOf(ends)) {
    if (schemas.erase(from) > 0) schemas.insert(to);
  }
  std::string key;
  for (const std::string& schema : schemas) key += (key.empty() ? "" : ",") + schema;
  return key;
}

std::string RenameKey(const std::string& from, const std::string& to) {
  return fmt::format("schema rename|{}||{}", from, to);
}

std::vector<PreflightItem> CheckRenames(Endpoints& ends) {
  std::vector<PreflightItem> items;
  for (const auto& [from, to] : RenamesOf(ends)) CheckOne(ends, from, to, items);
  return items;
}

void UseSourceSchemas(std::vector<TablePlan>& tables) {
  for (TablePlan& table : tables) table.schema = table.source_schema;
}

void UseTargetSchemas(std::vector<TablePlan>& tables,
                      const std::map<std::string, std::string>& renames) {
  for (TablePlan& table : tables) {
    auto renamed = renames.find(table.source_schema);
    if (renamed != renames.end()) table.schema = renamed->second;
  }
}

std::vector<std::string> OldNamesInText(Endpoints& ends,
                                        const std::map<std::string, std::string>& renames) {
  std::vector<std::string> sentences;
  for (const auto& [from, to] : renames) {
    const std::string name =
        "regexp_replace(" + ddl::QuoteLiteral(from) + ", '([^[:alnum:]_])', '\\\\\\1', 'g')";
    std::string found = ends.target.QueryText(
        "select string_agg(f, ', ' order by f) from (select p.oid::regprocedure::text as f from "
        "pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace where "
        "n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and not exists (select 1 from "
        "pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = "
        "p.oid and d.deptype = 'e') and (p.prosrc ~ ('(^|[^[:alnum:]_$\"])\"?' || " +
        name + " || '\"?[[:space:]]*[.]') or array_to_string(p.proconfig, ',') ~ ('\\m' || " +
        name + " || '\\M'))) f having count(*) > 0");
    while (!found.empty() && found.back() == '\n') found.pop_back();
    if (found.empty() || found == "\\N") continue;
    sentences.push_back(
        fmt::format("schema {} is {} now, and the text of these functions still names it as it "
                    "was: {}",
                    from, to, found));
  }
  return sentences;
}

}  // namespace transload
