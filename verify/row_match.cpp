#include "verify/row_match.h"

#include <array>
#include <bitset>
#include <memory>
#include <unordered_map>

#include "core/row_batch.h"
#include "core/row_hash.h"

namespace transload {
namespace {

constexpr std::size_t kBucketBits = 12;
constexpr std::size_t kBuckets = std::size_t{1} << kBucketBits;
using BucketSet = std::bitset<kBuckets>;

struct RowHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const RowHash&) const = default;
  std::size_t bucket() const { return high >> (64 - kBucketBits); }
};

struct Spread {
  std::size_t operator()(const RowHash& hash) const { return hash.low; }
};

class Matcher {
 public:
  Matcher(TupleSide& source, TupleSide& target, const std::vector<PartitionRange>& ranges,
          const BoundTable& table, const MatchLimits& limits)
      : source_(source), target_(target), ranges_(ranges), table_(table), limits_(limits) {}

  Leftovers Run(std::uint64_t expected_rows) {
    if (expected_rows <= limits_.rows_in_memory) {
      MatchBuckets(BucketSet().set());
    } else {
      for (const BucketSet& group : GroupDifferingBuckets()) {
        if (!found_.complete) break;
        MatchBuckets(group);
      }
    }
    return std::move(found_);
  }

 private:
  RowHash Hash(std::string_view fields) {
    RowChecksum one;
    table_.canonicaliser().AddRow(fields, one, scratch_);
    return {one.high, one.low};
  }

  std::vector<BucketSet> GroupDifferingBuckets() {
    using Sums = std::array<RowChecksum, kBuckets>;
    auto source = std::make_unique<Sums>();
    auto target = std::make_unique<Sums>();
    auto sum_into = [this](Sums& sums) {
      return [this, &sums](const Tuple& tuple) {
        if (tuple.faulty) return;
        const RowHash hash = Hash(tuple.fields);
        sums[hash.bucket()].AddHash(hash.high, hash.low);
      };
    };
    source_.Read(ranges_, sum_into(*source));
    target_.Read(ranges_, sum_into(*target));

    std::vector<BucketSet> groups;
    std::uint64_t rows = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      if ((*source)[i] == (*target)[i]) continue;
      if (groups.empty() || rows + (*source)[i].rows > limits_.rows_in_memory) {
        groups.emplace_back();
        rows = 0;
      }
      groups.back().set(i);
      rows += (*source)[i].rows;
    }
    return groups;
  }

  void MatchBuckets(const BucketSet& buckets) {
    std::unordered_map<RowHash, std::uint32_t, Spread> unmatched;
    std::uint64_t left = 0;
    const bool first = !faults_listed_;
    faults_listed_ = true;
    source_.Read(ranges_, [&](const Tuple& tuple) {
      if (tuple.faulty) {
        if (first && found_.faulty.size() < limits_.kept_rows) {
          found_.faulty.push_back(table_.NameRow(tuple.source_row));
        }
        return;
      }
      const RowHash hash = Hash(tuple.fields);
      if (!buckets[hash.bucket()]) return;
      ++unmatched[hash];
      ++left;
    });
    target_.Read(ranges_, [&](const Tuple& tuple) {
      const RowHash hash = Hash(tuple.fields);
      if (!buckets[hash.bucket()]) return;
      auto entry = unmatched.find(hash);
      if (entry == unmatched.end()) {
        Keep(found_.target, found_.target_rows, target_bytes_, tuple);
        return;
      }
      --left;
      if (--entry->second == 0) unmatched.erase(entry);
    });
    if (left == 0) return;
    source_.Read(ranges_, [&](const Tuple& tuple) {
      if (tuple.faulty) return;
      auto entry = unmatched.find(Hash(tuple.fields));
      if (entry == unmatched.end()) return;
      Keep(found_.source, found_.source_rows, source_bytes_, tuple);
      if (--entry->second == 0) unmatched.erase(entry);
    });
  }

  void Keep(std::vector<LeftoverRow>& rows, std::uint64_t& count, std::size_t& bytes,
            const Tuple& tuple) {
    ++count;
    if (rows.size() >= limits_.kept_rows || bytes + tuple.fields.size() > limits_.kept_bytes) {
      found_.complete = false;
      return;
    }
    bytes += tuple.fields.size();
    LeftoverRow row;
    row.fields = tuple.fields;
    if (!tuple.source_row.empty()) row.name = table_.NameRow(tuple.source_row);
    rows.push_back(std::move(row));
  }

  TupleSide& source_;
  TupleSide& target_;
  const std::vector<PartitionRange>& ranges_;
  const BoundTable& table_;
  const MatchLimits& limits_;
  Leftovers found_;
  std::size_t source_bytes_ = 0;
  std::size_t target_bytes_ = 0;
  bool faults_listed_ = false;
  ByteBuffer scratch_;
};

}  // namespace

Leftovers FindLeftovers(TupleSide& source, TupleSide& target,
                        const std::vector<PartitionRange>& ranges, const BoundTable& table,
                        std::uint64_t expected_rows, const MatchLimits& limits) {
  return Matcher(source, target, ranges, table, limits).Run(expected_rows);
}

}  // namespace transload
