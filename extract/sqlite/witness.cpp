#include "extract/sqlite/witness.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/int128.h"
#include "extract/where_clause.h"

namespace transload::sqlite {
namespace {

// SQLite allows 2000 result columns.
constexpr std::size_t kColumnsPerQuery = 200;
// Days from the witness' day 0 to 1970-01-01, and the same in seconds.
constexpr const char* kUnixDay = "719528";
constexpr const char* kUnixDaySeconds = "62167219200";

WitnessSql Integers(const std::string& name, const std::string& value, const std::string& foreign) {
  WitnessSql sql;
  sql.count = fmt::format("count({})", name);
  sql.foreign = foreign;
  sql.minimum = fmt::format("min({})", value);
  sql.maximum = fmt::format("max({})", value);
  sql.sum_high = fmt::format("sum(({}) >> 32)", value);
  sql.sum_low = fmt::format("sum(({}) & 4294967295)", value);
  return sql;
}

WitnessSql Strings(const std::string& name, const std::string& value, const std::string& foreign) {
  WitnessSql sql;
  sql.count = fmt::format("count({})", name);
  sql.foreign = foreign;
  // hex(NULL) is '' here, as is the hex of an empty value.
  const auto start_of = [&](const char* aggregate) {
    return fmt::format("CASE WHEN count({}) > 0 THEN hex(substr({}(CAST({} AS BLOB)), 1, {})) END",
                       name, aggregate, value, kWitnessBytes);
  };
  sql.minimum = start_of("min");
  sql.maximum = start_of("max");
  sql.bytes = fmt::format("coalesce(sum(length(CAST({} AS BLOB))), 0)", value);
  return sql;
}

std::string NotOfClass(const std::string& name, const std::string& classes) {
  return fmt::format("coalesce(sum(typeof({}) NOT IN ('null', {})), 0)", name, classes);
}

std::string NotLike(const std::string& name, const std::string& condition) {
  return fmt::format("coalesce(sum({0} IS NOT NULL AND NOT (typeof({0}) = 'text' AND {1})), 0)",
                     name, condition);
}

// The digits after the point that ends `seconds_end` characters, as microseconds.
std::string Fraction(const std::string& name, int seconds_end) {
  return fmt::format("CAST(substr(substr({}, {}) || '000000', 1, 6) AS INTEGER)", name,
                     seconds_end + 2);
}

std::string FractionIsPlain(const std::string& name, int seconds_end) {
  return fmt::format(
      "(length({0}) = {1} OR (length({0}) BETWEEN {1} + 2 AND {1} + 7 AND substr({0}, {1} + 1, 1) "
      "= '.' AND substr({0}, {1} + 2) NOT GLOB '*[^0-9]*'))",
      name, seconds_end);
}

WitnessSql Civil(const std::string& name, WitnessForm form) {
  if (form == WitnessForm::kDays) {
    return Integers(
        name, fmt::format("CAST(strftime('%s', {}) AS INTEGER) / 86400 + {}", name, kUnixDay),
        NotLike(name, fmt::format("{} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'", name)));
  }
  if (form == WitnessForm::kMicros) {
    const std::string value =
        fmt::format("(CAST(strftime('%s', substr({0}, 1, 19)) AS INTEGER) + {1}) * 1000000 + {2}",
                    name, kUnixDaySeconds, Fraction(name, 19));
    return Integers(name, value,
                    NotLike(name, fmt::format("{0} GLOB '*-*-*[ T]*:*:*' AND {1} AND "
                                              "strftime('%s', substr({0}, 1, 19)) IS NOT NULL",
                                              name, FractionIsPlain(name, 19))));
  }
  const std::string value = fmt::format(
      "substr({0}, 1, 2) * 3600000000 + substr({0}, 4, 2) * 60000000 + substr({0}, 7, 2) * "
      "1000000 + {1}",
      name, Fraction(name, 8));
  return Integers(name, value,
                  NotLike(name, fmt::format("{0} GLOB '[0-9][0-9]:[0-9][0-9]:[0-9][0-9]*' AND {1}",
                                            name, FractionIsPlain(name, 8))));
}

WitnessSql Reals(const std::string& name) {
  const std::string value = fmt::format("CAST({} AS REAL)", name);
  const std::string cut = fmt::format(
      "CASE WHEN abs({0}) < {1}.0 THEN CAST({0} * 65536 AS INTEGER) WHEN abs({0}) < {2}.0 THEN "
      "CAST({0} / 512 AS INTEGER) END",
      value, kSmallReal, kLargeReal);
  WitnessSql sql = Integers(name, cut, NotOfClass(name, "'integer', 'real'"));
  // NULL stays NULL, where CAST would keep it anyway.
  sql.minimum = fmt::format("min({})", value);
  sql.maximum = fmt::format("max({})", value);
  sql.sum_high = fmt::format("coalesce({}, 0)", sql.sum_high);
  sql.sum_low = fmt::format("coalesce({}, 0)", sql.sum_low);
  return sql;
}

// high * 2^32 + low, in decimal.
std::string Combine(std::int64_t high, std::int64_t low) {
  return fmt::format("{}", static_cast<Int128>(high) * 4294967296 + low);
}

std::string Value(const Statement& row, int column, WitnessForm form) {
  if (row.Class(column) == SQLITE_FLOAT) return ShortestReal(row.Real(column));
  const std::string text = row.Text(column);
  const bool number = form == WitnessForm::kExact || form == WitnessForm::kDays ||
                      form == WitnessForm::kMicros || form == WitnessForm::kDuration;
  return number ? ShortestDecimal(text) : LowerHexDigits(text);
}

WitnessSql Terms(const WitnessColumn& column, bool other_bytes) {
  const bool bytes = column.form == WitnessForm::kText || column.form == WitnessForm::kBytes ||
                     column.form == WitnessForm::kUuid;
  if (!other_bytes || !bytes) return WitnessTerms(column);
  WitnessSql sql;
  sql.count = fmt::format("count({})", QuoteName(column.plan.source.name));
  sql.why_not = "the database keeps text in UTF-16, whose bytes are others than the target's";
  return sql;
}

void ReadColumns(Connection& connection, const WitnessRequest& request, std::size_t first,
                 std::size_t last, TableWitness& table) {
  // In a database in UTF-16 the bytes of a text are others than in the target.
  const bool other_bytes = !connection.StoresUtf8();
  std::string select = "SELECT count(*)";
  std::vector<WitnessSql> terms;
  for (std::size_t i = first; i < last; ++i) {
    terms.push_back(Terms(request.columns[i], other_bytes));
    const WitnessSql& sql = terms.back();
    for (const std::string* term : {&sql.count, &sql.foreign, &sql.minimum, &sql.maximum,
                                    &sql.sum_high, &sql.sum_low, &sql.bytes}) {
      if (!term->empty()) select += ", " + *term;
    }
  }
  select += " FROM main." + QuoteName(request.table);
  select += WhereClause({request.where});
  Statement row(connection, select);
  if (!row.Step()) throw connection.MakeError(SQLITE_DONE, "aggregating " + request.table);
  table.rows = static_cast<std::uint64_t>(row.Integer(0));
  int at = 0;
  for (std::size_t i = first; i < last; ++i) {
    const WitnessSql& sql = terms[i - first];
    const WitnessForm form = request.columns[i].form;
    ColumnWitness answer;
    answer.why_not = sql.why_not;
    answer.count = static_cast<std::uint64_t>(row.Integer(++at));
    if (!sql.foreign.empty() && row.Integer(++at) > 0) {
      answer.why_not = fmt::format("{} values are of another class or shape", row.Integer(at));
    }
    if (!sql.minimum.empty() && !row.IsNull(++at)) answer.minimum = Value(row, at, form);
    if (!sql.maximum.empty() && !row.IsNull(++at)) answer.maximum = Value(row, at, form);
    if (!sql.sum_high.empty()) {
      at += 2;
      if (!row.IsNull(at)) answer.sum = Combine(row.Integer(at - 1), row.Integer(at));
    }
    if (!sql.bytes.empty()) answer.bytes = row.Text(++at);
    table.columns.push_back(std::move(answer));
  }
}

}  // namespace

WitnessSql WitnessTerms(const WitnessColumn& column) {
  const std::string name = QuoteName(column.plan.source.name);
  const bool narrow = column.target.type.kind == PgKind::kFloat4;
  switch (column.form) {
    case WitnessForm::kExact:
      // Decimals are binary floating point here: only integers add up exactly.
      return Integers(name, name, NotOfClass(name, "'integer'"));
    case WitnessForm::kReal:
      if (!narrow) return Reals(name);
      break;
    case WitnessForm::kText:
      return Strings(
          name, name,
          NotOfClass(name, column.plan.decode == "blob_text" ? "'text', 'blob'" : "'text'"));
    case WitnessForm::kBytes:
      return Strings(name, name, NotOfClass(name, "'text', 'blob'"));
    case WitnessForm::kUuid:
      return Strings(name, fmt::format("lower(replace({}, '-', ''))", name),
                     NotOfClass(name, "'text'"));
    case WitnessForm::kDays:
    case WitnessForm::kMicros:
    case WitnessForm::kDuration:
      return Civil(name, column.form);
    default:
      break;
  }
  WitnessSql sql;
  sql.count = fmt::format("count({})", name);
  if (column.form != WitnessForm::kCount) {
    sql.why_not =
        fmt::format("{} has no measure that both engines compute alike", column.target.type.Sql());
  }
  return sql;
}

TableWitness ReadWitness(Connection& connection, const WitnessRequest& request) {
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

}  // namespace transload::sqlite
