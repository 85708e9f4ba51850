#include "extract/postgres/witness.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "core/error.h"
#include "extract/postgres/sql_text.h"
#include "extract/where_clause.h"

namespace transload::postgres {
namespace {

constexpr std::size_t kColumnsPerQuery = 200;  // a result has at most 1664

bool Holds(const WitnessColumn& column, const std::set<std::string>& types) {
  return types.contains(column.plan.source.type);
}

WitnessSql Numbers(const std::string& value) {
  WitnessSql sql;
  sql.count = fmt::format("count({})", value);
  sql.minimum = fmt::format("min({})::text", value);
  sql.maximum = fmt::format("max({})::text", value);
  sql.sum = fmt::format("sum(cast({} as numeric))::text", value);
  return sql;
}

// Microseconds since 2000, of which every timestamp has a bigint's worth, told from day 0.
WitnessSql Moments(const std::string& value) {
  const std::string shift = fmt::format("{}::numeric", kWitnessDayOf2000 * 86'400'000'000);
  WitnessSql sql;
  sql.count = fmt::format("count({})", value);
  sql.minimum = fmt::format("(min({}) + {})::text", value, shift);
  sql.maximum = fmt::format("(max({}) + {})::text", value, shift);
  sql.sum = fmt::format("(sum(cast({0} as numeric)) + count({0}) * {1})::text", value, shift);
  return sql;
}

// Seventeen digits, which read back as the same number on every version.
WitnessSql Reals(const std::string& value) {
  WitnessSql sql;
  sql.count = fmt::format("count({})", value);
  sql.minimum = fmt::format("min({})::text", value);
  sql.maximum = fmt::format("max({})::text", value);
  sql.sum = fmt::format(
      "coalesce(sum(case when abs({0}) < {1} then trunc({0} * 65536)::bigint when abs({0}) < {2} "
      "then trunc({0} / 512)::bigint end), 0)::text",
      value, kSmallReal, kLargeReal);
  return sql;
}

std::string FirstBytes(const std::string& bytes) {
  return fmt::format("encode(substr({}, 1, {}), 'hex')", bytes, kWitnessBytes);
}

WitnessSql Bytes(const std::string& bytes, const WitnessServer& server) {
  WitnessSql sql;
  sql.count = fmt::format("count({})", bytes);
  sql.minimum = fmt::format("min({} collate \"C\")", FirstBytes(bytes));
  sql.maximum = fmt::format("max({} collate \"C\")", FirstBytes(bytes));
  sql.bytes = fmt::format("coalesce(sum(length({})), 0)::text", bytes);
  if (server.sha256) {
    sql.digest = fmt::format(
        "sum(('x' || encode(substr(sha256({}), 1, 8), 'hex'))::bit(60)::bigint)::text", bytes);
  }
  return sql;
}

// By the bytes of UTF-8 they are in order as they stand in a database of that encoding.
WitnessSql Texts(const std::string& text, const WitnessServer& server) {
  const auto utf8 = [](const std::string& value) {
    return fmt::format("convert_to({}, 'UTF8')", value);
  };
  WitnessSql sql = Bytes(utf8(text), server);
  if (!server.in_utf8) return sql;
  sql.count = fmt::format("count({})", text);
  sql.minimum = FirstBytes(utf8(fmt::format("min({} collate \"C\")", text)));
  sql.maximum = FirstBytes(utf8(fmt::format("max({} collate \"C\")", text)));
  sql.bytes = fmt::format("coalesce(sum(octet_length({})), 0)::text", text);
  return sql;
}

std::string ExactSql(const WitnessColumn& column, const std::string& name) {
  if (Holds(column, {"bool"}))
    return fmt::format("case {0} when true then 1 when false then 0 end", name);
  if (Holds(column, {"int2", "int4", "int8", "numeric"})) return name;
  if (!Holds(column, {"bit"}) || column.target.type.length > 64) return "";
  // Two halves: a bit(64) as a bigint may be negative.
  const int length = std::max(column.target.type.length, 1);
  const int low = std::min(length, 32);
  std::string value =
      fmt::format("substring({} from {})::bit({})::bigint::numeric", name, length - low + 1, low);
  if (length > low) {
    value += fmt::format(" + substring({} from 1 for {})::bit({})::bigint::numeric * 4294967296",
                         name, length - low, length - low);
  }
  return "(" + value + ")";
}

std::string TextSql(const WitnessColumn& column, const std::string& name) {
  // Of a char(n) the blanks at the end count only where they are kept.
  const bool padded = Holds(column, {"bpchar"});
  if (padded != (column.target.type.kind == PgKind::kBpchar)) return "";
  // The declaration of an xml is lost on the way, as the checksum knows (docs/checksums.md).
  if (column.target.type.kind == PgKind::kArray || Holds(column, {"xml"})) return "";
  return fmt::format("cast({} as text)", name);
}

std::string ClockSql(const std::string& value) {
  return fmt::format(
      "date_part('hour', {0})::bigint * 3600000000 + date_part('minute', {0})::bigint * 60000000 + "
      "date_part('microseconds', {0})::bigint",
      value);
}

// Infinity has no number, and the target counts it as none.
std::string CivilSql(const WitnessColumn& column, const std::string& name) {
  switch (column.form) {
    case WitnessForm::kDays:
      if (!Holds(column, {"date"})) return "";
      return fmt::format("case when isfinite({0}) then {0} - date '0001-01-01' + 366 end", name);
    case WitnessForm::kMicros: {
      const bool zoned = Holds(column, {"timestamptz"});
      if (!zoned && !Holds(column, {"timestamp"})) return "";
      if (zoned != (column.target.type.kind == PgKind::kTimestamptz)) return "";
      const std::string value = zoned ? fmt::format("timezone('UTC', {})", name) : name;
      return fmt::format(
          "case when isfinite({0}) then (cast({0} as date) - date '2000-01-01')::bigint * "
          "86400000000 + {1} end",
          value, ClockSql(value));
    }
    case WitnessForm::kDuration:
      if (Holds(column, {"time"})) return ClockSql(name);
      if (!Holds(column, {"interval"})) return "";
      return fmt::format(
          "case when isfinite({0}) then (date_part('year', {0})::numeric * 12 + date_part('month', "
          "{0})::numeric) * 2592000000000 + date_part('day', {0})::numeric * 86400000000 + {1} end",
          name, ClockSql(name));
    default:
      return "";
  }
}

// The column's value as its form has it; empty where it was mapped to another type.
std::string ValueSql(const WitnessColumn& column, const std::string& name) {
  switch (column.form) {
    case WitnessForm::kExact:
      return ExactSql(column, name);
    case WitnessForm::kReal:
      return Holds(column, {"float4", "float8"}) ? fmt::format("cast({} as float8)", name) : "";
    case WitnessForm::kText:
      return TextSql(column, name);
    case WitnessForm::kBytes:
      return Holds(column, {"bytea"}) ? name : "";
    case WitnessForm::kUuid:
      if (!Holds(column, {"uuid"})) return "";
      return fmt::format("translate(cast({} as text), '-', '')", name);
    case WitnessForm::kAddress:
      if (!Holds(column, {"inet"})) return "";
      return fmt::format("encode(substr(inet_send({}), 5), 'hex')", name);
    default:
      return CivilSql(column, name);
  }
}

std::string Normal(WitnessForm form, const std::string& text) {
  switch (form) {
    case WitnessForm::kReal:
      return ShortestReal(std::strtod(text.c_str(), nullptr));
    case WitnessForm::kText:
    case WitnessForm::kBytes:
    case WitnessForm::kUuid:
    case WitnessForm::kAddress:
      return text;
    default:
      return ShortestDecimal(text);
  }
}

std::array<const std::string*, 6> AllOf(const WitnessSql& sql) {
  return {&sql.count, &sql.minimum, &sql.maximum, &sql.sum, &sql.bytes, &sql.digest};
}

WitnessServer ServerOf(ControlConnection& connection) {
  return {connection.version_num() >= kSha256Version,
          connection.Query("select current_setting('server_encoding')").Text(0, 0) == "UTF8"};
}

void ReadColumns(ControlConnection& connection, const WitnessRequest& request,
                 const WitnessServer& server, bool partitioned, std::size_t first, std::size_t last,
                 TableWitness& table) {
  std::string select = "select count(*)";
  std::vector<WitnessSql> terms;
  for (std::size_t i = first; i < last; ++i) {
    terms.push_back(WitnessTerms(request.columns[i], server));
    for (const std::string* term : AllOf(terms.back())) {
      if (!term->empty()) select += ", " + *term;
    }
  }
  select += fmt::format(" from {}{}", partitioned ? "" : "only ",
                        QuoteTable(request.schema, request.table));
  select += WhereClause({request.where});
  const SqlRows answer = connection.Query(select);
  const std::vector<std::optional<std::string>>& row = answer.rows.at(0);
  table.rows = std::stoull(row.at(0).value_or("0"));
  std::size_t at = 0;
  for (std::size_t i = first; i < last; ++i) {
    const WitnessForm form = request.columns[i].form;
    const WitnessSql& sql = terms[i - first];
    auto next = [&](const std::string& term) {
      return term.empty() ? std::optional<std::string>() : row.at(++at);
    };
    ColumnWitness column;
    column.why_not = sql.why_not;
    column.count = std::stoull(next(sql.count).value_or("0"));
    if (auto value = next(sql.minimum)) column.minimum = Normal(form, *value);
    if (auto value = next(sql.maximum)) column.maximum = Normal(form, *value);
    if (auto value = next(sql.sum)) column.sum = ShortestDecimal(*value);
    if (auto value = next(sql.bytes)) column.bytes = ShortestDecimal(*value);
    if (auto value = next(sql.digest)) column.digest = ShortestDecimal(*value);
    table.columns.push_back(std::move(column));
  }
}

}  // namespace

WitnessSql WitnessTerms(const WitnessColumn& column, const WitnessServer& server) {
  const std::string name = QuoteName(column.plan.source.name);
  WitnessSql sql;
  if (column.form == WitnessForm::kCount) {
    sql.count = fmt::format("count({})", name);
    return sql;
  }
  const std::string value = ValueSql(column, name);
  if (value.empty()) {
    sql.count = fmt::format("count({})", name);
    sql.why_not = fmt::format("{} as {} has no measure that both servers compute alike",
                              column.plan.source.full_type, column.target.type.Sql());
    return sql;
  }
  switch (column.form) {
    case WitnessForm::kReal:
      return Reals(value);
    case WitnessForm::kText:
    case WitnessForm::kUuid:
    case WitnessForm::kAddress:
      return Texts(value, server);
    case WitnessForm::kBytes:
      return Bytes(value, server);
    case WitnessForm::kMicros:
      return Moments("(" + value + ")");
    default:
      return Numbers("(" + value + ")");
  }
}

TableWitness ReadWitness(ControlConnection& connection, const WitnessRequest& request,
                         bool partitioned) {
  TableWitness table;
  // The transaction holds the snapshot.
  connection.Query("savepoint witness");
  try {
    const WitnessServer server = ServerOf(connection);
    std::size_t first = 0;
    do {
      const std::size_t last = std::min(first + kColumnsPerQuery, request.columns.size());
      ReadColumns(connection, request, server, partitioned, first, last, table);
      first = last;
    } while (first < request.columns.size());
  } catch (const Error& error) {
    if (error.connection_lost || error.interrupted) throw;
    table = {};
    table.why_not = error.what();
    connection.Query("rollback to savepoint witness");
  }
  connection.Query("release savepoint witness");
  return table;
}

}  // namespace transload::postgres
