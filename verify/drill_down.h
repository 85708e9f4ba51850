// From a table that does not match to the rows and columns at fault.
//
// Where sums of sub-ranges were taken on both sides, only those that differ are read again
// (sub_range_match.h). Else ranges whose sums are known are compared first, where the key orders
// alike on both sides. Rows are matched by hash within those that differ, else in the whole table
// by the buckets that differ (row_match.h); what is left over is paired by the table's key, and
// pairs are compared column by column.
#ifndef TRANSLOAD_VERIFY_DRILL_DOWN_H_
#define TRANSLOAD_VERIFY_DRILL_DOWN_H_

#include <functional>
#include <vector>

#include "extract/source.h"
#include "load/table_reader.h"
#include "verify/accounts.h"
#include "verify/difference_file.h"
#include "verify/findings.h"
#include "verify/found_rows.h"
#include "verify/repair.h"
#include "verify/row_match.h"
#include "verify/table_verdict.h"

namespace transload {

// What the drill-down works with; each may be missing.
struct DrillServices {
  DifferenceFile* file = nullptr;  // borrowed
  std::function<void()> check;     // throws to stop
  // Told of differing rows, table by table; of one with very many in several parts.
  std::function<void(const DrilledTable&)> found;
};

// The ranges whose rows differ: those of `account` whose sums are not the target's. All ranges when
// the target cannot be read by them, or when they do not add up to `target_sum`.
std::vector<PartitionRange> DifferingRanges(TableReader& target, const TableAccount& account,
                                            const RowChecksum& target_sum,
                                            const std::function<void()>& check);

// Matches the rows of the task's ranges and fills counts and samples of the verdict; writes every
// difference to `file`, when given. Rows that the account lists as rejected are no differences.
// `found` may be missing.
void CompareRows(const MatchTask& task, const TableAccount& account, DifferenceFile* file,
                 FoundRows* found, TableVerdict& verdict);

// All of it. `target_sums` are empty where none were taken. An Error of either side becomes part of
// the verdict's reason; false when one of the readers can't be used any more.
bool DrillDown(RowReader& source, TableReader& target, const TableAccount& account,
               const SubSums& target_sums, const DrillServices& services, TableVerdict& verdict);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_DRILL_DOWN_H_
