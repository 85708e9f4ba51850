// Checksums of rows: a count and a sum of 128-bit row hashes.
//
// A row's hash is XXH3-128, seeded per run, over the row's canonical form: for each column the
// big-endian int32 length of its canonical bytes, or -1 for NULL, then those bytes. That is binary
// COPY's own framing, so a row whose fields are canonical as encoded is hashed where it lies. What
// is canonical is defined per target type in docs/checksums.md and done by transform/canonical.h.
//
// Sums, never XOR: a row doubled by a retry must show. Sums do not depend on order, so partitions,
// lanes and physical order do not matter.
#ifndef TRANSLOAD_CORE_ROW_HASH_H_
#define TRANSLOAD_CORE_ROW_HASH_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace transload {

struct RowChecksum {
  std::uint64_t rows = 0;
  std::uint64_t high = 0;  // of the sum mod 2^128
  std::uint64_t low = 0;

  void AddHash(std::uint64_t hash_high, std::uint64_t hash_low) {
    ++rows;
    AddSum(hash_high, hash_low);
  }
  void Add(const RowChecksum& other) {
    rows += other.rows;
    AddSum(other.high, other.low);
  }
  bool operator==(const RowChecksum&) const = default;

  // 32 hex digits of the sum; the inverse throws for anything else.
  std::string Hex() const;
  static RowChecksum FromHex(std::uint64_t rows, std::string_view hex);

 private:
  void AddSum(std::uint64_t other_high, std::uint64_t other_low) {
    low += other_low;
    high += other_high + (low < other_low ? 1 : 0);
  }
};

// Adds the hash of one row's canonical form.
void AddRow(RowChecksum& checksum, std::string_view canonical_row, std::uint64_t seed);

}  // namespace transload

#endif  // TRANSLOAD_CORE_ROW_HASH_H_
