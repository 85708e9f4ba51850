// Cuts a table into ranges of about equally many rows.
#ifndef TRANSLOAD_EXTRACT_MYSQL_SPLIT_H_
#define TRANSLOAD_EXTRACT_MYSQL_SPLIT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/int128.h"
#include "extract/mysql/sql_connection.h"
#include "extract/source.h"

namespace transload::mysql {

SplitPlan PlanSplit(SqlConnection& connection, const SourceTable& table,
                    std::uint64_t partition_bytes);

// The inner boundaries that cut [low, high] into runs of about `target` rows, by an estimate of
// the rows in [from, to]. Halves a range as long as it holds more than the target, so that gaps and
// clusters of any size cost a few dozen estimates and not one range each.
std::vector<Int128> CutIntegers(Int128 low, Int128 high, std::uint64_t target,
                                const std::function<std::uint64_t(Int128, Int128)>& estimate);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_SPLIT_H_
