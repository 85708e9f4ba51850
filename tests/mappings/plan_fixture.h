// Catalogues by hand, for tests of the planner.
#ifndef TRANSLOAD_TESTS_MAPPINGS_PLAN_FIXTURE_H_
#define TRANSLOAD_TESTS_MAPPINGS_PLAN_FIXTURE_H_

#include <string>
#include <utility>
#include <vector>

#include "mappings/planner.h"

namespace transload {

inline SourceColumn Column(const std::string& name, const std::string& type,
                           const std::string& full_type = "") {
  SourceColumn column;
  column.name = name;
  column.type = type;
  column.full_type = full_type.empty() ? type : full_type;
  column.is_unsigned = column.full_type.find("unsigned") != std::string::npos;
  return column;
}

inline SourceColumn NotNull(SourceColumn column) {
  column.nullable = false;
  return column;
}

inline SourceColumn Sized(const std::string& name, const std::string& type, std::int64_t length,
                          const std::string& suffix = "") {
  SourceColumn column = Column(name, type, type + "(" + std::to_string(length) + ")" + suffix);
  column.length = length;
  return column;
}

inline SourceColumn Text(const std::string& name, std::int64_t length,
                         const std::string& collation = "utf8mb4_bin") {
  SourceColumn column = Sized(name, "varchar", length);
  column.charset = "utf8mb4";
  column.collation = collation;
  return column;
}

inline SourceColumn Labelled(const std::string& name, const std::string& type,
                             std::vector<std::string> labels) {
  SourceColumn column = Column(name, type);
  column.labels = std::move(labels);
  return column;
}

inline SourceColumn WithDefault(SourceColumn column, const std::string& text, bool expression) {
  column.default_value = SourceDefault{text, expression};
  return column;
}

inline SourceIndex Index(const std::string& name, IndexKind kind,
                         const std::vector<std::string>& columns) {
  SourceIndex index;
  index.name = name;
  index.kind = kind;
  for (const std::string& column : columns) {
    SourceIndexPart part;
    part.column = column;
    index.parts.push_back(part);
  }
  return index;
}

inline SourceIndex Primary(const std::vector<std::string>& columns) {
  return Index("PRIMARY", IndexKind::kPrimary, columns);
}

inline SourceTable Table(const std::string& name, std::vector<SourceColumn> columns,
                         std::vector<SourceIndex> indexes = {}) {
  SourceTable table;
  table.schema = "shop";
  table.name = name;
  table.columns = std::move(columns);
  table.indexes = std::move(indexes);
  return table;
}

inline SourceForeignKey References(const std::string& name, const std::string& column,
                                   const std::string& parent, const std::string& parent_column) {
  SourceForeignKey key;
  key.name = name;
  key.columns = {column};
  key.parent_schema = "shop";
  key.parent_table = parent;
  key.parent_columns = {parent_column};
  return key;
}

inline ColumnFacts Range(const std::string& table, const std::string& column,
                         const std::string& minimum, const std::string& maximum) {
  ColumnFacts facts;
  facts.schema = "shop";
  facts.table = table;
  facts.column = column;
  facts.known = true;
  if (!minimum.empty()) facts.minimum = minimum;
  if (!maximum.empty()) facts.maximum = maximum;
  return facts;
}

// One source with what a request needs; the members are set, then Plan() is called.
struct Shop {
  SourceCatalogue catalogue;
  SourceInfo source;
  Options options;
  std::vector<ColumnFacts> facts;
  std::set<std::string> extensions;
  int target_version = 150000;
  bool target_icu = true;

  explicit Shop(std::vector<SourceTable> tables, const std::string& rules = "mysql") {
    catalogue.tables = std::move(tables);
    source.engine = rules == "mysql" ? "MariaDB" : "SQLite";
    source.rules = rules;
    source.database = "shop";
    source.default_target_schema = "public";
  }
  PlanRequest Request() const {
    return {catalogue, source, options, target_version, extensions, facts, target_icu};
  }
  MigrationPlan Plan() const { return MakePlan(Request()); }
  ColumnPlan PlanColumn() const { return Plan().tables.at(0).columns.at(0); }
};

inline bool Mentions(const std::vector<Hazard>& hazards, const std::string& text) {
  for (const Hazard& hazard : hazards) {
    if ((hazard.where + ": " + hazard.text).find(text) != std::string::npos) return true;
  }
  return false;
}
inline const NotMigrated* FindSkipped(const MigrationPlan& plan, const std::string& kind,
                                      const std::string& name) {
  for (const NotMigrated& entry : plan.not_migrated) {
    if (entry.kind == kind && entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace transload

#endif  // TRANSLOAD_TESTS_MAPPINGS_PLAN_FIXTURE_H_
