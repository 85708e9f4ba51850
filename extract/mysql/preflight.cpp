#include "extract/mysql/preflight.h"

#include <fmt/format.h>

#include <set>

#include "core/error.h"
#include "extract/mysql/binlog_position.h"
#include "extract/mysql/grants.h"
#include "extract/mysql/snapshot.h"
#include "extract/mysql/sql_text.h"

namespace transload::mysql {
namespace {

class Checklist {
 public:
  Checklist(SqlConnection& connection, const ServerVersion& version, const std::string& database,
            const Options& options)
      : connection_(connection),
        version_(version),
        database_(database),
        options_(options),
        grants_(ReadGrants(connection, version)) {}

  std::vector<PreflightItem> Run() {
    CheckVersion();
    CheckReading();
    CheckLocks();
    CheckListing();
    CheckPosition();
    CheckLongStatements();
    CheckEngines();
    CheckConnections();
    CheckPacket();
    return std::move(items_);
  }

 private:
  void Add(CheckResult result, std::string subject, std::string text) {
    items_.push_back({result, std::move(subject), std::move(text)});
  }
  void Privilege(std::string_view name, std::string_view scope, std::string_view why) {
    bool held = grants_.Has(name, scope);
    Add(held ? CheckResult::kOk : CheckResult::kWarning, fmt::format("privilege {}", name),
        held ? std::string("granted") : fmt::format("not granted: {}", why));
  }

  void CheckVersion() {
    bool ok = version_.supported();
    Add(ok ? CheckResult::kOk : CheckResult::kRefusal, "source version",
        ok ? version_.text
           : fmt::format("{} is older than MySQL 5.6 or MariaDB 10.3, which transload needs",
                         version_.text));
  }

  // A single table that may not be read is not even listed: only the grant tells.
  void CheckReading() {
    if (grants_.Has("SELECT", database_)) {
      Add(CheckResult::kOk, "privilege SELECT", "granted on all of " + database_);
      return;
    }
    std::string tables =
        connection_
            .Scalar("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = " +
                    QuoteText(database_))
            .value_or("0");
    bool none = tables == "0";
    Add(none ? CheckResult::kRefusal : CheckResult::kWarning, "privilege SELECT",
        none ? fmt::format("no table of {} may be read: GRANT SELECT ON {}.*", database_,
                           QuoteName(database_))
             : fmt::format("not granted on all of {}: {} tables are visible, others are neither "
                           "seen nor migrated",
                           database_, tables));
  }

  bool MayFlush() const {
    return grants_.Has("RELOAD", "") ||
           (version_.MySqlSince(80023) && grants_.Has("FLUSH_TABLES", ""));
  }

  void CheckLocks() {
    bool flush = MayFlush();
    bool lock = grants_.Has("LOCK TABLES", database_);
    Add(flush ? CheckResult::kOk : CheckResult::kWarning, "privilege RELOAD",
        flush ? "granted: the snapshot starts under a short FLUSH TABLES WITH READ LOCK"
              : "not granted: LOCK TABLES or another way to a common snapshot is tried");
    Add(lock ? CheckResult::kOk : CheckResult::kWarning, "privilege LOCK TABLES",
        lock ? "granted" : "not granted: no second way to a common snapshot");
    const std::string no_log = version_.mariadb ? WhyLogIsNoProof(connection_, version_) : "";
    if (!flush && !lock && !(version_.mariadb && no_log.empty())) {
      bool relaxed = options_.consistency == Consistency::kRelaxed;
      Add(relaxed ? CheckResult::kWarning : CheckResult::kRefusal, "snapshot",
          fmt::format(
              "no way to a common snapshot of all readers{}{}: grant RELOAD or LOCK TABLES, "
              "or accept --consistency relaxed",
              no_log.empty() ? "" : "; without locks, ", no_log));
    }
    if (version_.MySqlSince(80000)) {
      Privilege("BACKUP_ADMIN", "", "tables are not protected against ALTER during the run");
    }
  }

  void CheckListing() {
    Privilege("SHOW VIEW", database_, "definitions of views cannot be listed");
    Privilege("TRIGGER", database_, "triggers cannot be listed");
    Privilege("EVENT", database_, "events cannot be listed");
    Privilege("PROCESS", "",
              "long statements of other users, which hold up the snapshot, are not "
              "seen");
  }

  void CheckPosition() {
    const std::string why = WhyLogIsNoProof(connection_, version_);
    Add(why.empty() ? CheckResult::kOk : CheckResult::kWarning, "binary log position",
        why.empty() ? std::string("readable: a resume can tell whether the source moved")
                    : fmt::format("{}: a resume has to check every finished partition again", why));
  }

  void CheckLongStatements() {
    auto running = LongStatements(connection_, options_.snapshot_lock_ms);
    if (running.empty()) {
      Add(CheckResult::kOk, "long statements", "none that would hold up the snapshot");
    } else {
      Add(CheckResult::kWarning, "long statements",
          "running now, and the snapshot's lock would wait for them: " + Join(running, "; "));
    }
  }

