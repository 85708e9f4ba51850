// The books of a run: what was read, written and rejected, as the ledger has it, and the law that
// they must obey whatever the target holds.
#ifndef TRANSLOAD_VERIFY_ACCOUNTS_H_
#define TRANSLOAD_VERIFY_ACCOUNTS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/partition.h"
#include "core/row_hash.h"
#include "transform/bound_table.h"
#include "verify/sub_sums.h"

namespace transload {

struct PartitionAccount {
  int number = 0;
  PartitionRange range;
  bool done = true;
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  std::uint64_t rejected = 0;
  RowChecksum checksum;  // of the rows written
};

struct TableAccount {
  const BoundTable* table = nullptr;  // borrowed
  // One COUNT(*) of the source without a partition predicate, in the run's snapshot.
  std::optional<std::uint64_t> source_rows;
  std::vector<PartitionAccount> partitions;
  SubSums sub_sums;  // of all of them; empty when none were taken
  // Rows that the target refused or that could not be encoded, as BoundTable::IdentifyRow has them;
  // only the drill-down needs them.
  std::multiset<std::string> rejected_rows;
  // --sample: what was read is a part of the table, and the source's own count says nothing of it.
  bool sampled = false;
  // Set when the table cannot be verified by reading it back: "appended to a table with rows".
  std::string why_not;

  std::uint64_t read() const;
  std::uint64_t written() const;
  std::uint64_t rejected() const;
  RowChecksum checksum() const;
};

// Where the books contradict themselves, as sentences; nothing when they are in order:
//   read = written + rejected, in every partition
//   the checksum was taken over exactly the rows written
//   the source's own count = rows read
std::vector<std::string> BrokenLaws(const TableAccount& account);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_ACCOUNTS_H_
