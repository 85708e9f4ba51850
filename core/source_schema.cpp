#include "core/source_schema.h"

#include <algorithm>

namespace transload {

const SourceColumn* SourceTable::FindColumn(const std::string& column) const {
  auto found = std::find_if(columns.begin(), columns.end(),
                            [&](const SourceColumn& c) { return c.name == column; });
  return found == columns.end() ? nullptr : &*found;
}

const SourceIndex* SourceTable::PrimaryKey() const {
  auto found = std::find_if(indexes.begin(), indexes.end(),
                            [](const SourceIndex& i) { return i.kind == IndexKind::kPrimary; });
  return found == indexes.end() ? nullptr : &*found;
}

}  // namespace transload
