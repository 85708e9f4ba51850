#include "mappings/index_width.h"
#include "mappings/key_columns.h"
#include "mappings/planner.h"
#include "mappings/postgres_plan.h"
#include "mappings/selection.h"
#include "mappings/type_decision.h"

namespace transload {
namespace {

// What is asked about one table.
class TableQuestions {
 public:
  TableQuestions(const PlanRequest& request, const TypeDecider& decider,
                 const SelectedTable& selected, const std::vector<KeyRole>& roles)
      : request_(request), decider_(decider), selected_(selected), roles_(roles) {}

  void Ask(FactRequests& out) const {
    const SourceTable& table = *selected_.source;
    const bool deep = request_.options.prescan == Prescan::kAll || request_.options.deep;
    const std::vector<bool> wide = WideKeyColumns(table);
    ScanRequest scan{table.schema, table.name, {}};
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const std::string& name = table.columns[i].name;
      if (selected_.LeavesOut(name)) continue;
      if (request_.options.prescan == Prescan::kOff && !deep) continue;
      const bool by_rule = DependsOnData(i);
      if (request_.source.rules == "sqlite" || (deep && (by_rule || HoldsRisk(i))) || wide[i]) {
        scan.columns.push_back(name);
      } else if (by_rule && roles_[i].any()) {
        out.probe_keys.push_back({table.schema, table.name, name});
      }
    }
    if (!scan.columns.empty()) out.scans.push_back(std::move(scan));
  }

 private:
  bool DependsOnData(std::size_t index) const {
    const SourceColumn& column = selected_.source->columns[index];
    const Policies policies = PoliciesFor(request_.options, selected_, column.name);
    const ColumnStanding standing{
        *selected_.source,   column, selected_.OptionsOf(column.name), policies,
        roles_[index].any(), nullptr};
    if (decider_.Overridden(standing)) return false;
    const TypeRule* rule = decider_.RuleOf(standing);
    return rule != nullptr && !rule->safe.empty() && rule->fits.has_value();
  }

  // Values that may be a hazard without changing the type: what a deep plan counts beforehand.
  bool HoldsRisk(std::size_t index) const {
    const SourceColumn& column = selected_.source->columns[index];
    const std::string& type = column.type;
    return type == "date" || type == "datetime" || type == "timestamp" || type == "enum" ||
           type == "json" || column.is_json_alias || !column.charset.empty() ||
           type == "longblob" || type == "mediumblob";
  }

  const PlanRequest& request_;
  const TypeDecider& decider_;
  const SelectedTable& selected_;
  const std::vector<KeyRole>& roles_;
};

}  // namespace

FactRequests RequestFacts(const PlanRequest& request) {
  if (request.source.rules == kPostgresRules) return {};
  const std::vector<SelectedTable> tables = SelectTables(request);
  const KeyColumns keys = FindKeyColumns(tables);
  const TypeDecider decider(request);
  FactRequests out;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    TableQuestions(request, decider, tables[i], keys.roles[i]).Ask(out);
  }
  return out;
}

}  // namespace transload
