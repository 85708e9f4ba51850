#include "verify/row_match.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <unordered_map>
#include <utility>

#include "core/row_batch.h"
#include "core/row_hash.h"
#include "verify/row_key.h"
#include "verify/row_spill.h"

namespace transload {
namespace {

constexpr std::uint64_t kBucketBytes = std::uint64_t{256} << 10;
constexpr unsigned kLeastBits = 6;
constexpr unsigned kMostBits = 17;
constexpr unsigned kPartBits = 8;
// A hash has no more bits than these divisions take.
constexpr unsigned kMostDivisions = 64 / kPartBits;
// Rows handed over at once.
constexpr std::size_t kRowsAtOnce = 20'000;
constexpr std::size_t kBatchBytes = std::size_t{4} << 20;
constexpr std::size_t kFaultyAtOnce = 1'000;

struct Spread {
  std::size_t operator()(const RowHash& hash) const { return hash.low; }
};

// Rows of both sides set off against each other. Equal rows are held once.
class Net {
 public:
  explicit Net(const BoundTable& table) : table_(table) {}

  void Add(const SpilledRow& row, int sign, bool source) {
    auto [at, fresh] =
        rows_.try_emplace(HashRow(row.fields, table_.canonicaliser(), scratch_), Entry{});
    Entry& entry = at->second;
    entry.count += sign;
    if (!fresh) return;
    entry.number = row.number * 2 + (source ? 0 : 1);
    entry.fields_at = bytes_.size();
    entry.fields_size = row.fields.size();
    bytes_.append(row.fields);
    entry.cells_size = row.cells.size();
    bytes_.append(row.cells);
  }

  void HandOver(const std::function<void(Leftovers&&)>& sink) {
    std::vector<const Entry*> left;
    for (const auto& [hash, entry] : rows_) {
      if (entry.count != 0) left.push_back(&entry);
    }
    if (left.empty()) return;
    std::sort(left.begin(), left.end(),
              [](const Entry* a, const Entry* b) { return a->number < b->number; });
    // One of each first, so that rows with equal keys come together; then what is there again.
    Leftovers first;
    for (const Entry* entry : left) Append(*entry, first);
    sink(std::move(first));
    Leftovers more;
    std::size_t rows = 0, bytes = 0;
    for (const Entry* entry : left) {
      for (std::int64_t i = std::abs(entry->count); i > 1; --i) {
        Append(*entry, more);
        bytes += entry->fields_size;
        if (++rows < kRowsAtOnce && bytes < kBatchBytes) continue;
        sink(std::exchange(more, {}));
        rows = bytes = 0;
      }
    }
    if (rows > 0) sink(std::move(more));
  }

 private:
  struct Entry {
    std::int64_t count = 0;  // the source's, less the target's
    std::uint64_t number = 0;
    std::size_t fields_at = 0, fields_size = 0, cells_size = 0;
  };

  void Append(const Entry& entry, Leftovers& to) const {
    LeftoverRow& row = entry.count > 0 ? to.source.emplace_back() : to.target.emplace_back();
    row.fields = bytes_.substr(entry.fields_at, entry.fields_size);
    if (entry.count < 0 || entry.cells_size == 0) return;
    row.identity = table_.IdentifyRow(
        std::string_view(bytes_).substr(entry.fields_at + entry.fields_size, entry.cells_size));
  }

  const BoundTable& table_;
  std::unordered_map<RowHash, Entry, Spread> rows_;
  std::string bytes_;
  ByteBuffer scratch_;
};

class Matching {
 public:
  Matching(const MatchTask& task, const std::function<void(Leftovers&&)>& sink)
      : task_(task), sink_(sink) {}

  void Run(const std::function<bool(const SidesRead&)>& accept) {
    Prepare();
    RowSpill source, target;
    SidesRead read;
    task_.source.Read(task_.ranges, [&](const Tuple& tuple) {
      if (tuple.faulty) {
        NoteFaulty(tuple);
      } else {
        PutAside(tuple, source, read.source);
      }
    });
    if (!faulty_.faulty.empty()) sink_(std::exchange(faulty_, {}));
    task_.target.Read(task_.ranges,
                      [&](const Tuple& tuple) { PutAside(tuple, target, read.target); });
    if (!accept(read)) return;
    if (Fits(source.rows() + target.rows(), source.bytes() + target.bytes())) {
      Net net(task_.table);
      for (std::size_t part = 0; part < RowSpill::kParts; ++part) Fill(net, source, target, part);
      net.HandOver(sink_);
      return;
    }
    MatchParts(source, target, 0);
  }

