#include "mappings/postgres_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/sql_quotes.h"
#include "mappings/selection.h"
#include "mappings/type_decision.h"

namespace transload {
namespace {

[[noreturn]] void Refuse(const std::string& what) {
  throw UsageError(what +
                   ": from PostgreSQL to PostgreSQL definitions are carried over as they are; "
                   "change them afterwards, or make the tables yourself and use --data-only");
}

void CheckOptions(const PlanRequest& request) {
  const Options& options = request.options;
  if (!options.maps.empty()) Refuse("--map");
  if (!options.schema.empty()) {
    throw UsageError(
        "--schema: tables of a PostgreSQL source keep their schemas; use --rename-schema");
  }
  std::set<std::string> schemas;
  for (const SourceTable& table : request.catalogue.tables) schemas.insert(table.schema);
  for (const auto& [from, to] : options.rename_schema) {
    if (!schemas.contains(from)) {
      throw UsageError(fmt::format(
          "--rename-schema {}={}: the source has no tables in a schema '{}'", from, to, from));
    }
    if (to.starts_with("pg_")) {
      throw UsageError(
          fmt::format("--rename-schema {}={}: PostgreSQL keeps names in pg_ to itself", from, to));
    }
  }
  for (const auto& [name, table] : options.tables) {
    const std::string where = fmt::format("[table.\"{}\"]", name);
    if (!table.rename.empty()) Refuse(where + " rename");
    if (!table.exclude_columns.empty() && !options.data_only) Refuse(where + " exclude_columns");
    for (const auto& [column, settings] : table.columns) {
      if (!settings.rename.empty()) Refuse(fmt::format("{} column {} rename", where, column));
      if (!settings.type.empty()) Refuse(fmt::format("{} column {} type", where, column));
    }
  }
}

bool ExcludedAsWritten(const SelectedTable& selected, const std::string& column) {
  if (selected.options == nullptr) return false;
  const std::vector<std::string>& names = selected.options->exclude_columns;
  return std::find(names.begin(), names.end(), column) != names.end();
}

ColumnPlan PlanColumn(const PlanRequest& request, const SelectedTable& selected,
                      const SourceColumn& source) {
  ColumnPlan plan;
  plan.source = source;
  plan.name = source.name;
  plan.type.kind = PgKind::kOther;
  plan.type.name = source.full_type;
  plan.rule = source.format == CellFormat::kPgText ? "as it is, by its text form" : "as it is";
  plan.not_null = !source.nullable;
  plan.generated_sql = source.generation_expression;
  plan.policies = PoliciesFor(request.options, selected, source.name);
  return plan;
}

TablePlan PlanTable(const PlanRequest& request, const SelectedTable& selected) {
  const SourceTable& source = *selected.source;
  TablePlan plan;
  plan.source_schema = source.schema;
  plan.source_name = plan.name = source.name;
  auto renamed = request.options.rename_schema.find(source.schema);
  plan.schema = renamed == request.options.rename_schema.end() ? source.schema : renamed->second;
  for (const SourceColumn& column : source.columns) {
    if (!ExcludedAsWritten(selected, column.name)) {
      plan.columns.push_back(PlanColumn(request, selected, column));
    }
  }
  if (!source.indexes.empty()) {
    IndexPlan key;
    key.name = key.source_name = source.indexes.front().name;
    // What tells rows apart; the unique index that stands in for a primary key stays what it is.
    key.primary = key.unique = true;
    key.constraint = source.indexes.front().kind == IndexKind::kPrimary;
    for (const SourceIndexPart& part : source.indexes.front().parts) {
      IndexPartPlan planned;
      planned.sql = QuoteIdent(part.column);
      key.parts.push_back(std::move(planned));
    }
    plan.indexes.push_back(std::move(key));
  }
  plan.comment = source.comment;
  if (selected.options != nullptr) plan.where = selected.options->where;
  plan.estimated_rows = source.estimated_rows;
  plan.estimated_bytes = source.estimated_bytes;
  return plan;
}

}  // namespace

MigrationPlan PlanPostgres(const PlanRequest& request) {
  CheckOptions(request);
  MigrationPlan plan;
  plan.not_migrated = request.catalogue.not_migrated;
  for (const std::string& note : request.catalogue.notes) {
    plan.hazards.push_back({request.source.database, note});
  }
  std::set<std::string> schemas;
  for (const SelectedTable& selected : SelectTables(request)) {
    TablePlan table = PlanTable(request, selected);
    if (schemas.insert(table.schema).second) plan.schemas.push_back(table.schema);
    plan.tables.push_back(std::move(table));
  }
  return plan;
}

}  // namespace transload
