#include <fmt/format.h>

#include <string_view>

#include "core/ascii.h"
#include "core/sql_quotes.h"
#include "mappings/default_values.h"
#include "mappings/expression_translator.h"
#include "mappings/plan_draft.h"

namespace transload {
namespace {

// The sequence of MariaDB's nextval(`db`.`name`), or nothing.
const SequencePlan* SequenceOf(const Draft& draft, const DraftTable& table,
                               const SourceDefault& value) {
  constexpr std::string_view kCall = "nextval(";
  if (!value.is_expression || LowerAscii(value.text).rfind(kCall, 0) != 0 ||
      value.text.back() != ')') {
    return nullptr;
  }
  // As the server prints it: names in backticks, a backtick within one doubled.
  std::vector<std::string> names(1);
  bool quoted = false;
  for (std::size_t i = kCall.size(); i + 1 < value.text.size(); ++i) {
    const char c = value.text[i];
    if (c == '`' && quoted && value.text[i + 1] == '`') {
      names.back() += value.text[++i];
    } else if (c == '`') {
      quoted = !quoted;
    } else if (c == '.' && !quoted) {
      names.emplace_back();
    } else {
      names.back() += c;
    }
  }
  const std::string& schema = names.size() > 1 ? names.front() : table.plan.source_schema;
  for (const SequencePlan& sequence : draft.plan.sequences) {
    if (sequence.source.schema == schema && sequence.source.name == names.back()) return &sequence;
  }
  return nullptr;
}

bool IsNumber(const PgType& type) {
  return type.kind == PgKind::kInt2 || type.kind == PgKind::kInt4 || type.kind == PgKind::kInt8 ||
         type.kind == PgKind::kNumeric;
}

void PlanDefault(Draft& draft, DraftTable& table, std::size_t index) {
  ColumnPlan& column = table.plan.columns[index];
  if (!column.source.default_value || column.identity) return;
  if (!column.source.generation_expression.empty()) return;
  const SequencePlan* sequence = SequenceOf(draft, table, *column.source.default_value);
  if (sequence != nullptr && IsNumber(column.type)) {
    const std::string name = QuoteIdent(sequence->schema) + "." + QuoteIdent(sequence->name);
    column.default_sql = fmt::format("nextval({}::regclass)", QuoteLiteral(name));
    return;
  }
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
