#include "verify/target_memory.h"

#include <utility>

namespace transload {
namespace {

// Rows come to be many in one part where they are all added at one end.
bool Outgrown(const KnownTarget& known) {
  return known.checksum.rows / 2 > known.rows_when_cut + 10'000;
}

std::string Shape(const BoundTable& table) {
  std::string shape = table.plan().schema + "." + table.plan().name;
  for (const TargetColumn& column : table.targets()) {
    shape += "\n" + column.name + " " + column.type.Sql();
  }
  return shape;
}

}  // namespace

const KnownTarget* TargetMemory::Find(const BoundTable& table) const {
  auto found = tables_.find(table.plan().SourceLabel());
  if (found == tables_.end() || found->second.known == nullptr) return nullptr;
  const KnownTarget* known = found->second.known.get();
  return found->second.shape == Shape(table) && !Outgrown(*known) ? known : nullptr;
}

void TargetMemory::Expect(const BoundTable& table, const SubSums& sums, const RowChecksum& checksum,
                          std::uint64_t bytes) {
  const KnownTarget* before = Find(table);
  Entry& entry = tables_[table.plan().SourceLabel()];
  auto expected = std::make_unique<KnownTarget>();
  expected->sums = sums;
  expected->checksum = checksum;
  expected->bytes = bytes;
  const bool same_cuts =
      before != nullptr && sums.cuts() != nullptr && sums.cuts() == before->cuts.get();
  expected->rows_when_cut = same_cuts ? before->rows_when_cut : checksum.rows;
  if (sums.cuts() != nullptr) {
    expected->cuts = std::make_unique<const KeyCuts>(*sums.cuts());
    expected->sums.CutBy(expected->cuts.get());
  }
  entry.shape = Shape(table);
  entry.expected = std::move(expected);
}

void TargetMemory::Settle(const BoundTable& table, bool as_expected) {
  auto found = tables_.find(table.plan().SourceLabel());
  if (found == tables_.end()) return;
  Entry& entry = found->second;
  entry.known = as_expected ? std::move(entry.expected) : nullptr;
  entry.expected.reset();
}

void TargetMemory::Forget(const BoundTable& table) {
  auto found = tables_.find(table.plan().SourceLabel());
  if (found != tables_.end()) found->second.known.reset();
}

}  // namespace transload
