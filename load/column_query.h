// The catalogue query behind DescribeTable, for either kind of connection.
#ifndef TRANSLOAD_LOAD_COLUMN_QUERY_H_
#define TRANSLOAD_LOAD_COLUMN_QUERY_H_

#include <vector>

#include "core/pg_type.h"
#include "load/session.h"

namespace transload {

// Takes the schema and the table as parameters $1 and $2.
const char* DescribeTableSql();
std::vector<TargetColumn> ColumnsFromRows(const SqlRows& rows);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_COLUMN_QUERY_H_
