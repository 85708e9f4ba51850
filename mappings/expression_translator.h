// Expressions of the source in PostgreSQL's SQL, where both mean the same.
//
// What can't be shown to mean the same is refused with the reason: MySQL's integer division, the
// order of texts (it depends on a collation), text compared with numbers, functions without an
// equal. The result depends on the columns' target types: `l IN (0, 1)` reads differently on a
// boolean column and on a smallint.
#ifndef TRANSLOAD_MAPPINGS_EXPRESSION_TRANSLATOR_H_
#define TRANSLOAD_MAPPINGS_EXPRESSION_TRANSLATOR_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/plan.h"
#include "mappings/sql_expression.h"

namespace transload {

struct Translation {
  std::string sql;
  std::string why;  // why there is none; empty when there is one
  // The condition holds for every row by the columns' types alone, as json_valid(j) does on jsonb.
  bool always_true = false;
  // A text that the source compares without regard to case.
  bool case_insensitive = false;
  std::vector<std::string> notes;  // where the meaning is only nearly the same

  bool ok() const { return why.empty(); }
};

// `columns` are the planned columns that a name may stand for: matched by their source name.
Translation TranslateCondition(std::string_view sql, SqlDialect dialect,
                               const std::vector<ColumnPlan>& columns);
// The value as it can be stored in a column of type `target`.
Translation TranslateValue(std::string_view sql, SqlDialect dialect,
                           const std::vector<ColumnPlan>& columns, const PgType& target);
// The value whatever its type: for an index.
Translation TranslateKey(std::string_view sql, SqlDialect dialect,
                         const std::vector<ColumnPlan>& columns);

// The dialect of an engine's rules ("mysql", "sqlite").
SqlDialect DialectOf(const std::string& rules);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_EXPRESSION_TRANSLATOR_H_
