#include "pipeline/extra_checks.h"

#include <set>

#include "load/ddl.h"
#include "verify/point_lookups.h"
#include "verify/query_checks.h"
#include "verify/structure_checks.h"

namespace transload {

bool WantsExtraChecks(const Options& options, const RowReader* reader) {
  return (options.Wants(CheckKind::kQueries) && !options.checks.empty()) ||
         (options.Wants(CheckKind::kLookUps) && reader != nullptr) ||
         options.Wants(CheckKind::kForeignKeys) || options.Wants(CheckKind::kSequences) ||
         options.Wants(CheckKind::kIndexes) || options.Wants(CheckKind::kConstraints);
}

void RunExtraChecks(Endpoints& ends, const std::vector<std::unique_ptr<BoundTable>>& tables,
                    RowReader* reader, Report& report) {
  const Options& options = ends.options;
  if (!WantsExtraChecks(options, reader)) return;
  TableReader target(ends.options);
  // transload's own SQL names schemas; the user's finds tables as an application would.
  std::set<std::string> schemas = {"public"};
  for (const auto& table : tables) schemas.insert(table->plan().schema);
  std::string path;
  for (const std::string& schema : schemas) {
    path += (path.empty() ? "" : ", ") + ddl::QuoteName(schema);
  }
  target.Query("SET LOCAL search_path TO " + path);
  if (options.Wants(CheckKind::kQueries) && !options.checks.empty()) {
    RunQueryChecks(
        options.checks,
        [&](const std::string& sql) {
          std::lock_guard lock(ends.source_mutex);
          return ends.source->Ask(sql);
        },
        target, report);
  }
  std::vector<const TablePlan*> plans;
  for (const auto& table : tables) plans.push_back(&table->plan());
  CheckStructure(plans, options, target, report);
  if (!options.Wants(CheckKind::kLookUps) || reader == nullptr) return;
  const std::string& rules = ends.source->Info().rules;
  const bool any_key = rules != "odbc" && rules != "mssql";
  // In the session as rows are read back: the path of schemas shows in the text of some types.
  TableReader plain(ends.options);
  for (const auto& table : tables) LookUpSample(*table, *reader, plain, any_key, report);
}

}  // namespace transload
