#include "load/replan_sql.h"

#include <algorithm>

#include "load/ddl.h"

namespace transload {
namespace {

// The clauses of one column, in an order in which none stands in another's way.
std::vector<std::string> AlterColumn(const ColumnPlan& before, const ColumnPlan& after) {
  const std::string column = "ALTER COLUMN " + ddl::QuoteName(after.name);
  std::vector<std::string> clauses;
  if (before.identity && !after.identity) clauses.push_back(column + " DROP IDENTITY");
  if (!before.default_sql.empty()) clauses.push_back(column + " DROP DEFAULT");
  if (before.type != after.type) {
    // The table is empty: no value needs converting, and none could be converted from an enum.
    const std::string type = after.type.Sql();
    clauses.push_back(column + " TYPE " + type + " USING NULL::" + type);
  }
  if (!after.default_sql.empty()) clauses.push_back(column + " SET DEFAULT " + after.default_sql);
  if (before.not_null && !after.not_null) clauses.push_back(column + " DROP NOT NULL");
  if (!before.not_null && after.not_null) clauses.push_back(column + " SET NOT NULL");
  return clauses;
}

}  // namespace

std::vector<std::string> ReplanSql(const TablePlan& before, const TablePlan& after,
                                   const std::string& empty_it) {
  const std::string table = ddl::Qualified(after.schema, after.name);
  std::vector<std::string> sql = {empty_it.empty() ? "TRUNCATE " + table : empty_it};
  for (std::size_t i = 0; i < after.columns.size(); ++i) {
    if (before.columns[i] == after.columns[i]) continue;
    for (const std::string& clause : AlterColumn(before.columns[i], after.columns[i])) {
      sql.push_back("ALTER TABLE " + table + " " + clause);
    }
  }
  for (const EnumTypePlan& type : before.types) {
    if (std::find(after.types.begin(), after.types.end(), type) == after.types.end()) {
      sql.push_back("DROP TYPE " + ddl::Qualified(type.schema, type.name));
    }
  }
  return sql;
}

}  // namespace transload
