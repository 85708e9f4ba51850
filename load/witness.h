// The second witness of the target: aggregates that PostgreSQL computes by its own SQL.
#ifndef TRANSLOAD_LOAD_WITNESS_H_
#define TRANSLOAD_LOAD_WITNESS_H_

#include <string>

#include "core/witness.h"
#include "load/table_reader.h"

namespace transload {

// In the reader's snapshot. `request.schema` and `request.table` are the target's.
TableWitness ReadTargetWitness(TableReader& reader, const WitnessRequest& request);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_WITNESS_H_
