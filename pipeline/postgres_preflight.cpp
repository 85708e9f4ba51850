// What only both ends together can tell: what the target lacks of what the source's objects need.
#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <map>
#include <set>
#include <sstream>

#include "core/error.h"
#include "extract/postgres/catalogue.h"
#include "load/ddl.h"
#include "load/pg_programs.h"
#include "pipeline/postgres_catalogue.h"
#include "pipeline/postgres_extras.h"

namespace transload {
namespace {

constexpr std::size_t kMostNamed = 20;

// Name and version of the library's order: of the database's own collation, and of those that
// `which` chooses. The library is asked for each, and PostgreSQL knows 800 of them.
std::string CollationVersionsSql(const std::string& which) {
  return "select name, min(version) as version from (select 'default' as name, "
         "coalesce(to_jsonb(d) ->> 'datcollversion', (select max(pg_collation_actual_version("
         "l.oid)) from pg_catalog.pg_collation l where l.collprovider = 'c' and l.collcollate = "
         "d.datcollate)) as version from pg_catalog.pg_database d where d.datname = "
         "current_database() union all select l.collname, pg_collation_actual_version(l.oid) from "
         "pg_catalog.pg_collation l where l.collencoding in (-1, 6) and " +
         which + ") v where version is not null group by name";
}

class PairChecklist {
 public:
  explicit PairChecklist(Endpoints& ends) : ends_(ends), source_(*AsPostgres(ends)) {}

  std::vector<PreflightItem> Run(const MigrationPlan& plan) {
    CheckVersions();
    CheckPrivileges(plan);
    if (!ends_.options.data_only) {
      CheckPrograms();
      CheckBackslashes();
      CheckNames(
          "roles",
          "select distinct r.rolname from pg_catalog.pg_shdepend d join pg_catalog.pg_roles "
          "r on r.oid = d.refobjid where d.refclassid = 'pg_catalog.pg_authid'::regclass and "
          "d.dbid = (select oid from pg_catalog.pg_database where datname = "
          "current_database())",
          "select rolname from pg_catalog.pg_roles",
          "what they own will belong to the login, and what was granted to them is left out; "
          "pg_dumpall --roles-only carries them over");
      CheckNames("tablespaces",
                 "select distinct t.spcname from pg_catalog.pg_class c join "
                 "pg_catalog.pg_tablespace t on t.oid = c.reltablespace where t.spcname <> "
                 "'pg_global'",
                 "select spcname from pg_catalog.pg_tablespace",
                 "what is in them goes to the default tablespace");
      CheckExtensions();
      CheckBesideExtensions(plan);
      CountLargeObjects();
      CheckNames("collations",
                 "select distinct quote_ident(l.collname) from pg_catalog.pg_attribute a join "
                 "pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on "
                 "n.oid = c.relnamespace join pg_catalog.pg_collation l on l.oid = a.attcollation "
                 "where c.relkind in ('r', 'p', 'm', 'i', 'I') and n.nspname !~ '^pg_' and "
                 "l.collnamespace = 'pg_catalog'::regnamespace order by 1",
                 "select distinct quote_ident(collname) from pg_catalog.pg_collation where "
                 "collencoding in (-1, 6)",
                 "tables and indexes with such columns cannot be made; install the locales and "
                 "run pg_import_system_collations('pg_catalog')");
    }
    if (ends_.options.data_only) CheckSequences(plan);
    CheckEncoding();
    CheckCollationVersions();
    CheckMoney();
    return std::move(items_);
  }

 private:
  void Add(CheckResult result, std::string subject, std::string text) {
    items_.push_back({result, std::move(subject), std::move(text)});
  }
  std::vector<std::string> SourceColumn(const std::string& sql) {
    postgres::SqlRows rows = source_.Query(sql);
    std::vector<std::string> values;
    for (std::size_t row = 0; row < rows.size(); ++row) values.push_back(rows.Text(row, 0));
    return values;
  }
  static std::string Named(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < kMostNamed; ++i) {
      text += (i > 0 ? ", " : "") + names[i];
    }
    if (names.size() > kMostNamed) text += fmt::format(" and {} more", names.size() - kMostNamed);
    return text;
  }

  void CheckVersions() {
    const int source = source_.version_num() / kMajor;
    const int target = ends_.target.Info().version_num / kMajor;
    const std::string text = fmt::format("{} to {}", source, target);
    if (source > target) {
      Add(CheckResult::kRefusal, "versions",
          text + ": a database does not go into an older version; install a newer target");
    } else {
      Add(CheckResult::kOk, "versions", text);
    }
  }

