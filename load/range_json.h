// Partition ranges as the ledger keeps them.
#ifndef TRANSLOAD_LOAD_RANGE_JSON_H_
#define TRANSLOAD_LOAD_RANGE_JSON_H_

#include <string>
#include <utility>

#include "core/partition.h"

namespace transload {

// {"by": "key", "columns": ["id"], "lower": ["5"], "upper": ["9"]}; open bounds are left out.
std::string RangeToJson(const PartitionRange& range);
PartitionRange RangeFromJson(const std::string& json);

// `range` cut at a bound inside it: what lies below, and the rest.
std::pair<PartitionRange, PartitionRange> CutRange(const PartitionRange& range, const KeyBound& at);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_RANGE_JSON_H_
