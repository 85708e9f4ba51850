// The statements that a row reader runs.
#ifndef TRANSLOAD_EXTRACT_ODBC_SELECT_SQL_H_
#define TRANSLOAD_EXTRACT_ODBC_SELECT_SQL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "extract/odbc/reading_context.h"
#include "extract/source.h"

namespace transload::odbc {

std::string ColumnSql(const Naming& naming, const ReadColumn& column);
// The rows of a partition; `order` is the columns' order in the select list.
std::string SelectSql(const ReadingContext& context, const ReadRequest& request,
                      const std::vector<std::size_t>& order);
std::string CountSql(const ReadingContext& context, const std::string& schema,
                     const std::string& table, const std::string& where);
// The key of the row that has so many rows of the range before it.
std::string KeyAfterSql(const ReadingContext& context, const std::string& schema,
                        const std::string& table, const PartitionRange& range,
                        const std::string& where, std::uint64_t rows);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_SELECT_SQL_H_
