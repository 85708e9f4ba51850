// What the values of columns are: from an index, or from one pass over the table.
#ifndef TRANSLOAD_EXTRACT_MYSQL_SCAN_H_
#define TRANSLOAD_EXTRACT_MYSQL_SCAN_H_

#include <string>
#include <vector>

#include "core/source_facts.h"
#include "core/source_schema.h"
#include "extract/mysql/sql_connection.h"

namespace transload::mysql {

// One aggregate of the scan statement and the fact that it answers.
struct ScanTerm {
  std::size_t column = 0;  // in the list of columns scanned
  std::string fact;        // "non_null", "minimum", "maximum", "max_bytes", or a name of counts
  std::string sql;
};

std::vector<ScanTerm> ScanTerms(const SourceTable& table, const std::vector<std::string>& columns);
// One statement for all columns, because each pass costs as much as reading the table.
std::string ScanSql(const SourceTable& table, const std::vector<ScanTerm>& terms);
std::vector<ColumnFacts> ScanFacts(const SourceTable& table,
                                   const std::vector<std::string>& columns,
                                   const std::vector<ScanTerm>& terms, const SqlResult& result);

// Minimum and maximum where an index begins with the column; unknown otherwise.
ColumnFacts ProbeKeyColumn(SqlConnection& connection, const std::string& schema,
                           const std::string& table, const std::string& column);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_SCAN_H_
