#include "mappings/expression_translator.h"

#include "mappings/expression_emitter.h"

namespace transload {
namespace {

// `emit` writes the parsed expression into the translation.
template <typename Emit>
Translation Translate(std::string_view sql, SqlDialect dialect,
                      const std::vector<ColumnPlan>& columns, Emit emit) {
  Translation out;
  const ParsedSql parsed = ParseSql(sql, dialect);
  if (!parsed.ok()) {
    out.why = parsed.why;
    return out;
  }
  ExpressionEmitter emitter(dialect, columns);
  emit(emitter, parsed.node, out);
  out.why = emitter.why();
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
  return Translate(sql, dialect, columns,
                   [](ExpressionEmitter& emitter, const SqlNode& node, Translation& out) {
                     const EmittedSql condition = emitter.Condition(node);
                     out.sql = condition.sql;
                     out.always_true = condition.always_true;
                   });
}

Translation TranslateValue(std::string_view sql, SqlDialect dialect,
                           const std::vector<ColumnPlan>& columns, const PgType& target) {
  return Translate(sql, dialect, columns,
                   [&](ExpressionEmitter& emitter, const SqlNode& node, Translation& out) {
                     out.sql = emitter.ValueFor(node, target).sql;
                   });
}

Translation TranslateKey(std::string_view sql, SqlDialect dialect,
                         const std::vector<ColumnPlan>& columns) {
  return Translate(sql, dialect, columns,
                   [](ExpressionEmitter& emitter, const SqlNode& node, Translation& out) {
                     const EmittedSql value = emitter.Value(node);
                     out.sql = value.sql;
                     out.case_insensitive = value.case_insensitive && !value.exact;
                   });
}

}  // namespace transload
