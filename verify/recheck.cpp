#include "verify/recheck.h"

#include <optional>

#include "verify/read_back.h"

namespace transload {
namespace {

RowChecksum Less(const RowChecksum& whole, const RowChecksum& part) {
  RowChecksum rest;
  rest.rows = whole.rows - part.rows;
  rest.low = whole.low - part.low;
  rest.high = whole.high - part.high - (whole.low < part.low ? 1 : 0);
  return rest;
}

bool OnlyRowsDiffer(const TableVerdict& verdict) {
  return verdict.counts.rejected == 0 && verdict.rejected == 0 && verdict.counted &&
         *verdict.counted == verdict.read && verdict.read == verdict.written &&
         !verdict.witness.asked && verdict.source_sum && verdict.target_sum;
}

}  // namespace

bool RecheckRanges(TableReader& target, const BoundTable& table, const std::function<void()>& check,
                   TableVerdict& verdict) {
  if (verdict.compared.empty() || !OnlyRowsDiffer(verdict)) return false;
  RowChecksum sum = *verdict.target_sum;
  for (const ComparedRange& range : verdict.compared) {
    const std::optional<std::string> condition = RangeInTarget(table, range.range);
    if (!condition) return false;
    const SliceSum now =
        ReadSlice(target, table, *condition, [&](std::uint64_t, std::uint64_t bytes) {
          verdict.drill.read_bytes += bytes;
          if (check) check();
        });
    if (now.checksum != range.source) return false;
    sum = Less(sum, range.target);
    sum.Add(now.checksum);
  }
  if (sum != *verdict.source_sum) return false;
  verdict.target_sum = sum;
  verdict.target_rows = sum.rows;
  verdict.verdict = Verdict::kMatch;
  verdict.reason.clear();
  verdict.counts = {};
  verdict.samples.clear();
  return true;
}

}  // namespace transload
