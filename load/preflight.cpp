// Is the target fit for the run? Reads only.
#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <optional>
#include <set>

#include "core/error.h"
#include "load/ddl.h"
#include "load/ledger_layout.h"
#include "load/preflight_list.h"

namespace transload {
namespace {

void CheckServer(Session& session, const TargetInfo& info, Checklist& list) {
  list.Ok("target version", "PostgreSQL " + info.version);
  if (const std::string why = WhyReadOnly(session); !why.empty()) {
    list.Refuse("target is writable", why);
  }
  if (info.encoding != "UTF8") {
    list.Refuse("target encoding",
                fmt::format("database {} is encoded in {}; create one with ENCODING 'UTF8'",
                            info.database, info.encoding));
  } else {
    list.Ok("target encoding", "UTF8");
  }
}

void CheckLedger(Session& session, const Options& options, Checklist& list) {
  session.Transact([&](SqlTransaction& transaction) {
    const std::string& schema = options.ledger_schema;
    const std::string why = WhyLedgerUnfit(transaction, schema, LedgerUse::kWrite);
    if (!why.empty()) {
      list.Refuse("ledger", why);
    } else {
      list.Ok("ledger",
              fmt::format("{} in schema {}",
                          HasLedger(transaction, schema) ? "stands" : "will be made", schema));
    }
  });
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
}

// Both are needed when all rows are in: too late to learn of a role that is not there.
void CheckNewOwner(Session& session, const Options& options, Checklist& list) {
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

void CheckGrants(Session& session, const Options& options, Checklist& list) {
  for (const std::string& grant : options.grants) {
    const ddl::GrantParts parts = ddl::ParseGrant(grant);
    const std::string subject = "grant " + grant;
    const bool known =
        parts.role == "PUBLIC" ||
        !session.Exec("select from pg_catalog.pg_roles where rolname = $1::text", {parts.role})
             .empty();
    if (!known) list.Refuse(subject, fmt::format("there is no role {}", parts.role));
    try {
      // The server's own list of words, save ALL.
      session.Exec(
          "select pg_catalog.has_table_privilege('pg_catalog.pg_class', w) from "
          "regexp_split_to_table(upper($1::text), '\\s*,\\s*') w where btrim(w) not in ('ALL', "
          "'ALL "
          "PRIVILEGES')",
          {parts.privileges});
    } catch (const Error& error) {
      if (error.code != "22023") throw;
      list.Refuse(subject, error.what());
    }
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

// Those of extensions mind their own objects.
void CheckEventTriggers(Session& session, Checklist& list) {
  const std::string names =
      session
          .Exec(
              "select coalesce(string_agg(format('%I', evtname), ', ' order by evtname), '') from "
              "pg_catalog.pg_event_trigger e where evtenabled in ('O', 'A') and evtevent <> "
              "'login' and not exists (select from pg_catalog.pg_depend d where d.classid = "
              "'pg_event_trigger'::regclass and d.objid = e.oid and d.deptype = 'e')")
          .Text(0, 0);
  if (names.empty()) return;
  list.Warn("event triggers", names +
                                  ": they fire on what the run makes, and may refuse or change "
                                  "it; ALTER EVENT TRIGGER … DISABLE for the time of the run");
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
  CheckLedger(*session_, options, list);
  CheckPrivileges(*session_, plan, options, list);
  CheckNewOwner(*session_, options, list);
  CheckGrants(*session_, options, list);
  std::vector<ExistingTable> existing = ExistingTables(plan);
  std::vector<std::pair<std::string, std::string>> dropped;
  if (options.on_existing == OnExisting::kDrop) {
    dropped = ParentsOfAll(PlansOf(existing, plan), parents);
  }
  CheckStandingTables(*session_, plan, options, existing, dropped, list);
  CheckConnections(*session_, options, list);
  CheckSettings(*session_, plan, options, list);
  CheckEventTriggers(*session_, list);
  if (!existing.empty()) CheckLocks(*session_, plan, list);
  return list.items;
}

}  // namespace transload