  void CheckPrograms() {
    try {
      const PgPrograms found = FindPgPrograms(ends_.options.pg_bin, source_.version_num() / kMajor,
                                              ends_.target.Info().version_num / kMajor);
      Add(CheckResult::kOk, "pg_dump", fmt::format("{} is {}", found.pg_dump, found.version));
    } catch (const Error& error) {
      Add(CheckResult::kRefusal, "pg_dump", error.what());
    }
  }

  // pg_dump takes the setting over, and its SQL is then read as it was not meant.
  void CheckBackslashes() {
    const bool off = !SourceColumn(
                          "select name from pg_catalog.pg_settings where name = "
                          "'standard_conforming_strings' and reset_val = 'off'")
                          .empty();
    if (!off) return;
    Add(CheckResult::kRefusal, "standard_conforming_strings",
        "off for the login at the source: backslashes in definitions would become others; give the "
        "source URL options=-c%20standard_conforming_strings%3Don");
  }

  // pg_dump cannot tell of a partitioned table without all of its partitions, nor of a table
  // without its sequences.
  void CheckPrivileges(const MigrationPlan& plan) {
    std::set<postgres::TableName> planned;
    for (const TablePlan& table : plan.tables) {
      planned.emplace(table.source_schema, table.source_name);
    }
    auto is_planned = [&](const postgres::TableName& name) { return planned.contains(name); };
    std::vector<std::string> wanted, others;
    for (const auto& [table, tree] : source_.UnreadableTables()) {
      const bool needed = std::any_of(tree.begin(), tree.end(), is_planned);
      (needed ? wanted : others).push_back(table.first + "." + table.second);
    }
    CheckPolicies(planned);
    const bool subset = !ends_.options.include.empty() || !ends_.options.exclude.empty();
    for (const auto& [sequence, users] : source_.UnreadableSequences()) {
      const bool needed =
          users.empty() ? !subset : std::any_of(users.begin(), users.end(), is_planned);
      (needed ? wanted : others).push_back("sequence " + sequence.first + "." + sequence.second);
    }
    if (!wanted.empty()) {
      Add(CheckResult::kRefusal, "privilege SELECT",
          fmt::format("missing on {}: grant it (and USAGE on the schema), or leave the tables out "
                      "with --exclude",
                      Named(wanted)));
    } else {
      Add(CheckResult::kOk, "privilege SELECT",
          others.empty() ? "on all tables and sequences"
                         : fmt::format("on all that is moved; not on {}", Named(others)));
    }
  }

  // A policy applies to whoever is not the owner (or is, where it is forced), a superuser or a role
  // with BYPASSRLS. Rows are read with row_security = off, which makes it an error.
  void CheckPolicies(const std::set<postgres::TableName>& planned) {
    const postgres::SqlRows rows = source_.Query(
        "select n.nspname, c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on "
        "n.oid = c.relnamespace where c.relkind in ('r', 'p') and c.relrowsecurity and "
        "pg_catalog.row_security_active(c.oid) order by 1, 2");
    std::vector<std::string> guarded;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const postgres::TableName name(rows.Text(row, 0), rows.Text(row, 1));
      if (planned.contains(name)) guarded.push_back(name.first + "." + name.second);
    }
    if (guarded.empty()) return;
    Add(CheckResult::kRefusal, "row-level security",
        fmt::format("policies would hide rows of {} from this login: connect as their owner, a "
                    "superuser or a role with BYPASSRLS, or leave them out with --exclude",
                    Named(guarded)));
  }

