#include "pipeline/key_check.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "load/ddl.h"
#include "load/key_stage.h"
#include "pipeline/partition_move.h"
#include "transform/bound_table.h"

namespace transload {
namespace {

bool IsFolded(const ColumnPlan& column) {
  return column.type.name == "citext" || !column.collation.empty() || column.merges;
}

bool NeedsCheck(const TablePlan& table, const IndexPlan& index) {
  if (!index.unique && !index.primary) return false;
  for (const ColumnPlan& column : table.columns) {
    if (!IsFolded(column)) continue;
    const std::string name = ddl::QuoteName(column.name);
    for (const IndexPartPlan& part : index.parts) {
      if (part.sql.find(name) != std::string::npos) return true;
    }
  }
  return false;
}

// Bad values and refused rows are for the run itself to tell of: what is left out here cannot
// clash.
class StageSink : public BlockSink {
 public:
  explicit StageSink(KeyStage& stage) : stage_(stage) {}

  void Write(const CopyBlock& block) override {
    stage_.Write({block.bytes.data(), block.bytes.size()});
  }
  std::optional<Error> TryWrite(std::string_view tuples) override {
    stage_.Write(tuples);
    return std::nullopt;
  }
  void Reject(const BadRow&) override {}
  void Cancel() noexcept override { stage_.Cancel(); }

 private:
  KeyStage& stage_;
};

std::vector<TargetColumn> Targets(const TablePlan& table) {
  std::vector<TargetColumn> targets;
  for (const ColumnPlan& column : table.columns) {
    TargetColumn target;
    target.name = column.name;
    target.type = column.type;
    targets.push_back(std::move(target));
  }
  return targets;
}

std::vector<std::string> Clashes(Endpoints& ends, RowReader& reader, const MigrationPlan& plan,
                                 const TablePlan& table, const IndexPlan& index,
                                 const StopFlag& stop) {
  KeyStage stage(ends.options, table, index, plan.collations);
  const BoundTable bound(0, 0, stage.table(), Targets(stage.table()), 0);
  MoveContext context;
  context.on_bad_row = OnBadRow::kReject;
  context.stop = &stop;
  StageSink sink(stage);
  FlowPool pool;
  reader.Open(bound.Request({}));
  MovePartition(pool, reader, sink, bound, context);
  return stage.Clashes();
}

}  // namespace

void CheckFoldedKeys(Endpoints& ends, const MigrationPlan& plan, Progress& progress,
                     const StopFlag& stop) {
  std::vector<std::pair<const TablePlan*, const IndexPlan*>> keys;
  for (const TablePlan& table : plan.tables) {
    for (const IndexPlan& index : table.indexes) {
      if (NeedsCheck(table, index)) keys.emplace_back(&table, &index);
    }
  }
  if (keys.empty()) return;
  progress.Phase("keys", keys.size());
  std::unique_ptr<RowReader> reader = ends.source->NewReader();
  const FlowThreads flow_threads(1);
  std::string found;
  for (const auto& [table, index] : keys) {
    stop.ThrowIfRequested();
    for (const std::string& clash : Clashes(ends, *reader, plan, *table, *index, stop)) {
      found += fmt::format("\n  {}, key {}: {}", table->SourceLabel(), index->source_name, clash);
    }
    progress.StepDone(index->name);
  }
  ends.source->Release(std::move(reader));
  if (found.empty()) return;
  throw RefusedError(
      "unique in the source, but equal in the target:" + found +
      "\nChange these rows, or take another type for the column; with citext and ICU collations, "
      "ci=deterministic");
}

}  // namespace transload
