#include "mappings/key_columns.h"

#include <algorithm>
#include <numeric>

#include "core/ascii.h"

namespace transload {
namespace {

std::string TableKey(const std::string& schema, const std::string& name) {
  return schema + '\0' + name;
}

// Sets of columns by number, joined step by step; paths are halved while they are walked.
class Partition {
 public:
  explicit Partition(std::size_t size) : parent_(size) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t Root(std::size_t item) {
    while (parent_[item] != item) {
      parent_[item] = parent_[parent_[item]];
      item = parent_[item];
    }
    return item;
  }
  // The lower number stays the root, so that the result does not depend on the order.
  void Join(std::size_t a, std::size_t b) {
    a = Root(a);
    b = Root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

void MarkIndexes(const SourceTable& table, std::vector<KeyRole>& roles) {
  for (const SourceIndex& index : table.indexes) {
    if (index.kind != IndexKind::kPrimary && index.kind != IndexKind::kUnique) continue;
    for (const SourceIndexPart& part : index.parts) {
      const std::size_t column = FindSourceColumn(table, part.column);
      if (column == std::string::npos) continue;
      (index.kind == IndexKind::kPrimary ? roles[column].primary : roles[column].unique) = true;
    }
  }
}

}  // namespace

TableIndex::TableIndex(const std::vector<SelectedTable>& tables) {
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const SourceTable& table = *tables[i].source;
    by_name_.emplace(TableKey(table.schema, table.name), i);
    by_folded_name_.emplace(LowerAscii(TableKey(table.schema, table.name)), i);
  }
}

std::size_t TableIndex::Find(const std::string& schema, const std::string& name) const {
  auto found = by_name_.find(TableKey(schema, name));
  if (found != by_name_.end()) return found->second;
  found = by_folded_name_.find(LowerAscii(TableKey(schema, name)));
  return found == by_folded_name_.end() ? std::string::npos : found->second;
}

std::vector<std::string> ParentColumns(const SourceForeignKey& key, const SourceTable& parent) {
  if (!key.parent_columns.empty()) return key.parent_columns;
  std::vector<std::string> columns;
  if (const SourceIndex* primary = parent.PrimaryKey()) {
    for (const SourceIndexPart& part : primary->parts) columns.push_back(part.column);
  }
  return columns;
}

KeyColumns FindKeyColumns(const std::vector<SelectedTable>& tables) {
  KeyColumns keys;
  keys.tables = TableIndex(tables);
  std::vector<std::size_t> first;  // number of each table's first column
  std::size_t total = 0;
  for (const SelectedTable& table : tables) {
    first.push_back(total);
    total += table.source->columns.size();
    keys.roles.emplace_back(table.source->columns.size());
    MarkIndexes(*table.source, keys.roles.back());
  }

  Partition sets(total);
  for (std::size_t child = 0; child < tables.size(); ++child) {
    for (const SourceForeignKey& key : tables[child].source->foreign_keys) {
      const std::size_t parent = keys.tables.Find(key.parent_schema, key.parent_table);
      if (parent == std::string::npos) continue;
      const std::vector<std::string> names = ParentColumns(key, *tables[parent].source);
      if (names.size() != key.columns.size()) continue;
      for (std::size_t i = 0; i < names.size(); ++i) {
        const std::size_t from = FindSourceColumn(*tables[child].source, key.columns[i]);
        const std::size_t to = FindSourceColumn(*tables[parent].source, names[i]);
        if (from == std::string::npos || to == std::string::npos) continue;
        keys.roles[child][from].foreign = keys.roles[parent][to].foreign = true;
        sets.Join(first[child] + from, first[parent] + to);
      }
    }
  }

  std::unordered_map<std::size_t, std::size_t> component_of;  // by root
  for (std::size_t table = 0; table < tables.size(); ++table) {
    for (std::size_t column = 0; column < keys.roles[table].size(); ++column) {
      if (!keys.roles[table][column].foreign) continue;
      const std::size_t root = sets.Root(first[table] + column);
      auto [slot, fresh] = component_of.emplace(root, keys.components.size());
      if (fresh) keys.components.emplace_back();
      keys.components[slot->second].push_back({table, column});
    }
  }
  std::erase_if(keys.components, [](const auto& places) { return places.size() < 2; });
  return keys;
}

}  // namespace transload
