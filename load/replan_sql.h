// The statements that start a table anew with other column types: empties it and alters it.
#ifndef TRANSLOAD_LOAD_REPLAN_SQL_H_
#define TRANSLOAD_LOAD_REPLAN_SQL_H_

#include <string>
#include <vector>

#include "core/plan.h"

namespace transload {

// For Ledger::Replan, which runs them in the transaction that resets the table's partitions. Both
// plans have the same columns; `before` is what stands in the target. Enum types that no column
// uses any more are dropped. A table that foreign keys refer to cannot be truncated: it is emptied
// by another statement, `empty_it`.
std::vector<std::string> ReplanSql(const TablePlan& before, const TablePlan& after,
                                   const std::string& empty_it = "");

}  // namespace transload

#endif  // TRANSLOAD_LOAD_REPLAN_SQL_H_
