// After a repair: are the ranges that differed right now?
#ifndef TRANSLOAD_VERIFY_RECHECK_H_
#define TRANSLOAD_VERIFY_RECHECK_H_

#include <functional>

#include "load/table_reader.h"
#include "transform/bound_table.h"
#include "verify/table_verdict.h"

namespace transload {

// Reads the ranges that the drill-down compared once more, from the target alone, and takes their
// sums for the old ones in the table's. True when the table matches by that; the verdict says so
// then. Otherwise nothing is changed, and the table is to be compared as a whole: some of it does
// not match, or it is not rows alone that are wrong. `target` is in a snapshot after the repair.
bool RecheckRanges(TableReader& target, const BoundTable& table, const std::function<void()>& check,
                   TableVerdict& verdict);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_RECHECK_H_