  // --data-only finds them there: those of the tables that are moved, of all when nothing is left
  // out.
  void CheckSequences(const MigrationPlan& plan) {
    std::set<postgres::TableName> planned;
    for (const TablePlan& table : plan.tables) {
      planned.emplace(table.source_schema, table.source_name);
    }
    const bool subset = !ends_.options.include.empty() || !ends_.options.exclude.empty();
    const std::set<std::string> there = Lines(ends_.target.QueryText(
        "select n.nspname, c.relname, case when pg_catalog.has_sequence_privilege(c.oid, 'update') "
        "then '' else 'kept' end from pg_catalog.pg_class c join pg_catalog.pg_namespace n on "
        "n.oid = c.relnamespace where c.relkind = 'S'"));
    const postgres::SqlRows used = source_.Query(
        "select n.nspname, c.relname, tn.nspname, t.relname from pg_catalog.pg_class c join "
        "pg_catalog.pg_namespace n on n.oid = c.relnamespace left join pg_catalog.pg_depend d on "
        "d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.refclassid = "
        "'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i') left join "
        "pg_catalog.pg_class t on t.oid = d.refobjid left join pg_catalog.pg_namespace tn on "
        "tn.oid = t.relnamespace where c.relkind = 'S' and c.relpersistence <> 't' and n.nspname "
        "<> 'information_schema' and n.nspname !~ '^pg_' and n.nspname not in (" +
        std::string(postgres::kLedgerSchemas) +
        ") and not exists (select from pg_catalog.pg_depend e where e.classid = "
        "'pg_catalog.pg_class'::regclass and e.objid = c.oid and e.deptype = 'e') order by 1, 2");
    std::vector<std::string> missing, kept;
    for (std::size_t row = 0; row < used.size(); ++row) {
      const bool owned = !used.Null(row, 2);
      if (owned ? !planned.contains({used.Text(row, 2), used.Text(row, 3)}) : subset) continue;
      auto renamed = ends_.options.rename_schema.find(used.Text(row, 0));
      const std::string schema =
          renamed == ends_.options.rename_schema.end() ? used.Text(row, 0) : renamed->second;
      const std::string name = schema + "\t" + used.Text(row, 1) + "\t";
      const std::string label = schema + "." + used.Text(row, 1);
      if (there.contains(name + "kept")) {
        kept.push_back(ddl::Qualified(schema, used.Text(row, 1)));
      } else if (!there.contains(name)) {
        missing.push_back(label);
      }
    }
    if (!kept.empty()) {
      Add(CheckResult::kRefusal, "sequences", "GRANT UPDATE ON SEQUENCE " + Named(kept));
    }
    if (!missing.empty()) {
      Add(CheckResult::kWarning, "sequences",
          fmt::format("the target lacks {}: their values will be set nowhere; create them first, "
                      "or with the source stopped set what stands for them by hand",
                      Named(missing)));
    }
  }

  void CheckNames(const std::string& what, const std::string& source_sql,
                  const std::string& target_sql, const std::string& consequence) {
    const std::set<std::string> there = Lines(ends_.target.QueryText(target_sql));
    std::vector<std::string> missing;
    for (const std::string& name : SourceColumn(source_sql)) {
      if (!there.contains(name)) missing.push_back(name);
    }
    if (missing.empty()) {
      Add(CheckResult::kOk, what, "the target has all that are used");
    } else {
      Add(CheckResult::kWarning, what,
          fmt::format("the target lacks {}: {}", Named(missing), consequence));
    }
  }

