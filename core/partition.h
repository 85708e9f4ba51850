// A part of a table: what one lane moves in one transaction.
//
// Ranges are half-open in the order of the *source*. Bounds are values that the source itself
// returned, in the adapter's own text form, and they go back to the source as typed literals; no
// part of transload compares or computes with them, save a PostgreSQL or integer range known to
// order alike on both sides.
#ifndef TRANSLOAD_CORE_PARTITION_H_
#define TRANSLOAD_CORE_PARTITION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace transload {

enum class SplitBy : std::uint8_t {
  kNothing,  // the whole table
  kKey,      // columns of a key: values, as text; binary keys as lower-case hex
  kRowid,    // SQLite's rowid: a signed integer
  kBlocks,   // PostgreSQL's ctid: a block number
};

// One value per key column (kKey), else exactly one.
using KeyBound = std::vector<std::string>;

struct PartitionRange {
  SplitBy by = SplitBy::kNothing;
  std::vector<std::string> columns;  // kKey: the source's names
  std::optional<KeyBound> lower;     // inclusive; open when missing
  std::optional<KeyBound> upper;     // exclusive; open when missing
  bool only_nulls = false;           // the rows whose (single, nullable) key is NULL, nothing else
  bool operator==(const PartitionRange&) const = default;

  bool whole_table() const { return by == SplitBy::kNothing; }
  // For logs and messages: "id >= 5000 and id < 9000".
  std::string Describe() const;
};

}  // namespace transload

#endif  // TRANSLOAD_CORE_PARTITION_H_
