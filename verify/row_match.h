// Which rows of two sides have no partner on the other, in bounded memory.
//
// Rows are compared as multisets of row hashes: the source's are counted, the target's taken off,
// what remains is left over. So neither side needs a key or an order, and a doubled row shows.
// Where there are more rows than may be held at once, a first pass sums them in buckets by hash,
// and only rows of buckets that differ are looked at, as many buckets at a time as fit.
#ifndef TRANSLOAD_VERIFY_ROW_MATCH_H_
#define TRANSLOAD_VERIFY_ROW_MATCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "transform/bound_table.h"
#include "verify/tuples.h"

namespace transload {

struct MatchLimits {
  std::size_t rows_in_memory = 400'000;  // hashes, about 64 bytes each
  // Of the leftovers of each side; more are counted and not kept.
  std::size_t kept_rows = 100'000;
  std::size_t kept_bytes = std::size_t{16} << 20;
};

struct LeftoverRow {
  std::string fields;
  std::string name;  // by the source's cells; empty on the target's side
};

struct Leftovers {
  std::vector<LeftoverRow> source;
  std::vector<LeftoverRow> target;
  std::uint64_t source_rows = 0;  // also those not kept
  std::uint64_t target_rows = 0;
  std::vector<std::string> faulty;  // names of source rows that cannot be encoded
  bool complete = true;             // all leftovers were found and kept
};

// `ranges` must be such that both sides can read exactly them: all of the table, or ranges that
// RangeInTarget can express. `expected_rows` is the larger side's, to choose the number of passes.
Leftovers FindLeftovers(TupleSide& source, TupleSide& target,
                        const std::vector<PartitionRange>& ranges, const BoundTable& table,
                        std::uint64_t expected_rows, const MatchLimits& limits);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_ROW_MATCH_H_
