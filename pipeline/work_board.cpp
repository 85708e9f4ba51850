#include "pipeline/work_board.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace transload {
namespace {

std::uint64_t RoundUp(std::uint64_t dividend, std::uint64_t divisor) {
  return dividend / divisor + (dividend % divisor == 0 ? 0 : 1);
}

}  // namespace

std::uint64_t EvenPartitionBytes(std::uint64_t table_bytes, std::uint64_t wanted, int lanes) {
  if (table_bytes <= wanted) return wanted;
  const auto each = static_cast<std::uint64_t>(std::max(1, lanes));
  return RoundUp(table_bytes, RoundUp(RoundUp(table_bytes, wanted), each) * each);
}

std::uint64_t RowsPerPartition(std::uint64_t rows, std::uint64_t bytes,
                               std::uint64_t partition_bytes) {
  const double share = static_cast<double>(partition_bytes) / static_cast<double>(bytes | 1);
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(rows) * share));
}

void WorkBoard::Add(TableWork table) {
  if (table.open_partitions > 0) ++unloaded_;
  std::int64_t id = table.id;
  tables_.emplace(id, std::move(table));
}

TableWork& WorkBoard::At(std::int64_t table_id) {
  auto found = tables_.find(table_id);
  if (found == tables_.end()) {
    throw BugError(fmt::format("table {} of the ledger is not part of this run", table_id));
  }
  return found->second;
}

void WorkBoard::PartitionCut(std::int64_t table_id, std::uint64_t rows_per_partition) {
  TableWork& table = At(table_id);
  ++table.open_partitions;
  if (table.rows_per_partition == 0) table.rows_per_partition = rows_per_partition;
}

void WorkBoard::Loaded(std::int64_t table_id) {
  TableWork& table = At(table_id);
  if (table.open_partitions == 0) return;
  table.open_partitions = 0;
  table.bound.reset();  // nobody encodes for it any more, and there may be thousands
  --unloaded_;
}

void WorkBoard::Reopen(std::int64_t table_id, std::uint64_t partitions) {
  TableWork& table = At(table_id);
  if (table.open_partitions == 0 && partitions > 0) ++unloaded_;
  table.open_partitions = partitions;
}

}  // namespace transload
