// What pg_attribute says of a table's columns, as types that encoders can be bound to.
#ifndef TRANSLOAD_LOAD_TARGET_COLUMNS_H_
#define TRANSLOAD_LOAD_TARGET_COLUMNS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/pg_type.h"
#include "core/plan.h"

namespace transload {

// One row of the catalogue query (sql/describe_table.sql), after domains have been followed to
// their base type.
struct CatalogueType {
  std::string type_name;    // pg_type.typname of the base type
  std::string type_schema;  // its schema
  char type_kind = 'b';     // pg_type.typtype: b base, e enum, c composite, r range, ...
  bool is_array = false;    // type_name is then the element's
  std::int32_t typmod = -1;
  std::string formatted;            // format_type(), qualified where need be
  std::vector<std::string> labels;  // enums, also those inside arrays
};

PgType TypeFromCatalogue(const CatalogueType& type);

// The columns that COPY will name, in the order of the plan's copied columns. Throws when the
// table lacks one of them or generates it.
std::vector<TargetColumn> BindColumns(const std::vector<TargetColumn>& described,
                                      const TablePlan& plan);

// The same column for values that cross as text (TargetColumn::as_text).
TargetColumn AsText(TargetColumn column);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_TARGET_COLUMNS_H_
