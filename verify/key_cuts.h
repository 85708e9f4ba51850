// Where a table is cut into sub-ranges of about 1 MiB, by its key and alike on both sides.
//
// A sub-range is a range of key values, so it can be summed while rows pass in any order, and read
// again later through the key's index. Which sub-range a row is in is told by its encoded fields,
// which are the same on both sides. Only keys that order alike on both sides are cut
// (RangeInTarget): integers, exact numbers, UUIDs and binary strings; of a key of two integers
// both, of any other the leading column.
#ifndef TRANSLOAD_VERIFY_KEY_CUTS_H_
#define TRANSLOAD_VERIFY_KEY_CUTS_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/partition.h"
#include "transform/bound_table.h"

namespace transload {

// A key in 16 bytes that order as keys do. Integers of more than 64 bits and binary strings of more
// than 16 bytes are cut short, which no cut ever is: comparing with a cut stays exact.
struct KeyPoint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const KeyPoint&) const = default;
};

class KeyCuts {
 public:
  // Nothing when the table has no key that both sides can be cut by. Not every source can read
  // ranges of `any_key`: those of one integer column all can.
  static std::optional<KeyCuts> For(const BoundTable& table, bool any_key);

  // The columns that are cut by, as positions among the copied ones.
  const std::vector<std::size_t>& columns() const { return columns_; }

  // Adds a cut at a key as the target prints it, a bytea in hex. False when it is no key to cut at.
  bool Add(const std::vector<std::string>& key);
  void Add(const KeyCuts& other);
  // To be called after the last Add: orders the cuts, and keeps one in `every` of them.
  void Settle(std::size_t every);

  // Sub-ranges, numbered in the order of the key: one more than there are cuts.
  std::size_t size() const { return cuts_.size() + 1; }
  // The number of the sub-range that a row is in; size() for a row whose key is NULL. `near` is
  // where to look first: the answer for the row before.
  std::size_t Find(std::string_view fields, std::size_t near) const;
  // The keys of sub-ranges first to last, both included.
  PartitionRange Range(std::size_t first, std::size_t last) const;

 private:
  KeyCuts() = default;

  std::optional<KeyPoint> PointOf(std::string_view fields) const;
  std::optional<std::uint64_t> WordOf(const Cell& field, std::size_t position) const;
  KeyBound Bound(const KeyPoint& cut) const;

  PartitionRange pattern_;  // by which columns
  std::vector<std::size_t> columns_;
  std::vector<PgKind> kinds_;  // of those columns
  bool bytes_ = false;         // one column of bytes, rather than integers
  std::vector<KeyPoint> cuts_;
};

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_KEY_CUTS_H_
