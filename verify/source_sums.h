// Reads tables of the source afresh, in parallel ranges, and keeps books over them as a run does.
#ifndef TRANSLOAD_VERIFY_SOURCE_SUMS_H_
#define TRANSLOAD_VERIFY_SOURCE_SUMS_H_

#include <memory>
#include <vector>

#include "extract/source.h"
#include "verify/accounts.h"
#include "verify/table_proof.h"

namespace transload {

struct SourceRead {
  const BoundTable* table = nullptr;  // borrowed
  SplitPlan split;
  SubSums parts = SubSums();  // blank: to sum by, or none
};

// One thread per reader. Accounts in the order of the tables; a table that cannot be read has the
// error as its why_not.
std::vector<TableAccount> ReadSources(std::vector<std::unique_ptr<RowReader>>& readers,
                                      const std::vector<SourceRead>& tables, VerifyLevel level,
                                      const ProofWatch& watch);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_SOURCE_SUMS_H_
