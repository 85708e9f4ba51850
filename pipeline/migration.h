// One migration from its start, or from where an earlier start ended, to the report.
//
// The order of phases is DESIGN's; each can be entered again, because what is done is looked up in
// the ledger: a table that is loaded is not loaded again, an object that was made is not made
// again.
//
//   run_attempts.cpp           once, and again after a failure that a new start may get past
//   migration.cpp              the order of the phases
//   migration_earlier_run.cpp  which run it goes on with, if any
//   migration_start.cpp        fresh or resumed: lock, snapshot, plan, ledger
//   migration_work.cpp         partitions, those left over, and what the source changed since
//   migration_again.cpp        what is loaded once more: --reload, --retry-rejects
//   migration_objects.cpp      what is made before and after the data
//   migration_postgres.cpp     the same from a PostgreSQL source, by pg_dump's archive
//   migration_report.cpp       the report
#ifndef TRANSLOAD_PIPELINE_MIGRATION_H_
#define TRANSLOAD_PIPELINE_MIGRATION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/options.h"
#include "core/progress.h"
#include "load/ledger.h"
#include "load/schema_builder.h"
#include "pipeline/data_phase.h"
#include "pipeline/deadline.h"
#include "pipeline/endpoints.h"
#include "pipeline/object_workers.h"
#include "pipeline/retry.h"
#include "pipeline/stop_flag.h"
#include "pipeline/timeline.h"
#include "pipeline/work_board.h"
#include "verify/report.h"
#include "verify/report_outcome.h"
#include "verify/table_proof.h"
#include "verify/table_verdict.h"

namespace transload {

class PostgresSchema;

// Amendments of a run: a later start, and one with --retry-rejects.
inline constexpr std::string_view kResumed = "resumed";
inline constexpr std::string_view kResumedForRejects = "resumed for rejected rows";

class Migration {
 public:
  // What outlives one start of the run in this process (run_attempts.h).
  struct Setting {
    Progress& progress;
    const StopFlag& stop;
    std::optional<WallClock::time_point> deadline;
    RetryLog& retries;
    std::function<void(const Report&)> write_report;  // may be empty
    std::optional<SessionId> predecessor;             // the control connection of the start before
  };

  Migration(const Options& options, const Setting& setting);
  ~Migration();

  // Throws only for what comes before the ledger is touched (exit codes 2 and 3); after that every
  // end is in the report.
  Report Run();
  // After Run(): what ended it early; and its control connection, when it came so far.
  const std::optional<Error>& failure() const { return failure_; }
  // Whether nothing is left that --restart has to undo.
  bool restarted() const { return restarted_; }
  std::optional<SessionId> control_session() const;

 private:
  // --- migration_earlier_run.cpp
  void FindEarlierRun();
  void RefuseMovedRun(const std::string& lock_key);

  // --- migration_start.cpp
  void Open();
  void HoldLedgerAndPlan();
  void HoldLedger(const std::string& lock_key);
  // `standing`: whose tables of the plan's names are that may stand in the target.
  enum class Standing { kOthers, kOwn, kToBeUndone };
  void CheckPreflight(Standing standing);
  void NameRunsOfOthers(std::vector<std::string>& refusals) const;
  void Begin();
  // Its rows are done with: whatever becomes of this start, no later one has to look at them.
  bool HadEnded() const { return objects_alone_ || ends_->options.refresh_sequences; }
  void TakeSnapshot();
  void PlanFresh();
  void PlanFromLedger();
  static std::string SnapshotJson(const SnapshotInfo& snapshot);

  // --- migration_work.cpp
  std::vector<NewPartition> CutTable(std::int64_t id, const TablePlan& plan,
                                     const SourceTable& source);
  void AddPartitions();
  void FillBoard();
  void Reconcile();
  void CompareWithEarlierSnapshot();

  // --- migration_again.cpp
  bool FailedBefore(const std::set<std::string>& kinds) const;
  void ForgetEarlierFailures();
  std::vector<std::size_t> TablesToReload() const;
  const TablePlan* FreshPlan(const TablePlan& loaded) const;  // null when there is none
  void ReloadTables();
  void RunLateStepsAgain();
  void RetryRejected();

