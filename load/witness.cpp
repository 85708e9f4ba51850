#include "load/witness.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "core/error.h"
#include "load/ddl.h"

namespace transload {
namespace {

constexpr std::size_t kColumnsPerQuery = 200;  // a result has at most 1664
constexpr int kSha256Version = 110000;

struct WitnessTerms {
  std::string count, minimum, maximum, sum, bytes, digest;
};

struct WitnessMeasures {
  bool digest = true;
  bool in_utf8 = true;  // the database's own encoding
};

WitnessTerms Numbers(const std::string& value) {
  return {fmt::format("count({})", value),
          fmt::format("min({})::text", value),
          fmt::format("max({})::text", value),
          fmt::format("sum(({})::numeric)::text", value),
          "",
          ""};
}

// Microseconds since 2000, of which every timestamp has a bigint's worth, told from another day.
WitnessTerms Moments(const std::string& value, std::int64_t days_to_2000) {
  const std::string shift = fmt::format("{}::numeric", days_to_2000 * 86'400'000'000);
  return {fmt::format("count({})", value),
          fmt::format("(min({}) + {})::text", value, shift),
          fmt::format("(max({}) + {})::text", value, shift),
          fmt::format("(sum(({0})::numeric) + count({0}) * {1})::text", value, shift),
          "",
          ""};
}

// As bits: what text a server makes of a float depends on its version and settings.
WitnessTerms Reals(const std::string& value) {
  return {
      fmt::format("count({})", value),
      fmt::format("encode(float8send(min({})), 'hex')", value),
      fmt::format("encode(float8send(max({})), 'hex')", value),
      fmt::format("coalesce(sum((CASE WHEN abs({0}) < {1} THEN trunc({0} * 65536) WHEN abs({0}) "
                  "< {2} THEN trunc({0} / 512) END)::bigint), 0)::text",
                  value, kSmallReal, kLargeReal),
      "",
      ""};
}

std::string BytesOf(const std::string& text) { return fmt::format("convert_to({}, 'UTF8')", text); }

std::string StartInHex(const std::string& bytes) {
  return fmt::format("encode(substring({} from 1 for {}), 'hex')", bytes, kWitnessBytes);
}

WitnessTerms Strings(const std::string& bytes, const WitnessMeasures& wanted) {
  WitnessTerms terms;
  terms.count = fmt::format("count({})", bytes);
  terms.minimum = fmt::format("min({} COLLATE \"C\")", StartInHex(bytes));
  terms.maximum = fmt::format("max({} COLLATE \"C\")", StartInHex(bytes));
  terms.bytes = fmt::format("coalesce(sum(octet_length({})), 0)::text", bytes);
  if (wanted.digest) {
    terms.digest = fmt::format(
        "sum(('x' || encode(substring(sha256({}) from 1 for 8), 'hex'))::bit(60)::bigint)::text",
        bytes);
  }
  return terms;
}

// Texts are in UTF-8 where the database is: only the smallest and the largest are made into hex.
WitnessTerms Texts(const std::string& text, const WitnessMeasures& wanted) {
  WitnessTerms terms = Strings(BytesOf(text), wanted);
  if (!wanted.in_utf8) return terms;
  terms.count = fmt::format("count({})", text);
  terms.minimum = StartInHex(BytesOf(fmt::format("min({} COLLATE \"C\")", text)));
  terms.maximum = StartInHex(BytesOf(fmt::format("max({} COLLATE \"C\")", text)));
  terms.bytes = fmt::format("coalesce(sum(octet_length({})), 0)::text", text);
  return terms;
}

std::string ExactSql(const PgType& type, const std::string& name) {
  if (type.kind == PgKind::kBool) return name + "::int";
  if (type.kind != PgKind::kBit && type.kind != PgKind::kVarbit) return name;
  // bit(64) as an int8 would be negative.
  return fmt::format(
      "(left(lpad({0}::text, 64, '0'), 32)::bit(32)::bigint::numeric * 4294967296 + "
      "right(lpad({0}::text, 64, '0'), 32)::bit(32)::bigint)",
      name);
}

std::string TextSql(const PgType& type, const std::string& name) {
  if (type.kind == PgKind::kArray) return fmt::format("array_to_string({}, ',')", name);
  return name + "::text";
}

std::string TimeOfDaySql(const std::string& value) {
  return fmt::format(
      "extract(hour from {0})::bigint * 3600000000 + extract(minute from {0})::bigint * 60000000 + "
      "extract(microseconds from {0})::bigint",
      value);
}

std::string CivilSql(const WitnessColumn& column, const std::string& name) {
  const PgKind kind = column.target.type.kind;
  if (column.form == WitnessForm::kDays) {
    return fmt::format("(CASE WHEN isfinite({0}) THEN {0} - date '0001-01-01' + 366 END)", name);
  }
  if (column.form == WitnessForm::kDuration) {
    if (kind == PgKind::kTime) return fmt::format("({})", TimeOfDaySql(name));
    return fmt::format(
        "(CASE WHEN isfinite({0}) THEN (extract(year from {0})::numeric * 12 + extract(month from "
        "{0})::numeric) * 2592000000000 + extract(day from {0})::numeric * 86400000000 + {1} END)",
        name, TimeOfDaySql(name));
  }
  const std::string value =
      kind == PgKind::kTimestamptz ? fmt::format("({} AT TIME ZONE 'UTC')", name) : name;
  return fmt::format(
      "(CASE WHEN isfinite({0}) THEN ({0}::date - date '2000-01-01')::bigint * 86400000000 + {1} "
      "END)",
      value, TimeOfDaySql(value));
}

WitnessTerms TermsOf(const WitnessColumn& column, const WitnessMeasures& wanted) {
  const std::string name = ddl::QuoteName(column.target.name);
  switch (column.form) {
    case WitnessForm::kCount:
      break;
    case WitnessForm::kExact:
      return Numbers(ExactSql(column.target.type, name));
    case WitnessForm::kReal:
      return Reals(name + "::float8");
    case WitnessForm::kText:
      return Texts(TextSql(column.target.type, name), wanted);
    case WitnessForm::kBytes:
      return Strings(name, wanted);
    case WitnessForm::kUuid:
      return Texts(fmt::format("replace({}::text, '-', '')", name), wanted);
    case WitnessForm::kAddress:
      return Texts(fmt::format("encode(substring(inet_send({}) from 5), 'hex')", name), wanted);
    case WitnessForm::kMicros:
      return Moments(CivilSql(column, name), kWitnessDayOf2000);
    case WitnessForm::kInstant:
      return Moments(CivilSql(column, name), kUnixDayOf2000);
    case WitnessForm::kDays:
    case WitnessForm::kDuration:
      return Numbers(CivilSql(column, name));
  }
  WitnessTerms terms;
  terms.count = fmt::format("count({})", name);
  return terms;
}

std::string Normal(WitnessForm form, const std::string& text) {
  if (form == WitnessForm::kReal) {
    const std::uint64_t bits = std::strtoull(text.c_str(), nullptr, 16);
    return ShortestReal(std::bit_cast<double>(bits));
  }
  const bool hex = form == WitnessForm::kText || form == WitnessForm::kBytes ||
                   form == WitnessForm::kUuid || form == WitnessForm::kAddress;
  return hex ? text : ShortestDecimal(text);
}

void ReadColumns(TableReader& reader, const WitnessRequest& request, std::size_t first,
                 std::size_t last, const WitnessMeasures& wanted, const std::string& from,
                 TableWitness& table) {
  std::string select = "SELECT count(*)";
  std::vector<WitnessTerms> terms;
  for (std::size_t i = first; i < last; ++i) {
    terms.push_back(TermsOf(request.columns[i], wanted));
    const WitnessTerms& sql = terms.back();
    for (const std::string* term :
         {&sql.count, &sql.minimum, &sql.maximum, &sql.sum, &sql.bytes, &sql.digest}) {
      if (!term->empty()) select += ", " + *term;
    }
  }
  select += " FROM " + from;
  if (!request.where.empty()) select += " WHERE " + request.where;
  const std::vector<std::optional<std::string>> row = reader.Query(select).at(0);
  std::size_t at = 0;
  auto next = [&](const std::string& term) {
    return term.empty() ? std::optional<std::string>() : row.at(++at);
  };
  table.rows = std::stoull(row.at(0).value_or("0"));
  for (std::size_t i = first; i < last; ++i) {
    const WitnessForm form = request.columns[i].form;
    const WitnessTerms& sql = terms[i - first];
    ColumnWitness answer;
    answer.count = std::stoull(next(sql.count).value_or("0"));
    if (auto value = next(sql.minimum)) answer.minimum = Normal(form, *value);
    if (auto value = next(sql.maximum)) answer.maximum = Normal(form, *value);
    if (auto value = next(sql.sum)) answer.sum = ShortestDecimal(*value);
    if (auto value = next(sql.bytes)) answer.bytes = ShortestDecimal(*value);
    if (auto value = next(sql.digest)) answer.digest = ShortestDecimal(*value);
    table.columns.push_back(std::move(answer));
  }
}

}  // namespace

TableWitness ReadTargetWitness(TableReader& reader, const WitnessRequest& request) {
  TableWitness table;
  std::string from;
  try {
    from = reader.From(request.schema, request.table);
  } catch (const Error& error) {
    if (error.connection_lost || error.interrupted) throw;
    table.why_not = error.what();
    return table;
  }
  // A failed statement must not take the snapshot with it.
  reader.Query("SAVEPOINT witness");
  try {
    const auto server = reader.Query(
        "SELECT current_setting('server_version_num'), current_setting('server_encoding')");
    const std::vector<std::optional<std::string>>& setting = server.at(0);
    const bool sha256 =
        std::strtol(setting.at(0).value_or("0").c_str(), nullptr, 10) >= kSha256Version;
    const WitnessMeasures wanted{request.digest && sha256, setting.at(1) == "UTF8"};
    std::size_t first = 0;
    do {
      const std::size_t last = std::min(first + kColumnsPerQuery, request.columns.size());
      ReadColumns(reader, request, first, last, wanted, from, table);
      first = last;
    } while (first < request.columns.size());
  } catch (const Error& error) {
    if (error.connection_lost || error.interrupted) throw;
    table.why_not = error.what();
    reader.Query("ROLLBACK TO SAVEPOINT witness");
  }
  reader.Query("RELEASE SAVEPOINT witness");
  return table;
}

}  // namespace transload
