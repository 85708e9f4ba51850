// Sums of parts of a table, taken while its rows are hashed anyway, and what a comparison of both
// sides' sums says about where rows differ. The parts are sub-ranges of the key, or, where a table
// can't be cut by one, buckets of rows by the first bits of their hash.
#ifndef TRANSLOAD_VERIFY_SUB_SUMS_H_
#define TRANSLOAD_VERIFY_SUB_SUMS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/copy_block.h"
#include "core/row_hash.h"
#include "transform/canonical.h"
#include "verify/key_cuts.h"

namespace transload {

struct RowHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const RowHash&) const = default;
};
// Of one row, by its framed fields.
RowHash HashRow(std::string_view fields, const RowCanonicaliser& canonicaliser,
                ByteBuffer& scratch);

struct SubSum {
  RowChecksum checksum;
  std::uint64_t bytes = 0;  // of the rows as tuples
};

// One side's, or one part of it. Used by one thread.
class SubSums {
 public:
  // Without cuts nothing is kept.
  explicit SubSums(const KeyCuts* cuts = nullptr);
  // By the first bits of a row's hash: 2^bits buckets.
  static SubSums ByHash(unsigned bits);
  // One by the same parts, without rows.
  SubSums Blank() const;

  // What is known of a sub-range without having seen its rows, nor their bytes.
  void Set(std::size_t sub_range, const RowChecksum& checksum) {
    sums_.at(sub_range).checksum = checksum;
  }
  // Adds a row by its framed fields.
  void AddRow(std::string_view fields, const RowCanonicaliser& canonicaliser, ByteBuffer& scratch);
  // The rows of a block whose row starts were kept. Hashes them again only when they are of more
  // than one sub-range.
  void AddBlock(const CopyBlock& block, const RowCanonicaliser& canonicaliser);
  void Add(const SubSums& other);

  const KeyCuts* cuts() const { return cuts_; }
  // The same cuts, at another place.
  void CutBy(const KeyCuts* cuts) { cuts_ = cuts; }
  bool empty() const { return sums_.empty(); }
  bool by_hash() const { return !empty() && cuts_ == nullptr; }
  std::size_t Bucket(const RowHash& hash) const {
    return bits_ == 0 ? 0 : static_cast<std::size_t>(hash.high >> (64 - bits_));
  }
  // In the order of the cuts; the last is of rows whose key is NULL.
  const std::vector<SubSum>& sums() const { return sums_; }
  // Of sub-ranges first to last, both included.
  SubSum Sum(std::size_t first, std::size_t last) const;
  RowChecksum Total() const;

 private:
  const KeyCuts* cuts_ = nullptr;  // borrowed
  unsigned bits_ = 0;              // by hash
  std::vector<SubSum> sums_;
  std::vector<std::size_t> found_;  // of a block's rows
  std::size_t near_ = 0;
};

inline constexpr std::uint64_t kUnknownBytes = std::uint64_t{1} << 62;

// Neighbouring sub-ranges, both ends included, to be read in one go.
struct SubRangeRun {
  std::size_t first = 0;
  std::size_t last = 0;
  std::uint64_t rows = 0;   // of the side that has more
  std::uint64_t bytes = 0;  // of both sides; from kUnknownBytes on nobody knows
};

// The sub-ranges whose sums differ; neighbours together up to `most_bytes`.
std::vector<SubRangeRun> DifferingSubRanges(const SubSums& source, const SubSums& target,
                                            std::uint64_t most_bytes);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_SUB_SUMS_H_
