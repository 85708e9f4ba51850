// Writes a parsed expression in PostgreSQL's SQL, with the kind of value each part has.
#ifndef TRANSLOAD_MAPPINGS_EXPRESSION_EMITTER_H_
#define TRANSLOAD_MAPPINGS_EXPRESSION_EMITTER_H_

#include <string>
#include <vector>

#include "core/plan.h"
#include "mappings/sql_expression.h"

namespace transload {

enum class ValueClass {
  kBoolean,
  kInteger,
  kDecimal,  // numeric
  kFloat,
  kText,
  kDate,
  kTimestamp,  // without zone
  kTime,
  kBytes,
  kJson,
  kEnum,
  kOther,
  kNull,
};

struct EmittedSql {
  std::string sql;
  ValueClass value = ValueClass::kNull;
  bool literal = false;           // a text literal: takes the type of what it is compared with
  bool case_insensitive = false;  // text made of a _ci or NOCASE column
  bool exact = false;             // text made of a _bin column, beside which _ci says nothing
  bool padded = false;            // text of which trailing blanks do not count in the source
  bool always_true = false;
  const ColumnPlan* column = nullptr;
};

bool IsNumber(ValueClass value);
EmittedSql Piece(std::string sql, ValueClass value);

// One expression each. A part that can't be written keeps the first reason in why(); what the
// methods return then is of no use.
class ExpressionEmitter {
 public:
  ExpressionEmitter(SqlDialect dialect, const std::vector<ColumnPlan>& columns)
      : dialect_(dialect), columns_(columns) {}

  EmittedSql Condition(const SqlNode& node);
  EmittedSql Value(const SqlNode& node);
  EmittedSql ValueFor(const SqlNode& node, const PgType& target);

  const std::string& why() const { return why_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  EmittedSql Fail(const std::string& why);
  EmittedSql Column(const SqlNode& node);
  EmittedSql Moment(const SqlNode& node);
  EmittedSql Binary(const SqlNode& node);
  EmittedSql Logical(const SqlNode& node);
  EmittedSql Arithmetic(const SqlNode& node);
  EmittedSql Compare(const SqlNode& node);
  EmittedSql Unary(const SqlNode& node);
  EmittedSql In(const SqlNode& node);
  EmittedSql Between(const SqlNode& node);
  EmittedSql Is(const SqlNode& node);
  EmittedSql Like(const SqlNode& node);
  EmittedSql Regexp(const SqlNode& node);
  EmittedSql Case(const SqlNode& node);
  EmittedSql Cast(const SqlNode& node);
  EmittedSql Call(const SqlNode& node);
  EmittedSql TextCall(const SqlNode& node, const std::string& name);
  EmittedSql DateCall(const SqlNode& node, const std::string& name);
  EmittedSql Concat(const SqlNode& node);
  EmittedSql Coalesce(const SqlNode& node);
  // A text's operand for ||: numbers as their digits.
  std::string AsText(const EmittedSql& piece);
  // Makes two sides comparable: 0 and 1 beside a boolean, a literal beside an enum. `order`: the
  // comparison asks for more than equality.
  bool Align(EmittedSql& a, EmittedSql& b, bool order);
  bool AlignText(EmittedSql& a, EmittedSql& b, bool order);
  bool AlignLiteral(const EmittedSql& value, EmittedSql& literal, bool order);
  // A text made of several compares as they do.
  static void TakeCollation(EmittedSql& made, const EmittedSql& part);
  void Note(const std::string& note);

  SqlDialect dialect_;
  const std::vector<ColumnPlan>& columns_;
  std::string why_;
  std::vector<std::string> notes_;
};

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_EXPRESSION_EMITTER_H_
