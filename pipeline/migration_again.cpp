// What is loaded once more: the tables of --reload, the rows of --retry-rejects.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "core/plan_json.h"
#include "load/replan_sql.h"
#include "load/target_columns.h"
#include "pipeline/migration.h"
#include "pipeline/retry_rejects.h"

namespace transload {

// Empties the tables that --reload names and gives them the columns types of a fresh plan.
void Migration::ReloadTables() {
  const Options& options = ends_->options;
  if (!options.reload.empty()) RunLateStepsAgain();
  for (const std::string& wanted : options.reload) {
    auto named = [&](const TablePlan& plan) {
      return plan.source_name == wanted || plan.SourceLabel() == wanted;
    };
    auto fresh = std::find_if(fresh_tables_.begin(), fresh_tables_.end(), named);
    auto kept = std::find_if(planned_.plan.tables.begin(), planned_.plan.tables.end(), named);
    if (fresh == fresh_tables_.end() || kept == planned_.plan.tables.end() ||
        fresh->columns.size() != kept->columns.size()) {
      throw UsageError(fmt::format(
          "--reload {}: run {} has no such table, or it has other columns now; start over with "
          "--restart",
          wanted, run_.id));
    }
    const SourceTable* source = planned_.FindSource(*fresh);
    const std::int64_t id =
        table_ids_[static_cast<std::size_t>(kept - planned_.plan.tables.begin())];
    std::vector<NewPartition> partitions = CutTable(id, *fresh, *source);
    ledger_->Replan(run_.id, id, ReplanSql(*kept, *fresh, /*truncate=*/false), ToJson(*fresh),
                    partitions, "loaded again by --reload");
    *kept = *fresh;
  }
}

// Rows are about to arrive that the user's steps have not seen.
void Migration::RunLateStepsAgain() {
  ledger_->ForgetSteps(run_.id, {StepTime::kAfterData, StepTime::kAfterConstraints});
  const std::vector<SqlStep>& steps = ends_->options.steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].when >= StepTime::kAfterData) ran_steps_.erase(i + 1);
  }
}

// What --retry-rejects does, after which the tables are proven as at the end of any run.
void Migration::RetryRejected() {
  Phase("rejected rows");
  std::map<std::int64_t, std::unique_ptr<BoundTable>> tables;
  for (std::size_t i = 0; i < table_ids_.size(); ++i) {
    const TablePlan& loaded = planned_.plan.tables[i];
    auto same = [&](const TablePlan& t) { return t.SourceLabel() == loaded.SourceLabel(); };
    auto today = std::find_if(fresh_tables_.begin(), fresh_tables_.end(), same);
    if (today == fresh_tables_.end()) continue;
    TablePlan plan = PlanForRetry(loaded, *today);
    std::vector<TargetColumn> targets =
        BindColumns(ends_->target.DescribeTable(plan.schema, plan.name), plan);
    tables[table_ids_[i]] =
        std::make_unique<BoundTable>(table_ids_[i], board_.At(table_ids_[i]).generation,
                                     std::move(plan), std::move(targets), run_.seed);
  }
  const RetryResult result = RetryRejects(ends_->options, *ledger_, run_.id, tables, stop_);
  ledger_->AddAmendment(run_.id, "rejected rows were tried again", "");
  notes_.push_back(fmt::format("of the rejected rows, {} were loaded and {} still are rejected",
                               result.loaded, result.left));
}

}  // namespace transload
