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
  bool sha256 = false;                // in its SQL, for the second witness (core/witness.h)
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
  // "json_bad", "enum_zero", ...
  //
  // A SQLite scan gives these; a name that is missing counts 0. Every value that is not NULL is in
  // exactly one of integer, real, text, blob.
  //   integer            INTEGER values; minimum and maximum are theirs alone
  //   int_bool           of these: 0 or 1
  //   int_beyond_double  of these: |x| > 2^53, not exact in a double
  //   int_unix_seconds   of these: 0 .. 4102444800 (1970 to 2100); likewise
  //   int_unix_millis    of these: 10^11 .. 4102444800 * 10^3, and
  //   int_unix_micros    of these: 10^14 .. 4102444800 * 10^6
  //   real               REAL values
  //   integral_real      of these: a whole number with |x| <= 2^53
  //   real_infinite      of these: +Inf or -Inf (SQLite has no NaN)
  //   real_julian        of these: 1721059.5 .. 5373484.5, a Julian day of years 0 to 9999
  //   text               TEXT values, each in at most one of text_empty, text_integer,
  //                      text_decimal, text_date, text_datetime, text_datetime_zone, text_time,
  //                      text_uuid, text_json
  //   text_empty         ''
  //   text_integer       [+-]digits that fit 64 bits
  //   text_decimal       [+-]digits with a point, an exponent or more digits than that
  //   text_date          YYYY-MM-DD, a real day of the years 0001 to 9999
  //   text_datetime      such a day, a space or T, HH:MM[:SS[.fraction]], without a zone
  //   text_datetime_zone the same with Z or +hh:mm, +hhmm or +hh
  //   text_time          HH:MM[:SS[.fraction]], 00:00 to 24:00:00
  //   text_uuid          8-4-4-4-12 hex digits
  //   text_json          RFC 8259, and nothing of the above
  //   json               texts of any class (a bare number too) that are RFC 8259, so that json
  //                      takes them; counted for columns declared JSON only
  //   json_jsonb         of these: those that jsonb takes too (no U+0000, no lone surrogate)
  //   text_bool          texts of any class: true false t f yes no y n on off 0 1, any case
  //   text_excess_digits of the times and datetimes: more than 6 digits of a second
  //   nul_byte           texts holding U+0000
  //   bad_utf8           texts that are not well-formed UTF-8
  //   blob               BLOB values
  //   blob_uuid          of these: 16 bytes
  //   blob_utf8          of these: well-formed UTF-8 without U+0000
  // and these, which are maxima and not counts:
  //   max_chars          characters of a TEXT value
  //   max_scale          digits after the point, of text_decimal and, in columns without REAL
  //   affinity,
  //                      of REAL in shortest form
  //   max_int_digits     digits before the point, of those, of INTEGER and of text_integer
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  std::vector<std::string> samples;  // of deviating values: "rowid 17: '5x'"
};

}  // namespace transload

#endif  // TRANSLOAD_CORE_SOURCE_FACTS_H_
