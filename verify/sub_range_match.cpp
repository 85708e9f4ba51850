#include "verify/sub_range_match.h"

#include <algorithm>
#include <utility>

#include "verify/row_match.h"

namespace transload {
namespace {

// Of both sides together, read in one go.
constexpr std::uint64_t kRunBytes = std::uint64_t{8} << 20;
// Where a side's bytes are not known.

}  // namespace

SubRangeMatch::SubRangeMatch(TupleSide& source, TupleSide& target, const TableAccount& account,
                             const SubSums& target_sums, TableVerdict& verdict)
    : source_(source),
      target_(target),
      account_(account),
      target_sums_(target_sums),
      verdict_(verdict) {}

bool SubRangeMatch::Run(DifferenceFile* file, FoundRows& found) {
  const SubSums& sums = account_.sub_sums;
  if (sums.cuts() == nullptr || target_sums_.cuts() == nullptr) return false;
  const std::vector<SubRangeRun> runs = DifferingSubRanges(sums, target_sums_, kRunBytes);
  if (runs.empty() || runs.back().last == sums.cuts()->size()) return false;
  Findings findings(account_, file, verdict_);
  if (file != nullptr) file->Hold();
  found.Hold();
  for (const SubRangeRun& run : runs) {
    if (Compare(run, findings, found)) continue;
    // What the runs before it found will be found again.
    if (file != nullptr) file->Drop();
    found.Drop();
    verdict_.compared.clear();
    verdict_.drill = {};
    return false;
  }
  if (file != nullptr) file->Keep();
  found.Keep();
  return true;
}

bool SubRangeMatch::Compare(const SubRangeRun& run, Findings& findings, FoundRows& found) {
  const SubSums& sums = account_.sub_sums;
  const std::vector<PartitionRange> range = {sums.cuts()->Range(run.first, run.last)};
  const SubSum here = sums.Sum(run.first, run.last);
  const SubSum there = target_sums_.Sum(run.first, run.last);
  MatchTask task{source_, target_, range, *account_.table};
  task.expected_bytes = std::max({here.bytes, there.bytes, run.rows * kGuessedRowBytes});
  bool accepted = false;
  MatchRows(
      task,
      [&](const SidesRead& read) {
        accepted = read.source == here.checksum && read.target == there.checksum;
        return accepted;
      },
      [&](Leftovers&& rows) {
        findings.Add(rows);
        found.Add(std::move(rows), range.front());
      });
  if (!accepted) return false;
  verdict_.compared.push_back({range.front(), here.checksum, there.checksum});
  verdict_.drill.ranges += run.last - run.first + 1;
  verdict_.drill.range_bytes += std::max(here.bytes, there.bytes);
  return true;
}

}  // namespace transload
