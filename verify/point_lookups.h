// Sampled look-ups: rows of the source, each fetched from the target by its primary key, the way an
// application would. What scans cannot show: that the key's index leads to the row.
#ifndef TRANSLOAD_VERIFY_POINT_LOOKUPS_H_
#define TRANSLOAD_VERIFY_POINT_LOOKUPS_H_

#include "extract/source.h"
#include "load/table_reader.h"
#include "transform/bound_table.h"
#include "verify/report.h"

namespace transload {

// Adds one ReportCheck for a table that has a primary key and rows.
void LookUpSample(const BoundTable& table, RowReader& source, TableReader& target, Report& report);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_POINT_LOOKUPS_H_
