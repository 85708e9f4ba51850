#include "verify/sample_cuts.h"

#include <fmt/format.h>

#include <algorithm>

#include "load/ddl.h"

namespace transload {
namespace {

constexpr std::uint64_t kSamplesPerCut = 4;
// Line pointers that a block of 8 KiB can have.
constexpr std::uint64_t kMostRowsOfBlock = 290;

// Keys of the rows at every `step` blocks, the first `rows` of each.
std::string SampleSql(const BoundTable& table, const KeyCuts& cuts, std::uint64_t blocks,
                      std::uint64_t samples) {
  const std::uint64_t step = std::max<std::uint64_t>(1, blocks / samples);
  const std::uint64_t rows = std::clamp<std::uint64_t>(
      samples * step / std::max<std::uint64_t>(1, blocks), 1, kMostRowsOfBlock);
  std::string keys;
  for (std::size_t column : cuts.columns()) {
    const TargetColumn& target = table.targets()[column];
    const std::string name = ddl::QuoteName(target.name);
    keys += keys.empty() ? "" : ", ";
    keys += target.type.kind == PgKind::kBytea ? fmt::format("encode({}, 'hex')", name)
                                               : name + "::text";
  }
  return fmt::format(
      "SELECT {} FROM ONLY {} WHERE ctid = ANY (ARRAY(SELECT format('(%s,%s)', b, o)::tid FROM "
      "generate_series(0, {}, {}) b, generate_series(1, {}) o))",
      keys, ddl::Qualified(table.plan().schema, table.plan().name), blocks - 1, step, rows);
}

}  // namespace

std::optional<KeyCuts> SampleCuts(TableReader& target, const BoundTable& table,
                                  const TargetSize& size, bool any_key,
                                  const std::vector<PartitionRange>& source_ranges) {
  std::optional<KeyCuts> cuts = KeyCuts::For(table, any_key);
  if (!cuts) return std::nullopt;
  for (const PartitionRange& range : source_ranges) {
    if (range.by != SplitBy::kBlocks && range.lower) cuts->Add(*range.lower);
  }
  cuts->Settle(1);
  const std::uint64_t wanted = std::min(size.bytes / kSubRangeBytes, kMostSubRanges);
  if (wanted > 1 && size.blocks > 0) {
    KeyCuts sampled = *KeyCuts::For(table, any_key);
    for (const auto& row :
         target.Query(SampleSql(table, sampled, size.blocks, wanted * kSamplesPerCut))) {
      std::vector<std::string> key;
      for (const auto& value : row) key.push_back(value.value_or(""));
      sampled.Add(key);
    }
    sampled.Settle(kSamplesPerCut);
    cuts->Add(sampled);
    cuts->Settle(1);
  }
  if (cuts->size() == 1) return std::nullopt;
  return cuts;
}

}  // namespace transload
