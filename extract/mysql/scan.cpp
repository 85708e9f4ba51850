#include "extract/mysql/scan.h"

#include <fmt/format.h>

#include "core/error.h"
#include "extract/mysql/charset.h"
#include "extract/mysql/sql_text.h"

namespace transload::mysql {
namespace {

using Terms = std::vector<std::pair<std::string, std::string>>;  // fact, SQL

// Counts rows for which a condition is true; NULL conditions do not count.
std::string Count(const std::string& condition) {
  return fmt::format("COUNT(CASE WHEN {} THEN 1 END)", condition);
}

void AddDateTerms(const SourceColumn& column, const std::string& name, Terms& terms) {
  std::string zero = column.type == "date" ? "'0000-00-00'" : "'0000-00-00 00:00:00'";
  terms.emplace_back("zero_date", Count(fmt::format("{} = {}", name, zero)));
  // Days that the month does not have come in under ALLOW_INVALID_DATES.
  terms.emplace_back(
      "partial_date",
      Count(fmt::format("{0} <> {1} AND (MONTH({0}) = 0 OR DAYOFMONTH({0}) = 0 OR DAYOFMONTH({0}) "
                        "> DAYOFMONTH(LAST_DAY(CONCAT(LPAD(YEAR({0}), 4, '0'), '-', "
                        "LPAD(MONTH({0}), 2, '0'), '-01'))))",
                        name, zero)));
  terms.emplace_back(
      "year0",
      Count(fmt::format("YEAR({0}) = 0 AND MONTH({0}) > 0 AND DAYOFMONTH({0}) > 0", name)));
}

void AddTextTerms(const std::string& name, Terms& terms) {
  std::string utf8 = fmt::format("CONVERT({} USING utf8mb4)", name);
  terms.emplace_back("max_bytes", fmt::format("MAX(LENGTH({}))", utf8));
  // As bytes: many collations ignore a NUL.
  terms.emplace_back("nul_byte", Count(fmt::format("LOCATE(x'00', CAST({} AS BINARY)) > 0", utf8)));
}

void AddJsonTerms(const std::string& name, Terms& terms) {
  terms.emplace_back(
      "json_bad", Count(fmt::format("NOT JSON_VALID({0}) OR INSTR({0}, '\\\\u0000') > 0", name)));
}

Terms TermsOf(const SourceColumn& column) {
  std::string name = QuoteName(column.name);
  Terms terms = {{"non_null", fmt::format("COUNT({})", name)}};
  auto add_range = [&] {
    terms.emplace_back("minimum", fmt::format("MIN({})", name));
    terms.emplace_back("maximum", fmt::format("MAX({})", name));
  };
  if (column.type == "enum") {
    terms.emplace_back("enum_zero", Count(fmt::format("{} + 0 = 0", name)));
    return terms;
  }
  switch (column.format) {
    case CellFormat::kSigned:
    case CellFormat::kUnsigned:
    case CellFormat::kDecimal:
    case CellFormat::kFloat32:
    case CellFormat::kFloat64:
    case CellFormat::kDuration:
      add_range();
      break;
    case CellFormat::kCivil:
      add_range();
      AddDateTerms(column, name, terms);
      break;
    case CellFormat::kBits:
      terms.emplace_back("minimum", fmt::format("MIN({} + 0)", name));
      terms.emplace_back("maximum", fmt::format("MAX({} + 0)", name));
      break;
    case CellFormat::kText:
      AddTextTerms(name, terms);
      if (!column.charset.empty() && !ComesBackTheSame(column.charset)) {
        terms.emplace_back("bad_utf8", Count(LosesCharactersSql(name, column.charset)));
      }
      if (column.type == "json" || column.is_json_alias) AddJsonTerms(name, terms);
      break;
    default:
      terms.emplace_back("max_bytes", fmt::format("MAX(LENGTH({}))", name));
      break;
  }
  return terms;
}

void Apply(const std::string& fact, const SqlValue& value, ColumnFacts& facts) {
  if (fact == "minimum") {
    facts.minimum = value;
  } else if (fact == "maximum") {
    facts.maximum = value;
  } else if (fact == "non_null") {
    facts.nulls = facts.rows - std::stoull(value.value_or("0"));
  } else if (fact == "max_bytes") {
    facts.max_bytes = std::stoull(value.value_or("0"));
  } else {
    facts.counts.emplace_back(fact, std::stoull(value.value_or("0")));
  }
}

}  // namespace

std::vector<ScanTerm> ScanTerms(const SourceTable& table, const std::vector<std::string>& columns) {
  std::vector<ScanTerm> terms;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const SourceColumn* column = table.FindColumn(columns[i]);
    if (column == nullptr) {
      throw BugError("asked to scan a column that is not there: " + columns[i]);
    }
    for (auto& [fact, sql] : TermsOf(*column)) terms.push_back({i, fact, sql});
  }
  return terms;
}

std::string ScanSql(const SourceTable& table, const std::vector<ScanTerm>& terms) {
  std::string sql = "SELECT COUNT(*)";
  for (const ScanTerm& term : terms) sql += ", " + term.sql;
  return sql + " FROM " + QuoteTable(table.schema, table.name);
}

std::vector<ColumnFacts> ScanFacts(const SourceTable& table,
                                   const std::vector<std::string>& columns,
                                   const std::vector<ScanTerm>& terms, const SqlResult& result) {
  std::vector<ColumnFacts> facts(columns.size());
  const auto& row = result.rows.at(0);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    facts[i].schema = table.schema;
    facts[i].table = table.name;
    facts[i].column = columns[i];
    facts[i].known = true;
    facts[i].rows = std::stoull(row.at(0).value_or("0"));
  }
  for (std::size_t i = 0; i < terms.size(); ++i) {
    Apply(terms[i].fact, row.at(i + 1), facts[terms[i].column]);
  }
  return facts;
}

ColumnFacts ProbeKeyColumn(SqlConnection& connection, const std::string& schema,
                           const std::string& table, const std::string& column) {
  ColumnFacts facts;
  facts.schema = schema;
  facts.table = table;
  facts.column = column;
  std::string of = fmt::format("TABLE_SCHEMA = {} AND TABLE_NAME = {} AND COLUMN_NAME = {}",
                               QuoteText(schema), QuoteText(table), QuoteText(column));
  SqlValue type = connection.Scalar("SELECT DATA_TYPE FROM information_schema.COLUMNS WHERE " + of);
  SqlValue index = connection.Scalar(
      "SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE " + of +
      " AND SEQ_IN_INDEX = 1 AND SUB_PART IS NULL AND INDEX_TYPE = 'BTREE' LIMIT 1");
  // MIN of an enum or set is by its text, which no index answers.
  if (!type || !index || *type == "enum" || *type == "set") return facts;
  SqlResult ends = connection.Query(fmt::format("SELECT MIN({0}), MAX({0}) FROM {1}",
                                                QuoteName(column), QuoteTable(schema, table)));
  facts.known = true;
  facts.minimum = ends.rows.at(0).at(0);
  facts.maximum = ends.rows.at(0).at(1);
  if (facts.minimum && facts.minimum->starts_with("0000-00-00")) {
    facts.counts.emplace_back("zero_date", 1);
  }
  return facts;
}

}  // namespace transload::mysql
