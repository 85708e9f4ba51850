// Which rows of two sides have no partner on the other: in bounded memory, however many they are.
//
// Rows are compared as multisets of row hashes: the source's are counted, the target's taken off,
// what remains is left over. So neither side needs a key or an order, and a doubled row shows. Each
// side is read once and what may differ put aside by a hash of its key (RowSpill), so that both
// versions of a row that was changed lie in the same part; parts are then looked at one by one, and
// divided further while they are too large. What cannot differ is left out where sums by hash are
// known; of large ranges without such sums these are taken first, which reads both sides once more.
#ifndef TRANSLOAD_VERIFY_ROW_MATCH_H_
#define TRANSLOAD_VERIFY_ROW_MATCH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "transform/bound_table.h"
#include "verify/sub_sums.h"
#include "verify/tuples.h"

namespace transload {

struct MatchLimits {
  // Of both sides, held at once.
  std::uint64_t part_rows = 65'536;
  std::uint64_t part_bytes = std::uint64_t{8} << 20;
  // Ranges that are expected to be larger are summed by hash first.
  std::uint64_t unsummed_bytes = std::uint64_t{64} << 20;
};

struct LeftoverRow {
  std::string fields;
  std::string identity;  // BoundTable::IdentifyRow; empty on the target's side
};

// Rows with equal keys of both sides always come together.
struct Leftovers {
  std::vector<LeftoverRow> source;
  std::vector<LeftoverRow> target;
  std::vector<std::string> faulty;  // identities of source rows that cannot be encoded
};

struct MatchTask {
  TupleSide& source;
  TupleSide& target;
  // Such that both sides can read exactly them: all of the table, or ranges that RangeInTarget can
  // express.
  const std::vector<PartitionRange>& ranges;
  const BoundTable& table;
  std::uint64_t expected_bytes = 0;  // of the larger side
  // By hash, of exactly these ranges; or none.
  const SubSums* source_sums = nullptr;
  const SubSums* target_sums = nullptr;
  MatchLimits limits = {};
};

struct SidesRead {
  RowChecksum source;  // of all the rows of the ranges
  RowChecksum target;
};

// Hands leftovers over, in parts of some MiB. `accept` is asked before the first, with the sums of
// what was read; nothing is handed over when it says no.
void MatchRows(const MatchTask& task, const std::function<bool(const SidesRead&)>& accept,
               const std::function<void(Leftovers&&)>& sink);

// Bits of a hash for buckets of about 256 KiB.
unsigned BucketBits(std::uint64_t bytes);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_ROW_MATCH_H_
