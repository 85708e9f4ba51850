// What there is to move: partitions, what an earlier start has left, what the source changed since.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/fault_point.h"
#include "pipeline/migration.h"
#include "pipeline/reconcile.h"

namespace transload {
namespace {

// The position of a snapshot as it stands in the ledger.
nlohmann::ordered_json PositionOf(const std::string& snapshot_json) {
  if (snapshot_json.empty()) return nullptr;
  return nlohmann::ordered_json::parse(snapshot_json).value("position", nlohmann::ordered_json());
}

}  // namespace

std::vector<NewPartition> Migration::CutTable(std::int64_t id, const TablePlan& plan,
                                              const SourceTable& source) {
  SplitPlan split = ends_->Split(source, plan.where);
  const std::uint64_t bytes =
      std::max<std::uint64_t>(1, plan.estimated_bytes / split.ranges.size());
  std::vector<NewPartition> partitions;
  for (const PartitionRange& range : split.ranges) {
    const bool open = !range.upper && !range.only_nulls;
    partitions.push_back({id, range, bytes, split.rows_per_partition > 0 && open});
  }
  return partitions;
}

// Tables that have no partitions yet are cut now.
void Migration::AddPartitions() {
  std::set<std::int64_t> cut;
  if (resuming_) {
    for (const PartitionRow& partition : ledger_->Read(run_.id).partitions) {
      cut.insert(partition.table_id);
    }
  }
  std::vector<NewPartition> partitions;
  for (std::size_t i = 0; i < table_ids_.size(); ++i) {
    const TablePlan& plan = planned_.plan.tables[i];
    if (cut.contains(table_ids_[i])) continue;
    const SourceTable* table = planned_.FindSource(plan);
    if (table == nullptr) continue;
    for (NewPartition& partition : CutTable(table_ids_[i], plan, *table)) {
      partitions.push_back(std::move(partition));
    }
  }
  ledger_->InsertPartitions(run_.id, partitions);
  FaultAt(FaultPoint::kPartitionsRecorded);
}

void Migration::FillBoard() {
  LedgerSnapshot ledger = ledger_->Read(run_.id);
  std::vector<TableExpectation> expected;
  for (std::size_t i = 0; i < table_ids_.size(); ++i) {
    const TablePlan& plan = planned_.plan.tables[i];
    expected.push_back({plan.SourceLabel(), plan.estimated_rows, plan.estimated_bytes});
  }
  progress_.Expect(expected);
  for (std::size_t i = 0; i < table_ids_.size(); ++i) {
    TableWork work;
    work.id = table_ids_[i];
    work.plan = planned_.plan.tables[i];
    if (existing_.contains(work.id)) {
      // The user's NOT NULL stays: what a policy would make NULL is a bad row there.
      for (ColumnPlan& column : work.plan.columns) column.not_null_yields = false;
    }
    board_.Add(std::move(work));
  }
  for (const TableRow& row : ledger.tables) {
    TableWork& work = board_.At(row.id);
    work.generation = row.generation;
    work.source_rows = row.source_rows;  // until this start has counted them
    if (row.sums.partitions_done > 0) {
      progress_.RowsAlreadyThere(work.plan.SourceLabel(), row.sums.rows_written,
                                 row.sums.copy_bytes);
    }
  }
  for (const PartitionRow& partition : ledger.partitions) {
    if (partition.state == "done") continue;
    TableWork& work = board_.At(partition.table_id);
    board_.Reopen(work.id, work.open_partitions + 1);
    if (!partition.remainder || work.rows_per_partition > 0) continue;
    const auto row = std::find_if(ledger.tables.begin(), ledger.tables.end(),
                                  [&](const TableRow& other) { return other.id == work.id; });
    if (row != ledger.tables.end() && row->sums.rows_read > 0) {
      work.rows_per_partition = RowsPerPartition(row->sums.rows_read, row->sums.source_bytes,
                                                 ends_->options.partition_bytes);
    } else if (const SourceTable* table = planned_.FindSource(work.plan)) {
      work.rows_per_partition = ends_->Split(*table, work.plan.where).rows_per_partition;
    }
  }
}

// A resume sees another state of the source than the start did. Unless the source did not move,
// what is loaded already is compared with what the source holds now.
void Migration::Reconcile() {
  if (!resuming_) return;
  CompareWithEarlierSnapshot();
  // Only now: until then what is loaded belongs to the earlier state of the source.
  ledger_->SetSnapshot(run_.id, SnapshotJson(snapshot_));
  if (moved_from_) {
    const SourceInfo& source = ends_->source->Info();
    ledger_->SetSource(run_.id, source.fingerprint, source.display_url);
    notes_.push_back(fmt::format("resumed from {}; the run was begun from {}", source.display_url,
                                 moved_from_->display_url));
  }
  FaultAt(FaultPoint::kSnapshotRecorded);
}

void Migration::CompareWithEarlierSnapshot() {
  const Options& options = ends_->options;
  nlohmann::ordered_json before = PositionOf(earlier_snapshot_);
  nlohmann::ordered_json now = PositionOf(SnapshotJson(snapshot_));
  // PostgreSQL's log goes on by itself; its transactions tell whether anything was written.
  for (nlohmann::ordered_json* position : {&before, &now}) {
    if (position->contains("transactions")) position->erase("lsn");
  }
  if (!moved_from_ && !before.is_null() && !before.empty() && before == now) {
    notes_.emplace_back("resumed: the source had not moved since the run began");
    return;
  }
  // Not every source tells where it stands.
  const bool known = !before.is_null() && !before.empty() && !now.is_null() && !now.empty();
  if (options.consistency == Consistency::kStrict) {
    throw Error(fmt::format(
        "the source {} since this run began, and --consistency strict does not mix two states; "
        "start over with --restart, or let --consistency reconcile bring it up to date",
        known ? "has moved" : "may have moved"));
  }
  if (options.consistency == Consistency::kRelaxed) {
    notes_.push_back(fmt::format(
        "resumed with --consistency relaxed: the source {}, so that the target {} two states of it",
        known ? "had moved" : "may have moved", known ? "mixes" : "may mix"));
    return;
  }
  Phase("reconcile");
  ReconcileResult result = ReconcilePartitions(
      {*ends_->source, *ledger_, ends_->target, options, progress_, stop_, run_, appended_to_},
      planned_.plan.tables, table_ids_, [this] { RunLateStepsAgain(); });
  notes_.push_back(
      fmt::format("resumed: the source {}; {} finished partitions were compared with it, {} of "
                  "them and {} whole "
                  "tables are loaded again",
                  known ? "had moved" : "may have moved", result.partitions_compared,
                  result.partitions_reset, result.tables_reset));
}

}  // namespace transload
