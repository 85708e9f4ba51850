#include "extract/odbc/select_sql.h"

#include <fmt/format.h>

#include "core/error.h"
#include "extract/where_clause.h"

namespace transload::odbc {
namespace {

// As typed literals of the columns.
std::vector<std::string> Literals(const ReadingContext& context, const std::string& schema,
                                  const std::string& table, const PartitionRange& range,
                                  const KeyBound& bound) {
  if (bound.size() != range.columns.size()) {
    throw BugError("a bound of another key: " + range.Describe());
  }
  std::vector<std::string> literals;
  for (std::size_t i = 0; i < bound.size(); ++i) {
    const std::string& text = bound[i];
    if (context.quoted.contains(QuotedKey(schema, table, range.columns[i]))) {
      literals.push_back(std::string(context.traits->text_prefix) + QuoteText(text));
      continue;
    }
    const std::size_t digits = text.starts_with('-') ? 1 : 0;
    if (text.size() == digits ||
        text.find_first_not_of("0123456789", digits) != std::string::npos) {
      throw BugError("an integer key's bound is no integer: " + text);
    }
    literals.push_back(text);
  }
  return literals;
}

// Rows of keys compare column by column; what leads stands alone too, for the index.
std::string Compare(const std::vector<std::string>& columns,
                    const std::vector<std::string>& literals, char sign, const char* last,
                    std::size_t at = 0) {
  if (at + 1 == columns.size()) return fmt::format("{} {} {}", columns[at], last, literals[at]);
  return fmt::format("{0} {1}= {2} AND ({0} {1} {2} OR ({3}))", columns[at], sign, literals[at],
                     Compare(columns, literals, sign, last, at + 1));
}

std::string OrderBy(const std::vector<std::string>& columns) {
  return " ORDER BY " + Join(columns, ", ");
}

std::vector<std::string> Quoted(const Naming& naming, const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(naming.Quote(name));
  return quoted;
}

// The condition of a partition, without WHERE; empty for the whole table.
std::string RangeCondition(const ReadingContext& context, const std::string& schema,
                           const std::string& table, const PartitionRange& range) {
  if (range.whole_table()) return {};
  if (range.by != SplitBy::kKey || range.columns.empty()) {
    throw BugError("an ODBC table is cut along a key: " + range.Describe());
  }
  const std::vector<std::string> columns = Quoted(context.naming, range.columns);
  std::vector<std::string> conditions;
  if (range.lower) {
    conditions.push_back(
        Compare(columns, Literals(context, schema, table, range, *range.lower), '>', ">="));
  }
  if (range.upper) {
    conditions.push_back(
        Compare(columns, Literals(context, schema, table, range, *range.upper), '<', "<"));
  }
  return Join(conditions, " AND ");
}

}  // namespace

std::string ColumnSql(const Naming& naming, const ReadColumn& column) {
  return column.expression.empty() ? naming.Quote(column.name) : column.expression;
}

std::string SelectSql(const ReadingContext& context, const ReadRequest& request,
                      const std::vector<std::size_t>& order) {
  const Naming& naming = context.naming;
  std::vector<std::string> columns;
  for (const std::size_t i : order) {
    columns.push_back(ColumnSql(naming, request.columns[i]));
  }
  // A row of no columns is still a row.
  if (columns.empty()) columns.emplace_back("1");
  std::string sql = fmt::format(
      "SELECT {} FROM {}{}", Join(columns, ", "), naming.Table(request.schema, request.table),
      WhereClause(
          {RangeCondition(context, request.schema, request.table, request.range), request.where}));
  if (request.in_key_order && !request.range.columns.empty()) {
    sql += OrderBy(Quoted(naming, request.range.columns));
  }
  return sql;
}

std::string CountSql(const ReadingContext& context, const std::string& schema,
                     const std::string& table, const std::string& where) {
  return "SELECT COUNT(*) FROM " + context.naming.Table(schema, table) + WhereClause({where});
}

std::string KeyAfterSql(const ReadingContext& context, const std::string& schema,
                        const std::string& table, const PartitionRange& range,
                        const std::string& where, std::uint64_t rows) {
  const std::vector<std::string> key = Quoted(context.naming, range.columns);
  return fmt::format("SELECT {} FROM {}{}{}{}", Join(key, ", "),
                     context.naming.Table(schema, table),
                     WhereClause({RangeCondition(context, schema, table, range), where}),
                     OrderBy(key), Fill(context.one_row_after, std::to_string(rows)));
}

}  // namespace transload::odbc
