// What would act while rows of a loaded table are deleted and copied again.
//
// Foreign keys that the run made from and to the table are dropped: they would hold rows back, or
// take others along. Triggers and rules are disabled, which a fresh run makes after the rows. Each
// leaves a row in the ledger, action 'set aside', with the statement that SchemaBuilder::PutBack
// makes it stand by again when all rows are in.
#ifndef TRANSLOAD_LOAD_SET_ASIDE_H_
#define TRANSLOAD_LOAD_SET_ASIDE_H_

#include <string>
#include <vector>

#include "core/options.h"
#include "core/plan.h"
#include "load/table_reader.h"

namespace transload {

inline constexpr const char* kSetAside = "set aside";

// The statements, for the transaction that deletes the rows. Of a table that stood before the run
// triggers and rules stay as they are: they act on every load.
std::vector<std::string> SetAsideSql(TableReader& reader, const Options& options,
                                     const std::string& run_id, const TablePlan& table);

// Triggers and rules alone, for a transaction that disables them, writes rows, and enables them
// again. Of a table that stood before the run there are none.
struct TriggerSwitch {
  std::vector<std::string> off, on;
};
TriggerSwitch TriggersOf(TableReader& reader, const Options& options, const std::string& run_id,
                         const TablePlan& table);

// Throws where a foreign key that the run did not make would delete or change the rows that refer
// to one of these tables along with its own.
void RefuseForeignCascades(TableReader& reader, const Options& options, const std::string& run_id,
                           const std::vector<TablePlan>& tables);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_SET_ASIDE_H_
