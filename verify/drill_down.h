// From a table that does not match to the rows and columns at fault.
//
// Ranges whose sums are known are compared first, where the key orders alike on both sides; within
// those that differ (else: in the whole table) rows are matched by hash, what is left over is
// paired by the table's key, and pairs are compared column by column.
#ifndef TRANSLOAD_VERIFY_DRILL_DOWN_H_
#define TRANSLOAD_VERIFY_DRILL_DOWN_H_

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "extract/source.h"
#include "load/table_reader.h"
#include "verify/accounts.h"
#include "verify/difference_file.h"
#include "verify/repair.h"
#include "verify/row_match.h"
#include "verify/table_verdict.h"

namespace transload {

inline constexpr std::size_t kSamplesPerKind = 3;

// All rows that differ, in memory, with what a repair needs to know of them.
struct PairedRows {
  struct Pair {
    const LeftoverRow* source = nullptr;  // null: extra
    const LeftoverRow* target = nullptr;  // null: missing
  };
  std::vector<Pair> pairs;  // different, then missing, then extra
};

// Pairs leftovers by key. Pointers into `leftovers`.
PairedRows PairByKey(const Leftovers& leftovers, const BoundTable& table);
// Names, columns and values of one pair.
RowDifference DescribePair(const PairedRows::Pair& pair, const BoundTable& table);

// The ranges whose rows differ: those of `account` whose sums are not the target's. All ranges when
// the target cannot be read by them, or when they do not add up to `target_sum`.
std::vector<PartitionRange> DifferingRanges(TableReader& target, const TableAccount& account,
                                            const RowChecksum& target_sum,
                                            const std::function<void()>& check);

// Matches the rows of `ranges` and fills counts and samples of the verdict; writes every difference
// to `file`, when given. Rows that the account lists as rejected are no differences: when they
// explain everything, and the books were in order, the verdict becomes a match. Returns the rows.
Leftovers CompareRows(TupleSide& source, TupleSide& target,
                      const std::vector<PartitionRange>& ranges, const TableAccount& account,
                      const MatchLimits& limits, DifferenceFile* file, TableVerdict& verdict);

// The two steps above. An Error of either side becomes part of the verdict's reason; false when one
// of the readers can't be used any more.
// `found` is told of what was compared, when there are differences.
bool DrillDown(RowReader& source, TableReader& target, const TableAccount& account,
               DifferenceFile* file, const std::function<void()>& check,
               const std::function<void(const DrilledTable&)>& found, TableVerdict& verdict);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_DRILL_DOWN_H_
