#include "verify/judge.h"

#include <fmt/format.h>

#include <algorithm>

namespace transload {
namespace {

// Sentences of broken laws shown; there may be one per partition.
constexpr std::size_t kLawsShown = 3;

TableVerdict Open(const TableAccount& account) {
  const TablePlan& plan = account.table->plan();
  TableVerdict verdict;
  verdict.source = plan.SourceLabel();
  verdict.target = plan.schema + "." + plan.name;
  verdict.counted = account.source_rows;
  verdict.read = account.read();
  verdict.written = account.written();
  verdict.rejected = account.rejected();
  verdict.source_sum = account.checksum();
  return verdict;
}

std::string Broken(const std::vector<std::string>& laws) {
  std::string text;
  for (std::size_t i = 0; i < std::min(laws.size(), kLawsShown); ++i) {
    if (!text.empty()) text += "; ";
    text += laws[i];
  }
  if (laws.size() > kLawsShown) text += fmt::format("; and {} more", laws.size() - kLawsShown);
  return text;
}

}  // namespace

std::string WhyOther(std::uint64_t written, std::uint64_t target_rows) {
  if (target_rows == written) {
    return "the rows are as many as in the source, but not the same: checksums differ";
  }
  return fmt::format("the target should hold {} rows, and holds {}", written, target_rows);
}

TableVerdict Judge(const TableAccount& account, VerifyLevel level, const TargetSum* target) {
  TableVerdict verdict = Open(account);
  auto conclude = [&](Verdict what, std::string reason) {
    verdict.verdict = what;
    verdict.reason = std::move(reason);
    return verdict;
  };
  const bool read_back = target != nullptr && account.why_not.empty() && target->error.empty();
  if (read_back) {
    verdict.target_rows = target->rows;
    verdict.target_bytes = target->bytes;
    verdict.seconds = target->seconds;
    if (level != VerifyLevel::kCount) verdict.target_sum = target->checksum;
  }
  // The books come first: a law that is broken is a difference whatever the target holds.
  if (std::vector<std::string> laws = BrokenLaws(account); !laws.empty()) {
    return conclude(Verdict::kMismatch, Broken(laws));
  }
  if (read_back && verdict.target_rows != verdict.written) {
    return conclude(Verdict::kMismatch, WhyOther(verdict.written, verdict.target_rows));
  }
  if (read_back && verdict.target_sum && *verdict.target_sum != *verdict.source_sum) {
    return conclude(Verdict::kMismatch, WhyOther(verdict.written, verdict.target_rows));
  }
  if (level == VerifyLevel::kNone) {
    return conclude(Verdict::kNotVerified, "verification was switched off (--verify none)");
  }
  if (!account.why_not.empty()) return conclude(Verdict::kNotVerified, account.why_not);
  if (target == nullptr) return conclude(Verdict::kNotVerified, "the target was not read");
  if (!target->error.empty()) {
    return conclude(Verdict::kNotVerified, "the target could not be read: " + target->error);
  }
  if (std::any_of(account.partitions.begin(), account.partitions.end(),
                  [](const PartitionAccount& p) { return !p.done; })) {
    return conclude(Verdict::kNotVerified, "not all partitions were loaded");
  }
  if (!account.source_rows && !account.sampled) {
    return conclude(Verdict::kNotVerified,
                    "the source's rows could not be counted without a partition predicate");
  }
  return conclude(Verdict::kMatch, "");
}

}  // namespace transload
