// The rows of a table on one side, as tuples of the target's binary form: what the two sides of a
// comparison have in common.
#ifndef TRANSLOAD_VERIFY_TUPLES_H_
#define TRANSLOAD_VERIFY_TUPLES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/partition.h"

namespace transload {

// Views are valid during the call that hands the tuple over.
struct Tuple {
  std::string_view fields;      // framed, without the leading field count
  std::string_view source_row;  // the cells it was made from; empty on the target's side
  bool faulty = false;          // could not be encoded: there are no fields, only the source's row
};
using TupleSink = std::function<void(const Tuple&)>;

class TupleSide {
 public:
  virtual ~TupleSide() = default;
  // Hands over every row of the ranges once, in any order. May be called again.
  virtual void Read(const std::vector<PartitionRange>& ranges, const TupleSink& sink) = 0;
  // Of rows, that all calls of Read have asked the side for.
  virtual std::uint64_t bytes() const { return 0; }
};

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_TUPLES_H_
