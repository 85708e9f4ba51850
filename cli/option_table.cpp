#include "cli/option_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/values.h"
#include "core/ascii.h"
#include "core/pg_type.h"
#include "pipeline/deadline.h"

namespace transload {
namespace {

using Text = const std::string&;

bool On(Text text) { return ParseWord<int>(text, {"false", "true"}) == 1; }

std::string NotEmpty(Text text) {
  if (text.empty()) throw UsageError("the value is empty");
  return text;
}

// A longer name would be cut by the server, and not be found under the one that was asked for.
std::string SchemaName(Text text) {
  if (text.starts_with("pg_") || text == "information_schema") {
    throw UsageError(fmt::format("'{}' is a name that PostgreSQL keeps for itself", text));
  }
  if (text.size() > kLongestName) {
    throw UsageError(fmt::format("'{}' is longer than {} bytes", text, kLongestName));
  }
  return NotEmpty(text);
}

std::string Grant(Text text) {
  const std::string upper = UpperAscii(text);
  std::size_t to = upper.find(" TO ");
  if (to == std::string::npos || to == 0 || to + 4 >= upper.size()) {
    throw UsageError(fmt::format("'{}' does not have the form 'SELECT TO role'", text));
  }
  return text;
}

void SetPolicyText(Options& o, Text text) {
  auto [name, value] = ParsePair(text, "NAME=VALUE");
  SetPolicy(o.policies, name, value);
}

// Names with commas between them. "none" stands alone, whether in one text or in several.
void AddChecks(Options& o, Text text) {
  const bool none = o.check_kinds && o.check_kinds->empty();
  if (!o.check_kinds) o.check_kinds.emplace();
  const bool first = !none && o.check_kinds->empty();
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    const std::size_t word = WordIndex(text.substr(start, comma - start),
                                       {"foreign-keys", "sequences", "indexes", "constraints",
                                        "look-ups", "queries", "all", "none"});
    const auto all = static_cast<std::size_t>(CheckKind::kQueries) + 1;
    if (none || (word > all && (!first || start > 0 || comma < text.size()))) {
      throw UsageError("'none' stands alone: no other check goes with it");
    }
    for (std::size_t kind = 0; kind < all; ++kind) {
      if (word == kind || word == all) o.check_kinds->insert(static_cast<CheckKind>(kind));
    }
    start = comma + 1;
  }
}

void SetMap(Options& o, Text text) {
  MapRule rule = ParseMap(text);
  rule.where = "--map";
  o.maps.push_back(rule);
}

std::vector<OptionSpec> What() {
  using enum OptionShape;
  constexpr unsigned both = kForSourceAndTarget;
  return {
      {"include", "", kList, "GLOB", "move only tables like this: 'orders*' or 'shop.orders*'",
       both, [](Options& o, Text t) { o.include.push_back(NotEmpty(t)); }},
      {"exclude", "", kList, "GLOB", "leave out tables like this; wins over --include", both,
       [](Options& o, Text t) { o.exclude.push_back(NotEmpty(t)); }},
      {"sample", "", kValue, "N%", "move about this share of the rows, for a rehearsal", both,
       [](Options& o, Text t) { o.sample_percent = ParsePercent(t); }},
      {"schema-only", "", kFlag, "", "make the tables, move no rows", kForMove,
       [](Options& o, Text t) { o.schema_only = On(t); }},
      {"data-only", "", kFlag, "", "move rows into tables that are there", kForMove,
       [](Options& o, Text t) { o.data_only = On(t); }},
  };
}

std::vector<OptionSpec> Shape() {
  using enum OptionShape;
  constexpr unsigned both = kForSourceAndTarget;
  return {
      {"schema", "", kValue, "NAME", "target schema, where the source has none of its own", both,
       [](Options& o, Text t) { o.schema = SchemaName(t); }},
      {"rename-schema", "", kList, "A=B", "give a source schema another name in the target", both,
       [](Options& o, Text t) { o.rename_schema.insert(ParsePair(t, "A=B")); }},
      {"identifiers", "", kValue, "lower|preserve|snake", "case of names in the target", both,
       [](Options& o, Text t) {
         o.identifiers = ParseWord<Identifiers>(t, {"lower", "preserve", "snake"});
       }},
      {"map", "", kList, "TYPE=TYPE",
       "override a type: 'tinyint(1)=smallint' or 'col:shop.orders.meta=jsonb'", both, SetMap},
      {"policy", "", kList, "NAME=VALUE", "what becomes of values that PostgreSQL cannot hold",
       both, SetPolicyText},
      {"owner", "", kValue, "ROLE", "owner of what is created", kForMove,
       [](Options& o, Text t) { o.owner = NotEmpty(t); }},
      {"grant", "", kList, "'SELECT TO role'", "granted on every table", kForMove,
       [](Options& o, Text t) { o.grants.push_back(Grant(t)); }},
      {"on-existing", "", kValue, "fail|truncate|drop|append",
       "when a table of that name is in the target", kForMove,
       [](Options& o, Text t) {
         o.on_existing = ParseWord<OnExisting>(t, {"fail", "truncate", "drop", "append"});
       }},
      {"prescan", "", kValue, "auto|all|off",
       "look at the data before choosing types: where cheap, everywhere, never", both,
       [](Options& o, Text t) {
         o.prescan = ParseWord<Prescan>(t, {"auto", "all", "off"});
       }},
  };
}

std::vector<OptionSpec> Running() {
  using enum OptionShape;
  return {
      {"jobs", "j", kValue, "N", "lanes that move rows at the same time; default min(cores, 8)",
       kForSourceAndTarget,
       [](Options& o, Text t) { o.jobs = static_cast<int>(ParseInteger(t, 1, 256)); }},
      {"index-jobs", "", kValue, "N",
       "indexes built at the same time, and processes at one; default as --jobs", kForMove,
       [](Options& o, Text t) { o.index_jobs = static_cast<int>(ParseInteger(t, 1, 256)); }},
      {"on-bad-row", "", kValue, "stop|reject", "when a row cannot be stored", kForRun,
       [](Options& o, Text t) {
         o.on_bad_row = ParseWord<OnBadRow>(t, {"stop", "reject"});
       }},
      {"max-rejects", "", kValue, "N|N%", "stop after so many rejected rows", kForRun,
       [](Options& o, Text t) { o.max_rejects = ParseMaxRejects(t); }},
      {"verify", "", kValue, "none|count|checksum|full", "what is compared; default checksum",
       kForRun | kForVerify,
       [](Options& o, Text t) {
         o.verify = ParseWord<VerifyLevel>(t, {"none", "count", "checksum", "full"});
       }},
      {"checks", "", kList, "all|none|NAME,...",
       "checks beside the rows: foreign-keys, sequences, indexes, constraints, look-ups, queries; "
       "default queries, and all with --verify full",
       kForRun | kForVerify, AddChecks},
      {"repair", "", kMaybe, "sql",
       "copy the rows that differ again and verify once more; =sql writes the statements to the "
       "report's folder instead",
       kForVerifyAlone,
       [](Options& o, Text t) {
         o.repair = ParseWord<Repair>(t, {"false", "true", "sql"});
       }},
      {"rounds", "", kValue, "N", "at most so many rounds; default until one finds nothing",
       kForSync,
       [](Options& o, Text t) { o.sync_rounds = static_cast<int>(ParseInteger(t, 1, 1000)); }},
      {"final", "", kFlag, "", "writes to the source have stopped: one round, and its verdict",
       kForSync, [](Options& o, Text t) { o.final_round = On(t); }},
      {"allow-unverified", "", kFlag, "", "exit 0 although a table could not be verified",
       kForRun | kForVerify, [](Options& o, Text t) { o.allow_unverified = On(t); }},
      {"consistency", "", kValue, "reconcile|strict|relaxed",
       "when the source has moved between two starts of a run", kForSourceAndTarget,
       [](Options& o, Text t) {
         o.consistency = ParseWord<Consistency>(t, {"reconcile", "strict", "relaxed"});
       }},
      {"snapshot-copy", "", kFlag, "", "SQLite: work on a copy, do not hold up its writers",
       kForSourceAndTarget, [](Options& o, Text t) { o.snapshot_copy = On(t); }},
      {"restart", "", kFlag, "",
       "undo the earlier run first, then begin again; refused by preflight, it undoes nothing",
       kForRun, [](Options& o, Text t) { o.restart = On(t); }},
      {"reload", "", kList, "TABLE", "load this table again", kForRun,
       [](Options& o, Text t) { o.reload.push_back(NotEmpty(t)); }},
      {"tune", "", kFlag, "",
       "give sessions that build indexes more memory and workers than the server's settings do, "
       "and compress long values and the log's pages by LZ4 instead of pglz",
       kForRun, [](Options& o, Text t) { o.tune = On(t); }},
      {"refresh-sequences", "", kFlag, "",
       "of a finished run: only set the sequences to the source's values of now, forward only (at "
       "cut-over)",
       kForRun, [](Options& o, Text t) { o.refresh_sequences = On(t); }},
      {"retry-rejects", "", kFlag, "",
       "load the rejected rows of a run again, after their cause was mended", kForRun,
       [](Options& o, Text t) { o.retry_rejects = On(t); }},
      {"vacuum", "", kFlag, "", "VACUUM the tables when they are loaded", kForRun,
       [](Options& o, Text t) { o.vacuum = On(t); }},
  };
}

std::vector<OptionSpec> Limits() {
  using enum OptionShape;
  constexpr unsigned both = kForSourceAndTarget;
  return {
      {"max-rate", "", kValue, "50MB/s", "read no faster than this, all lanes together", kForRun,
       [](Options& o, Text t) { o.max_rate_bytes = ParseRate(t); }},
      {"max-load", "", kValue, "N",
       "rest while the source works on more statements than this, or a replica lags", kForRun,
       [](Options& o, Text t) {
         o.max_load = static_cast<std::uint64_t>(ParseInteger(t, 1, 1'000'000));
       }},
      {"deadline", "", kValue, "TIME",
       "stop by this local time, '06:00' or '2026-03-01 06:00'; resumable", kForRun,
       [](Options& o, Text t) {
         // The form only: a run refuses a time that has passed, other commands may share its file.
         ParseDeadline(t, WallClock::time_point());
         o.deadline = t;
       }},
      {"partition-size", "", kValue, "SIZE",
       "source data per partition at most; default 64MiB, to 256MiB for far servers", both,
       [](Options& o, Text t) {
         o.partition_bytes = ParseSize(t);
         if (o.partition_bytes < 4096) throw UsageError("a partition has at least 4096 bytes");
         o.partition_bytes_given = true;
       }},
      {"connect-timeout", "", kValue, "TIME", "longest wait for a connection; default 10s", kForAll,
       [](Options& o, Text t) { o.connect_timeout_ms = ParseDuration(t); }},
      {"stall-timeout", "", kValue, "TIME", "give up a connection that moves nothing; default 5m",
       kForAll, [](Options& o, Text t) { o.stall_timeout_ms = ParseDuration(t); }},
      {"lock-timeout", "", kValue, "TIME", "longest wait for a lock in the target; default 1m",
       kForAll, [](Options& o, Text t) { o.lock_timeout_ms = ParseDuration(t); }},
      {"snapshot-lock", "", kValue, "TIME",
       "longest wait for a lock that stalls the source's writers; default 3s", both,
       [](Options& o, Text t) { o.snapshot_lock_ms = ParseDuration(t); }},
      {"retries", "", kValue, "N",
       "further tries after a fault, of a partition, an object or the run; default 5", kForRun,
       [](Options& o, Text t) { o.retries = static_cast<int>(ParseInteger(t, 0, 100)); }},
      {"pg-bin", "", kValue, "DIR", "where PostgreSQL's programs are", both,
       [](Options& o, Text t) { o.pg_bin = NotEmpty(t); }},
  };
}

std::vector<OptionSpec> Telling() {
  using enum OptionShape;
  return {
      {"ledger-schema", "", kValue, "NAME", "where the run keeps its books; default transload",
       kForAll, [](Options& o, Text t) { o.ledger_schema = SchemaName(t); }},
      {"run", "", kValue, "ID", "the run that is meant, when there are several",
       kForRun | kForVerify | kForLedger, [](Options& o, Text t) { o.run_id = NotEmpty(t); }},
      {"report", "", kValue, "DIR", "write report.json, .html, .md and junit.xml there",
       kForRun | kForVerify, [](Options& o, Text t) { o.report_dir = NotEmpty(t); }},
      {"ddl", "", kFlag, "", "print the statements a run would execute", kForPlan,
       [](Options& o, Text t) { o.show_ddl = On(t); }},
      {"deep", "", kFlag, "", "scan the data for what may not fit", kForPlan,
       [](Options& o, Text t) { o.deep = On(t); }},
      {"force", "", kFlag, "", "undo although rows changed since", kForUndo,
       [](Options& o, Text t) { o.force = On(t); }},
      {"forget", "", kFlag, "", "drop the run's ledger rows too", kForUndo,
       [](Options& o, Text t) { o.forget = On(t); }},
      {"format", "", kValue, "text|json", "of the result on stdout", kForAll,
       [](Options& o, Text t) {
         o.format = ParseWord<OutputFormat>(t, {"text", "json"});
       }},
      {"log-format", "", kValue, "text|json", "of the log lines on stderr", kForAll,
       [](Options& o, Text t) {
         o.log_format = ParseWord<OutputFormat>(t, {"text", "json"});
       }},
      {"quiet", "q", kFlag, "", "errors and the result, nothing else", kForAll,
       [](Options& o, Text t) { o.quiet = On(t); }},
      {"verbose", "v", kCount, "", "say more; twice: everything", kForAll,
       [](Options& o, Text t) { o.verbose = static_cast<int>(ParseInteger(t, 0, 3)); }},
  };
}

}  // namespace

std::string OptionSpec::Key() const {
  std::string key = name;
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

const std::vector<OptionSpec>& OptionTable() {
  static const std::vector<OptionSpec> table = [] {
    std::vector<OptionSpec> all;
    for (auto part : {What(), Shape(), Running(), Limits(), Telling()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return table;
}

const OptionSpec* FindOptionByKey(const std::string& key) {
  for (const OptionSpec& spec : OptionTable()) {
    if (spec.Key() == key) return &spec;
  }
  return nullptr;
}

}  // namespace transload
