#include "mappings/checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/sql_quotes.h"
#include "mappings/expression_translator.h"

namespace transload {
namespace {

std::string LabelList(const std::vector<std::string>& labels) {
  std::vector<std::string> quoted;
  for (const std::string& label : labels) quoted.push_back(QuoteLiteral(label));
  return fmt::format("{}", fmt::join(quoted, ", "));
}

void AddSourceCheck(TableChecks& out, const SourceCheck& check, const TablePlan& table,
                    SqlDialect dialect, const std::string& wanted_name, NameRegistry& constraints) {
  const std::string label = table.SourceLabel() + "." + check.name;
  if (!check.enforced) {
    out.not_migrated.push_back(
        {"check", label, "the source does not enforce it", check.expression});
    return;
  }
  const Translation condition = TranslateCondition(check.expression, dialect, table.columns);
  if (!condition.ok()) {
    out.not_migrated.push_back({"check", label, condition.why, check.expression});
    return;
  }
  if (condition.always_true) return;  // the column's type says as much
  if (!condition.notes.empty()) {
    out.hazards.push_back(
        {label, fmt::format("CHECK {}: {}", condition.sql, fmt::join(condition.notes, "; "))});
  }
  out.checks.push_back({constraints.Allocate(wanted_name, label), condition.sql, true});
}

}  // namespace

std::vector<std::string> EnumLabels(const SourceColumn& column, const Policies& policies) {
  std::vector<std::string> labels = column.labels;
  const bool has_empty = std::find(labels.begin(), labels.end(), "") != labels.end();
  if (policies.enum_zero == EnumZero::kEmpty && !has_empty) labels.insert(labels.begin(), "");
  return labels;
}

std::string TypeCheckSql(const ColumnPlan& column, const std::string& check) {
  const std::string name = QuoteIdent(column.name);
  if (check == "empty") return fmt::format("({} = '')", name);
  if (check == "set") {
    return fmt::format("({} <@ ARRAY[{}]::text[])", name, LabelList(column.source.labels));
  }
  if (check == "labels") {
    return fmt::format("({} IN ({}))", name, LabelList(EnumLabels(column.source, column.policies)));
  }
  return "";
}

TableChecks MakeChecks(const SourceTable& source, const TablePlan& table,
                       const std::vector<std::string>& type_checks, SqlDialect dialect,
                       Identifiers identifiers, NameRegistry& constraints) {
  TableChecks out;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const std::string sql = TypeCheckSql(table.columns[i], type_checks[i]);
    if (sql.empty()) continue;
    const std::string wanted = fmt::format("{}_{}_check", table.name, table.columns[i].name);
    out.checks.push_back(
        {constraints.Allocate(wanted, "type of " + table.columns[i].name), sql, true});
  }
  for (const SourceCheck& check : source.checks) {
    const std::string wanted =
        check.name.empty() ? table.name + "_check" : FoldName(check.name, identifiers);
    AddSourceCheck(out, check, table, dialect, wanted, constraints);
  }
  return out;
}

}  // namespace transload
