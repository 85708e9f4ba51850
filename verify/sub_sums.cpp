#include "verify/sub_sums.h"

#include <algorithm>

namespace transload {
namespace {

// Each tuple starts with its int16 field count.

std::string_view TupleAt(const CopyBlock& block, std::size_t row) {
  const std::size_t start = block.row_starts[row];
  const std::size_t end =
      row + 1 < block.row_starts.size() ? block.row_starts[row + 1] : block.bytes.size();
  return {block.bytes.data() + start, end - start};
}

}  // namespace

RowHash HashRow(std::string_view fields, const RowCanonicaliser& canonicaliser,
                ByteBuffer& scratch) {
  RowChecksum one;
  canonicaliser.AddRow(fields, one, scratch);
  return {one.high, one.low};
}

SubSums::SubSums(const KeyCuts* cuts) : cuts_(cuts) {
  if (cuts != nullptr) sums_.resize(cuts->size() + 1);
}

SubSums SubSums::ByHash(unsigned bits) {
  SubSums sums;
  sums.bits_ = bits;
  sums.sums_.resize(std::size_t{1} << bits);
  return sums;
}

SubSums SubSums::Blank() const { return by_hash() ? ByHash(bits_) : SubSums(cuts_); }

void SubSums::AddRow(std::string_view fields, const RowCanonicaliser& canonicaliser,
                     ByteBuffer& scratch) {
  if (cuts_ == nullptr) {
    const RowHash hash = HashRow(fields, canonicaliser, scratch);
    SubSum& sum = sums_[Bucket(hash)];
    sum.checksum.AddHash(hash.high, hash.low);
    sum.bytes += fields.size() + kFieldCountBytes;
    return;
  }
  near_ = cuts_->Find(fields, near_);
  canonicaliser.AddRow(fields, sums_[near_].checksum, scratch);
  sums_[near_].bytes += fields.size() + kFieldCountBytes;
}

void SubSums::AddBlock(const CopyBlock& block, const RowCanonicaliser& canonicaliser) {
  if (block.rows == 0) return;
  thread_local ByteBuffer scratch;
  if (cuts_ == nullptr) {
    for (std::size_t row = 0; row < block.rows; ++row) {
      AddRow(TupleAt(block, row).substr(kFieldCountBytes), canonicaliser, scratch);
    }
    return;
  }
  found_.clear();
  bool alike = true;
  for (std::size_t row = 0; row < block.rows; ++row) {
    near_ = cuts_->Find(TupleAt(block, row).substr(kFieldCountBytes), near_);
    found_.push_back(near_);
    alike = alike && near_ == found_.front();
  }
  if (alike) {
    sums_[near_].checksum.Add(block.checksum);
    sums_[near_].bytes += block.bytes.size();
    return;
  }
  for (std::size_t row = 0; row < block.rows; ++row) {
    const std::string_view tuple = TupleAt(block, row);
    SubSum& sum = sums_[found_[row]];
    canonicaliser.AddRow(tuple.substr(kFieldCountBytes), sum.checksum, scratch);
    sum.bytes += tuple.size();
  }
}

void SubSums::Add(const SubSums& other) {
  if (empty() && !other.empty()) {
    cuts_ = other.cuts_;
    bits_ = other.bits_;
    sums_.resize(other.sums_.size());
  }
  for (std::size_t i = 0; i < other.sums_.size(); ++i) {
    sums_[i].checksum.Add(other.sums_[i].checksum);
    sums_[i].bytes += other.sums_[i].bytes;
  }
}

SubSum SubSums::Sum(std::size_t first, std::size_t last) const {
  SubSum sum;
  for (std::size_t i = first; i <= last; ++i) {
    sum.checksum.Add(sums_[i].checksum);
    sum.bytes += sums_[i].bytes;
  }
  return sum;
}

RowChecksum SubSums::Total() const {
  return sums_.empty() ? RowChecksum{} : Sum(0, sums_.size() - 1).checksum;
}

std::vector<SubRangeRun> DifferingSubRanges(const SubSums& source, const SubSums& target,
                                            std::uint64_t most_bytes) {
  std::vector<SubRangeRun> runs;
  for (std::size_t i = 0; i < source.sums().size(); ++i) {
    const SubSum& left = source.sums()[i];
    const SubSum& right = target.sums()[i];
    if (left.checksum == right.checksum) continue;
    const bool unknown = left.bytes == 0 && left.checksum.rows > 0;
    const std::uint64_t bytes = unknown ? kUnknownBytes : left.bytes + right.bytes;
    const bool joins = !runs.empty() && runs.back().last + 1 == i && i < source.cuts()->size() &&
                       runs.back().bytes + bytes <= most_bytes;
    if (!joins) runs.push_back({i, i, 0, 0});
    runs.back().last = i;
    runs.back().rows += std::max(left.checksum.rows, right.checksum.rows);
    runs.back().bytes += bytes;
  }
  return runs;
}

}  // namespace transload
