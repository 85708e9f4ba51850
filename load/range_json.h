// JSON as the ledger keeps it: partition ranges, and the form of all of it.
#ifndef TRANSLOAD_LOAD_RANGE_JSON_H_
#define TRANSLOAD_LOAD_RANGE_JSON_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>

#include "core/partition.h"

namespace transload {

// On one line, in ASCII; bytes that are no UTF-8 are replaced.
std::string Dump(const nlohmann::ordered_json& json);

// {"by": "key", "columns": ["id"], "lower": ["5"], "upper": ["9"]}; open bounds are left out.
std::string RangeToJson(const PartitionRange& range);
PartitionRange RangeFromJson(const std::string& json);

// `range` cut at a bound inside it: what lies below, and the rest.
std::pair<PartitionRange, PartitionRange> CutRange(const PartitionRange& range, const KeyBound& at);

}  // namespace transload

#endif  // TRANSLOAD_LOAD_RANGE_JSON_H_
