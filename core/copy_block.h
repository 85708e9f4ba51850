// Encoded rows on their way to the target, with what the encoders found on the way.
//
// Bytes: tuples of PostgreSQL's binary COPY, each an int16 field count and then, per field, an
// int32 length (-1 for NULL) and the payload, all big-endian; no file header and no trailer.
// https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4
//
// A block is made from exactly one RowBatch, by one thread, and consumed by one thread. The batch
// stays with it until the block is written, because a rejected row is stored as the source sent it.
#ifndef TRANSLOAD_CORE_COPY_BLOCK_H_
#define TRANSLOAD_CORE_COPY_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/row_batch.h"
#include "core/row_hash.h"

namespace transload {

inline constexpr std::size_t kFieldCountBytes = 2;

// A value that could not be encoded. The row it stands in is not in the block.
struct CellFault {
  std::uint32_t row = 0;     // in the batch
  std::uint32_t column = 0;  // in plan order
  // True when a wider type would hold the value: an optimistic type choice was wrong. False when
  // the value is bad in itself and --on-bad-row decides.
  bool misfit = false;
  // A policy made the first NULL of a column whose NOT NULL yields to it.
  bool first_null = false;
  std::string reason;  // "value 300 does not fit boolean", without the table and the key
};

// Values changed under a policy: how many, and the first few for the report.
struct Coercion {
  static constexpr std::size_t kSamples = 3;
  std::uint64_t count = 0;
  std::vector<std::string> samples;  // the value before, as a reader would write it
};
// By column and rule ("zero_date=null").
using Coercions = std::map<std::pair<std::uint32_t, std::string>, Coercion>;

struct CopyBlock {
  ByteBuffer bytes{2048};  // its place in a page, which is not that of the batch
  std::uint32_t rows = 0;  // tuples in `bytes`
  RowChecksum checksum;    // of those rows
  std::vector<CellFault> faults;
  Coercions coercions;
  // Where each tuple starts, kept only when asked for: bisecting a row that the target refuses.
  std::vector<std::size_t> row_starts;

  void Clear() {
    bytes.Clear();
    rows = 0;
    checksum = {};
    faults.clear();
    coercions.clear();
    row_starts.clear();
  }
};

}  // namespace transload

#endif  // TRANSLOAD_CORE_COPY_BLOCK_H_
