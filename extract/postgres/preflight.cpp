#include "extract/postgres/preflight.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "extract/sql.h"

namespace transload::postgres {
namespace {

constexpr std::int64_t kLongSeconds = 600;
// Age at which autovacuum begins to force its way; the hard end is at two thousand million.
constexpr std::int64_t kOldTransactions = 1'000'000'000;
constexpr std::size_t kMostNamed = 10;

class Checklist {
 public:
  explicit Checklist(ControlConnection& given) : connection(given) {}

  void Ok(std::string subject, std::string text) {
    items.push_back({CheckResult::kOk, std::move(subject), std::move(text)});
  }
  void Warn(std::string subject, std::string text) {
    items.push_back({CheckResult::kWarning, std::move(subject), std::move(text)});
  }
  void Refuse(std::string subject, std::string text) {
    items.push_back({CheckResult::kRefusal, std::move(subject), std::move(text)});
  }

  ControlConnection& connection;
  std::vector<PreflightItem> items;
};

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMostNamed; ++i) {
    text += (i > 0 ? ", " : "") + names[i];
  }
  if (names.size() > kMostNamed) text += fmt::format(" and {} more", names.size() - kMostNamed);
  return text;
}

void CheckTables(Checklist& list, bool in_recovery) {
  SqlRows rows = list.connection.Query(sql::kSourceTables);
  std::vector<std::string> unlogged;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::string name = rows.Text(row, 1) + "." + rows.Text(row, 2);
    if (in_recovery && rows.Text(row, 3) == "u") unlogged.push_back(name);
  }
  if (!unlogged.empty()) {
    list.Warn("unlogged tables", fmt::format("a standby cannot read the rows of {}: copy from the "
                                             "primary, or leave them out",
                                             Listed(unlogged)));
  }
}

void CheckConnections(Checklist& list, const Options& options) {
  // The session that will keep the snapshot is open already.
  const int wanted = std::max(options.jobs, 1) + 3;
  const std::int64_t free =
      list.connection
          .Query(
              "select current_setting('max_connections')::int - "
              "current_setting('superuser_reserved_connections')::int - (select count(*) from "
              "pg_catalog.pg_stat_activity where backend_type = 'client backend')")
          .Int(0, 0);
  const std::string text = fmt::format("{} free, up to {} wanted", free, wanted);
  if (free < wanted) {
    list.Refuse("source connections", text + ": lower --jobs or raise max_connections");
  } else {
    list.Ok("source connections", text);
  }
}

void CheckTransactions(Checklist& list) {
  SqlRows old = list.connection.Query(
      fmt::format("select pid, extract(epoch from clock_timestamp() - xact_start)::bigint from "
                  "pg_catalog.pg_stat_activity where xact_start < clock_timestamp() - interval '{} "
                  "seconds' and "
                  "backend_type = 'client backend' order by xact_start limit 3",
                  kLongSeconds));
  for (std::size_t row = 0; row < old.size(); ++row) {
    list.Warn("long transaction",
              fmt::format("backend {} has been in a transaction for {} s: rows it is writing are "
                          "not in the copy",
                          old.Text(row, 0), old.Text(row, 1)));
  }
  SqlRows age = list.connection.Query(
      "select age(datfrozenxid) from pg_catalog.pg_database where datname = current_database()");
  const std::int64_t transactions = age.Int(0, 0);
  const std::string text = fmt::format("{} million transactions old", transactions / 1'000'000);
  if (transactions > kOldTransactions) {
    list.Warn("wraparound", text + ": the copy's snapshot holds vacuum back; VACUUM FREEZE first");
  } else {
    list.Ok("wraparound", text);
  }
  SqlRows prepared = list.connection.Query("select count(*) from pg_catalog.pg_prepared_xacts");
  if (prepared.Count(0, 0) > 0) {
    list.Warn("prepared transactions",
              fmt::format("{} wait for COMMIT PREPARED: their rows are not in the copy, and locks "
                          "they hold may stop it",
                          prepared.Text(0, 0)));
  }
}

// The server reads a large table through a few of its buffers when it reads it from end to end, and
// through all of them when it reads a part.
void CheckCache(Checklist& list, const Options& options) {
  SqlRows rows = list.connection.Query(fmt::format(
      "select n.nspname || '.' || c.relname, current_setting('shared_buffers') from "
      "pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where "
      "c.relkind = 'r' and c.relpages > (select setting::bigint / 4 from pg_catalog.pg_settings "
      "where name = 'shared_buffers') and c.relpages * current_setting('block_size')::bigint > {} "
      "and n.nspname !~ '^pg_' order by c.relpages desc",
      options.partition_bytes));
  if (rows.empty()) return;
  std::vector<std::string> names;
  for (std::size_t row = 0; row < rows.size(); ++row) names.push_back(rows.Text(row, 0));
  list.Warn("source cache",
            fmt::format("{} read in parts, more than a quarter of shared_buffers ({}): that pushes "
                        "out what others have there. A --partition-size beyond the table's reads "
                        "it in one scan that does not, and again from its beginning after a fault; "
                        "a standby as the source spares the primary altogether",
                        Listed(names), rows.Text(0, 1)));
}

