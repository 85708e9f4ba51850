#include <fmt/format.h>

#include "mappings/default_values.h"
#include "mappings/expression_translator.h"
#include "mappings/plan_draft.h"

namespace transload {
namespace {

void PlanDefault(Draft& draft, DraftTable& table, std::size_t index) {
  ColumnPlan& column = table.plan.columns[index];
  if (!column.source.default_value || column.identity) return;
  if (!column.source.generation_expression.empty()) return;
  const DefaultValue value =
      TranslateDefault(column.source, column.type, DialectOf(draft.request.source.rules),
                       draft.request.target_version);
  column.default_sql = value.sql;
  if (!value.why.empty()) {
    draft.Skip("default", table.ColumnLabel(index), value.why, column.source.default_value->text);
  }
  if (!value.note.empty()) {
    draft.AddHazard(table.ColumnLabel(index),
                    fmt::format("default {} becomes {}: {}", column.source.default_value->text,
                                value.sql, value.note));
  }
}

// ON UPDATE CURRENT_TIMESTAMP.
void PlanTouch(Draft& draft, DraftTable& table, std::size_t index) {
  const ColumnPlan& column = table.plan.columns[index];
  if (column.source.on_update.empty()) return;
  const std::string now = NowSql(column.type, FractionDigits(column.source.on_update));
  if (now.empty()) {
    draft.Skip("on update", table.ColumnLabel(index),
               "the column is " + column.type.Sql() + ", not a time", column.source.on_update);
    return;
  }
  const std::string wanted = table.plan.name + "_" + column.name + "_touch";
  TouchTriggerPlan trigger;
  trigger.function =
      draft.Names(table.plan.schema).functions.Allocate(wanted, table.ColumnLabel(index));
  trigger.trigger = trigger.function;
  trigger.column = column.name;
  trigger.now_sql = now;
  table.plan.triggers.push_back(std::move(trigger));
}

}  // namespace

void PlanDefaults(Draft& draft) {
  for (DraftTable& table : draft.tables) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      PlanDefault(draft, table, i);
      PlanTouch(draft, table, i);
    }
  }
}

}  // namespace transload
