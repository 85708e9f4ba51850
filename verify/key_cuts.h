// Where a table is cut into sub-ranges of about 1 MiB, by its key and alike on both sides.
//
// A sub-range is a range of key values, so it can be summed while rows pass in any order, and read
// again later through the key's index. Which sub-range a row is in is told by its encoded fields,
// which are the same on both sides. Only columns that order alike on both sides are cut by
// (RangeInTarget, KeyPart): integers, exact numbers, dates and times, UUIDs and binary strings; of
// a key of several columns as many of the leading ones as are such.
#ifndef TRANSLOAD_VERIFY_KEY_CUTS_H_
#define TRANSLOAD_VERIFY_KEY_CUTS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/partition.h"
#include "transform/bound_table.h"
#include "verify/key_part.h"

namespace transload {

class KeyCuts {
 public:
  // Nothing when the table has no key that both sides can be cut by. Not every source can read
  // ranges of `any_key`: those of integers all can. `most_columns`: of the key's leading ones.
  static std::optional<KeyCuts> For(const BoundTable& table, bool any_key,
                                    std::size_t most_columns = KeyPoint::kWords);

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

  bool AddColumn(const BoundTable& table, std::size_t column, bool any_key);
  std::optional<KeyPoint> PointOf(std::string_view fields) const;
  KeyBound Bound(const KeyPoint& cut) const;

  PartitionRange pattern_;  // by which columns
  std::vector<std::size_t> columns_;
  std::vector<KeyPart> parts_;  // of those columns
  std::size_t words_ = 0;       // that they take
  std::size_t last_column_ = 0;
  std::vector<KeyPoint> cuts_;
};

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_KEY_CUTS_H_
