#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "mappings/checks.h"
#include "mappings/expression_translator.h"
#include "mappings/plan_draft.h"

namespace transload {
namespace {

bool NamesGenerated(const SqlNode& node, const SourceTable& table) {
  if (node.kind == SqlNode::Kind::kColumn) {
    const std::size_t column = FindSourceColumn(table, node.text);
    return column != std::string::npos && !table.columns[column].generation_expression.empty();
  }
  return std::any_of(node.args.begin(), node.args.end(),
                     [&](const SqlNode& arg) { return NamesGenerated(arg, table); });
}

// Why a generated column becomes a plain one; empty when its expression is carried over.
std::string Materialised(Draft& draft, DraftTable& table, ColumnPlan& column) {
  const std::string& expression = column.source.generation_expression;
  if (column.policies.generated == Generated::kMaterialise) {
    return "a plain column with the values (policy generated=materialise)";
  }
  if (draft.request.target_version < 120000) return "PostgreSQL has generated columns from 12 on";
  if (column.identity) return "an identity column";
  const SqlDialect dialect = DialectOf(draft.request.source.rules);
  const ParsedSql parsed = ParseSql(expression, dialect);
  if (parsed.ok() && NamesGenerated(parsed.node, table.source())) {
    return "a plain column with the values: it is computed from another generated column";
  }
  const Translation value = TranslateValue(expression, dialect, table.plan.columns, column.type);
  if (!value.ok()) return "a plain column with the values: " + value.why;
  if (!value.notes.empty()) {
    draft.AddHazard(table.plan.SourceLabel() + "." + column.source.name,
                    fmt::format("generated as {}: {}", value.sql, fmt::join(value.notes, "; ")));
  }
  column.generated_sql = value.sql;
  column.safe_type.reset();  // not copied, so no value is ever checked
  return "";
}

void PlanGenerated(Draft& draft, DraftTable& table) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    ColumnPlan& column = table.plan.columns[i];
    if (column.source.generation_expression.empty()) continue;
    const std::string why = Materialised(draft, table, column);
    if (why.empty()) continue;
    draft.Skip("generation expression", table.ColumnLabel(i), why,
               column.source.generation_expression);
    if (column.comment.empty()) {
      column.comment = "In the source, generated as " + column.source.generation_expression;
    }
  }
}

}  // namespace

void PlanChecks(Draft& draft) {
  for (DraftTable& table : draft.tables) {
    PlanGenerated(draft, table);
    std::vector<std::string> type_checks;
    for (const DraftColumn& column : table.columns) type_checks.push_back(column.decision.check);
    TableChecks checks =
        MakeChecks(table.source(), table.plan, type_checks, DialectOf(draft.request.source.rules),
                   draft.request.options.identifiers, table.constraints);
    table.plan.checks = std::move(checks.checks);
    for (NotMigrated& entry : checks.not_migrated) {
      draft.plan.not_migrated.push_back(std::move(entry));
    }
    for (Hazard& hazard : checks.hazards) draft.plan.hazards.push_back(std::move(hazard));
  }
}

}  // namespace transload
