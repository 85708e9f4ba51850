#include "verify/drill_down.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "core/error.h"
#include "transform/render.h"
#include "verify/read_back.h"
#include "verify/read_source.h"

namespace transload {
namespace {

constexpr std::size_t kColumnsForName = 3;

std::vector<Cell> Fields(std::string_view fields) {
  std::vector<Cell> cells;
  for (CellCursor cursor(fields); !cursor.done();) cells.push_back(cursor.Next());
  return cells;
}

std::string Shown(const Cell& field, const PgType& type) {
  return field.null ? "NULL" : RenderField(field.view(), type);
}

void AppendFramed(const Cell& field, const PgType& type, ByteBuffer& out) {
  if (field.null) {
    StoreBe32(out.Extend(4), 0xFFFFFFFFu);
    return;
  }
  const std::size_t frame = out.size();
  out.Extend(4);
  AppendCanonical(field.view(), type, out);
  StoreBe32(out.data() + frame, static_cast<std::uint32_t>(out.size() - frame - 4));
}

bool SameValue(const Cell& a, const Cell& b, const PgType& type) {
  if (a.null || b.null) return a.null == b.null;
  if (a.view() == b.view()) return true;
  ByteBuffer left, right;
  AppendCanonical(a.view(), type, left);
  AppendCanonical(b.view(), type, right);
  return left.view() == right.view();
}

std::string KeyOf(std::string_view fields, const BoundTable& table) {
  const std::vector<Cell> cells = Fields(fields);
  ByteBuffer key;
  for (std::size_t column : table.key_columns()) {
    AppendFramed(cells[column], table.targets()[column].type, key);
  }
  return std::string(key.view());
}

std::string NameTargetRow(const std::vector<Cell>& cells, const BoundTable& table) {
  std::vector<std::size_t> columns = table.key_columns();
  for (std::size_t i = 0; table.key_columns().empty() && i < cells.size(); ++i) {
    if (columns.size() < kColumnsForName) columns.push_back(i);
  }
  std::string name;
  for (std::size_t column : columns) {
    if (!name.empty()) name += ", ";
    name += table.columns()[column].source.name + "=" +
            Shown(cells[column], table.targets()[column].type);
  }
  return name;
}

void Count(DifferenceKind kind, DifferenceCounts& counts) {
  switch (kind) {
    case DifferenceKind::kMissing:
      ++counts.missing;
      break;
    case DifferenceKind::kExtra:
      ++counts.extra;
      break;
    case DifferenceKind::kDifferent:
      ++counts.different;
      break;
  }
}

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

}  // namespace

PairedRows PairByKey(const Leftovers& leftovers, const BoundTable& table) {
  PairedRows paired;
  std::unordered_multimap<std::string, const LeftoverRow*> by_key;
  std::vector<PairedRows::Pair> missing;
  if (!table.key_columns().empty()) {
    for (const LeftoverRow& row : leftovers.target) by_key.emplace(KeyOf(row.fields, table), &row);
  }
  std::set<const LeftoverRow*> used;
  for (const LeftoverRow& row : leftovers.source) {
    auto partner = by_key.empty() ? by_key.end() : by_key.find(KeyOf(row.fields, table));
    if (partner == by_key.end()) {
      missing.push_back({&row, nullptr});
      continue;
    }
    paired.pairs.push_back({&row, partner->second});
    used.insert(partner->second);
    by_key.erase(partner);
  }
  paired.pairs.insert(paired.pairs.end(), missing.begin(), missing.end());
  for (const LeftoverRow& row : leftovers.target) {
    if (!used.contains(&row)) paired.pairs.push_back({nullptr, &row});
  }
  return paired;
}

RowDifference DescribePair(const PairedRows::Pair& pair, const BoundTable& table) {
  RowDifference difference;
  std::vector<Cell> source, target;
  if (pair.source != nullptr) source = Fields(pair.source->fields);
  if (pair.target != nullptr) target = Fields(pair.target->fields);
  if (pair.target == nullptr) difference.kind = DifferenceKind::kMissing;
  if (pair.source == nullptr) difference.kind = DifferenceKind::kExtra;
  if (pair.source != nullptr && pair.target != nullptr) {
    difference.kind = DifferenceKind::kDifferent;
  }
  difference.key = pair.source != nullptr && !pair.source->name.empty()
                       ? pair.source->name
                       : NameTargetRow(pair.source != nullptr ? source : target, table);
  for (std::size_t i = 0; i < table.targets().size(); ++i) {
    const PgType& type = table.targets()[i].type;
    if (difference.kind == DifferenceKind::kDifferent && SameValue(source[i], target[i], type)) {
      continue;
    }
    difference.columns.push_back({table.targets()[i].name,
                                  source.empty() ? "" : Shown(source[i], type),
                                  target.empty() ? "" : Shown(target[i], type)});
  }
  return difference;
}

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
  const BoundTable& table = *account.table;
  const std::uint64_t expected = std::max(account.checksum().rows, verdict.target_rows);
  Leftovers leftovers = FindLeftovers(source, target, ranges, table, expected, limits);

  // A reject explains one missing row; those that could not be encoded are not among the leftovers.
  std::multiset<std::string> rejected = account.rejected_keys;
  for (const std::string& name : leftovers.faulty) {
    if (auto known = rejected.find(name); known != rejected.end()) rejected.erase(known);
  }
  verdict.drilled_down = true;
  verdict.counts.exact = leftovers.complete;
  std::array<std::size_t, 3> sampled{};
  std::uint64_t paired = 0;
  for (const PairedRows::Pair& pair : PairByKey(leftovers, table).pairs) {
    if (pair.target == nullptr) {
      if (auto known = rejected.find(pair.source->name); known != rejected.end()) {
        rejected.erase(known);
        ++verdict.counts.rejected;
        continue;
      }
    }
    RowDifference difference = DescribePair(pair, table);
    paired += difference.kind == DifferenceKind::kDifferent ? 1 : 0;
    Count(difference.kind, verdict.counts);
    if (file != nullptr) file->Write(verdict.source, difference);
    std::size_t& samples = sampled[static_cast<std::size_t>(difference.kind)];
    if (samples++ < kSamplesPerKind) verdict.samples.push_back(std::move(difference));
  }
  if (!leftovers.complete) {
    verdict.counts.missing = leftovers.source_rows - paired - verdict.counts.rejected;
    verdict.counts.extra = leftovers.target_rows - paired;
  }
  return leftovers;
}

bool DrillDown(RowReader& source, TableReader& target, const TableAccount& account,
               DifferenceFile* file, const std::function<void()>& check,
               const std::function<void(const DrilledTable&)>& found, TableVerdict& verdict) {
  try {
    const std::vector<PartitionRange> ranges =
        DifferingRanges(target, account, verdict.target_sum.value_or(RowChecksum{}), check);
    for (const PartitionRange& range : ranges) {
      verdict.differing_ranges.push_back(range.Describe());
    }
    SourceSide source_side(source, *account.table, check);
    TargetSide target_side(target, *account.table, check);
    const Leftovers leftovers =
        CompareRows(source_side, target_side, ranges, account, MatchLimits{}, file, verdict);
    if (found && verdict.counts.total() > 0) found({account, ranges, leftovers, source});
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
