#include "verify/sub_range_match.h"

#include <algorithm>
#include <compare>
#include <utility>

#include "verify/drill_down.h"

namespace transload {
namespace {

// Of both sides together, read in one go.
constexpr std::uint64_t kRunBytes = std::uint64_t{8} << 20;
// What may be held at once; a single sub-range beyond it is matched in several passes.
constexpr std::uint64_t kBytesInMemory = std::uint64_t{16} << 20;
constexpr std::uint64_t kRowsInMemory = 200'000;
// Rows to be repaired are gathered up to this.
constexpr std::size_t kPendingBytes = std::size_t{12} << 20;

struct RowHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const RowHash&) const = default;
};

// The source's rows of a range, to be found by their hash.
class HeldRows {
 public:
  explicit HeldRows(const BoundTable& table) : table_(table) {}

  void Keep(const Tuple& tuple) {
    const RowHash hash = Hash(tuple.fields);
    rows_.push_back(
        {hash, fields_.size(), tuple.fields.size(), cells_.size(), tuple.source_row.size(), false});
    fields_.append(tuple.fields);
    cells_.append(tuple.source_row);
  }
  void Sort() {
    order_.resize(rows_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
    std::sort(order_.begin(), order_.end(),
              [this](std::size_t a, std::size_t b) { return rows_[a].hash < rows_[b].hash; });
  }
  // False when no row that is left is the same.
  bool Take(std::string_view fields) {
    const RowHash hash = Hash(fields);
    auto at = std::lower_bound(
        order_.begin(), order_.end(), hash,
        [this](std::size_t row, const RowHash& wanted) { return rows_[row].hash < wanted; });
    for (; at != order_.end() && rows_[*at].hash == hash; ++at) {
      if (rows_[*at].taken) continue;
      rows_[*at].taken = true;
      return true;
    }
    return false;
  }
  void HandOverRest(std::vector<LeftoverRow>& rest) const {
    for (const Row& row : rows_) {
      if (row.taken) continue;
      LeftoverRow& left = rest.emplace_back();
      left.fields = fields_.substr(row.fields_at, row.fields_size);
      const std::string_view cells = std::string_view(cells_).substr(row.cells_at, row.cells_size);
      if (!cells.empty()) left.name = table_.NameRow(cells);
    }
  }
  const RowChecksum& checksum() const { return checksum_; }

 private:
  struct Row {
    RowHash hash;
    std::size_t fields_at, fields_size, cells_at, cells_size;
    bool taken;
  };

  RowHash Hash(std::string_view fields) {
    RowChecksum one;
    table_.canonicaliser().AddRow(fields, one, scratch_);
    checksum_.Add(one);
    return {one.high, one.low};
  }

  const BoundTable& table_;
  std::vector<Row> rows_;
  std::vector<std::size_t> order_;
  std::string fields_, cells_;
  RowChecksum checksum_;  // of all rows seen
  ByteBuffer scratch_;
};

}  // namespace

// Rows for the repair: of one table together, where they are not too many.
struct SubRangeMatch::Pending {
  void Add(Leftovers more, const PartitionRange& range) {
    for (const LeftoverRow& row : more.source) bytes += row.fields.size() + row.name.size();
    for (const LeftoverRow& row : more.target) bytes += row.fields.size();
    auto move = [](std::vector<LeftoverRow>& from, std::vector<LeftoverRow>& to) {
      to.insert(to.end(), std::make_move_iterator(from.begin()),
                std::make_move_iterator(from.end()));
    };
    move(more.source, rows.source);
    move(more.target, rows.target);
    rows.source_rows += more.source_rows;
    rows.target_rows += more.target_rows;
    rows.complete = rows.complete && more.complete;
    ranges.push_back(range);
  }
  void Tell(RowReader& source, const TableAccount& account, const DrillServices& services) {
    if (services.found && rows.source_rows + rows.target_rows > 0) {
      services.found({account, ranges, rows, source});
    }
    *this = {};
  }

  Leftovers rows;
  std::vector<PartitionRange> ranges;
  std::size_t bytes = 0;
};

