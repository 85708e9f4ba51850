// A column's default in PostgreSQL's SQL, by the type the column gets there.
#ifndef TRANSLOAD_MAPPINGS_DEFAULT_VALUES_H_
#define TRANSLOAD_MAPPINGS_DEFAULT_VALUES_H_

#include <string>

#include "core/pg_type.h"
#include "core/source_schema.h"
#include "mappings/sql_expression.h"

namespace transload {

struct DefaultValue {
  std::string sql;   // empty: no default
  std::string why;   // why there is none although the source has one
  std::string note;  // where it means nearly the same
};

DefaultValue NoDefault(std::string why);

DefaultValue TranslateDefault(const SourceColumn& column, const PgType& type, SqlDialect dialect,
                              int target_version);

// A literal's value as a default of that type: LiteralDefault("101", bit(8)) and so on.
DefaultValue LiteralDefault(const std::string& text, const PgType& type);

// The digits of b'101', or nothing.
std::string BitDigits(const std::string& text);

// "CURRENT_TIMESTAMP(3)" for timestamptz, "LOCALTIMESTAMP(3)" for timestamp, CURRENT_DATE for date;
// empty for types that hold no such time. `digits` as in the source's own expression.
std::string NowSql(const PgType& type, const std::string& digits);

// The digits in "current_timestamp(3)"; empty without.
std::string FractionDigits(const std::string& now);

}  // namespace transload

#endif  // TRANSLOAD_MAPPINGS_DEFAULT_VALUES_H_
