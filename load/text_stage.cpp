#include "load/text_stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "load/ddl.h"

namespace transload {
namespace {

constexpr char kStage[] = "pg_temp.transload_stage";

std::map<std::string, std::string> ByName(const SqlRows& types) {
  std::map<std::string, std::string> type_of;
  for (std::size_t row = 0; row < types.size(); ++row)
    type_of[types.Text(row, 0)] = types.Text(row, 1);
  return type_of;
}

}  // namespace

TextStage::TextStage(std::string schema, std::string table, std::vector<TargetColumn> columns)
    : schema_(std::move(schema)),
      table_(std::move(table)),
      columns_(std::move(columns)),
      needed_(std::any_of(columns_.begin(), columns_.end(),
                          [](const TargetColumn& column) { return column.as_text; })) {}

// Types are taken from the table itself, so that none has to be spelled; no constraint comes along.
std::string TextStage::CreateSql() const {
  std::vector<std::string> columns;
  for (const TargetColumn& column : columns_) {
    const std::string name = ddl::QuoteName(column.name);
    columns.push_back(column.as_text ? "null::pg_catalog.text as " + name : name);
  }
  return fmt::format(
      "create temporary table transload_stage on commit drop as select {} from only {} "
      "with no data",
      fmt::join(columns, ", "), ddl::Qualified(schema_, table_));
}

std::string TextStage::CopySql() const {
  return fmt::format("copy {} from stdin (format binary)", kStage);
}

std::string TextStage::TypesSql() const {
  return fmt::format(
      "select attname, pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute "
      "where attrelid = {}::regclass and attnum > 0 and not attisdropped",
      ddl::QuoteLiteral(ddl::Qualified(schema_, table_)));
}

// What the type's output function wrote, its input function reads.
std::string TextStage::InsertSql(const SqlRows& types) const {
  const std::map<std::string, std::string> type_of = ByName(types);
  std::vector<std::string> names, values;
  for (const TargetColumn& column : columns_) {
    const std::string name = ddl::QuoteName(column.name);
    names.push_back(name);
    values.push_back(column.as_text ? fmt::format("{}::{}", name, type_of.at(column.name)) : name);
  }
  return fmt::format("insert into {} ({}) overriding system value select {} from {}",
                     ddl::Qualified(schema_, table_), fmt::join(names, ", "),
                     fmt::join(values, ", "), kStage);
}

std::vector<std::pair<std::string, std::string>> TextStage::CastSql(const SqlRows& types) const {
  const std::map<std::string, std::string> type_of = ByName(types);
  std::vector<std::pair<std::string, std::string>> queries;
  for (const TargetColumn& column : columns_) {
    if (!column.as_text) continue;
    queries.emplace_back(column.name,
                         fmt::format("select pg_catalog.count({}::{}) from {}",
                                     ddl::QuoteName(column.name), type_of.at(column.name), kStage));
  }
  return queries;
}

std::string TextStage::DropSql() const { return fmt::format("drop table {}", kStage); }

}  // namespace transload