  void CheckExtensions() {
    std::map<std::string, std::string> offered;
    std::istringstream lines(ends_.target.QueryText(
        "select name, default_version from pg_catalog.pg_available_extensions"));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t tab = line.find('\t');
      if (tab != std::string::npos) offered[line.substr(0, tab)] = line.substr(tab + 1);
    }
    postgres::SqlRows used =
        source_.Query("select extname, extversion from pg_catalog.pg_extension order by extname");
    std::vector<std::string> missing, other;
    for (std::size_t row = 0; row < used.size(); ++row) {
      auto found = offered.find(used.Text(row, 0));
      if (found == offered.end()) {
        missing.push_back(used.Text(row, 0));
      } else if (found->second != used.Text(row, 1)) {
        other.push_back(
            fmt::format("{} {} -> {}", used.Text(row, 0), used.Text(row, 1), found->second));
      }
    }
    if (!missing.empty()) {
      Add(CheckResult::kRefusal, "extensions",
          fmt::format("the target's server lacks {}: install their packages there, or drop them at "
                      "the source",
                      Named(missing)));
    } else {
      Add(CheckResult::kOk, "extensions", "the target offers all that are used");
    }
    if (!other.empty()) Add(CheckResult::kWarning, "extension versions", Named(other));
  }

  // They come after all tables, in no partitions, and an estimate knows nothing of them.
  void CountLargeObjects() {
    const std::string said = TellOfLargeObjects(ends_);
    if (!said.empty()) Add(CheckResult::kOk, "large objects", said);
  }

  void CheckBesideExtensions(const MigrationPlan& plan) {
    std::vector<std::string> names;
    for (const NotMigrated& thing : plan.not_migrated) {
      if (thing.reason == postgres::kBesideExtension)
        names.push_back(thing.kind + " " + thing.name);
    }
    if (names.empty()) return;
    Add(CheckResult::kWarning, "additions to extensions",
        fmt::format("{}: {}", Named(names), postgres::kBesideExtension));
  }

  void CheckEncoding() {
    const std::string sql =
        "select coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') || ' ' || datcollate || ' ' || "
        "datctype || ' ' || coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', "
        "'') from pg_catalog.pg_database d where datname = current_database()";
    const std::vector<std::string> source = SourceColumn(sql);
    std::string target = ends_.target.QueryText(sql);
    while (!target.empty() && target.back() == '\n') target.pop_back();
    if (source.at(0) == target) {
      Add(CheckResult::kOk, "collation", target);
      return;
    }
    std::vector<std::string> indexes = SourceColumn(
        "select distinct n.nspname || '.' || c.relname from pg_catalog.pg_index i join "
        "pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = "
        "c.relnamespace cross join lateral unnest(i.indcollation::oid[]) k(coll) where k.coll = "
        "100 and n.nspname !~ '^pg_' order by 1");
    Add(CheckResult::kWarning, "collation",
        fmt::format("the source's default is '{}', the target's '{}': text is ordered otherwise "
                    "there{}",
                    source.at(0), target,
                    indexes.empty() ? "" : "; indexes on such columns: " + Named(indexes)));
  }

  // Text is ordered by libraries (libc, ICU) that change from version to version: not a fault,
  // since all indexes are built anew, but ranges of partitions and checks may see another order.
  void CheckCollationVersions() {
    postgres::SqlRows used = source_.Query(CollationVersionsSql(
        "l.oid in (select a.attcollation from pg_catalog.pg_attribute a join pg_catalog.pg_class c "
        "on c.oid = a.attrelid where c.relkind in ('r', 'p', 'i', 'I', 'm'))"));
    if (used.empty()) return;
    std::string names;
    for (std::size_t row = 0; row < used.size(); ++row) {
      names += (row > 0 ? ", " : "") + ddl::QuoteLiteral(used.Text(row, 0));
    }
    const std::map<std::string, std::string> there = CollationVersions(
        ends_.target.QueryText("select name || chr(9) || version from (" +
                               CollationVersionsSql("l.collname in (" + names + ")") + ") v"));
    std::vector<std::string> changed;
    for (std::size_t row = 0; row < used.size(); ++row) {
      auto found = there.find(used.Text(row, 0));
      if (found == there.end() || found->second == used.Text(row, 1)) continue;
      changed.push_back(
          fmt::format("{} {} -> {}", used.Text(row, 0), used.Text(row, 1), found->second));
    }
    if (changed.empty()) return;
    const std::vector<std::string> indexes = SourceColumn(
        "select distinct n.nspname || '.' || c.relname from pg_catalog.pg_index i join "
        "pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = "
        "c.relnamespace cross join lateral unnest(i.indcollation::oid[]) k(coll) join "
        "pg_catalog.pg_collation l on l.oid = k.coll where l.collname not in ('C', 'POSIX') and "
        "n.nspname !~ '^pg_' order by 1");
    Add(CheckResult::kWarning, "collation versions",
        fmt::format("{}: text may be ordered otherwise in the target{}", Named(changed),
                    indexes.empty() ? "" : "; indexes on such columns: " + Named(indexes)));
  }
  static std::map<std::string, std::string> CollationVersions(const std::string& text) {
    std::map<std::string, std::string> versions;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t tab = line.find('\t');
      if (tab != line.npos) versions[line.substr(0, tab)] = line.substr(tab + 1);
    }
    return versions;
  }

  // A money value is a number of the locale's smallest units.
  void CheckMoney() {
    const std::vector<std::string> columns = SourceColumn(
        "select n.nspname || '.' || c.relname || '.' || a.attname from pg_catalog.pg_attribute a "
        "join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid "
        "= c.relnamespace where a.atttypid = 'pg_catalog.money'::regtype and c.relkind in ('r', "
        "'p') and n.nspname !~ '^pg_' and not a.attisdropped order by 1");
    if (columns.empty()) return;
    const std::string sql =
        "select reset_val from pg_catalog.pg_settings where name = 'lc_monetary'";
    const std::vector<std::string> source = SourceColumn(sql);
    std::string target = ends_.target.QueryText(sql);
    while (!target.empty() && target.back() == '\n') target.pop_back();
    if (source.at(0) == target) return;
    Add(CheckResult::kWarning, "money",
        fmt::format("lc_monetary is {} at the source and {} at the target: values of {} are copied "
                    "as numbers of the smallest unit, and show otherwise where the currencies have "
                    "different ones",
                    source.at(0), target, Named(columns)));
  }

  Endpoints& ends_;
  postgres::PostgresSource& source_;
  std::vector<PreflightItem> items_;
};

}  // namespace

std::vector<PreflightItem> PreflightSides(Endpoints& ends, const MigrationPlan& plan) {
  std::vector<std::pair<std::string, std::string>> partitioned;
  if (auto* source = AsPostgres(ends)) partitioned = PartitionedTables(*source);
  std::future<std::vector<PreflightItem>> target =
      std::async([&] { return ends.target.Preflight(plan, ends.options, partitioned); });
  std::vector<PreflightItem> items = ends.source->Preflight(ends.options);
  for (PreflightItem& item : target.get()) items.push_back(std::move(item));
  return items;
}

std::vector<PreflightItem> PreflightPostgresPair(Endpoints& ends, const MigrationPlan& plan) {
  if (AsPostgres(ends) == nullptr) return {};
  return PairChecklist(ends).Run(plan);
}

}  // namespace transload
