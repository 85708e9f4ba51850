// CHECK constraints of a table: the source's own, and those that stand for a type.
#ifndef TRANSLOAD_MAPPINGS_CHECKS_H_
#define TRANSLOAD_MAPPINGS_CHECKS_H_

#include <string>
#include <vector>

#include "core/plan.h"
#include "mappings/names.h"
#include "mappings/sql_expression.h"

namespace transload {

// The labels that values of an ENUM may have: its own, and '' first when the policy enum_zero asks
// for it.
std::vector<std::string> EnumLabels(const SourceColumn& column, const Policies& policies);

// "labels", "set" or "empty" (TypeRule::check) as a condition on the column.
std::string TypeCheckSql(const ColumnPlan& column, const std::string& check);

struct TableChecks {
  std::vector<CheckPlan> checks;
  std::vector<NotMigrated> not_migrated;
  std::vector<Hazard> hazards;
};

// The checks of a table whose columns are final. `type_checks`: TypeRule::check of each column,
// parallel to the table's columns. Names come from `constraints`; the same input gives the same
// names.
TableChecks MakeChecks(const SourceTable& source, const TablePlan& table,
                       const std::vector<std::string>& type_checks, SqlDialect dialect,
                       Identifiers identifiers, NameRegistry& constraints);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_CHECKS_H_
