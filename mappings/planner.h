// From what a source has to what the target gets: SourceCatalogue → MigrationPlan.
//
// Types are decided by rules in data files (mysql.toml, sqlite.toml, ...), embedded at build, under
// the user's own maps. Nothing in here does I/O: what depends on the data comes in as facts, which
// the caller gathers after asking RequestFacts what is needed. The same request always gives the
// same plan, to the letter: a resume compares them.
#ifndef TRANSLOAD_MAPPINGS_PLANNER_H_
#define TRANSLOAD_MAPPINGS_PLANNER_H_

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "core/options.h"
#include "core/plan.h"
#include "core/source_facts.h"
#include "core/source_schema.h"

namespace transload {

// Everything a plan is made from. Borrows: the catalogue, source and options outlive it.
struct PlanRequest {
  const SourceCatalogue& catalogue;
  const SourceInfo& source;
  const Options& options;
  int target_version = 150000;              // PostgreSQL's server_version_num
  std::set<std::string> target_extensions;  // installed or installable: "postgis", "citext"
  std::vector<ColumnFacts> facts;           // of key columns (probes), and of scanned columns
  bool target_icu = true;                   // the server was built with ICU
};

// One column whose minimum and maximum an index may tell (Source::ProbeKey). Source names.
struct FactRequest {
  std::string schema, table, column;
  bool operator==(const FactRequest&) const = default;
};

// Columns of one table to be learnt in one pass over it (Source::Scan). Source names.
struct ScanRequest {
  std::string schema, table;
  std::vector<std::string> columns;
  bool operator==(const ScanRequest&) const = default;
};

struct FactRequests {
  std::vector<FactRequest> probe_keys;
  std::vector<ScanRequest> scans;
};

// Which columns must be known before the types can be fixed: key columns (primary, unique, foreign)
// whose type depends on the data; with --prescan all or plan --deep every column that depends on
// the data, and every column a hazard depends on; from SQLite every column of every selected table
// that is not STRICT by its declaration. Throws the same usage errors as MakePlan.
FactRequests RequestFacts(const PlanRequest& request);

// The plan. Throws usage errors for options that name what is not there: a glob, a table, a column,
// a map that matches nothing. What stands in the way of a run but not of a plan is in `refusals`.
MigrationPlan MakePlan(const PlanRequest& request);

// Identifies the rule file that decides for an engine (SourceInfo::rules), as built in: part of the
// fingerprint of a run's inputs (core/plan_json.h).
std::string RulesDigest(const std::string& rules);

// An optimistic column has met a value that does not fit: gives the column its safe type, and
// adjusts the default, checks, indexes and enum types of the table that depend on it. `reason` says
// what was met ("value 2 in row id=17"). Returns the text for the report: "shop.orders.flag:
// boolean -> smallint because value 2 in row id=17". Throws when the column has no safe type.
std::string Replan(TablePlan& table, std::size_t column, const std::string& reason,
                   const PlanRequest& request);

// True for a table of which a column was planned again, in this start of a run or in an earlier
// one.
bool PlannedAgain(const TablePlan& table);

// Says anew which of the table's defaults, checks and indexes are not carried over: `listed` has it
// by the types that were planned first.
void ListAgain(const TablePlan& table, const PlanRequest& request,
               std::vector<NotMigrated>& listed);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_PLANNER_H_