  void CheckEngines() {
    SqlResult rows = connection_.Query(
        "SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' "
        "AND LOWER(ENGINE) NOT IN ('innodb', 'rocksdb', 'tokudb', 'xtradb') AND TABLE_SCHEMA = " +
        QuoteText(database_) + " ORDER BY TABLE_NAME");
    std::vector<std::string> names;
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      names.push_back(rows.Text(i, "TABLE_NAME") + " (" + rows.Text(i, "ENGINE") + ")");
    }
    if (names.empty()) {
      Add(CheckResult::kOk, "storage engines", "all tables are transactional");
    } else {
      Add(CheckResult::kWarning, "storage engines",
          "no snapshot covers tables without transactions; stop writing to them during the run: " +
              Join(names, ", "));
    }
  }

  void CheckConnections() {
    auto number = [&](const char* sql) {
      return std::stoll(connection_.Scalar(sql).value_or("0"));
    };
    std::int64_t allowed = number("SELECT @@GLOBAL.max_connections");
    SqlResult status = connection_.Query("SHOW GLOBAL STATUS LIKE 'Threads_connected'");
    std::int64_t used = status.rows.empty() ? 0 : std::stoll(status.rows[0].at(1).value_or("0"));
    // Readers, two spares, control, probes, locks, and one outside of the snapshot.
    std::int64_t wanted = (options_.jobs > 0 ? options_.jobs : 8) + 7;
    bool enough = used + wanted <= allowed;
    Add(enough ? CheckResult::kOk : CheckResult::kWarning, "connections",
        fmt::format("{} in use of max_connections = {}, up to {} more are needed{}", used, allowed,
                    wanted, enough ? "" : ": raise the limit or use fewer --jobs"));
  }

  void CheckPacket() {
    std::int64_t bytes =
        std::stoll(connection_.Scalar("SELECT @@GLOBAL.max_allowed_packet").value_or("0"));
    bool full = bytes >= (std::int64_t{1} << 30);
    Add(CheckResult::kOk, "max_allowed_packet",
        full ? std::string("1G")
             : fmt::format("{} bytes: rows beyond it cannot be read; raise it (up to 1G) if there "
                           "are any",
                           bytes));
  }

  SqlConnection& connection_;
  const ServerVersion& version_;
  const std::string& database_;
  const Options& options_;
  Grants grants_;
  std::vector<PreflightItem> items_;
};

}  // namespace

std::vector<PreflightItem> RunPreflight(SqlConnection& connection, const ServerVersion& version,
                                        const std::string& database, const Options& options) {
  return Checklist(connection, version, database, options).Run();
}

std::vector<std::string> RefuseUnreadable(
    SqlConnection& connection, const ServerVersion& version,
    const std::vector<std::pair<std::string, std::string>>& tables) {
  const Grants grants = ReadGrants(connection, version);
  std::set<std::pair<std::string, std::string>> wanted;
  std::set<std::string> schemas;
  for (const auto& table : tables) {
    if (grants.Has("SELECT", table.first)) continue;
    wanted.insert(table);
    schemas.insert(table.first);
  }
  std::string unreadable;
  std::vector<std::string> notes;
  for (const std::string& schema : schemas) {
    // Only some of a table's columns, when the grants say so, are listed at all.
    SqlResult rows = connection.Query(fmt::format(
        "SELECT TABLE_NAME AS t, MIN(FIND_IN_SET('select', PRIVILEGES) > 0) AS readable, EXISTS("
        "SELECT 1 FROM information_schema.COLUMN_PRIVILEGES p WHERE p.TABLE_SCHEMA = "
        "c.TABLE_SCHEMA AND p.TABLE_NAME = c.TABLE_NAME AND p.PRIVILEGE_TYPE = 'SELECT') AS partly "
        "FROM information_schema.COLUMNS c WHERE TABLE_SCHEMA = {} GROUP BY TABLE_SCHEMA, "
        "TABLE_NAME",
        QuoteText(schema)));
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
      const std::string name = rows.Text(row, "t");
      if (!wanted.contains({schema, name})) continue;
      if (rows.Text(row, "readable") == "0") {
        unreadable += fmt::format("{}{}.{}", unreadable.empty() ? "" : ", ", schema, name);
      } else if (rows.Text(row, "partly") == "1") {
        notes.push_back(
            fmt::format("{}.{}: SELECT is granted on single columns; others, if there "
                        "are any, are neither seen nor moved",
                        schema, name));
      }
    }
  }
  if (!unreadable.empty()) {
    throw RefusedError(fmt::format(
        "the privilege SELECT is missing on {}: grant it, or leave these tables out with --exclude",
        unreadable));
  }
  return notes;
}

}  // namespace transload::mysql
