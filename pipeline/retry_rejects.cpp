#include "pipeline/retry_rejects.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "load/partition_writer.h"
#include "load/set_aside.h"
#include "load/table_reader.h"
#include "pipeline/bisect.h"
#include "pipeline/rejected_row.h"

namespace transload {
namespace {

constexpr std::uint64_t kRejectsAtATime = 1000;

class Retry {
 public:
  Retry(const Options& options, Ledger& ledger,
        const std::map<std::int64_t, std::unique_ptr<BoundTable>>& tables,
        std::function<void(const BoundTable&)> before_commit)
      : options_(options),
        ledger_(ledger),
        tables_(tables),
        before_commit_(std::move(before_commit)),
        writer_(options, 0) {}

  // Rejects of one partition; returns how many are in now.
  std::uint64_t Partition(const std::string& run_id, const std::vector<RejectRow>& rejects) {
    const BoundTable& table = *tables_.at(rejects.front().table_id);
    const Claim claim = ClaimOf(run_id, table, rejects.front().partition_id);
    RowBatch batch;
    for (const RejectRow& reject : rejects) batch.AppendFramedRow(RejectedCells(reject.row));
    CopyBlock block;
    table.encoder().Encode(batch, block, /*keep_row_starts=*/true);
    if (block.rows == 0) {
      NoteFaults(table, rejects, batch, block);
      return 0;
    }

    // Found out first: the reader's locks would hold up what disables them.
    const TriggerSwitch triggers = [&] {
      TableReader reader(options_);
      return TriggersOf(reader, options_, run_id, table.plan());
    }();
    writer_.BeginCareful(claim, table.targets(), triggers.off);
    const std::vector<RefusedTuple> refused = SendBisecting(block, [this](std::string_view tuples) {
      std::optional<Error> error = writer_.TryWrite(tuples);
      if (error && !IsAboutARow(*error)) throw *error;
      return error;
    });
    RetriedRows retried;
    retried.last = triggers.on;
    RowBatch written;
    std::set<std::size_t> left;
    std::map<std::size_t, const Error*> errors;  // by row
    for (const CellFault& fault : block.faults) left.insert(fault.row);
    for (std::size_t row = 0, tuple = 0; row < rejects.size(); ++row) {
      if (left.contains(row)) continue;
      const std::size_t mine = tuple++;
      auto is_mine = [&](const RefusedTuple& r) { return r.tuple == mine; };
      const auto found = std::find_if(refused.begin(), refused.end(), is_mine);
      if (found != refused.end()) {
        errors[row] = &found->error;
        continue;
      }
      retried.rejects.push_back(rejects[row].id);
      written.AppendFramedRow(batch.Row(row));
    }
    if (retried.rejects.empty()) {
      writer_.Abort();
    } else {
      Finish(run_id, table, written, retried);
    }
    NoteFaults(table, rejects, batch, block);
    for (const auto& [row, error] : errors) {
      Note(table, rejects[row], error->column, RefusalReason(*error), "");
    }
    return retried.rejects.size();
  }

 private:
  void Finish(const std::string& run_id, const BoundTable& table, const RowBatch& written,
              RetriedRows& retried) {
    CopyBlock counted;
    table.encoder().Encode(written, counted, /*keep_row_starts=*/false);
    retried.checksum = counted.checksum;
    for (const auto& [where, coercion] : counted.coercions) {
      const auto& [column, rule] = where;
      retried.coercions.push_back(
          {table.table_id(), table.columns()[column].name, rule, coercion.count, coercion.samples});
    }
    before_commit_(table);
    // Savepoints have transactions of their own, by which undo does not know the rows. All of them
    // have begun by now.
    ledger_.MoveEnd(run_id);
    if (writer_.FinishRetry(retried) == FinishResult::kFenced) {
      throw Error(
          fmt::format("{}: the partition was loaded again meanwhile", table.plan().SourceLabel()));
    }
  }

