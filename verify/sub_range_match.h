// The drill-down where both sides were summed by sub-ranges: only those whose sums differ are read
// again, once on either side, a few MiB at a time. What is found is told once all of them were
// read, and waits in files until then, so memory does not depend on how many rows differ.
#ifndef TRANSLOAD_VERIFY_SUB_RANGE_MATCH_H_
#define TRANSLOAD_VERIFY_SUB_RANGE_MATCH_H_

#include <cstdint>

#include "verify/accounts.h"
#include "verify/findings.h"
#include "verify/found_rows.h"
#include "verify/sub_sums.h"
#include "verify/table_verdict.h"
#include "verify/tuples.h"

namespace transload {

// Where a side's bytes are not known.
inline constexpr std::uint64_t kGuessedRowBytes = 64;

class SubRangeMatch {
 public:
  // All are borrowed. The account's sums and `target_sums` are by the same cuts, or missing.
  SubRangeMatch(TupleSide& source, TupleSide& target, const TableAccount& account,
                const SubSums& target_sums, TableVerdict& verdict);

  // Fills the verdict. False when the sums cannot tell where rows differ: there are none, rows
  // differ that have no key, or what a sub-range holds when it is read again is not what was summed
  // (one of the sides does not order its keys as its type promises). The table is to be compared as
  // a whole then.
  bool Run(DifferenceFile* file, FoundRows& found);

 private:
  bool Compare(const SubRangeRun& run, Findings& findings, FoundRows& found);

  TupleSide& source_;
  TupleSide& target_;
  const TableAccount& account_;
  const SubSums& target_sums_;
  TableVerdict& verdict_;
};

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_SUB_RANGE_MATCH_H_
