// What holds in the target beside its rows: foreign keys, sequences, indexes and constraints.
#ifndef TRANSLOAD_VERIFY_STRUCTURE_CHECKS_H_
#define TRANSLOAD_VERIFY_STRUCTURE_CHECKS_H_

#include <vector>

#include "core/options.h"
#include "core/plan.h"
#include "load/table_reader.h"
#include "verify/report.h"

namespace transload {

// One ReportCheck per table and subject that the plan has something of:
//   foreign keys   every reference is looked up; orphans are named in the report's differences
//   sequence       an identity column's next value is above the highest one there
//   indexes        as many as planned of each kind (primary, unique, plain), all of them valid
//   constraints    as many foreign keys and CHECKs as planned, validated where planned so
// of those kinds that `options` want.
void CheckStructure(const std::vector<const TablePlan*>& tables, const Options& options,
                    TableReader& target, Report& report);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_STRUCTURE_CHECKS_H_
