#include "verify/drill_down.h"

#include <fmt/format.h>

#include "core/error.h"
#include "verify/findings.h"
#include "verify/read_back.h"
#include "verify/read_source.h"
#include "verify/sub_range_match.h"

namespace transload {
namespace {

// After an error: gives the open query up. False when the connection or its snapshot is gone.
template <typename Reader>
bool StillUsable(Reader& reader) {
  try {
    reader.Abandon();
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::string Summary(const TableVerdict& verdict) {
  const DifferenceCounts& counts = verdict.counts;
  return fmt::format("{}{} rows missing in the target, {} only there, {} different",
                     counts.exact ? "" : "at least ", counts.missing, counts.extra,
                     counts.different);
}

// By the ranges of partitions, whole.
void CompareRanges(SourceSide& source_side, TargetSide& target_side, TableReader& target,
                   RowReader& source, const TableAccount& account, const DrillServices& services,
                   TableVerdict& verdict) {
  const std::vector<PartitionRange> ranges =
      DifferingRanges(target, account, verdict.target_sum.value_or(RowChecksum{}), services.check);
  verdict.drill.ranges = ranges.size();
  const Leftovers leftovers =
      CompareRows(source_side, target_side, ranges, account, MatchLimits{}, services.file, verdict);
  if (services.found && verdict.counts.total() > 0) {
    services.found({account, ranges, leftovers, source});
  }
}

}  // namespace

std::vector<PartitionRange> DifferingRanges(TableReader& target, const TableAccount& account,
                                            const RowChecksum& target_sum,
                                            const std::function<void()>& check) {
  std::vector<PartitionRange> all, differing;
  for (const PartitionAccount& partition : account.partitions) all.push_back(partition.range);
  if (all.empty()) return {PartitionRange{}};
  if (all.size() == 1) return all;
  RowChecksum seen;
  for (const PartitionAccount& partition : account.partitions) {
    std::optional<std::string> condition = RangeInTarget(*account.table, partition.range);
    if (!condition) return all;
    const SliceSum slice =
        ReadSlice(target, *account.table, *condition, [&](std::uint64_t, std::uint64_t) {
          if (check) check();
        });
    seen.Add(slice.checksum);
    if (!(slice.checksum == partition.checksum)) differing.push_back(partition.range);
  }
  return seen == target_sum && !differing.empty() ? differing : all;
}

Leftovers CompareRows(TupleSide& source, TupleSide& target,
                      const std::vector<PartitionRange>& ranges, const TableAccount& account,
                      const MatchLimits& limits, DifferenceFile* file, TableVerdict& verdict) {
  const std::uint64_t expected = std::max(account.checksum().rows, verdict.target_rows);
  Leftovers leftovers = FindLeftovers(source, target, ranges, *account.table, expected, limits);
  Findings(account, file, verdict).Add(leftovers);
  return leftovers;
}

bool DrillDown(RowReader& source, TableReader& target, const TableAccount& account,
               const SubSums& target_sums, const DrillServices& services, TableVerdict& verdict) {
  SourceSide source_side(source, *account.table, services.check);
  TargetSide target_side(target, *account.table, services.check);
  try {
    SubRangeMatch by_sub_ranges(source_side, target_side, account, target_sums, verdict);
    if (!by_sub_ranges.Run(source, services)) {
      CompareRanges(source_side, target_side, target, source, account, services, verdict);
    }
    verdict.drill.read_bytes = source_side.bytes() + target_side.bytes();
  } catch (const Error& error) {
    if (error.interrupted) throw;
    verdict.reason += fmt::format("; the rows could not be compared: {}", error.what());
    return StillUsable(source) && StillUsable(target);
  }
  if (verdict.counts.total() > 0) {
    verdict.reason += "; " + Summary(verdict);
  } else if (verdict.counts.rejected > 0) {
    verdict.reason +=
        fmt::format("; all {} missing rows are listed as rejected", verdict.counts.rejected);
  }
  return true;
}

}  // namespace transload
