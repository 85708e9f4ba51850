#include "core/plan.h"

#include <algorithm>

namespace transload {

const ColumnPlan* TablePlan::FindColumn(const std::string& target_column) const {
  auto found = std::find_if(columns.begin(), columns.end(),
                            [&](const ColumnPlan& c) { return c.name == target_column; });
  return found == columns.end() ? nullptr : &*found;
}

}  // namespace transload
