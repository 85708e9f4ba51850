#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "core/sql_quotes.h"
#include "mappings/index_builder.h"
#include "mappings/plan_draft.h"

namespace transload {
namespace {

// Both ends of one key, in target names; `why` says why it can't be.
struct Ends {
  std::vector<const ColumnPlan*> child;
  std::vector<const ColumnPlan*> parent;
  std::string why;
};

Ends FindEnds(const DraftTable& child, const DraftTable& parent, const SourceForeignKey& key) {
  Ends ends;
  const std::vector<std::string> parent_columns = ParentColumns(key, parent.source());
  if (parent_columns.size() != key.columns.size()) {
    ends.why = fmt::format("{} has no primary key of {} columns", parent.plan.SourceLabel(),
                           key.columns.size());
    return ends;
  }
  auto find = [&](const DraftTable& table, const std::string& name,
                  std::vector<const ColumnPlan*>& out) {
    const std::size_t index = table.Find(name);
    if (index == std::string::npos) {
      ends.why = fmt::format("column {} of {} is left out or does not exist", name,
                             table.plan.SourceLabel());
      return;
    }
    out.push_back(&table.plan.columns[index]);
  };
  for (std::size_t i = 0; i < key.columns.size() && ends.why.empty(); ++i) {
    find(child, key.columns[i], ends.child);
    find(parent, parent_columns[i], ends.parent);
  }
  return ends;
}

bool HasUnique(const DraftTable& parent, const std::vector<const ColumnPlan*>& columns) {
  std::set<std::string> wanted;
  for (const ColumnPlan* column : columns) wanted.insert(QuoteIdent(column->name));
  return std::any_of(
      parent.plan.indexes.begin(), parent.plan.indexes.end(), [&](const IndexPlan& index) {
        if (!IsPlainUnique(index) || index.parts.size() != wanted.size()) return false;
        return std::all_of(index.parts.begin(), index.parts.end(),
                           [&](const IndexPartPlan& part) { return wanted.contains(part.sql); });
      });
}

// Comparable without a conversion: text and varchar are, text and uuid are not.
bool Comparable(const PgType& a, const PgType& b) {
  auto family = [](const PgType& type) {
    switch (type.kind) {
      case PgKind::kInt2:
      case PgKind::kInt4:
      case PgKind::kInt8:
        return PgKind::kInt8;
      case PgKind::kText:
      case PgKind::kVarchar:
      case PgKind::kBpchar:
        return PgKind::kText;
      default:
        return type.kind;
    }
  };
  if (a.kind == PgKind::kEnum || b.kind == PgKind::kEnum) return a == b;
  return family(a) == family(b);
}

std::string WhyNot(const DraftTable& parent, const Ends& ends) {
  if (!ends.why.empty()) return ends.why;
  for (std::size_t i = 0; i < ends.child.size(); ++i) {
    if (!Comparable(ends.child[i]->type, ends.parent[i]->type)) {
      return fmt::format("{} is {} and {} is {}", ends.child[i]->source.name,
                         ends.child[i]->type.Sql(), ends.parent[i]->source.name,
                         ends.parent[i]->type.Sql());
    }
  }
  if (!HasUnique(parent, ends.parent)) {
    std::vector<std::string> names;
    for (const ColumnPlan* column : ends.parent) names.push_back(column->source.name);
    return fmt::format("{} has no primary or unique key on ({}), which PostgreSQL asks for",
                       parent.plan.SourceLabel(), fmt::join(names, ", "));
  }
  return "";
}

std::string Action(Draft& draft, const std::string& action, const std::string& label) {
  if (action == "SET DEFAULT" && draft.request.source.rules == "mysql") {
    draft.AddHazard(label, "SET DEFAULT, which InnoDB refuses, becomes NO ACTION");
    return "";
  }
  return action == "NO ACTION" ? "" : action;
}

void PlanForeignKey(Draft& draft, DraftTable& table, const SourceForeignKey& key) {
  const std::string label =
      table.plan.SourceLabel() + "." +
      (key.name.empty() ? fmt::format("{}", fmt::join(key.columns, "_")) : key.name);
  const std::string parent_label = SourceLabel(key.parent_schema, key.parent_table);
  const std::size_t at = draft.keys.tables.Find(key.parent_schema, key.parent_table);
  if (at == std::string::npos) {
    draft.Skip("foreign key", label, parent_label + " is not among the tables to be moved");
    return;
  }
  const DraftTable& parent = draft.tables[at];
  const Ends ends = FindEnds(table, parent, key);
  if (const std::string why = WhyNot(parent, ends); !why.empty()) {
    draft.Skip("foreign key", label, why);
    return;
  }
  ForeignKeyPlan plan;
  std::string wanted = FoldName(key.name, draft.request.options.identifiers);
  for (std::size_t i = 0; i < ends.child.size(); ++i) {
    plan.columns.push_back(ends.child[i]->name);
    plan.parent_columns.push_back(ends.parent[i]->name);
  }
  if (wanted.empty())
    wanted = fmt::format("{}_{}_fkey", table.plan.name, fmt::join(plan.columns, "_"));
  plan.name = table.constraints.Allocate(wanted, label);
  plan.parent_schema = parent.plan.schema;
  plan.parent_table = parent.plan.name;
  plan.on_update = Action(draft, key.on_update, label);
  plan.on_delete = Action(draft, key.on_delete, label);
  plan.deferrable = key.deferrable;
  plan.initially_deferred = key.initially_deferred;
  plan.validate = key.trusted;
  if (plan.name != wanted) {
    draft.plan.names.push_back({"foreign key", label, plan.name,
                                wanted.size() > kLongestName
                                    ? "longer than 63 bytes"
                                    : "the table has another constraint of that name"});
  }
  table.plan.foreign_keys.push_back(std::move(plan));
}

}  // namespace

void PlanForeignKeys(Draft& draft) {
  for (DraftTable& table : draft.tables) {
    for (const SourceForeignKey& key : table.source().foreign_keys) {
      PlanForeignKey(draft, table, key);
    }
  }
}

}  // namespace transload
