#include "verify/drill_down.h"

#include <fmt/format.h>

#include <algorithm>

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
  return fmt::format("{} rows missing in the target, {} only there, {} different", counts.missing,
                     counts.extra, counts.different);
}

bool IsPartitioned(TableReader& target, const TableAccount& account) {
  const TablePlan& plan = account.table->plan();
  return !target.From(plan.schema, plan.name).starts_with("only ");
}

// By ranges of partitions, or the table as a whole.
void CompareRanges(SourceSide& source, TargetSide& target, TableReader& target_reader,
                   const TableAccount& account, const SubSums& target_sums,
                   const DrillServices& services, FoundRows& found, TableVerdict& verdict) {
  const RowChecksum target_sum = verdict.target_sum.value_or(RowChecksum{});
  const RowChecksum source_sum = account.checksum();
  const bool by_hash = account.sub_sums.by_hash() && target_sums.by_hash();
  const std::vector<PartitionRange> ranges =
      by_hash ? std::vector<PartitionRange>{PartitionRange{}}
              : DifferingRanges(target_reader, account, target_sum, services.check);
  MatchTask task{source, target, ranges, *account.table};
  task.expected_bytes = std::max(verdict.target_bytes, source_sum.rows * kGuessedRowBytes);
  if (by_hash) {
    task.source_sums = &account.sub_sums;
    task.target_sums = &target_sums;
  }
  verdict.drill.ranges = ranges.size();
  CompareRows(task, account, services.file, &found, verdict);
  if (ranges.size() == 1 && ranges.front().whole_table()) {
    verdict.compared.push_back({ranges.front(), source_sum, target_sum});
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

void CompareRows(const MatchTask& task, const TableAccount& account, DifferenceFile* file,
                 FoundRows* found, TableVerdict& verdict) {
  Findings findings(account, file, verdict);
  const PartitionRange whole;
  MatchRows(
      task, [](const SidesRead&) { return true; },
      [&](Leftovers&& rows) {
        findings.Add(rows);
        if (found != nullptr) {
          found->Add(std::move(rows), task.ranges.size() == 1 ? task.ranges.front() : whole);
        }
      });
}

bool DrillDown(RowReader& source, TableReader& target, const TableAccount& account,
               const SubSums& target_sums, const DrillServices& services, TableVerdict& verdict) {
  SourceSide source_side(source, *account.table, services.check);
  TargetSide target_side(target, *account.table, services.check);
  try {
    FoundRows found(account, source, services.found && IsPartitioned(target, account),
                    services.found);
    SubRangeMatch by_sub_ranges(source_side, target_side, account, target_sums, verdict);
    if (!by_sub_ranges.Run(services.file, found)) {
      CompareRanges(source_side, target_side, target, account, target_sums, services, found,
                    verdict);
    }
    if (verdict.counts.total() > 0) found.Finish();
    verdict.drill.read_bytes = source_side.bytes() + target_side.bytes();
    verdict.drill.source_bytes = source_side.bytes();
  } catch (const Error& error) {
    if (error.interrupted || error.lock_lost) throw;
    verdict.drilled_down = false;
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
