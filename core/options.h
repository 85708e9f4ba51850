// What the user asked for: the command line and the configuration file, checked and merged.
//
// Filled by cli/, read by everything above core. Defaults here are the documented defaults. Values
// are already parsed; a text that could be wrong has been refused before it gets here.
#ifndef TRANSLOAD_CORE_OPTIONS_H_
#define TRANSLOAD_CORE_OPTIONS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/policy.h"

namespace transload {

enum class Identifiers { kLower, kPreserve, kSnake };
enum class OnBadRow { kStop, kReject };
enum class VerifyLevel { kNone, kCount, kChecksum, kFull };
enum class Consistency { kReconcile, kStrict, kRelaxed };
enum class OnExisting { kFail, kTruncate, kDrop, kAppend };
enum class Prescan { kAuto, kAll, kOff };
// verify --repair: copy what differs again, or write the statements that would.
enum class Repair { kNone, kApply, kSql };
// Checks beside the rows (--checks), in the order of their words.
enum class CheckKind {
  kForeignKeys,
  kSequences,
  kIndexes,
  kConstraints,
  kLookUps,
  kQueries,
};
enum class OutputFormat { kText, kJson };
enum class StepTime { kBeforeSchema, kAfterSchema, kAfterData, kAfterConstraints };

// A type override: --map 'tinyint(1)=smallint', --map 'col:shop.orders.meta=jsonb', [[map]].
struct MapRule {
  // Exactly one of the two is set.
  std::string type;    // a source type as the catalogue prints it, or a base name
  std::string column;  // [schema.]table.column, source names
  std::string to;      // a PostgreSQL type
  std::string decode;  // optional: "uuid", "uuid_swapped", "latin1_is_utf8"
  std::string where;   // where it was written, for messages: "--map" or "c.toml:12"
};

struct ColumnOptions {
  std::string type;
  std::string rename;
  std::string rename_where;  // where it was written: "c.toml:12"
  std::string decode;
  std::vector<std::pair<std::string, std::string>> policies;
};

struct TableOptions {
  std::string where;  // filter in the source's SQL
  std::vector<std::string> exclude_columns;
  std::string rename;
  std::vector<std::pair<std::string, std::string>> policies;
  std::map<std::string, ColumnOptions> columns;
};

struct SqlStep {
  StepTime when = StepTime::kAfterData;
  std::string name;  // the file's path, or "step 2 of c.toml"
  std::string sql;
};

// A pair of queries whose results verify compares row by row ([[check]]).
struct QueryCheck {
  std::string name;
  std::string source_sql;
  std::string target_sql;
};

struct MaxRejects {
  std::optional<std::uint64_t> rows;
  std::optional<double> percent;
};

struct Options {
  std::string source_url;
  std::string target_url;

  // --- what to move
  std::vector<std::string> include;            // globs on "table" or "schema.table"
  std::vector<std::string> exclude;            // wins over include
  std::map<std::string, TableOptions> tables;  // by source name, plain or qualified
  std::optional<double> sample_percent;
  bool schema_only = false;
  bool data_only = false;

  // --- how it looks in the target
  std::string schema;  // empty: the engine's default
  std::map<std::string, std::string> rename_schema;
  Identifiers identifiers = Identifiers::kLower;
  std::vector<MapRule> maps;
  Policies policies;
  std::string owner;
  std::vector<std::string> grants;  // "SELECT TO reporting", applied to every table
  OnExisting on_existing = OnExisting::kFail;

  // --- how it runs
  int jobs = 0;        // 0: min(cores, 8)
  int index_jobs = 0;  // 0: as jobs
  OnBadRow on_bad_row = OnBadRow::kStop;
  MaxRejects max_rejects;
  VerifyLevel verify = VerifyLevel::kChecksum;
  bool allow_unverified = false;
  Consistency consistency = Consistency::kReconcile;
  Prescan prescan = Prescan::kAuto;
  bool snapshot_copy = false;  // SQLite: work on a copy, do not hold up its writers
  bool restart = false;
  std::vector<std::string> reload;  // tables to load again
  bool retry_rejects = false;       // load again just the rows that were rejected
  bool vacuum = false;
  bool tune = false;                 // set the target session's settings for a load, where it may
  std::uint64_t max_rate_bytes = 0;  // per second, of source data; 0: no limit
  std::optional<std::uint64_t> max_load;  // pause while the source runs more statements than this
  std::string deadline;                   // local time by which the run has ended or stopped
  std::uint64_t partition_bytes = std::uint64_t{64} << 20;
  bool partition_bytes_given = false;  // else they grow with the way to the servers
  std::string pg_bin;
  std::string ledger_schema = "transload";
  std::string run_id;
  std::vector<SqlStep> steps;
  std::vector<QueryCheck> checks;
  std::optional<std::set<CheckKind>> check_kinds;  // not given: queries; all with --verify full

  bool Wants(CheckKind kind) const {
    if (check_kinds) return check_kinds->contains(kind);
    return kind == CheckKind::kQueries || verify == VerifyLevel::kFull;
  }

  // --- deadlines, in milliseconds; 0 is refused everywhere: nothing may hang
  std::uint64_t connect_timeout_ms = 10'000;
  std::uint64_t stall_timeout_ms = 300'000;  // no byte moved on a connection for so long
  std::uint64_t lock_timeout_ms = 60'000;
  std::uint64_t snapshot_lock_ms = 3'000;  // longest wait for a lock that stalls writers
  int retries = 5;

  // --- what it tells
  std::string report_dir;
  OutputFormat format = OutputFormat::kText;
  OutputFormat log_format = OutputFormat::kText;
  bool quiet = false;
  int verbose = 0;

  // --- single commands
  bool show_ddl = false;          // plan --ddl
  bool deep = false;              // plan --deep
  bool force = false;             // undo --force
  bool forget = false;            // undo --forget
  Repair repair = Repair::kNone;  // verify --repair[=sql]
  int sync_rounds = 0;            // sync: at most so many; 0: until a round finds nothing
  bool final_round = false;       // sync --final: writes to the source have stopped
  bool refresh_sequences =
      false;  // run --refresh-sequences: at cut-over, after writes have stopped
};

}  // namespace transload

#endif  // TRANSLOAD_CORE_OPTIONS_H_
