// Which tables move, and the user's options for each.
#ifndef TRANSLOAD_MAPPINGS_SELECTION_H_
#define TRANSLOAD_MAPPINGS_SELECTION_H_

#include <functional>
#include <string>
#include <vector>

#include "core/options.h"
#include "mappings/planner.h"

namespace transload {

struct SelectedTable {
  const SourceTable* source = nullptr;
  const TableOptions* options = nullptr;  // nullptr: the user says nothing about it
  std::string options_key;                // as the user wrote it: audit_log, shop.audit_log

  // Whether a column's name in the options means this column of the source: as written, or without
  // regard to case when no other column is so called.
  bool Means(const std::string& written, const std::string& column) const;
  const ColumnOptions* OptionsOf(const std::string& column) const;  // nullptr: there are none
  bool LeavesOut(const std::string& column) const;
};

// Which tables of a catalogue, by their places there, --include and --exclude pick. `unmatched` is
// told of patterns that match none, with the option's name.
using UnmatchedPattern = std::function<void(const char* option, const std::string& pattern)>;
std::vector<bool> PickTables(const SourceCatalogue& catalogue, const Options& options,
                             const UnmatchedPattern& unmatched);

// The tables that --include and --exclude leave, in the catalogue's order. Globs and table names
// are taken as they are written; one that matches nothing that way is tried again without regard to
// case (always so for SQLite). Throws a usage error for a glob, a [table."x"], an excluded column
// or a column option that names nothing in the source.
std::vector<SelectedTable> SelectTables(const PlanRequest& request);

// Where a source column with this name stands; npos when there is none. Case counts only where
// another column's name differs in nothing else.
std::size_t FindSourceColumn(const SourceTable& table, const std::string& name);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_SELECTION_H_
