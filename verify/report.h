// What a run did, as data: the one model from which every report is written.
//
// Filled by the pipeline while the run goes on and from the ledger at its end; read by the writers
// (report_json.h, report_html.h, ...). Holds no password: URLs are display forms. It may hold
// values of rows (rejects, differences, samples), so what is written from it is for its owner only.
// docs/report.md describes report.json for users, docs/report.schema.json for programs.
#ifndef TRANSLOAD_VERIFY_REPORT_H_
#define TRANSLOAD_VERIFY_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/plan.h"
#include "core/source_facts.h"

namespace transload {

// The version of report.json. Fields are added without a new number; it changes when one changes
// its meaning or goes away.
inline constexpr int kReportVersion = 1;

// In the order of a person's worry.
enum class Verdict { kMatch, kNotVerified, kMismatch };
// "match", "not verified", "mismatch".
std::string_view Name(Verdict verdict);

using NameValues = std::vector<std::pair<std::string, std::string>>;

struct ReportRun {
  std::string id;
  std::string command = "run";
  std::string state;     // as in the ledger: "running", "done", "failed", "undone"
  std::string started;   // ISO 8601 in UTC, "2026-03-01T22:00:00Z"
  std::string finished;  // empty while it runs
  double seconds = 0;
  int starts = 1;  // how often it was started: 2 and more means that it resumed
};

// One fact about how the run ended, with the exit code it stands for; the worst one first.
struct ReportOutcome {
  ExitCode code = ExitCode::kDone;
  std::string text;
};

struct ReportTarget {
  std::string version;
  std::string database;
  std::string schema;  // empty when several
  std::string display_url;
};

struct ReportColumn {
  std::string name;         // in the source
  std::string target;       // its name there
  std::string source_type;  // as the source's catalogue prints it
  std::string type;         // in the target
  std::string rule;
  std::string note;
};

// One measure of the second witness (--verify full): what each engine computed by its own SQL.
struct ReportMeasure {
  std::string column;   // in the target; empty for the table's count of rows
  std::string measure;  // "count", "minimum", "maximum", "sum", "bytes", "digest"
  std::string source;   // empty: no values
  std::string target;
  bool agrees = true;
};

struct ReportWitness {
  bool asked = false;   // --verify full
  std::string why_not;  // why the witness could not be heard; empty when it was
  std::vector<ReportMeasure> measures;
  // Columns of which only the count was compared, or nothing, with the reason.
  std::vector<std::pair<std::string, std::string>> not_compared;

  std::uint64_t differing() const;
};

// What it took to find the rows that differ.
struct ReportDrill {
  std::uint64_t ranges = 0;        // whose sums differ; 0 when nothing was looked for
  std::uint64_t range_bytes = 0;   // of their rows, of the side that has more; 0 when not known
  std::uint64_t read_bytes = 0;    // from both sides together
  std::uint64_t source_bytes = 0;  // of these
};

struct ReportTable {
  std::string name;    // source label, "shop.orders"
  std::string target;  // "public.orders"
  // One COUNT(*) without a partition predicate, in the run's snapshot.
  std::optional<std::uint64_t> source_rows;
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  std::uint64_t rejected = 0;
  std::uint64_t coerced = 0;    // values changed under a policy
  std::string checksum;         // of the rows written, 32 hex digits
  std::string target_checksum;  // of the rows read back; empty when they were not
  Verdict verdict = Verdict::kNotVerified;
  std::string reason;       // why it is not a match
  double seconds = 0;       // from the first partition's start to the last one's commit
  std::uint64_t bytes = 0;  // of source data
  std::uint64_t partitions = 0;
  std::vector<ReportColumn> columns;
  ReportWitness witness;
  ReportDrill drill;
};

struct ReportObject {
  std::string kind;  // "table", "index", "primary key", "foreign key", "check", "sequence", ...
  std::string name;
  std::string table;  // in the target; empty when it belongs to none
  std::string state;  // "created", "failed", "unvalidated" (stands NOT VALID), "truncated", ...
  std::string message;
  double seconds = 0;
};

struct ReportReplan {
  std::string table;
  std::string column;
  std::string from;
  std::string to;
  std::string reason;
  std::uint64_t rows_discarded = 0;
};

// A failure after which something was tried again.
struct ReportRetry {
  std::string what;       // a table, "ledger", "index by_name", "run"
  std::string partition;  // the range of the key; empty when it was no partition
  int attempt = 2;        // the number of the try that followed
  std::string reason;
  double wait_seconds = 0;  // before that try
};

struct ReportCoercion {
  std::string table;
  std::string column;
  std::string policy;  // "zero_date=null"
  std::uint64_t rows = 0;
  std::vector<std::string> samples;  // values before
};

struct ReportReject {
  std::string table;
  std::string partition;
  std::string key;
  std::string column;
  std::string reason;
};

struct ReportRejects {
  std::uint64_t total = 0;
  std::string limit;                  // "100", "0.5%", or empty
  std::string stored_in;              // "transload.reject"
  std::vector<ReportReject> samples;  // the first ones
};

struct ReportDifference {
  std::string table;
  std::string key;
  std::string column;  // empty when a whole row is missing or one too many
  std::string source;
  std::string target;
  std::string kind;  // "value", "missing in target", "only in target", "row count", "row law"
};

// A pair of queries of the user ([[check]]), compared.
struct ReportCheck {
  std::string name;
  std::string source;
  std::string target;
  Verdict verdict = Verdict::kNotVerified;
};

// A stretch of time on one line of the timeline; seconds since the run's start.
struct ReportSpan {
  std::string lane;  // "phases", "lane 1", "index 1", ...
  std::string text;  // "data", "orders 12/31"
  double from = 0;
  double to = 0;
  bool failed = false;
};

struct Report {
  ReportRun run;
  std::vector<ReportOutcome> outcome;
  SourceInfo source;
  ReportTarget target;
  SnapshotInfo snapshot;
  std::vector<ReportTable> tables;
  std::vector<ReportObject> objects;
  std::vector<ReportReplan> replans;
  std::vector<ReportRetry> retries;  // of this start, the first thousand
  std::vector<ReportCoercion> coercions;
  ReportRejects rejects;
  std::vector<NotMigrated> not_migrated;
  std::vector<NameChange> names;
  std::vector<ReportDifference> differences;
  std::vector<ReportCheck> checks;
  std::vector<Hazard> hazards;
  std::vector<std::string> notes;
  NameValues settings;  // the options that mattered, without secrets
  NameValues versions;  // "transload", "server", "libpq", ...
  std::vector<ReportSpan> timeline;
};

struct ReportTotals {
  std::uint64_t tables = 0, matched = 0, mismatched = 0, not_verified = 0;
  std::uint64_t read = 0, written = 0, rejected = 0, coerced = 0, bytes = 0;
  std::uint64_t objects_created = 0, objects_failed = 0;
};
ReportTotals Totals(const Report& report);
// Objects in one state: "failed", "unvalidated".
std::vector<ReportObject> ObjectsIn(const Report& report, std::string_view state);

// "done and verified: 12 tables, 2,000,000 rows, checksums match; 3 values changed under a policy".
std::string VerdictLine(const Report& report);
// verify and sync: the rows of a table that they found in the target, nobody wrote just now.
bool OnlyCompares(const Report& report);

// "2000000" as "2,000,000".
std::string Grouped(std::uint64_t number);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_REPORT_H_
