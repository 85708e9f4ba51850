// How a table is cut into partitions: by blocks where the server can seek them, by percentiles of
// the key elsewhere.
#ifndef TRANSLOAD_EXTRACT_POSTGRES_SPLIT_H_
#define TRANSLOAD_EXTRACT_POSTGRES_SPLIT_H_

#include "extract/postgres/control_connection.h"
#include "extract/source.h"

namespace transload::postgres {

SplitPlan PlanSplit(ControlConnection& connection, const SourceTable& table,
                    std::uint64_t partition_bytes);

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_SPLIT_H_