// Reading wants ACCESS SHARE, which this mode alone keeps out; who waits for it keeps out, too.
void CheckLocks(Checklist& list) {
  SqlRows locks = list.connection.Query(
      "select l.pid, n.nspname || '.' || c.relname, l.granted from pg_catalog.pg_locks l join "
      "pg_catalog.pg_class c on c.oid = l.relation join pg_catalog.pg_namespace n on n.oid = "
      "c.relnamespace where l.locktype = 'relation' and l.database = (select oid from "
      "pg_catalog.pg_database where datname = current_database()) and l.mode = "
      "'AccessExclusiveLock' and c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> "
      "'information_schema' order by 2, 1");
  std::vector<std::string> held, wanted;
  for (std::size_t row = 0; row < locks.size(); ++row) {
    (locks.Bool(row, 2) ? held : wanted)
        .push_back(fmt::format("{} (backend {})", locks.Text(row, 1), locks.Text(row, 0)));
  }
  if (!held.empty()) {
    list.Warn("locks",
              fmt::format("ACCESS EXCLUSIVE is held on {}: the run waits for it", Listed(held)));
  }
  if (!wanted.empty()) {
    list.Warn("locks", fmt::format("ACCESS EXCLUSIVE is awaited on {}: the run queues behind it, "
                                   "and what holds it up holds up the run",
                                   Listed(wanted)));
  }
  if (locks.empty()) list.Ok("locks", "none that keeps readers out");
}

void CheckReplication(Checklist& list) {
  SqlRows slots = list.connection.Query(
      "select slot_name, slot_type, active from pg_catalog.pg_replication_slots order by 1");
  std::vector<std::string> names;
  for (std::size_t row = 0; row < slots.size(); ++row) {
    names.push_back(fmt::format("{} ({}{})", slots.Text(row, 0), slots.Text(row, 1),
                                slots.Bool(row, 2) ? "" : ", inactive"));
  }
  if (!names.empty()) {
    list.Warn(
        "replication slots",
        fmt::format("{}: slots and what follows them do not move to the target", Listed(names)));
  }
}

void CheckSettings(Checklist& list, bool in_recovery) {
  SqlRows rows = list.connection.Query(
      "select name, setting from pg_catalog.pg_settings where (name = 'old_snapshot_threshold' and "
      "setting <> '-1') or (name = 'max_standby_streaming_delay' and setting <> '-1')");
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.Text(row, 0) == "old_snapshot_threshold") {
      list.Warn("old_snapshot_threshold",
                fmt::format("{} min: a copy that takes longer fails with \"snapshot too old\"; "
                            "set it to -1",
                            rows.Text(row, 1)));
    } else if (in_recovery) {
      list.Warn(
          "max_standby_streaming_delay",
          fmt::format("{} ms: replay cancels reads that hold it up for longer; they are tried "
                      "again, but -1, or hot_standby_feedback = on, is better for the copy",
                      rows.Text(row, 1)));
    }
  }
  if (!in_recovery) return;
  if (list.connection.Query("select pg_is_wal_replay_paused()").Bool(0, 0)) {
    list.Warn("replay", "paused: the standby stands still at an old state of the primary");
  }
}

}  // namespace

std::vector<PreflightItem> RunPreflight(ControlConnection& connection, const Options& options) {
  Checklist list(connection);
  SqlRows server = connection.Query(
      "select current_setting('server_version'), pg_is_in_recovery(), "
      "pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype from pg_catalog.pg_database "
      "where datname = current_database()");
  const bool in_recovery = server.Bool(0, 1);
  list.Ok("source version",
          fmt::format("PostgreSQL {}{}", server.Text(0, 0), in_recovery ? ", a standby" : ""));
  if (server.Text(0, 2) == "SQL_ASCII") {
    list.Warn("source encoding",
              "SQL_ASCII promises nothing about its text: what is not UTF-8 stops the run unless "
              "--policy bad_utf8=… says what to do");
  } else {
    list.Ok("source encoding", fmt::format("{}, {}", server.Text(0, 2), server.Text(0, 3)));
  }
  CheckTables(list, in_recovery);
  CheckConnections(list, options);
  CheckTransactions(list);
  CheckLocks(list);
  if (!in_recovery) CheckCache(list, options);
  CheckReplication(list);
  CheckSettings(list, in_recovery);
  return list.items;
}

}  // namespace transload::postgres
