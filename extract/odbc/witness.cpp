#include "extract/odbc/witness.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "extract/odbc/query.h"
#include "extract/where_clause.h"

namespace transload::odbc {
namespace {

constexpr std::size_t kColumnsPerQuery = 200;
// DECIMAL(38) is what every system has; ten digits are left for the sum of ten thousand million.
constexpr int kDecimalDigits = 38;
constexpr int kDigitsOfSum = 10;

// The digits behind the point of a column of exact numbers; nothing where a DECIMAL(38) might not
// hold its sum.
std::optional<int> ScaleOf(const WitnessColumn& column) {
  const SourceColumn& source = column.plan.source;
  if (column.target.type.kind == PgKind::kBool || column.target.type.kind == PgKind::kBit) {
    return std::nullopt;
  }
  if (source.format == CellFormat::kSigned || source.format == CellFormat::kUnsigned) return 0;
  const bool fits = source.precision > 0 && source.precision <= kDecimalDigits - kDigitsOfSum;
  if (source.format != CellFormat::kDecimal || !fits || source.scale < 0) return std::nullopt;
  return source.scale;
}

void ReadColumns(Connection& connection, const Naming& naming, const DbmsTraits& traits,
                 const WitnessRequest& request, std::size_t first, std::size_t last,
                 TableWitness& table) {
  std::string select = fmt::format("SELECT {}", traits.count);
  std::vector<WitnessSql> terms;
  for (std::size_t i = first; i < last; ++i) {
    terms.push_back(WitnessTerms(request.columns[i], naming, traits));
    const WitnessSql& sql = terms.back();
    for (const std::string* term : {&sql.count, &sql.minimum, &sql.maximum, &sql.sum}) {
      if (!term->empty()) select += ", " + *term;
    }
  }
  select += " FROM " + naming.Table(request.schema, request.table);
  select += WhereClause({request.where});
  const ResultTable answer = RunQuery(connection, select);
  const std::vector<Value>& row = answer.rows.at(0);
  table.rows = std::stoull(row.at(0).value_or("0"));
  std::size_t at = 0;
  for (std::size_t i = first; i < last; ++i) {
    const WitnessSql& sql = terms[i - first];
    auto next = [&](const std::string& term) { return term.empty() ? Value() : row.at(++at); };
    ColumnWitness column;
    column.why_not = sql.why_not;
    column.count = std::stoull(next(sql.count).value_or("0"));
    if (Value value = next(sql.minimum)) column.minimum = ShortestDecimal(*value);
    if (Value value = next(sql.maximum)) column.maximum = ShortestDecimal(*value);
    if (Value value = next(sql.sum)) column.sum = ShortestDecimal(*value);
    table.columns.push_back(std::move(column));
  }
}

}  // namespace

WitnessSql WitnessTerms(const WitnessColumn& column, const Naming& naming,
                        const DbmsTraits& traits) {
  const std::string name = naming.Quote(column.plan.source.name);
  const bool zero_is_null = IsCivil(column.form) && !traits.whole_date.empty() &&
                            column.plan.policies.zero_date == ZeroDate::kNull;
  WitnessSql sql;
  sql.count = fmt::format("COUNT({})",
                          zero_is_null ? fmt::format(fmt::runtime(traits.whole_date), name) : name);
  if (column.form == WitnessForm::kCount) return sql;
  const std::optional<int> scale =
      column.form == WitnessForm::kExact ? ScaleOf(column) : std::nullopt;
  if (!scale) {
    sql.why_not = fmt::format("{} has no measure in SQL that all ODBC systems share",
                              column.plan.source.full_type.empty() ? column.plan.source.type
                                                                   : column.plan.source.full_type);
    return sql;
  }
  const std::string value =
      fmt::format("CAST({} AS DECIMAL({}, {}))", name, kDecimalDigits, *scale);
  sql.minimum = fmt::format("MIN({})", value);
  sql.maximum = fmt::format("MAX({})", value);
  sql.sum = fmt::format("SUM({})", value);
  return sql;
}

TableWitness ReadWitness(Connection& connection, const Naming& naming, const DbmsTraits& traits,
                         const WitnessRequest& request) {
  TableWitness table;
  // Systems with exported snapshots end the transaction, and the snapshot, with a failed statement.
  const bool savepoint = !traits.exported.empty();
  if (savepoint) Execute(connection, "SAVEPOINT witness");
  try {
    std::size_t first = 0;
    do {
      const std::size_t last = std::min(first + kColumnsPerQuery, request.columns.size());
      ReadColumns(connection, naming, traits, request, first, last, table);
      first = last;
    } while (first < request.columns.size());
    const bool none = std::none_of(table.columns.begin(), table.columns.end(),
                                   [](const ColumnWitness& c) { return c.why_not.empty(); });
    if (none && !table.columns.empty()) {
      table.why_not = "none of its columns has a measure in SQL that all ODBC systems share";
    }
  } catch (const Error& error) {
    if (error.connection_lost || error.interrupted) throw;
    table = {};
    table.why_not = error.what();
    if (savepoint) Execute(connection, "ROLLBACK TO SAVEPOINT witness");
  }
  return table;
}

}  // namespace transload::odbc
