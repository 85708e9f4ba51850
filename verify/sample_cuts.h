// Cuts of a table at row percentiles, from a sample of the target.
#ifndef TRANSLOAD_VERIFY_SAMPLE_CUTS_H_
#define TRANSLOAD_VERIFY_SAMPLE_CUTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "core/partition.h"
#include "load/table_reader.h"
#include "transform/bound_table.h"
#include "verify/key_cuts.h"
#include "verify/target_sums.h"

namespace transload {

inline constexpr std::uint64_t kSubRangeBytes = std::uint64_t{1} << 20;
// Of one table, so that sums take 5 MiB a side at most: sub-ranges of tables above 128 GiB are
// larger.
inline constexpr std::uint64_t kMostSubRanges = std::uint64_t{1} << 17;

// Rows at even distances in the table's file are percentiles of its key, in whatever order the rows
// lie there: four rows are looked up for each MiB, by their place, and every fourth key becomes a
// cut. `source_ranges` add their bounds, for rows that the target lacks. Nothing when the table has
// no key to cut by, or is small.
std::optional<KeyCuts> SampleCuts(TableReader& target, const BoundTable& table,
                                  const TargetSize& size, bool any_key,
                                  const std::vector<PartitionRange>& source_ranges);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_SAMPLE_CUTS_H_