 private:
  // Which buckets differ; all of them, unless sums by hash are known or worth their while.
  void Prepare() {
    const bool known = task_.source_sums != nullptr && task_.source_sums->by_hash() &&
                       task_.target_sums != nullptr && task_.target_sums->by_hash();
    if (!known && task_.expected_bytes <= task_.limits.unsummed_bytes) return;
    if (known) {
      Compare(*task_.source_sums, *task_.target_sums);
      return;
    }
    SubSums source = SubSums::ByHash(BucketBits(task_.expected_bytes));
    SubSums target = source.Blank();
    auto sum_into = [this](SubSums& sums) {
      return [this, &sums](const Tuple& tuple) {
        if (!tuple.faulty) sums.AddRow(tuple.fields, task_.table.canonicaliser(), scratch_);
      };
    };
    task_.source.Read(task_.ranges, sum_into(source));
    task_.target.Read(task_.ranges, sum_into(target));
    Compare(source, target);
  }

  void Compare(const SubSums& source, const SubSums& target) {
    buckets_ = source.Blank();
    differs_.resize(source.sums().size());
    for (std::size_t i = 0; i < differs_.size(); ++i) {
      differs_[i] = source.sums()[i].checksum != target.sums()[i].checksum;
    }
  }

  void NoteFaulty(const Tuple& tuple) {
    faulty_.faulty.push_back(task_.table.IdentifyRow(tuple.source_row));
    if (faulty_.faulty.size() == kFaultyAtOnce) sink_(std::exchange(faulty_, {}));
  }

  void PutAside(const Tuple& tuple, RowSpill& spill, RowChecksum& sum) {
    const RowHash hash = HashRow(tuple.fields, task_.table.canonicaliser(), scratch_);
    sum.AddHash(hash.high, hash.low);
    if (!differs_.empty() && !differs_[buckets_.Bucket(hash)]) return;
    spill.Add(Part(tuple.fields, hash, 0), tuple.fields, tuple.source_row);
  }

  // By the key's hash, or that of the row where there is no key.
  std::size_t Part(std::string_view fields, const RowHash& hash, unsigned division) {
    std::uint64_t bits = hash.low;
    if (!task_.table.key_columns().empty()) {
      key_.Clear();
      AppendRowKey(fields, task_.table, key_);
      RowChecksum one;
      AddRow(one, key_.view(), task_.table.canonicaliser().seed());
      bits = one.low;
    }
    return (bits >> (kPartBits * division)) & (RowSpill::kParts - 1);
  }

  bool Fits(std::uint64_t rows, std::uint64_t bytes) const {
    return rows <= task_.limits.part_rows && bytes <= task_.limits.part_bytes;
  }

  static void Fill(Net& net, const RowSpill& source, const RowSpill& target, std::size_t part) {
    source.Read(part, [&net](const SpilledRow& row) { net.Add(row, 1, true); });
    target.Read(part, [&net](const SpilledRow& row) { net.Add(row, -1, false); });
  }

  void MatchPart(const RowSpill& source, const RowSpill& target, std::size_t part) {
    Net net(task_.table);
    Fill(net, source, target, part);
    net.HandOver(sink_);
  }

  void MatchParts(RowSpill& source, RowSpill& target, unsigned division) {
    for (std::size_t part = 0; part < RowSpill::kParts; ++part) {
      const bool fits =
          Fits(source.rows(part) + target.rows(part), source.bytes(part) + target.bytes(part));
      if (fits || division + 1 == kMostDivisions) {
        MatchPart(source, target, part);
        continue;
      }
      // What the parts of this division hold makes room for those of the next.
      source.Flush();
      target.Flush();
      const auto here = std::make_unique<RowSpill>(), there = std::make_unique<RowSpill>();
      Divide(source, part, division + 1, *here);
      Divide(target, part, division + 1, *there);
      if (here->in_one_part() && there->in_one_part()) {
        MatchPart(source, target, part);  // the same row, very often
      } else {
        MatchParts(*here, *there, division + 1);
      }
    }
  }

  void Divide(const RowSpill& from, std::size_t part, unsigned division, RowSpill& to) {
    from.Read(part, [&](const SpilledRow& row) {
      const RowHash hash = HashRow(row.fields, task_.table.canonicaliser(), scratch_);
      to.Add(Part(row.fields, hash, division), row.fields, row.cells);
    });
  }

  const MatchTask& task_;
  const std::function<void(Leftovers&&)>& sink_;
  SubSums buckets_;
  std::vector<bool> differs_;  // by bucket; empty: all do
  Leftovers faulty_;
  ByteBuffer scratch_, key_;
};

}  // namespace

unsigned BucketBits(std::uint64_t bytes) {
  return std::clamp(static_cast<unsigned>(std::bit_width(bytes / kBucketBytes)), kLeastBits,
                    kMostBits);
}

void MatchRows(const MatchTask& task, const std::function<bool(const SidesRead&)>& accept,
               const std::function<void(Leftovers&&)>& sink) {
  Matching(task, sink).Run(accept);
}

}  // namespace transload
