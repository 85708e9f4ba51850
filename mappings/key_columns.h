// Which columns are part of keys, and which of them hang together by foreign keys.
//
// PostgreSQL wants both ends of a foreign key to be of comparable types, so columns that foreign
// keys connect, however indirectly, are given one type together.
#ifndef TRANSLOAD_MAPPINGS_KEY_COLUMNS_H_
#define TRANSLOAD_MAPPINGS_KEY_COLUMNS_H_

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/source_schema.h"
#include "mappings/selection.h"

namespace transload {

struct KeyRole {
  bool primary = false;
  bool unique = false;
  bool foreign = false;  // child or parent of a foreign key

  bool any() const { return primary || unique || foreign; }
};

// A source column by its place: table in the selection, column in SourceTable::columns.
struct ColumnPlace {
  std::size_t table = 0;
  std::size_t column = 0;
};

// Tables of the selection by name.
class TableIndex {
 public:
  TableIndex() = default;
  explicit TableIndex(const std::vector<SelectedTable>& tables);
  // npos when the selection has no such table. Case counts only where it must.
  std::size_t Find(const std::string& schema, const std::string& name) const;

 private:
  std::unordered_map<std::string, std::size_t> by_name_;
  std::unordered_map<std::string, std::size_t> by_folded_name_;
};

struct KeyColumns {
  TableIndex tables;
  std::vector<std::vector<KeyRole>> roles;  // [table][column]
  // Sets of two or more columns that foreign keys connect.
  std::vector<std::vector<ColumnPlace>> components;
};

// Linear in the number of columns and keys.
KeyColumns FindKeyColumns(const std::vector<SelectedTable>& tables);

// The parent's columns that a foreign key names; its primary key's when it names none, as SQLite
// allows.
std::vector<std::string> ParentColumns(const SourceForeignKey& key, const SourceTable& parent);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_KEY_COLUMNS_H_