  void NoteFaults(const BoundTable& table, const std::vector<RejectRow>& rejects,
                  const RowBatch& batch, const CopyBlock& block) {
    for (const CellFault& fault : block.faults) {
      Note(table, rejects[fault.row], table.columns()[fault.column].source.name, fault.reason,
           table.ShowCell(batch.Row(fault.row), fault.column));
    }
  }

  // A row that still does not go in may have another reason by now.
  void Note(const BoundTable& table, RejectRow reject, const std::string& column,
            const std::string& reason, const std::string& value) {
    if (reject.column == column && reject.reason == reason) return;
    const std::string cells = RejectedCells(reject.row);
    reject.column = column;
    reject.reason = reason;
    reject.row = RejectedRowJson({reject.key, column, reason, value, cells}, table);
    writer_.SetReject(reject);
  }

  // What the writer needs to know of a partition that is done.
  Claim ClaimOf(const std::string& run_id, const BoundTable& table, std::int64_t partition_id) {
    Claim claim;
    claim.run_id = run_id;
    claim.partition_id = partition_id;
    claim.table_id = table.table_id();
    claim.generation = table.generation();
    claim.schema = table.plan().schema;
    claim.table = table.plan().name;
    for (const PartitionRow& partition : ledger_.ReadPartitions(table.table_id())) {
      if (partition.id == partition_id) claim.epoch = partition.epoch;
    }
    return claim;
  }

  const Options& options_;
  Ledger& ledger_;
  const std::map<std::int64_t, std::unique_ptr<BoundTable>>& tables_;
  const std::function<void(const BoundTable&)> before_commit_;
  PartitionWriter writer_;
};

}  // namespace

TablePlan PlanForRetry(TablePlan loaded, const TablePlan& today) {
  for (ColumnPlan& column : loaded.columns) {
    const ColumnPlan* now = today.FindColumn(column.name);
    if (now == nullptr || now->source.name != column.source.name) continue;
    const PgType& wanted =
        now->safe_type && *now->safe_type == column.type ? *now->safe_type : now->type;
    if (wanted.Sql() != column.type.Sql()) {
      throw UsageError(fmt::format(
          "--retry-rejects: {}.{} was loaded as {} and would be {} now; a column gets another type "
          "by loading the table again: --reload {}",
          loaded.SourceLabel(), column.source.name, column.type.Sql(), wanted.Sql(),
          loaded.source_name));
    }
    column.policies = now->policies;
    column.decode = now->decode;
  }
  return loaded;
}

RetryResult RetryRejects(const Options& options, Ledger& ledger, const std::string& run_id,
                         const std::map<std::int64_t, std::unique_ptr<BoundTable>>& tables,
                         const StopFlag& stop,
                         const std::function<void(const BoundTable&)>& before_change) {
  RetryResult result;
  std::set<std::int64_t> changed;
  Retry retry(options, ledger, tables, [&](const BoundTable& table) {
    if (changed.insert(table.table_id()).second) before_change(table);
  });
  // The last id of a page; 0 where there was none.
  auto retry_page = [&](std::int64_t after) -> std::int64_t {
    const std::vector<RejectRow> page = ledger.ReadRejects(run_id, kRejectsAtATime, after);
    std::map<std::int64_t, std::vector<RejectRow>> by_partition;
    for (const RejectRow& row : page) by_partition[row.partition_id].push_back(row);
    for (const auto& [partition, rejects] : by_partition) {
      stop.ThrowIfRequested();
      const bool known = tables.contains(rejects.front().table_id);  // else left out of this start
      const std::uint64_t loaded = known ? retry.Partition(run_id, rejects) : 0;
      result.loaded += loaded;
      result.left += rejects.size() - loaded;
    }
    return page.empty() ? 0 : page.back().id;
  };
  // Rows may refer to others that were rejected: again, for as long as that lets more of them in.
  std::uint64_t before = 0;
  do {
    before = result.loaded;
    result.left = 0;
    for (std::int64_t after = retry_page(0); after != 0;) after = retry_page(after);
  } while (result.left > 0 && result.loaded > before);
  return result;
}

}  // namespace transload