  // --- migration_objects.cpp
  void MakeSchema();
  std::vector<const TablePlan*> Untouched(const std::vector<const TablePlan*>& tables);
  void MakeTables(SchemaBuilder& builder, const std::vector<const TablePlan*>& tables);
  bool IsThrough(std::int64_t table_id, const TablePlan& plan) const;
  void TableLoaded(std::int64_t table_id, const TablePlan& plan);
  void FinishTable(std::int64_t table_id, const TablePlan& plan);
  bool ProofMayOverlapStatistics() const;
  void MakeIndex(const TablePlan& plan, const IndexPlan& index, std::function<void()> then);
  void MakeConstraintIndexes(const TablePlan& plan, std::size_t from,
                             const std::function<void()>& one_less);
  void PutBack();
  void AddConstraints();
  void SetSequences();
  void GiveAway();
  void RunSteps(StepTime when);
  // Submits one object, unless an earlier start of this run has made it.
  void Make(const std::string& kind, const TablePlan& table, const std::string& name,
            ObjectWorkers::Task task, std::function<void()> then = nullptr);

  // --- migration_postgres.cpp
  void MakePostgresSchema();
  void LeaveUnlistedWhatExtensionsMade();
  void PostgresTableLoaded(std::int64_t table_id, const TablePlan& plan);
  void AddPostgresObjects();
  bool RenamesPending() const;
  // By an earlier start: the source's definitions name schemas that are no more.
  bool SchemasRenamed() const;
  bool SourceTookSnapshotBack();
  void RenameSchemas();

  // --- migration.cpp
  void Execute();
  bool ReadsTables() const;
  void MoveData();
  void Prove();
  std::vector<std::unique_ptr<BoundTable>> BindLoaded();
  std::vector<TableAccount> AccountsOf(const std::vector<std::unique_ptr<BoundTable>>& bound);
  void Watch(ProofRequest& request);
  void ProveAgainAfterLosses(ProofRequest& request, RowReader& reader);
  void Phase(const std::string& name, std::uint64_t steps = 0);
  void ExpectThrough(TablePhase phase);

  // --- migration_report.cpp
  void Finish();
  void RecordEnd(const std::string& state);
  void FillReport();
  void FillTables(const LedgerSnapshot& ledger);
  void FillObjects(const LedgerSnapshot& ledger);
  void FillRejects(const LedgerSnapshot& ledger);

  Progress& progress_;
  std::optional<WallClock::time_point> deadline_;
  StopFlag stop_;  // the user's wish, or the deadline
  RetryLog& retries_;
  std::function<void(const Report&)> write_report_;  // may be empty
  std::optional<SessionId> predecessor_;
  std::optional<Error> failure_;
  std::unique_ptr<Endpoints> ends_;
  std::optional<Ledger> ledger_;
  RunRecord run_;
  bool ledger_found_ = false;  // before this start
  bool resuming_ = false;
  // The run had ended, and only what it could not make is tried again.
  bool objects_alone_ = false;
  bool restarted_ = false;
  std::string earlier_snapshot_;  // of a resumed run
  struct EarlierSource {
    std::string fingerprint, display_url;
  };
  std::optional<EarlierSource> moved_from_;  // of a resumed run, where it was another one
  Planned planned_;                          // its tables are the ledger's when resuming
  std::vector<TablePlan> fresh_tables_;      // what would be planned today, for --reload
  std::vector<std::int64_t> table_ids_;      // in the order of planned_.plan.tables
  std::set<std::int64_t> existing_;          // tables that stood in the target before the run
  std::set<std::string> made_;               // keys of objects that the ledger lists as made
  std::map<std::string, std::set<std::string>> definitions_;  // of these, made by an archive
  std::vector<ObjectRow> earlier_failures_;                   // of a resumed run
  std::set<std::int64_t> through_;  // tables of a resumed run whose indexes and statistics are made
  std::set<std::int64_t> settled_;  // of these, where nothing is left to do
  std::set<std::string> touched_;   // of existing tables, emptied or appended to
  std::set<std::pair<std::string, std::string>> appended_to_;  // of a resumed run; by any run
  std::set<std::size_t> ran_steps_;  // positions of the user's steps, from 1
  bool proof_overlaps_statistics_ = false;
  SnapshotInfo snapshot_;
  WorkBoard board_;
  Timeline timeline_;
  std::unique_ptr<Timeline::Span> phase_;
  std::unique_ptr<PostgresSchema> postgres_;  // null for other sources
  std::unique_ptr<ObjectWorkers> workers_;
  std::vector<Replanned> replans_;
  std::vector<TableVerdict> verdicts_;
  std::vector<std::string> notes_;
  Report report_;
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_MIGRATION_H_
