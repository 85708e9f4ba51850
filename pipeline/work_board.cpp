#include "pipeline/work_board.h"

#include <fmt/format.h>

#include "core/error.h"

namespace transload {

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

bool WorkBoard::PartitionDone(std::int64_t table_id) {
  TableWork& table = At(table_id);
  if (table.open_partitions == 0) {
    throw BugError(
        fmt::format("{}: more partitions done than there were", table.plan.SourceLabel()));
  }
  if (--table.open_partitions > 0) return false;
  --unloaded_;
  return true;
}

void WorkBoard::Reopen(std::int64_t table_id, std::uint64_t partitions) {
  TableWork& table = At(table_id);
  if (table.open_partitions == 0 && partitions > 0) ++unloaded_;
  table.open_partitions = partitions;
}

}  // namespace transload
