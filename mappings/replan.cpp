#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/error.h"
#include "core/sql_quotes.h"
#include "mappings/checks.h"
#include "mappings/default_values.h"
#include "mappings/expression_translator.h"
#include "mappings/index_builder.h"
#include "mappings/planner.h"

namespace transload {
namespace {

// Between a column's rule and the type that it got when it was planned again.
constexpr std::string_view kThen = ", then ";

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

TableChecks ChecksOf(const TablePlan& table, const SourceTable& source,
                     const PlanRequest& request) {
  NameRegistry names;
  for (const IndexPlan& index : table.indexes) {
    if (index.constraint) names.Take(index.name, "index");
  }
  return MakeChecks(source, table, TypeChecks(table), DialectOf(request.source.rules),
                    request.options.identifiers, names);
}

DefaultValue DefaultOf(const ColumnPlan& column, const PlanRequest& request) {
  return TranslateDefault(column.source, column.type, DialectOf(request.source.rules),
                          request.target_version);
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
  plan.rule += std::string(kThen) + plan.type.Sql();
  plan.note = reason;
  // A number from a sequence is one in a wider type too.
  if (!plan.identity && plan.source.generation_expression.empty() &&
      !plan.default_sql.starts_with("nextval(")) {
    plan.default_sql = DefaultOf(plan, request).sql;
  }
  table.checks = ChecksOf(table, source, request).checks;
  ReplanIndexes(table, source, request);
  return text;
}

bool PlannedAgain(const TablePlan& table) {
  return std::any_of(table.columns.begin(), table.columns.end(), [](const ColumnPlan& column) {
    return column.rule.find(kThen) != std::string::npos;
  });
}

void ListAgain(const TablePlan& table, const PlanRequest& request,
               std::vector<NotMigrated>& listed) {
  const SourceTable& source = SourceOf(table, request.catalogue);
  auto forget = [&](std::string_view kind, const std::string& name) {
    std::erase_if(listed, [&](const NotMigrated& entry) {
      return entry.kind == kind && entry.name == table.SourceLabel() + "." + name;
    });
  };
  for (const ColumnPlan& column : table.columns) {
    forget("default", column.source.name);
    if (column.identity || !column.default_sql.empty() || !column.source.default_value ||
        !column.source.generation_expression.empty()) {
      continue;
    }
    const std::string why = DefaultOf(column, request).why;
    if (why.empty()) continue;
    listed.push_back({"default", table.SourceLabel() + "." + column.source.name, why,
                      column.source.default_value->text});
  }
  for (const SourceCheck& check : source.checks) forget("check", check.name);
  for (NotMigrated& entry : ChecksOf(table, source, request).not_migrated) {
    listed.push_back(std::move(entry));
  }
  const FactsIndex facts(request.facts);
  const IndexBuilder builder(request, facts, source, table);
  for (const SourceIndex& index : source.indexes) {
    forget("index", index.name);
    const BuiltIndex built = builder.Build(index);
    if (built.plan) continue;
    listed.push_back({"index", table.SourceLabel() + "." + index.name, built.why, ""});
  }
}

}  // namespace transload
