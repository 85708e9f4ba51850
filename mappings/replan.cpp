#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "mappings/checks.h"
#include "mappings/default_values.h"
#include "mappings/expression_translator.h"
#include "mappings/index_builder.h"
#include "mappings/planner.h"
#include "mappings/selection.h"

namespace transload {
namespace {

const SourceTable& SourceOf(const TablePlan& table, const SourceCatalogue& catalogue) {
  for (const SourceTable& source : catalogue.tables) {
    if (source.schema == table.source_schema && source.name == table.source_name) return source;
  }
  throw BugError(
      fmt::format("{} is planned again and is not in the catalogue", table.SourceLabel()));
}

// Which column has a CHECK that stands for its type: told by the condition it would have.
std::vector<std::string> TypeChecks(const TablePlan& table) {
  std::vector<std::string> out;
  for (const ColumnPlan& column : table.columns) {
    std::string found;
    for (const char* check : {"labels", "set", "empty"}) {
      const bool possible =
          std::string(check) == "empty" ? column.source.length == 0 : !column.source.labels.empty();
      if (!possible) continue;
      const std::string sql = TypeCheckSql(column, check);
      const bool has = std::any_of(table.checks.begin(), table.checks.end(),
                                   [&](const CheckPlan& c) { return c.expression_sql == sql; });
      if (has) found = check;
    }
    out.push_back(found);
  }
  return out;
}

void ReplanChecks(TablePlan& table, const SourceTable& source, const PlanRequest& request) {
  NameRegistry names;
  for (const IndexPlan& index : table.indexes) {
    if (index.constraint) names.Take(index.name, "index");
  }
  TableChecks checks = MakeChecks(source, table, TypeChecks(table), DialectOf(request.source.rules),
                                  request.options.identifiers, names);
  table.checks = std::move(checks.checks);
}

// Expressions and predicates read differently with another type; names stay.
void ReplanIndexes(TablePlan& table, const SourceTable& source, const PlanRequest& request) {
  const FactsIndex facts(request.facts);
  const TablePlan columns = table;  // the builder reads the columns while indexes change
  const IndexBuilder builder(request, facts, source, columns);
  std::erase_if(table.indexes, [&](IndexPlan& index) {
    for (const SourceIndex& original : source.indexes) {
      if (original.name != index.source_name) continue;
      BuiltIndex built = builder.Build(original);
      if (!built.plan) return true;
      built.plan->name = index.name;
      index = std::move(*built.plan);
    }
    return false;
  });
}

}  // namespace

std::string Replan(TablePlan& table, std::size_t column, const std::string& reason,
                   const PlanRequest& request) {
  ColumnPlan& plan = table.columns.at(column);
  if (!plan.safe_type) {
    throw BugError(fmt::format("{}.{} is planned again, but has no safer type than {}",
                               table.SourceLabel(), plan.source.name, plan.type.Sql()));
  }
  const SourceTable& source = SourceOf(table, request.catalogue);
  std::string text = fmt::format("{}.{}: {} -> {} because {}", table.SourceLabel(),
                                 plan.source.name, plan.type.Sql(), plan.safe_type->Sql(), reason);
  if (plan.type.kind == PgKind::kEnum) {
    std::erase_if(table.types, [&](const EnumTypePlan& type) {
      return plan.type.name == QuoteIdent(type.schema) + "." + QuoteIdent(type.name);
    });
  }
  plan.type = *plan.safe_type;
  plan.safe_type.reset();
  plan.rule += ", then " + plan.type.Sql();
  plan.note = reason;
  if (!plan.identity && plan.source.generation_expression.empty()) {
    plan.default_sql = TranslateDefault(plan.source, plan.type, DialectOf(request.source.rules),
                                        request.target_version)
                           .sql;
  }
  ReplanChecks(table, source, request);
  ReplanIndexes(table, source, request);
  return text;
}

}  // namespace transload
