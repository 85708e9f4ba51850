// The target's rows, read back in binary and seen through the canonical form.
#ifndef TRANSLOAD_VERIFY_READ_BACK_H_
#define TRANSLOAD_VERIFY_READ_BACK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/row_hash.h"
#include "load/table_reader.h"
#include "transform/bound_table.h"
#include "verify/sub_sums.h"
#include "verify/tuples.h"

namespace transload {

struct SliceSum {
  RowChecksum checksum;
  std::uint64_t bytes = 0;
};

// Reads the rows for which `where_sql` (SQL of the target, empty: all) holds and sums them. `moved`
// gets rows and bytes now and then, and may throw to stop. `sub_sums`, when given, are empty as yet
// and get the slice's. When this throws, the reader's COPY is still open: Abandon() it.
SliceSum ReadSlice(TableReader& reader, const BoundTable& table, const std::string& where_sql,
                   const std::function<void(std::uint64_t, std::uint64_t)>& moved,
                   SubSums* sub_sums = nullptr);

// A source's range as a condition on the target. Nothing when the key's columns do not order alike
// on both sides (collated text, swapped UUIDs, ENUM, ...), or are not in the target.
//
// Alike are integers, exact numbers, dates, timestamps, binary strings and UUIDs in plain byte
// order. That is the type's promise, not the data's: a policy may have moved a key (a zero date
// that became NULL). Whoever narrows by ranges compares their total with the table's.
std::optional<std::string> RangeInTarget(const BoundTable& table, const PartitionRange& range);

class TargetSide : public TupleSide {
 public:
  // `check` is called now and then and may throw to stop.
  TargetSide(TableReader& reader, const BoundTable& table, std::function<void()> check);
  // Ranges that the target can't express make it read the whole table.
  void Read(const std::vector<PartitionRange>& ranges, const TupleSink& sink) override;
  std::uint64_t bytes() const override { return bytes_; }

 private:
  void ReadWhere(const std::string& where_sql, const TupleSink& sink);

  TableReader& reader_;
  const BoundTable& table_;
  std::function<void()> check_;
  std::uint64_t bytes_ = 0;
};

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_READ_BACK_H_
