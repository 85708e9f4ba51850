#include <fmt/format.h>

#include "core/error.h"
#include "mappings/plan_draft.h"
#include "mappings/widest_type.h"

namespace transload {
namespace {

void DecideColumn(Draft& draft, TypeDecider& decider, DraftTable& table, std::size_t index) {
  ColumnPlan& plan = table.plan.columns[index];
  DraftColumn& column = table.columns[index];
  const SourceTable& source = table.source();
  column.facts = draft.facts.Find(source, plan.source.name);
  column.decision = decider.Decide({source, plan.source, table.selected.OptionsOf(plan.source.name),
                                    plan.policies, column.role.any(), column.facts});
  if (!column.decision.type) {
    const std::string& type =
        plan.source.full_type.empty() ? plan.source.type : plan.source.full_type;
    draft.Refuse(table.ColumnLabel(index),
                 fmt::format("no rule says what becomes of type '{}': add --map '{}=TYPE', or "
                             "leave the column out with exclude_columns",
                             type, type));
    column.decision.type = PgType{};
    column.decision.by = "no rule";
  }
}

// The type of one connected set of key columns.
void UnifyComponent(Draft& draft, const std::vector<ColumnPlace>& places) {
  struct Member {
    DraftTable* table;
    std::size_t column;
  };
  std::vector<Member> members;
  for (const ColumnPlace& place : places) {
    DraftTable& table = draft.tables[place.table];
    const std::size_t column = table.Find(table.source().columns[place.column].name);
    if (column != std::string::npos) members.push_back({&table, column});
  }
  if (members.size() < 2) return;

  auto decision = [](const Member& m) -> TypeDecision& {
    return m.table->columns[m.column].decision;
  };
  std::optional<PgType> common;
  const Member* chosen = nullptr;  // whose map decides
  for (const Member& member : members) {
    if (!decision(member).overridden) continue;
    if (chosen != nullptr && *decision(*chosen).type != *decision(member).type) {
      throw UsageError(fmt::format(
          "{} is mapped to {} and {} to {}, but a foreign key connects them: map both alike",
          chosen->table->ColumnLabel(chosen->column), decision(*chosen).type->Sql(),
          member.table->ColumnLabel(member.column), decision(member).type->Sql()));
    }
    chosen = &member;
    common = decision(member).type;
  }
  if (!common) {
    common = decision(members.front()).type;
    for (const Member& member : members) {
      if (common) common = WidestType(*common, *decision(member).type);
    }
    // Two enums in one set, even with equal labels, are two types.
    if (common && common->kind == PgKind::kEnum) common = PgType{};
  }
  if (!common) return;  // PlanForeignKeys reports the key that can't be
  for (const Member& member : members) {
    TypeDecision& own = decision(member);
    if (*own.type == *common) continue;
    own.by += ", widened to match its foreign keys";
    if (own.type->kind == PgKind::kEnum) own.check = "labels";
    own.type = common;
    own.safe.reset();
  }
}

}  // namespace

void DecideTypes(Draft& draft) {
  TypeDecider decider(draft.request);
  for (std::size_t t = 0; t < draft.tables.size(); ++t) {
    DraftTable& table = draft.tables[t];
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      table.columns[c].role = draft.keys.roles[t][table.columns[c].source_index];
      DecideColumn(draft, decider, table, c);
    }
  }
  for (const auto& places : draft.keys.components) UnifyComponent(draft, places);
  for (const MapRule* map : decider.UnusedMaps()) {
    if (!map->column.empty()) {
      throw UsageError(
          fmt::format("{} 'col:{}={}' names a column that is not among the tables to "
                      "be moved",
                      map->where, map->column, map->to));
    }
    draft.AddHazard(map->where, fmt::format("'{}={}' matches no column: nothing has that type",
                                            map->type, map->to));
  }
}

}  // namespace transload
