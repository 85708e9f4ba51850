#include "verify/accounts.h"

#include <fmt/format.h>

namespace transload {
namespace {

template <typename Field>
std::uint64_t Sum(const std::vector<PartitionAccount>& partitions, Field field) {
  std::uint64_t sum = 0;
  for (const PartitionAccount& partition : partitions) sum += partition.*field;
  return sum;
}

}  // namespace

std::uint64_t TableAccount::read() const { return Sum(partitions, &PartitionAccount::read); }
std::uint64_t TableAccount::written() const { return Sum(partitions, &PartitionAccount::written); }
std::uint64_t TableAccount::rejected() const {
  return Sum(partitions, &PartitionAccount::rejected);
}

RowChecksum TableAccount::checksum() const {
  RowChecksum sum;
  for (const PartitionAccount& partition : partitions) sum.Add(partition.checksum);
  return sum;
}

std::vector<std::string> BrokenLaws(const TableAccount& account) {
  std::vector<std::string> broken;
  for (const PartitionAccount& partition : account.partitions) {
    const std::string where =
        fmt::format("partition {} ({})", partition.number, partition.range.Describe());
    if (partition.read != partition.written + partition.rejected) {
      broken.push_back(fmt::format("{}: {} rows read are not {} written and {} rejected", where,
                                   partition.read, partition.written, partition.rejected));
    }
    if (partition.checksum.rows != partition.written) {
      broken.push_back(fmt::format("{}: {} rows hashed, {} written", where, partition.checksum.rows,
                                   partition.written));
    }
  }
  if (account.source_rows && *account.source_rows != account.read()) {
    broken.push_back(fmt::format("the source counts {} rows, {} were read", *account.source_rows,
                                 account.read()));
  }
  return broken;
}

}  // namespace transload
