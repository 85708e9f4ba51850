// Is the target fit for the run? Reads only.
#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <optional>
#include <set>

#include "load/ddl.h"
#include "load/session.h"
#include "load/target.h"

namespace transload {
namespace {

class Checklist {
 public:
  void Ok(const std::string& subject, const std::string& text) {
    items.push_back({CheckResult::kOk, subject, text});
  }
  void Warn(const std::string& subject, const std::string& text) {
    items.push_back({CheckResult::kWarning, subject, text});
  }
  void Refuse(const std::string& subject, const std::string& text) {
    items.push_back({CheckResult::kRefusal, subject, text});
  }

  std::vector<PreflightItem> items;
};

void CheckServer(Session& session, const TargetInfo& info, Checklist& list) {
  list.Ok("target version", "PostgreSQL " + info.version);
  if (info.in_recovery) {
    list.Refuse("target is writable", "the server is a standby: connect to the primary");
  } else if (session.Exec("select current_setting('default_transaction_read_only')::bool")
                 .Bool(0, 0)) {
    list.Refuse("target is writable",
                fmt::format("default_transaction_read_only is on for sessions of {} in {}: set it "
                            "off for the server, the database or the role",
                            info.user, info.database));
  }
  if (info.encoding != "UTF8") {
    list.Refuse("target encoding",
                fmt::format("database {} is encoded in {}; create one with ENCODING 'UTF8'",
                            info.database, info.encoding));
  } else {
    list.Ok("target encoding", "UTF8");
  }
}

void CheckPrivileges(Session& session, const MigrationPlan& plan, const Options& options,
                     Checklist& list) {
  std::set<std::string> schemas(plan.schemas.begin(), plan.schemas.end());
  for (const TablePlan& table : plan.tables) schemas.insert(table.schema);
  if (schemas.contains(options.ledger_schema) && !plan.tables.empty()) {
    list.Refuse("ledger", fmt::format("schema {} is to hold tables of the source: choose another "
                                      "--ledger-schema",
                                      options.ledger_schema));
  }
  schemas.insert(options.ledger_schema);
  const bool may_create =
      session.Exec("select has_database_privilege(current_database(), 'create')").Bool(0, 0);
  for (const std::string& schema : schemas) {
    SqlRows found = session.Exec(
        "select has_schema_privilege(oid, 'create'), has_schema_privilege(oid, 'usage') from "
        "pg_catalog.pg_namespace where nspname = $1::text",
        {schema});
    const std::string subject = "privilege on schema " + schema;
    const bool makes = !options.data_only || schema == options.ledger_schema;
    if (found.empty() && !makes) continue;  // its tables are missing, which is said of each
    if (found.empty() && !may_create) {
      list.Refuse(subject,
                  "it does not exist and may not be made: GRANT CREATE ON DATABASE, or "
                  "create it");
    } else if (!found.empty() && (!found.Bool(0, 1) || (makes && !found.Bool(0, 0)))) {
      list.Refuse(subject, fmt::format("GRANT USAGE{} ON SCHEMA {}", makes ? ", CREATE" : "",
                                       ddl::QuoteName(schema)));
    } else {
      list.Ok(subject, found.empty() ? "will be made" : makes ? "may create" : "may use");
    }
  }
  if (options.owner.empty()) return;
  SqlRows role = session.Exec(
      "select pg_has_role(oid, 'member') from pg_catalog.pg_roles where rolname = $1::text",
      {options.owner});
  if (role.empty()) {
    list.Refuse("owner", fmt::format("there is no role {}", options.owner));
  } else if (!role.Bool(0, 0)) {
    list.Refuse("owner", fmt::format("the login is not a member of role {}", options.owner));
  }
}

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

// DROP TABLE never cascades here: what would hold it up is named before anything is touched.
void CheckDropped(Session& session, const std::vector<std::string>& doomed, Checklist& list) {
  if (doomed.empty()) return;
  std::string names;
  for (const std::string& name : doomed) {
    names += (names.empty() ? "(" : ", (") + ddl::QuoteLiteral(name) + ")";
  }
  const std::string oids = "select to_regclass(name) as oid from (values " + names + ") v (name)";
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
      oids +
      ") d union select d.classid, d.objid from gone g join pg_catalog.pg_depend d on "
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

void CheckConnections(Session& session, const Options& options, Checklist& list) {
  // Lanes, as many index jobs, control, the log's, verify.
  const int wanted = std::max(options.jobs, 1) * 2 + 5;
  const std::int64_t free =
      session
          .Exec(
              "select current_setting('max_connections')::int - "
              "current_setting('superuser_reserved_connections')::int - (select count(*) from "
              "pg_catalog.pg_stat_activity where backend_type = 'client backend')")
          .Int(0, 0);
  const std::string text = fmt::format("{} free, up to {} wanted", free, wanted);
  if (free < wanted) {
    list.Refuse("connections", text + ": lower --jobs or raise max_connections");
  } else {
    list.Ok("connections", text);
  }
}

// A server does not tell how much room its disk has left. Over a Unix socket it is this machine's
// disk, which can be asked.
std::optional<std::uint64_t> FreeBytes(Session& session) {
  SqlRows row = session.Exec(
      "select setting from pg_catalog.pg_settings where name = 'data_directory' and "
      "inet_server_addr() is null");
  struct statvfs disk {};
  if (row.empty() || statvfs(row.Text(0, 0).c_str(), &disk) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
}

void CheckDisk(Session& session, std::uint64_t bytes, Checklist& list) {
  const std::optional<std::uint64_t> free = FreeBytes(session);
  const std::string text = fmt::format(
      "about {} MB of source data; the target needs that and its indexes, and room for "
      "WAL{}",
      bytes >> 20, free ? fmt::format("; {} MB are free", *free >> 20) : "");
  if (free && *free / 2 < bytes) {
    list.Warn("disk space", text);
  } else {
    list.Ok("disk space", text);
  }
}

// What the server compresses by pglz, its own and slow way, although it also has LZ4.
bool CouldBeLz4(Session& session, const std::string& setting) {
  return !session
              .Exec(
                  "select from pg_catalog.pg_settings where name = $1::text "
                  "and setting = 'pglz' and 'lz4' = any (enumvals)",
                  {setting})
              .empty();
}

void CheckCompression(Session& session, const MigrationPlan& plan, std::uint64_t bytes,
                      const Options& options, Checklist& list) {
  constexpr std::uint64_t kLongRow = 2'000, kManyBytes = std::uint64_t{64} << 20;
  if (options.tune) return;
  std::uint64_t long_bytes = 0;
  for (const TablePlan& table : plan.tables) {
    if (table.estimated_rows == 0) continue;
    if (table.estimated_bytes / table.estimated_rows > kLongRow) {
      long_bytes += table.estimated_bytes;
    }
  }
  if (long_bytes >= kManyBytes && CouldBeLz4(session, "default_toast_compression")) {
    list.Warn("default_toast_compression",
              fmt::format("pglz, slow for {} MB of tables with long rows: this server also has "
                          "lz4, which --tune takes for the run's own sessions",
                          long_bytes >> 20));
  }
  if (bytes >= std::uint64_t{1} << 30 && CouldBeLz4(session, "wal_compression")) {
    list.Warn("wal_compression",
              "pglz, which takes more time than the index builds themselves: this server also has "
              "lz4, which --tune takes for the run's own sessions where the role is a superuser");
  }
}

void CheckSettings(Session& session, const MigrationPlan& plan, const Options& options,
                   Checklist& list) {
  SqlRows row = session.Exec(
      "select pg_size_bytes(current_setting('max_wal_size')), "
      "current_setting('fsync') = 'on'");
  std::uint64_t bytes = 0;
  for (const TablePlan& table : plan.tables) bytes += table.estimated_bytes;
  if (row.Count(0, 0) < std::min<std::uint64_t>(bytes, std::uint64_t{16} << 30)) {
    list.Warn("max_wal_size",
              "small for this load: checkpoints will cost time; a few GB more for "
              "the duration helps");
  }
  if (!row.Bool(0, 1)) list.Warn("fsync", "off: a crash of the machine may lose the target");
  CheckCompression(session, plan, bytes, options, list);
  CheckDisk(session, bytes, list);
}

void CheckLocks(Session& session, const MigrationPlan& plan, Checklist& list) {
  for (const TablePlan& table : plan.tables) {
    SqlRows holders = session.Exec(
        "select l.pid, l.mode from pg_catalog.pg_locks l where l.relation = to_regclass($1::text) "
        "and l.database = (select oid from pg_catalog.pg_database where datname = "
        "current_database()) and l.granted and l.pid <> pg_backend_pid() and l.mode in "
        "('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') limit 1",
        {ddl::Qualified(table.schema, table.name)});
    if (holders.empty()) continue;
    list.Warn(fmt::format("lock on {}.{}", table.schema, table.name),
              fmt::format("backend {} holds {}: the load will wait for it", holders.Text(0, 0),
                          holders.Text(0, 1)));
  }
}

}  // namespace

std::vector<PreflightItem> Target::Preflight(
    const MigrationPlan& plan, const Options& options,
    const std::vector<std::pair<std::string, std::string>>& parents) {
  Checklist list;
  CheckServer(*session_, info_, list);
  CheckPrivileges(*session_, plan, options, list);
  std::vector<ExistingTable> existing = ExistingTables(plan);
  CheckExisting(existing, options, list);
  CheckTablePrivileges(*session_, existing, options, list);
  if (options.on_existing == OnExisting::kDrop) {
    std::set<std::pair<std::string, std::string>> standing;
    for (const ExistingTable& table : existing) {
      if (table.kind == 'r' || table.kind == 'p') standing.emplace(table.schema, table.name);
    }
    std::vector<const TablePlan*> doomed;
    std::vector<std::string> names;
    for (const TablePlan& table : plan.tables) {
      if (!standing.contains({table.schema, table.name})) continue;
      doomed.push_back(&table);
      names.push_back(ddl::Qualified(table.schema, table.name));
    }
    for (const auto& [schema, name] : ParentsOfAll(doomed, parents)) {
      list.Warn(fmt::format("{}.{}", schema, name), "will be dropped");
      names.push_back(ddl::Qualified(schema, name));
    }
    CheckDropped(*session_, names, list);
  }
  if (options.data_only) CheckMissing(existing, plan, list);
  CheckConnections(*session_, options, list);
  CheckSettings(*session_, plan, options, list);
  if (!existing.empty()) CheckLocks(*session_, plan, list);
  return list.items;
}

}  // namespace transload
