#include "pipeline/migration.h"

#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <set>

#include "core/fault_point.h"
#include "load/target_columns.h"
#include "pipeline/extra_checks.h"
#include "pipeline/lane_timeline.h"
#include "pipeline/log_flusher.h"
#include "pipeline/postgres_schema.h"
#include "pipeline/rejected_row.h"
#include "verify/table_proof.h"

namespace transload {
namespace {

// Rejected rows that the drill-down can tell from lost ones.
constexpr std::uint64_t kMostRejects = 100'000;

}  // namespace

Migration::Migration(const Options& options, const Setting& setting)
    : progress_(setting.progress),
      deadline_(setting.deadline),
      stop_(setting.stop, deadline_),
      retries_(setting.retries),
      write_report_(setting.write_report),
      predecessor_(setting.predecessor) {
  ends_ = std::make_unique<Endpoints>(options);
  postgres_ = PostgresSchema::For(*ends_);
}

Migration::~Migration() = default;

std::optional<SessionId> Migration::control_session() const {
  if (!ledger_) return std::nullopt;
  return ledger_->control_session();
}

Report Migration::Run() {
  Phase("preflight");
  Open();
  // From here on whatever happens belongs into the report, and the ledger knows the run.
  try {
    Execute();
  } catch (const Error& error) {
    failure_ = error;
    if (SourceTookSnapshotBack()) failure_->snapshot_lost = true;
  }
  workers_->Close();  // its tasks submit others through workers_, which must not be gone yet
  Finish();
  return std::move(report_);
}

void Migration::Execute() {
  const Options& options = ends_->options;
  if (deadline_) {
    progress_.Message(MessageLevel::kInfo,
                      "deadline " + ShowTime(*deadline_) + ": the run ends or stops by then");
  }
  if (options.refresh_sequences) {
    SetSequences();
    ForgetEarlierFailures();
    ends_->target.CommitSynchronously();
    return;
  }
  RunSteps(StepTime::kBeforeSchema);
  MakeSchema();
  RunSteps(StepTime::kAfterSchema);
  if (ReadsTables()) {
    if (resuming_) ReloadTables();
    AddPartitions();
    Reconcile();
  }
  FillBoard();
  if (options.retry_rejects) RetryRejected();
  proof_overlaps_statistics_ = ProofMayOverlapStatistics();
  std::optional<LogFlusher> flusher;
  if (ReadsTables()) flusher.emplace(options);
  MoveData();
  Phase("indexes");
  workers_->WaitUntilIdle();
  flusher.reset();
  ExpectThrough(TablePhase::kData);
  RunSteps(StepTime::kAfterData);
  AddConstraints();
  RunSteps(StepTime::kAfterConstraints);
  if (!options.retry_rejects) SetSequences();
  GiveAway();
  ends_->target.CommitSynchronously();
  if (!options.schema_only && !objects_alone_) Prove();
  if (proof_overlaps_statistics_) {
    workers_->WaitUntilDone();
    ends_->target.CommitSynchronously();
  }
  ExpectThrough(TablePhase::kIndexes);
  ForgetEarlierFailures();
  // Only now: a value that names a table (regclass) shows otherwise afterwards.
  if (RenamesPending()) RenameSchemas();
}

// Rejected rows come from the ledger: whatever else the source holds by now stays there, as it does
// when a run that had ended only makes what it could not make.
bool Migration::ReadsTables() const {
  const Options& options = ends_->options;
  return !options.schema_only && !options.retry_rejects && !objects_alone_;
}

// A server that crashes, or a standby that takes its place, may lose what was committed, and it
// always loses the latest: the ledger's word on a table goes after all that was made of the table.
void Migration::ExpectThrough(TablePhase phase) {
  std::vector<std::int64_t> lost = ledger_->TablesNotThrough(run_.id, phase);
  if (phase == TablePhase::kIndexes) {
    std::erase_if(lost, [this](std::int64_t id) { return existing_.contains(id); });
  }
  if (lost.empty()) return;
  Error error(fmt::format(
      "the target has lost what was committed there: {} of {} tables are not as far as they were; "
      "it has crashed, or another server has taken its place",
      lost.size(), table_ids_.size()));
  error.engine = "PostgreSQL";
  error.retryable = true;
  throw error;
}

void Migration::Phase(const std::string& name, std::uint64_t steps) {
  stop_.ThrowIfRequested();
  phase_.reset();
  phase_ = std::make_unique<Timeline::Span>(timeline_, "phases", name);
  progress_.Phase(name, steps);
}

void Migration::MoveData() {
  Phase("data");
  const Options& options = ends_->options;
  for (const auto& [id, table] : board_.tables()) {
    if (table.open_partitions == 0 && IsThrough(id, table.plan)) settled_.insert(id);
  }
  for (const auto& [id, table] : board_.tables()) {
    if (table.open_partitions == 0) TableLoaded(id, table.plan);
  }
  if (!ReadsTables()) return;
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  LaneTimeline lanes(progress_, timeline_);
  DataPhase phase({*ends_->source, ends_->source_mutex, *ledger_, options, lanes, stop_, retries_,
                   run_.id, fmt::format("{}:{}", host, getpid()), run_.seed, options.jobs,
                   options.verify != VerifyLevel::kNone && !options.sample_percent,
                   resuming_ ? ledger_->CountRejects(run_.id) : 0, deadline_,
                   [this](TablePlan& table, std::size_t column, const std::string& reason) {
                     return Replan(table, column, reason, planned_.Request(*ends_));
                   },
                   [this] { workers_->Prepare(ends_->options.index_jobs); },
                   [this](const TableWork& table) { TableLoaded(table.id, table.plan); }},
                  board_);
  phase.Run();
  replans_ = phase.replans();
  // Constraints and the proof go by the types that were loaded in the end.
  for (std::size_t i = 0; i < table_ids_.size(); ++i) {
    const TablePlan& loaded = board_.At(table_ids_[i]).plan;
    planned_.plan.tables[i] = loaded;
    if (PlannedAgain(loaded)) {
      ListAgain(loaded, planned_.Request(*ends_), planned_.plan.not_migrated);
    }
  }
}

void Migration::Prove() {
  const Options& options = ends_->options;
  if (options.verify == VerifyLevel::kNone) return;
  Phase("verify", table_ids_.size());
  FaultAt(FaultPoint::kVerifyBegun);
  const std::vector<std::unique_ptr<BoundTable>> bound = BindLoaded();
  ProofRequest request;
  request.level = options.verify;
  request.jobs = options.jobs;
  request.tables = AccountsOf(bound);
  std::unique_ptr<RowReader> reader = ends_->source->NewReader();
  // Under --sample a second reading would be another sample.
  RowReader* again = options.sample_percent ? nullptr : reader.get();
  request.source = again;
  if (again != nullptr) {
    request.witness = {[this](const WitnessRequest& asked) {
                         std::lock_guard lock(ends_->source_mutex);
                         return ends_->source->Witness(asked);
                       },
                       ends_->source->Info().sha256};
  }
  Watch(request);
  ProveAgainAfterLosses(request, *reader);
  if (WantsExtraChecks(options, again)) Phase("checks");
  RunExtraChecks(*ends_, bound, again, report_);
  ends_->source->Release(std::move(reader));
  for (std::size_t i = 0; i < verdicts_.size(); ++i) {
    ledger_->SetVerdict(table_ids_[i], std::string(Name(verdicts_[i].verdict)),
                        verdicts_[i].reason);
  }
  FaultAt(FaultPoint::kVerdictsRecorded);
}

// As they were loaded in the end, in the order of the plan.
std::vector<std::unique_ptr<BoundTable>> Migration::BindLoaded() {
  std::vector<std::unique_ptr<BoundTable>> bound;
  for (std::size_t i = 0; i < table_ids_.size(); ++i) {
    const TablePlan& plan = planned_.plan.tables[i];
    bound.push_back(std::make_unique<BoundTable>(
        table_ids_[i], board_.At(table_ids_[i]).generation, plan,
        BindColumns(ends_->target.DescribeTable(plan.schema, plan.name), plan), run_.seed));
  }
  return bound;
}

// What the books say of each table.
std::vector<TableAccount> Migration::AccountsOf(
    const std::vector<std::unique_ptr<BoundTable>>& bound) {
  std::map<std::int64_t, std::vector<std::string>> rejected;
  for (RejectRow& row : ledger_->ReadRejects(run_.id, kMostRejects)) {
    rejected[row.table_id].push_back(std::move(row.row));
  }
  std::vector<TableAccount> accounts;
  for (const std::unique_ptr<BoundTable>& table : bound) {
    const std::int64_t id = table->table_id();
    TableAccount account;
    account.table = table.get();
    account.source_rows = board_.At(id).source_rows;
    account.sampled = ends_->options.sample_percent.has_value();
    for (const PartitionRow& row : ledger_->ReadPartitions(id)) {
      account.partitions.push_back({row.number, row.range, row.state == "done", row.rows_read,
                                    row.rows_written, row.rows_rejected, row.checksum});
    }
    if (existing_.contains(id) && ends_->options.on_existing == OnExisting::kAppend) {
      account.why_not = "appended to a table that may have held rows before";
    }
    for (const std::string& row : rejected[id]) {
      account.rejected_rows.insert(IdentifyRejected(row, *table));
    }
    accounts.push_back(std::move(account));
  }
  return accounts;
}

// How far the proof is, and how it is stopped.
void Migration::Watch(ProofRequest& request) {
  for (const TableAccount& account : request.tables) {
    for (const PartitionAccount& part : account.partitions) progress_.ExpectChecked(part.written);
  }
  request.watch.throw_if_stopped = [this] { stop_.ThrowIfRequested(); };
  request.watch.moved = [this](std::size_t, std::uint64_t rows, std::uint64_t) {
    progress_.RowsChecked(rows);
  };
  request.watch.witness_begins = [this](std::size_t tables) { Phase("second witness", tables); };
  request.watch.witness_heard = [this](const BoundTable& table) {
    progress_.StepDone(table.plan().SourceLabel());
  };
  request.watch.table_done = [this](std::size_t table) {
    progress_.StepDone(planned_.plan.tables[table].SourceLabel());
    FaultAt(FaultPoint::kTableVerified);
  };
}

// Reading changes nothing: a connection to the target that was lost costs only time. A lost source
// reader is lost for good, and says so at once.
void Migration::ProveAgainAfterLosses(ProofRequest& request, RowReader& reader) {
  const Options& options = ends_->options;
  for (int attempt = 1;; ++attempt) {
    try {
      std::optional<DifferenceFile> file;
      if (!options.report_dir.empty()) {
        file.emplace(options.report_dir);
        request.file = &*file;
      }
      verdicts_ = ProveTables(options, request);
      if (file) file->Finish();
      return;
    } catch (const Error& error) {
      if (!error.retryable || error.snapshot_lost || error.interrupted || stop_.requested()) throw;
      if (attempt > retries_.retries()) throw GivenUp(error, attempt);
      Rest(retries_.Note("verify", "", error, attempt), stop_);
      reader.Abandon();
    }
  }
}

}  // namespace transload
