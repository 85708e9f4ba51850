// Puts the rows right that the drill-down found at fault, or says in SQL how to.
//
// Single rows where all of them are known, by their key or, without one, by what they look like;
// else the differing ranges as a whole, each deleted and copied again in one transaction; a table
// whose ranges the target can't express, as one.
#ifndef TRANSLOAD_VERIFY_REPAIR_H_
#define TRANSLOAD_VERIFY_REPAIR_H_

#include <optional>
#include <string>
#include <vector>

#include "core/options.h"
#include "extract/source.h"
#include "load/row_repair.h"
#include "verify/accounts.h"
#include "verify/row_match.h"

namespace transload {

// What the drill-down knows of one table; all borrowed.
struct DrilledTable {
  const TableAccount& account;
  const std::vector<PartitionRange>& ranges;  // those that differ
  const Leftovers& leftovers;                 // without rows that are listed as rejected
  bool rows_known = true;                     // false: more rows differ than `leftovers` holds
  RowReader& source;                          // in the snapshot that was compared, idle
  bool partitioned = false;                   // the target's table
};

// Commits. Throws what the target says against it; what was committed before stays.
RepairCounts RepairTable(const Options& options, const DrilledTable& table,
                         const std::optional<RunLock>& lock);

// Statements in one transaction, or a comment that says why there are none.
std::string RepairSql(const DrilledTable& table);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_REPAIR_H_
