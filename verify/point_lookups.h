// Sampled look-ups: rows of the source, each fetched from the target by its primary key, the way an
// application would. What scans cannot show: that the key's index leads to the row.
#ifndef TRANSLOAD_VERIFY_POINT_LOOKUPS_H_
#define TRANSLOAD_VERIFY_POINT_LOOKUPS_H_

#include "extract/source.h"
#include "load/table_reader.h"
#include "transform/bound_table.h"
#include "verify/report.h"

namespace transload {

// Adds one ReportCheck for a table that has a primary key and rows. The rows are some at even
// distances in the key's order, one from each of as many sub-ranges, or, where the key can't be cut
// by, from a share of all rows; which ones is drawn from a fixed seed. `any_key` as of
// KeyCuts::For.
void LookUpSample(const BoundTable& table, RowReader& source, TableReader& target, bool any_key,
                  Report& report);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_POINT_LOOKUPS_H_
