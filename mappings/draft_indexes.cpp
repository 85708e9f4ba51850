#include <fmt/format.h>

#include "mappings/index_builder.h"
#include "mappings/plan_draft.h"

namespace transload {
namespace {

std::string JoinColumns(const DraftTable& table, const SourceIndex& index) {
  std::string out;
  for (const SourceIndexPart& part : index.parts) {
    const std::size_t column = part.column.empty() ? std::string::npos : table.Find(part.column);
    out += (out.empty() ? "" : "_") +
           (column == std::string::npos ? "expr" : table.plan.columns[column].name);
  }
  return out;
}

// MySQL's index names are unique within their table only, PostgreSQL's within the schema: so the
// table's name goes before them, once.
std::string WantedName(const Draft& draft, const DraftTable& table, const SourceIndex& index,
                       const IndexPlan& plan) {
  const std::string& name = table.plan.name;
  if (index.kind == IndexKind::kPrimary) return name + "_pkey";
  const Identifiers identifiers = draft.request.source.engine == "PostgreSQL"
                                      ? Identifiers::kPreserve
                                      : draft.request.options.identifiers;
  std::string base = FoldName(index.name, identifiers);
  const bool made_by_sqlite = base.starts_with("sqlite_autoindex_");
  // SQLite's own names are unique in the database already.
  if (draft.request.source.rules == "sqlite" && !base.empty() && !made_by_sqlite) return base;
  if (base.empty() || made_by_sqlite) base = JoinColumns(table, index);
  if (!base.starts_with(name + "_")) base = name + "_" + base;
  const char* suffix = plan.unique ? "_key" : "_idx";
  return base.ends_with(suffix) ? base : base + suffix;
}

void NameIndex(Draft& draft, DraftTable& table, const SourceIndex& index, IndexPlan& plan) {
  const std::string label = fmt::format("index {} of {}", index.name, table.plan.SourceLabel());
  NameRegistry& relations = draft.Names(table.plan.schema).relations;
  const std::string wanted = WantedName(draft, table, index, plan);
  const std::string owner = relations.Owner(FitName(wanted));
  // A constraint's name must be free among the table's constraints too.
  do {
    plan.name = relations.Allocate(wanted, label);
  } while (!table.constraints.Take(plan.name, label));
  if (plan.name == index.name || index.kind == IndexKind::kPrimary) return;
  const std::string reason = wanted.size() > kLongestName ? "longer than 63 bytes"
                             : plan.name == wanted        ? "index names are unique per schema"
                                                          : "clashes with " + owner;
  draft.plan.names.push_back(
      {"index", table.plan.SourceLabel() + "." + index.name, plan.name, reason});
}

}  // namespace

void PlanIndexes(Draft& draft) {
  for (DraftTable& table : draft.tables) {
    const IndexBuilder builder(draft.request, draft.facts, table.source(), table.plan);
    for (const SourceIndex& index : table.source().indexes) {
      const std::string label = table.plan.SourceLabel() + "." + index.name;
      BuiltIndex built = builder.Build(index);
      for (const std::string& hazard : built.hazards) draft.AddHazard(label, hazard);
      if (!built.plan) {
        draft.Skip("index", label, built.why);
        continue;
      }
      NameIndex(draft, table, index, *built.plan);
      table.plan.indexes.push_back(std::move(*built.plan));
    }
  }
}

}  // namespace transload
