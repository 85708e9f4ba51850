// What a run learns about its source and its columns, beyond the catalogue. Plain data shared by
// the adapters, the planner, the ledger and the report.
#ifndef TRANSLOAD_CORE_SOURCE_FACTS_H_
#define TRANSLOAD_CORE_SOURCE_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace transload {

struct SourceInfo {
  std::string engine;   // "MySQL", "MariaDB", "SQLite", "PostgreSQL", "SQL Server", ...
  std::string rules;    // the rule file's name in mappings/: "mysql", "sqlite", ...
  std::string version;  // "10.11.19-MariaDB"
  std::string database;
  std::string display_url;  // without a password
  // Identifies the data, not the way to it: server uuid or system identifier plus database.
  std::string fingerprint;
  std::string default_target_schema;  // "public", or empty when schemas keep their names
};

enum class CheckResult { kOk, kWarning, kRefusal };
struct PreflightItem {
  CheckResult result = CheckResult::kOk;
  std::string subject;  // "privilege RELOAD"
  std::string text;     // what was found, and what to do about it
};

// The point in time that the readers see, as name and value pairs in the engine's own terms:
// {"binlog_file", "bin.000003"}, {"gtid", ...}, {"lsn", ...}. Kept in the ledger and the report.
struct SnapshotInfo {
  std::vector<std::pair<std::string, std::string>> position;
  // How it was proven that all readers see one state: "flush tables with read lock", ...
  std::string method;
  bool proven = false;
  std::vector<std::string> notes;
};

// What a column's values are, from an index or a scan (mappings/ decides types from it).
struct ColumnFacts {
  std::string schema, table, column;
  bool known = false;  // false: could not be answered cheaply, take the safe type
  std::uint64_t rows = 0;
  std::uint64_t nulls = 0;
  std::optional<std::string> minimum;  // as decimal or text
  std::optional<std::string> maximum;
  std::uint64_t max_bytes = 0;
  // Findings by name, with a count: "zero_date", "partial_date", "year0", "nul_byte", "bad_utf8",
  // "json_bad", "enum_zero", "text", "blob", "real", "integral_real", "integer", ...
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  std::vector<std::string> samples;  // of deviating values: "rowid 17: '5x'"
};

}  // namespace transload

#endif  // TRANSLOAD_CORE_SOURCE_FACTS_H_
