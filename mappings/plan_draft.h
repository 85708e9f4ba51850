// A plan in the making: what the steps of MakePlan hand from one to the next.
#ifndef TRANSLOAD_MAPPINGS_PLAN_DRAFT_H_
#define TRANSLOAD_MAPPINGS_PLAN_DRAFT_H_

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "mappings/key_columns.h"
#include "mappings/names.h"
#include "mappings/planner.h"
#include "mappings/selection.h"
#include "mappings/type_decision.h"

namespace transload {

struct DraftColumn {
  std::size_t source_index = 0;
  TypeDecision decision;
  KeyRole role;
  const ColumnFacts* facts = nullptr;
};

struct DraftTable {
  SelectedTable selected;
  TablePlan plan;
  std::vector<DraftColumn> columns;  // parallel to plan.columns
  // Constraint names are unique per table, whatever else the schema holds.
  NameRegistry constraints;

  const SourceTable& source() const { return *selected.source; }
  // The place of a source column in plan.columns; npos when it is left out or unknown.
  std::size_t Find(const std::string& source_column) const;
  std::string ColumnLabel(std::size_t column) const;  // "shop.orders.id"
};

// Spelled out for a plan's schema-wide namespaces.
struct SchemaNames {
  NameRegistry relations;  // tables, sequences, indexes, types
  NameRegistry functions;
};

struct Draft {
  explicit Draft(const PlanRequest& r) : request(r), facts(r.facts) {}

  const PlanRequest& request;
  FactsIndex facts;
  MigrationPlan plan;
  std::vector<DraftTable> tables;
  KeyColumns keys;
  std::unordered_map<std::string, SchemaNames> names;  // by target schema

  SchemaNames& Names(const std::string& schema) { return names[schema]; }
  void AddHazard(std::string where, std::string text) {
    plan.hazards.push_back({std::move(where), std::move(text)});
  }
  void Refuse(std::string where, std::string text) {
    plan.refusals.push_back({std::move(where), std::move(text)});
  }
  void Skip(std::string kind, std::string name, std::string reason, std::string definition = {}) {
    plan.not_migrated.push_back(
        {std::move(kind), std::move(name), std::move(reason), std::move(definition)});
  }
};

// --- the steps, in the order in which MakePlan takes them

// Tables, columns and sequences with their target names (draft_names.cpp).
void NameEverything(Draft& draft);
// Rules, maps and facts decide; then both ends of every foreign key agree (draft_types.cpp).
void DecideTypes(Draft& draft);
// Enum types, identity, NOT NULL, comments, what hangs on a column (draft_columns.cpp).
void FinishColumns(Draft& draft);
// Defaults and the triggers that keep a timestamp (draft_defaults.cpp).
void PlanDefaults(Draft& draft);
// CHECK constraints and generated columns (draft_checks.cpp).
void PlanChecks(Draft& draft);
// Primary keys, unique constraints, other indexes (draft_indexes.cpp).
void PlanIndexes(Draft& draft);
// Foreign keys, after every table has its indexes (draft_foreign_keys.cpp).
void PlanForeignKeys(Draft& draft);
// What a user should know of a table as a whole (draft_hazards.cpp).
void NoteHazards(Draft& draft);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_PLAN_DRAFT_H_