SubRangeMatch::SubRangeMatch(TupleSide& source, TupleSide& target, const TableAccount& account,
                             const SubSums& target_sums, TableVerdict& verdict)
    : source_(source),
      target_(target),
      account_(account),
      target_sums_(target_sums),
      verdict_(verdict) {}

bool SubRangeMatch::Run(RowReader& source, const DrillServices& services) {
  const SubSums& sums = account_.sub_sums;
  if (sums.empty() || target_sums_.empty()) return false;
  const std::vector<SubRangeRun> runs = DifferingSubRanges(sums, target_sums_, kRunBytes);
  if (runs.empty() || runs.back().last == sums.cuts()->size()) return false;
  Findings findings(account_, services.file, verdict_);
  Pending pending;
  for (const SubRangeRun& run : runs) {
    Leftovers leftovers;
    if (!Compare(run, findings, leftovers)) {
      verdict_.compared.clear();
      verdict_.drill = {};
      return false;
    }
    if (!services.found) continue;
    if (!leftovers.complete) pending.Tell(source, account_, services);
    const bool whole_range = !leftovers.complete;
    pending.Add(std::move(leftovers), verdict_.compared.back().range);
    if (whole_range || pending.bytes > kPendingBytes) pending.Tell(source, account_, services);
  }
  pending.Tell(source, account_, services);
  return true;
}

bool SubRangeMatch::Compare(const SubRangeRun& run, Findings& findings, Leftovers& leftovers) {
  const SubSums& sums = account_.sub_sums;
  const PartitionRange range = sums.cuts()->Range(run.first, run.last);
  const SubSum here = sums.Sum(run.first, run.last);
  const SubSum there = target_sums_.Sum(run.first, run.last);
  if (run.bytes <= kBytesInMemory && run.rows <= kRowsInMemory) {
    std::optional<Leftovers> matched = MatchInMemory(run, range);
    if (!matched) return false;
    leftovers = std::move(*matched);
  } else {
    leftovers = FindLeftovers(source_, target_, {range}, *account_.table, run.rows, MatchLimits{});
    if (!Explains(leftovers, here.checksum, there.checksum)) return false;
  }
  findings.Add(leftovers);
  verdict_.compared.push_back({range, here.checksum, there.checksum});
  verdict_.drill.ranges += run.last - run.first + 1;
  verdict_.drill.range_bytes += std::max(here.bytes, there.bytes);
  return true;
}

// Are these rows what makes the two sums differ?
bool SubRangeMatch::Explains(const Leftovers& leftovers, RowChecksum source,
                             RowChecksum target) const {
  if (!leftovers.complete) return true;  // as far as can be said
  ByteBuffer scratch;
  const RowCanonicaliser& canonicaliser = account_.table->canonicaliser();
  for (const LeftoverRow& row : leftovers.source) canonicaliser.AddRow(row.fields, target, scratch);
  for (const LeftoverRow& row : leftovers.target) canonicaliser.AddRow(row.fields, source, scratch);
  return source == target;
}

// Nothing when the range does not hold what was summed.
std::optional<Leftovers> SubRangeMatch::MatchInMemory(const SubRangeRun& run,
                                                      const PartitionRange& range) {
  Leftovers found;
  HeldRows held(*account_.table);
  source_.Read({range}, [&](const Tuple& tuple) {
    if (tuple.faulty) {
      found.faulty.push_back(account_.table->NameRow(tuple.source_row));
    } else {
      held.Keep(tuple);
    }
  });
  if (held.checksum() != account_.sub_sums.Sum(run.first, run.last).checksum) return std::nullopt;
  held.Sort();
  RowChecksum both = held.checksum();
  target_.Read({range}, [&](const Tuple& tuple) {
    if (!held.Take(tuple.fields)) found.target.push_back({std::string(tuple.fields), {}});
  });
  both.Add(target_sums_.Sum(run.first, run.last).checksum);
  if (held.checksum() != both) return std::nullopt;
  held.HandOverRest(found.source);
  found.source_rows = found.source.size();
  found.target_rows = found.target.size();
  return found;
}

}  // namespace transload
