#include "mappings/planner.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "mappings/plan_draft.h"
#include "mappings/postgres_plan.h"

namespace transload {

std::string RulesDigest(const std::string& rules) {
  if (rules == kPostgresRules) return "as it is";
  const std::string& text = RulesFor(rules).text;
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

MigrationPlan MakePlan(const PlanRequest& request) {
  if (request.source.rules == kPostgresRules) return PlanPostgres(request);
  Draft draft(request);
  const std::vector<SelectedTable> selected = SelectTables(request);
  draft.keys = FindKeyColumns(selected);
  draft.tables.resize(selected.size());
  for (std::size_t i = 0; i < selected.size(); ++i) draft.tables[i].selected = selected[i];
  draft.plan.not_migrated = request.catalogue.not_migrated;
  for (const std::string& note : request.catalogue.notes) {
    draft.AddHazard(request.source.database, note);
  }

  NameEverything(draft);
  DecideTypes(draft);
  FinishColumns(draft);
  PlanDefaults(draft);
  PlanChecks(draft);
  PlanIndexes(draft);
  PlanForeignKeys(draft);
  NoteHazards(draft);
  for (DraftTable& table : draft.tables) draft.plan.tables.push_back(std::move(table.plan));
  return std::move(draft.plan);
}

}  // namespace transload
