// What is loaded once more: the tables of --reload, the rows of --retry-rejects.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "core/plan_json.h"
#include "load/replan_sql.h"
#include "load/set_aside.h"
#include "load/target_columns.h"
#include "pipeline/migration.h"
#include "pipeline/postgres_schema.h"
#include "pipeline/retry_rejects.h"

namespace transload {
namespace {

bool SameNames(const TablePlan& loaded, const TablePlan& fresh) {
  auto same = [](const ColumnPlan& a, const ColumnPlan& b) {
    return a.name == b.name && a.source.name == b.source.name;
  };
  return loaded.name == fresh.name && std::equal(loaded.columns.begin(), loaded.columns.end(),
                                                 fresh.columns.begin(), fresh.columns.end(), same);
}

}  // namespace

// Where the tables that --reload names stand in the plan. Asked before anything is touched too: a
// name that is none must not take up a run that has ended.
std::vector<std::size_t> Migration::TablesToReload() const {
  const std::vector<TablePlan>& tables = planned_.plan.tables;
  std::vector<std::size_t> found;
  for (const std::string& wanted : ends_->options.reload) {
    std::vector<std::size_t> named;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (tables[i].SourceLabel() == wanted) {
        named.assign(1, i);
        break;
      }
      if (tables[i].source_name == wanted) named.push_back(i);
    }
    if (named.empty()) {
      throw UsageError(fmt::format("--reload {}: run {} has no such table", wanted, run_.id));
    }
    if (named.size() > 1) {
      throw UsageError(
          fmt::format("--reload {}: several tables have this name, {} and {}; write "
                      "the schema too",
                      wanted, tables[named[0]].SourceLabel(), tables[named[1]].SourceLabel()));
    }
    if (appended_to_.contains({tables[named[0]].schema, tables[named[0]].name})) {
      throw RefusedError(fmt::format(
          "--reload {}: rows were appended to {}, and what others have put there would be deleted "
          "too",
          wanted, tables[named[0]].TargetLabel()));
    }
    const TablePlan* fresh = FreshPlan(tables[named[0]]);
    if (fresh == nullptr || !SameNames(tables[named[0]], *fresh)) {
      throw RefusedError(
          fmt::format("--reload {}: the table is gone from the source, or it or its columns have "
                      "other names now, or are others; start over with --restart",
                      wanted));
    }
    if (std::find(found.begin(), found.end(), named[0]) == found.end()) found.push_back(named[0]);
  }
  return found;
}

const TablePlan* Migration::FreshPlan(const TablePlan& loaded) const {
  auto same = [&](const TablePlan& plan) { return plan.SourceLabel() == loaded.SourceLabel(); };
  auto fresh = std::find_if(fresh_tables_.begin(), fresh_tables_.end(), same);
  return fresh == fresh_tables_.end() ? nullptr : &*fresh;
}

// Empties the tables that --reload names and gives the columns of those that the run made the types
// of a fresh plan.
void Migration::ReloadTables() {
  const std::vector<std::size_t> tables = TablesToReload();
  if (!tables.empty()) RunLateStepsAgain();
  for (const std::size_t table : tables) {
    TablePlan& kept = planned_.plan.tables[table];
    const TablePlan& fresh = *FreshPlan(kept);
    const std::int64_t id = table_ids_[table];
    std::vector<NewPartition> partitions = CutTable(id, fresh, *planned_.FindSource(fresh));
    std::vector<std::string> statements;
    std::string empty_it;
    {  // the reader's locks would hold up the statements
      TableReader reader(ends_->options);
      statements = SetAsideSql(reader, ends_->options, run_.id, kept);
      empty_it = "DELETE FROM " + reader.From(kept.schema, kept.name);
    }
    // A table that stood before the run stays as it was made.
    const TablePlan& made = existing_.contains(id) ? fresh : kept;
    for (std::string& statement : ReplanSql(made, fresh, empty_it)) {
      statements.push_back(std::move(statement));
    }
    ledger_->Replan(run_.id, id, statements, ToJson(fresh), partitions, "loaded again by --reload");
    kept = fresh;
  }
}

// Rows are about to arrive that the user's steps and the materialised views have not seen.
void Migration::RunLateStepsAgain() {
  ledger_->ForgetRefreshes(run_.id);
  if (postgres_) postgres_->RefreshAgain();
  ledger_->ForgetSteps(run_.id, {StepTime::kAfterData, StepTime::kAfterConstraints});
  const std::vector<SqlStep>& steps = ends_->options.steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].when >= StepTime::kAfterData) ran_steps_.erase(i + 1);
  }
}

// What failed in an earlier start was tried again by now: what failed once more stands in the
// ledger once more, and the rest is no failure of the run any more. Where a start does not try all,
// what it has not made itself stays.
void Migration::ForgetEarlierFailures() {
  const Options& options = ends_->options;
  const bool tries_all =
      !options.refresh_sequences && !options.retry_rejects && !(postgres_ && SchemasRenamed());
  std::set<std::pair<std::string, std::string>> made;
  for (const ObjectOutcome& outcome : workers_->outcomes()) {
    if (outcome.ok) made.emplace(outcome.kind, outcome.name);
  }
  std::vector<std::int64_t> ids;
  for (const ObjectRow& failure : earlier_failures_) {
    if (tries_all || made.contains({failure.kind, failure.name})) ids.push_back(failure.id);
  }
  ledger_->ForgetFailures(ids);
}

// The rows of --retry-rejects. What follows rows in any run follows these too.
void Migration::RetryRejected() {
  Phase("rejected rows");
  std::map<std::int64_t, std::unique_ptr<BoundTable>> tables;
  for (std::size_t i = 0; i < table_ids_.size(); ++i) {
    const TablePlan& loaded = planned_.plan.tables[i];
    const TablePlan* today = FreshPlan(loaded);
    if (today == nullptr) continue;
    TablePlan plan = PlanForRetry(loaded, *today);
    std::vector<TargetColumn> targets =
        BindColumns(ends_->target.DescribeTable(plan.schema, plan.name), plan);
    tables[table_ids_[i]] =
        std::make_unique<BoundTable>(table_ids_[i], board_.At(table_ids_[i]).generation,
                                     std::move(plan), std::move(targets), run_.seed);
  }
  bool steps_to_come = false;
  auto before_change = [&](const BoundTable& table) {
    if (!std::exchange(steps_to_come, true)) RunLateStepsAgain();
    // What verifies the rows, now and later, has to read the source as they were read. Known before
    // they are in: a run that is cut off then finds no reject any more that would tell.
    const auto found = std::find(table_ids_.begin(), table_ids_.end(), table.table_id());
    TablePlan& plan = planned_.plan.tables[static_cast<std::size_t>(found - table_ids_.begin())];
    if (table.plan() == plan) return;
    plan = table.plan();
    ledger_->Amend(run_.id, table.table_id(), {}, ToJson(plan), "policies of --retry-rejects");
  };
  const RetryResult result =
      RetryRejects(ends_->options, *ledger_, run_.id, tables, stop_, before_change);
  ledger_->AddAmendment(run_.id, "rejected rows were tried again", "");
  notes_.push_back(fmt::format("of the rejected rows, {} were loaded and {} still are rejected",
                               result.loaded, result.left));
}

}  // namespace transload
