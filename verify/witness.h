// The second witness: columns' aggregates by each engine's own SQL, compared.
//
// The checksum sees the source through the readers and encoders that copied it. A defect there
// would be on both sides of that comparison; it is on one side only of this one.
#ifndef TRANSLOAD_VERIFY_WITNESS_H_
#define TRANSLOAD_VERIFY_WITNESS_H_

#include <functional>
#include <string>

#include "core/witness.h"
#include "load/table_reader.h"
#include "verify/accounts.h"
#include "verify/table_verdict.h"

namespace transload {

// Asks the source's engine. Called on a thread of its own; never twice at a time.
struct SourceWitness {
  std::function<TableWitness(const WitnessRequest&)> ask;  // empty: it cannot be asked again
  bool sha256 = false;                                     // whether it gives digests
};

// What a column's values are to both engines. `why_not` is filled when a policy may have changed
// values, or when the types have no common measure: such a column is counted at most.
WitnessForm WitnessFormOf(const ColumnPlan& column, const PgType& target, std::string& why_not);

// Compares what both sides said about the same columns.
ReportWitness CompareWitnesses(const WitnessRequest& request, const TableWitness& source,
                               const TableWitness& target);

// Hears both sides on one table and draws the conclusion: a difference makes the verdict a
// mismatch; a match without a witness becomes "not verified".
void HearWitness(const TableAccount& account, const SourceWitness& source, TableReader& target,
                 TableVerdict& verdict);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_WITNESS_H_
