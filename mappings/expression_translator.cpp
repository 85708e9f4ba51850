#include "mappings/expression_translator.h"

#include "mappings/expression_emitter.h"

namespace transload {
namespace {

Translation Finish(Translation out, const ExpressionEmitter& emitter) {
  out.why = emitter.why();
  out.immutable = emitter.immutable();
  out.notes = emitter.notes();
  if (!out.ok()) out.sql.clear();
  return out;
}

}  // namespace

SqlDialect DialectOf(const std::string& rules) {
  if (rules == "mssql") return SqlDialect::kTSql;
  return rules == "sqlite" ? SqlDialect::kSqlite : SqlDialect::kMySql;
}

Translation TranslateCondition(std::string_view sql, SqlDialect dialect,
                               const std::vector<ColumnPlan>& columns) {
  Translation out;
  const ParsedSql parsed = ParseSql(sql, dialect);
  if (!parsed.ok()) {
    out.why = parsed.why;
    return out;
  }
  ExpressionEmitter emitter(dialect, columns);
  const EmittedSql condition = emitter.Condition(parsed.node);
  out.sql = condition.sql;
  out.always_true = condition.always_true;
  return Finish(std::move(out), emitter);
}

Translation TranslateValue(std::string_view sql, SqlDialect dialect,
                           const std::vector<ColumnPlan>& columns, const PgType& target) {
  Translation out;
  const ParsedSql parsed = ParseSql(sql, dialect);
  if (!parsed.ok()) {
    out.why = parsed.why;
    return out;
  }
  ExpressionEmitter emitter(dialect, columns);
  out.sql = emitter.ValueFor(parsed.node, target).sql;
  return Finish(std::move(out), emitter);
}

Translation TranslateKey(std::string_view sql, SqlDialect dialect,
                         const std::vector<ColumnPlan>& columns) {
  Translation out;
  const ParsedSql parsed = ParseSql(sql, dialect);
  if (!parsed.ok()) {
    out.why = parsed.why;
    return out;
  }
  ExpressionEmitter emitter(dialect, columns);
  const EmittedSql value = emitter.Value(parsed.node);
  out.sql = value.sql;
  out.case_insensitive = value.case_insensitive && !value.exact;
  return Finish(std::move(out), emitter);
}

}  // namespace transload
