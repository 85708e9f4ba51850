#include "extract/mysql/witness.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/error.h"
#include "extract/mysql/charset.h"
#include "extract/mysql/sql_text.h"
#include "extract/where_clause.h"

namespace transload::mysql {
namespace {

// A wide table is read in several passes: the server allows 4096 result columns.
constexpr std::size_t kColumnsPerQuery = 400;

bool IsInteger(const std::string& type) {
  return type == "tinyint" || type == "smallint" || type == "mediumint" || type == "int" ||
         type == "integer" || type == "bigint";
}

bool IsText(const SourceColumn& source) {
  const std::string& type = source.type;
  return type == "char" || type == "varchar" || type == "tinytext" || type == "text" ||
         type == "mediumtext" || type == "longtext" || type == "enum" || type == "set" ||
         type == "json" || type == "xmltype";
}

bool IsBinary(const std::string& type) {
  return type == "binary" || type == "varbinary" || type == "tinyblob" || type == "blob" ||
         type == "mediumblob" || type == "longblob";
}

// An integer, a number or bits, as an exact number.
std::string ExactSql(const WitnessColumn& column, const std::string& name) {
  const std::string& type = column.plan.source.type;
  if (type == "bit" || type == "year") return name + "+0";
  if (IsInteger(type) || type == "decimal" || type == "numeric") return name;
  return "";
}

std::string RealSql(const WitnessColumn& column, const std::string& name) {
  const std::string& type = column.plan.source.type;
  const bool narrow = column.target.type.kind == PgKind::kFloat4;
  // +0e0: FLOAT prints six digits only, as a double it prints all of them.
  if (type == "float" || (type == "double" && !narrow)) return "(" + name + "+0e0)";
  return "";
}

std::string TextSql(const WitnessColumn& column, const std::string& name) {
  const SourceColumn& source = column.plan.source;
  if (!IsText(source)) return "";
  if (column.plan.decode == "latin1_is_utf8") {
    return fmt::format("CONVERT(CONVERT({} USING latin1) USING binary)", name);
  }
  if (!column.plan.decode.empty()) return "";
  std::string text = name;
  if (source.type == "enum" && column.plan.policies.enum_zero == EnumZero::kNull) {
    text = fmt::format("IF({0}+0 = 0, NULL, {0})", name);
  }
  return Utf8BytesSql(text);
}

std::string UuidSql(const WitnessColumn& column, const std::string& name) {
  const SourceColumn& source = column.plan.source;
  if (source.type == "uuid") return fmt::format("LOWER(REPLACE(CAST({} AS CHAR), '-', ''))", name);
  if (!IsBinary(source.type)) return "";
  if (column.plan.decode == "uuid") return fmt::format("LOWER(HEX({}))", name);
  if (column.plan.decode != "uuid_swapped") return "";
  return fmt::format(
      "LOWER(CONCAT(SUBSTRING(HEX({0}), 9, 8), SUBSTRING(HEX({0}), 5, 4), SUBSTRING(HEX({0}), 1, "
      "4), SUBSTRING(HEX({0}), 17)))",
      name);
}

std::string AddressSql(const WitnessColumn& column, const std::string& name) {
  const std::string& type = column.plan.source.type;
  if (type == "inet6") return fmt::format("LOWER(HEX(CAST({} AS BINARY(16))))", name);
  if (type == "inet4") return fmt::format("LOWER(HEX(CAST({} AS BINARY(4))))", name);
  return "";
}

// A geometry's storage form is its SRID and then WKB; as EWKB the SRID stands after the type, which
// says so, or is left out when it is 0.
std::string EwkbSql(const std::string& name) {
  return fmt::format(
      "IF(LEFT(HEX({0}), 8) = '00000000', UNHEX(SUBSTRING(HEX({0}), 9)), "
      "UNHEX(CONCAT(SUBSTRING(HEX({0}), 9, 8), '20', LEFT(HEX({0}), 8), SUBSTRING(HEX({0}), 19))))",
      name);
}

std::string TimeOfDaySql(const std::string& value) {
  return fmt::format(
      "HOUR({0})*3600000000 + MINUTE({0})*60000000 + SECOND({0})*1000000 + MICROSECOND({0})",
      value);
}

// What counts in a column: a whole-zero date is NULL by the default policy; others never reach this
// (verify/witness.cpp).
std::string CountedSql(const WitnessColumn& column, const std::string& name) {
  const bool null = IsCivil(column.form) && column.plan.policies.zero_date == ZeroDate::kNull;
  return null ? fmt::format("IF({0}+0 = 0, NULL, {0})", name) : name;
}

// Dates and times as integers.
std::string CivilSql(const WitnessColumn& column, const std::string& name) {
  const std::string& type = column.plan.source.type;
  const std::string value = CountedSql(column, name);
  switch (column.form) {
    case WitnessForm::kDays:
      return type == "date" ? fmt::format("TO_DAYS({})", value) : "";
    case WitnessForm::kMicros:
      if (type != "datetime") return "";
      return fmt::format("(TO_DAYS({0})*86400000000 + {1})", value, TimeOfDaySql(name));
    case WitnessForm::kInstant:
      // Reads what is stored, whatever the session's time zone is.
      if (type != "timestamp") return "";
      return fmt::format("IF({0}+0 = 0, NULL, CAST(UNIX_TIMESTAMP({0})*1000000 AS SIGNED))", name);
    case WitnessForm::kDuration:
      if (type != "time") return "";
      return fmt::format("(IF({0} < TIME'00:00:00', -1, 1) * ({1}))", name, TimeOfDaySql(name));
    default:
      return "";
  }
}

WitnessSql Numbers(const std::string& value) {
  WitnessSql sql;
  sql.count = fmt::format("COUNT({})", value);
  sql.minimum = fmt::format("MIN({})", value);
  sql.maximum = fmt::format("MAX({})", value);
  sql.sum = fmt::format("SUM({})", value);
  return sql;
}

WitnessSql Reals(const std::string& value) {
  WitnessSql sql = Numbers(value);
  sql.sum = fmt::format(
      "COALESCE(SUM(CAST(CASE WHEN ABS({0}) < {1} THEN TRUNCATE({0}*65536, 0) WHEN ABS({0}) < {2} "
      "THEN TRUNCATE({0}/512, 0) END AS SIGNED)), 0)",
      value, kSmallReal, kLargeReal);
  return sql;
}

WitnessSql Strings(const std::string& value) {
  WitnessSql sql;
  sql.count = fmt::format("COUNT({})", value);
  sql.minimum = fmt::format("MIN(HEX(SUBSTRING({}, 1, {})))", value, kWitnessBytes);
  sql.maximum = fmt::format("MAX(HEX(SUBSTRING({}, 1, {})))", value, kWitnessBytes);
  sql.bytes = fmt::format("COALESCE(SUM(LENGTH({})), 0)", value);
  sql.digest = fmt::format("SUM(CAST(CONV(LEFT(SHA2({}, 256), 15), 16, 10) AS UNSIGNED))", value);
  return sql;
}

std::string Normal(const WitnessColumn& column, const std::string& text) {
  if (column.form == WitnessForm::kReal) return ShortestReal(std::strtod(text.c_str(), nullptr));
  if (column.form == WitnessForm::kText || column.form == WitnessForm::kBytes ||
      column.form == WitnessForm::kUuid || column.form == WitnessForm::kAddress) {
    return LowerHexDigits(text);
  }
  return ShortestDecimal(text);
}

void ReadColumns(SqlConnection& connection, const WitnessRequest& request, std::size_t first,
                 std::size_t last, TableWitness& table) {
  std::string select = "SELECT COUNT(*)";
  std::vector<WitnessSql> terms;
  for (std::size_t i = first; i < last; ++i) {
    terms.push_back(WitnessTerms(request.columns[i]));
    const WitnessSql& sql = terms.back();
    for (const std::string* term :
         {&sql.count, &sql.minimum, &sql.maximum, &sql.sum, &sql.bytes, &sql.digest}) {
      if (!term->empty()) select += ", " + *term;
    }
  }
  select += " FROM " + QuoteTable(request.schema, request.table);
  select += WhereClause({request.where});
  const std::vector<SqlValue> row = connection.Query(select).rows.at(0);
  std::size_t at = 0;
  auto next = [&](const std::string& term) { return term.empty() ? std::nullopt : row.at(++at); };
  table.rows = std::stoull(row.at(0).value_or("0"));
  for (std::size_t i = first; i < last; ++i) {
    const WitnessColumn& column = request.columns[i];
    const WitnessSql& sql = terms[i - first];
    ColumnWitness answer;
    answer.why_not = sql.why_not;
    answer.count = std::stoull(next(sql.count).value_or("0"));
    if (SqlValue value = next(sql.minimum)) answer.minimum = Normal(column, *value);
    if (SqlValue value = next(sql.maximum)) answer.maximum = Normal(column, *value);
    if (SqlValue value = next(sql.sum)) answer.sum = ShortestDecimal(*value);
    if (SqlValue value = next(sql.bytes)) answer.bytes = ShortestDecimal(*value);
    if (SqlValue value = next(sql.digest)) answer.digest = ShortestDecimal(*value);
    table.columns.push_back(std::move(answer));
  }
}

}  // namespace

WitnessSql WitnessTerms(const WitnessColumn& column) {
  const std::string name = QuoteName(column.plan.source.name);
  std::string value;
  WitnessSql sql;
  switch (column.form) {
    case WitnessForm::kCount:
      sql.count = fmt::format("COUNT({})", name);
      return sql;
    case WitnessForm::kExact:
      value = ExactSql(column, name);
      if (!value.empty()) return Numbers(value);
      break;
    case WitnessForm::kReal:
      value = RealSql(column, name);
      if (!value.empty()) return Reals(value);
      break;
    case WitnessForm::kText:
      value = TextSql(column, name);
      break;
    case WitnessForm::kBytes:
      if (IsBinary(column.plan.source.type)) value = name;
      if (column.plan.source.format == CellFormat::kGeometry) value = EwkbSql(name);
      break;
    case WitnessForm::kUuid:
      value = UuidSql(column, name);
      break;
    case WitnessForm::kAddress:
      value = AddressSql(column, name);
      break;
    case WitnessForm::kDays:
    case WitnessForm::kMicros:
    case WitnessForm::kInstant:
    case WitnessForm::kDuration:
      value = CivilSql(column, name);
      if (!value.empty()) return Numbers(value);
      break;
  }
  if (!value.empty()) return Strings(value);
  sql.count = fmt::format("COUNT({})", CountedSql(column, name));
  sql.why_not = fmt::format("{} as {} has no measure that both engines compute alike",
                            column.plan.source.full_type, column.target.type.Sql());
  return sql;
}

TableWitness ReadWitness(SqlConnection& connection, const WitnessRequest& request) {
  TableWitness table;
  try {
    std::size_t first = 0;
    do {
      const std::size_t last = std::min(first + kColumnsPerQuery, request.columns.size());
      ReadColumns(connection, request, first, last, table);
      first = last;
    } while (first < request.columns.size());
  } catch (const Error& error) {
    if (error.connection_lost || error.interrupted) throw;
    table.why_not = error.what();
  }
  return table;
}

}  // namespace transload::mysql
