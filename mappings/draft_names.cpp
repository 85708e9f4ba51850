#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "core/error.h"
#include "mappings/plan_draft.h"

namespace transload {
namespace {

Identifiers IdentifiersOf(const PlanRequest& request) {
  // PostgreSQL's own names are as they should be.
  return request.source.engine == "PostgreSQL" ? Identifiers::kPreserve
                                               : request.options.identifiers;
}

// The target schema of a source schema.
std::string TargetSchema(const PlanRequest& request, const std::string& source) {
  const Options& options = request.options;
  if (auto renamed = options.rename_schema.find(source); renamed != options.rename_schema.end()) {
    return renamed->second;
  }
  if (!request.source.default_target_schema.empty() || source.empty()) {
    if (!options.schema.empty()) return options.schema;
    return source.empty() && request.source.default_target_schema.empty()
               ? "public"
               : request.source.default_target_schema;
  }
  // SQL Server's schema of those who never asked for one.
  if (request.source.rules == "mssql" && source == "dbo") return "public";
  std::string name = FitName(FoldName(source, IdentifiersOf(request)));
  // PostgreSQL keeps the prefix pg_ to itself.
  return name.starts_with("pg_") ? "_" + name : name;
}

void CheckSchemaOptions(const PlanRequest& request) {
  std::set<std::string> schemas;
  for (const SourceTable& table : request.catalogue.tables) schemas.insert(table.schema);
  for (const SourceSequence& sequence : request.catalogue.sequences) {
    schemas.insert(sequence.schema);
  }
  for (const auto& [from, to] : request.options.rename_schema) {
    if (!schemas.contains(from)) {
      throw UsageError(
          fmt::format("--rename-schema {}={}: the source has no schema '{}'", from, to, from));
    }
    if (to.starts_with("pg_")) {
      throw UsageError(
          fmt::format("--rename-schema {}={}: PostgreSQL keeps names in pg_ to itself", from, to));
    }
  }
  if (request.options.schema.starts_with("pg_")) {
    throw UsageError(fmt::format("--schema {}: PostgreSQL keeps names in pg_ to itself",
                                 request.options.schema));
  }
}

std::string WhyChanged(const std::string& wanted, const std::string& final_name,
                       const std::string& owner) {
  if (wanted.size() > kLongestName) return "longer than 63 bytes";
  return final_name == wanted ? "" : "clashes with " + owner;
}

void NameTable(Draft& draft, DraftTable& table) {
  const SourceTable& source = table.source();
  TablePlan& plan = table.plan;
  plan.source_schema = source.schema;
  plan.source_name = source.name;
  plan.schema = TargetSchema(draft.request, source.schema);
  const TableOptions* options = table.selected.options;
  std::string wanted = options != nullptr && !options->rename.empty()
                           ? options->rename
                           : FoldName(source.name, IdentifiersOf(draft.request));
  if (wanted.empty()) wanted = "unnamed";
  NameRegistry& relations = draft.Names(plan.schema).relations;
  const std::string owner = relations.Owner(FitName(wanted));
  const std::string label = "table " + SourceLabel(source);
  plan.name = relations.Allocate(wanted, label);
  if (!owner.empty()) {
    draft.Refuse(plan.schema + "." + FitName(wanted),
                 fmt::format("{} and {} would both be called {}.{}: rename one with [table.\"{}\"] "
                             "rename = \"...\", or use --identifiers preserve",
                             owner, label, plan.schema, FitName(wanted), source.name));
  }
  if (std::string why = WhyChanged(wanted, plan.name, owner); !why.empty()) {
    draft.plan.names.push_back({"table", SourceLabel(source), plan.name, why});
  }
}

// The name that a column is to have, before others stand in its way.
struct DraftName {
  std::string wanted;
  const SourceColumn* column = nullptr;
  const ColumnOptions* renamed = nullptr;  // when the user asked for it
};

// A name that was asked for is had, or refused.
void CheckColumnRenames(const SourceTable& table, const std::vector<DraftName>& names) {
  std::map<std::string, const DraftName*> owners;
  for (const DraftName& name : names) {
    const auto [owner, fresh] = owners.emplace(name.wanted, &name);
    const bool reserved = name.renamed != nullptr && IsSystemColumn(name.wanted);
    const DraftName& asked = name.renamed != nullptr ? name : *owner->second;
    if (asked.renamed == nullptr || (fresh && !reserved)) continue;
    const DraftName& other = &asked == &name ? *owner->second : name;
    throw UsageError(fmt::format(
        "{}{}rename = \"{}\" of column {} of {}: {}", asked.renamed->rename_where,
        asked.renamed->rename_where.empty() ? "" : ": ", asked.wanted, asked.column->name,
        SourceLabel(table),
        reserved ? "PostgreSQL keeps that name for a system column"
                 : fmt::format("column {} would be called so too", other.column->name)));
  }
}

void NameColumns(Draft& draft, DraftTable& table) {
  const SourceTable& source = table.source();
  NameRegistry names;
  std::vector<DraftName> wanted_names;
  for (std::size_t i = 0; i < source.columns.size(); ++i) {
    const SourceColumn& column = source.columns[i];
    if (table.selected.LeavesOut(column.name)) continue;
    const ColumnOptions* settings = table.selected.OptionsOf(column.name);
    std::string wanted = settings != nullptr && !settings->rename.empty()
                             ? settings->rename
                             : FoldName(column.name, IdentifiersOf(draft.request));
    if (wanted.empty()) wanted = fmt::format("column_{}", i + 1);
    const bool renamed = settings != nullptr && !settings->rename.empty();
    wanted_names.push_back({FitName(wanted), &column, renamed ? settings : nullptr});
    const std::string owner = names.Owner(FitName(wanted));
    const bool reserved = IsSystemColumn(wanted);
    ColumnPlan plan;
    plan.name = names.Allocate(reserved ? wanted + "_" : wanted, "column " + column.name);
    plan.source = column;
    plan.policies = PoliciesFor(draft.request.options, table.selected, column.name);
    const std::string why = reserved ? "a system column of PostgreSQL has this name"
                                     : WhyChanged(wanted, plan.name, owner);
    if (!why.empty()) {
      draft.plan.names.push_back(
          {"column", SourceLabel(source) + "." + column.name, plan.name, why});
    }
    table.plan.columns.push_back(std::move(plan));
    table.columns.push_back({});
    table.columns.back().source_index = i;
  }
  CheckColumnRenames(source, wanted_names);
}

void NameSequences(Draft& draft) {
  for (const SourceSequence& source : draft.request.catalogue.sequences) {
    SequencePlan plan;
    plan.source = source;
    plan.schema = TargetSchema(draft.request, source.schema);
    const std::string wanted = FoldName(source.name, IdentifiersOf(draft.request));
    NameRegistry& relations = draft.Names(plan.schema).relations;
    const std::string owner = relations.Owner(FitName(wanted));
    plan.name = relations.Allocate(wanted, "sequence " + source.name);
    if (std::string why = WhyChanged(wanted, plan.name, owner); !why.empty()) {
      draft.plan.names.push_back({"sequence", source.schema + "." + source.name, plan.name, why});
    }
    draft.plan.sequences.push_back(std::move(plan));
  }
}

}  // namespace

std::size_t DraftTable::Find(const std::string& source_column) const {
  const std::size_t index = FindSourceColumn(source(), source_column);
  if (index == std::string::npos) return index;
  auto found = std::find_if(columns.begin(), columns.end(),
                            [&](const DraftColumn& c) { return c.source_index == index; });
  return found == columns.end() ? std::string::npos
                                : static_cast<std::size_t>(found - columns.begin());
}

std::string DraftTable::ColumnLabel(std::size_t column) const {
  return plan.SourceLabel() + "." + plan.columns[column].source.name;
}

void NameEverything(Draft& draft) {
  CheckSchemaOptions(draft.request);
  std::set<std::string> schemas;
  for (DraftTable& table : draft.tables) {
    NameTable(draft, table);
    NameColumns(draft, table);
    if (schemas.insert(table.plan.schema).second) draft.plan.schemas.push_back(table.plan.schema);
    if (table.plan.columns.size() > 1600) {
      draft.Refuse(table.plan.SourceLabel(),
                   fmt::format("{} columns; PostgreSQL holds 1600 in a table: leave some out with "
                               "exclude_columns, or split the table in the source",
                               table.plan.columns.size()));
    }
  }
  NameSequences(draft);
  for (const SequencePlan& sequence : draft.plan.sequences) {
    if (schemas.insert(sequence.schema).second) draft.plan.schemas.push_back(sequence.schema);
  }
}

}  // namespace transload
