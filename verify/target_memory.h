// What the target's tables hold, known from a comparison before and from nobody else writing there:
// spares reading the target again. It is knowledge, not proof: a verdict that rests on it is to be
// confirmed by reading (DESIGN: both sides are read).
#ifndef TRANSLOAD_VERIFY_TARGET_MEMORY_H_
#define TRANSLOAD_VERIFY_TARGET_MEMORY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "transform/bound_table.h"
#include "verify/key_cuts.h"
#include "verify/sub_sums.h"

namespace transload {

struct KnownTarget {
  std::unique_ptr<const KeyCuts> cuts;  // that the sums are by; none by hash or without parts
  SubSums sums;
  RowChecksum checksum;     // of all rows
  std::uint64_t bytes = 0;  // of them, about
  std::uint64_t rows_when_cut = 0;
};

// One thread.
class TargetMemory {
 public:
  // Nothing when the table is not known, or had other columns then, or has grown so much that its
  // parts are too large.
  const KnownTarget* Find(const BoundTable& table) const;
  // What the table will hold when it is as the source is: known from Settle() on, when it is.
  void Expect(const BoundTable& table, const SubSums& sums, const RowChecksum& checksum,
              std::uint64_t bytes);
  void Settle(const BoundTable& table, bool as_expected);
  void Forget(const BoundTable& table);

 private:
  struct Entry {
    std::string shape;  // names and types of the columns
    std::unique_ptr<KnownTarget> known, expected;
  };
  std::map<std::string, Entry> tables_;  // by source label
};

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_TARGET_MEMORY_H_
