#include "load/column_query.h"

#include <nlohmann/json.hpp>

#include "load/sql.h"
#include "load/target_columns.h"

namespace transload {

const char* DescribeTableSql() { return sql::kDescribeTable; }

std::vector<TargetColumn> ColumnsFromRows(const SqlRows& rows) {
  std::vector<TargetColumn> columns;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    CatalogueType type;
    type.type_name = rows.Text(row, 1);
    type.type_schema = rows.Text(row, 2);
    type.type_kind = rows.Text(row, 3).at(0);
    type.is_array = rows.Bool(row, 4);
    type.typmod = static_cast<std::int32_t>(rows.Int(row, 5));
    type.formatted = rows.Text(row, 6);
    if (!rows.Null(row, 7)) {
      type.labels = nlohmann::json::parse(rows.Text(row, 7)).get<std::vector<std::string>>();
    }
    TargetColumn column;
    column.name = rows.Text(row, 0);
    column.type = TypeFromCatalogue(type);
    column.typmod = type.typmod;
    column.type_oid = static_cast<std::uint32_t>(rows.Count(row, 8));
    column.element_oid = static_cast<std::uint32_t>(rows.Count(row, 9));
    column.not_null = rows.Bool(row, 10);
    column.generated = rows.Bool(row, 11);
    column.identity = rows.Bool(row, 12);
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace transload
