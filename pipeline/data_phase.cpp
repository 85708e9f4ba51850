#include "pipeline/data_phase.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "core/fault_point.h"
#include "core/machine_limits.h"
#include "core/plan_json.h"
#include "load/ddl.h"
#include "load/replan_sql.h"
#include "load/target_columns.h"
#include "pipeline/bisect.h"

namespace transload {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kLook{100};
// A re-plan that would throw away more than this is the user's decision.
constexpr std::uint64_t kMostToDiscard = std::uint64_t{10} << 30;

}  // namespace

DataPhase::DataPhase(DataPhaseServices services, WorkBoard& board)
    : services_(std::move(services)),
      board_(board),
      rate_(services_.options.max_rate_bytes),
      gate_(services_.options.max_load),
      rejects_(services_.rejects_before),
      lane_services_{services_.source,
                     services_.source_mutex,
                     services_.ledger,
                     services_.options,
                     services_.progress,
                     services_.stop,
                     rate_,
                     abandon_,
                     [this](std::int64_t more) { CountRejects(more); },
                     ChooseFlowHere(services_.lanes),
                     &gate_,
                     &rows_moved_} {
  for (int i = 0; i < services_.lanes; ++i) {
    lanes_.push_back(
        std::make_unique<Lane>(i, fmt::format("{}:{}", services_.process, i), lane_services_));
  }
}

DataPhase::~DataPhase() = default;

void DataPhase::Run() {
  FlowThreads flow_threads(services_.lanes);
  std::vector<std::thread> threads;
  running_lanes_ = services_.lanes;
  // What an earlier start has loaded is counted in this start's snapshot, as what it loads itself.
  for (const auto& [id, table] : board_.tables()) {
    if (services_.count_rows && table.open_partitions == 0) to_count_.push_back(id);
  }
  const int started = StartThreads(threads, services_.lanes, [this](int i) {
    LaneLoop(*lanes_[static_cast<std::size_t>(i)], i);
  });
  {
    std::lock_guard lock(mutex_);
    running_lanes_ -= services_.lanes - started;
  }
  Watch();
  for (std::thread& thread : threads) thread.join();
  if (first_error_) throw *first_error_;
  services_.stop.ThrowIfRequested();
}

// Where a lane ends, and with it the exceptions that nobody below could answer.
void DataPhase::LaneLoop(Lane& lane, int number) {
  try {
    while (std::optional<Work> work = NextWork(lane, number)) {
      if (const Claim* claim = std::get_if<Claim>(&*work)) {
        WorkOn(lane, number, *claim);
      } else {
        Count(lane, std::get<std::int64_t>(*work));
      }
    }
  } catch (const Error& error) {
    Stop(error);
  } catch (const std::exception& error) {
    Stop(FromUnexpected(error));
  }
  std::lock_guard lock(mutex_);
  --running_lanes_;
  changed_.notify_all();
}

std::optional<DataPhase::Work> DataPhase::NextWork(Lane& lane, int number) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (abandon_ || services_.stop.requested()) return std::nullopt;
    if (!board_.AllLoaded()) {
      std::vector<std::int64_t> blocked(board_.blocked().begin(), board_.blocked().end());
      std::optional<Claim> claim = OnLedger(
          [&](Ledger& l) { return l.TakePartition(services_.run_id, lane.owner(), blocked); });
      if (!claim || claim->last) services_.last_taken();
      if (claim) {
        board_.At(claim->table_id).lanes.insert(number);
        return Work(std::move(*claim));
      }
    }
    if (!to_count_.empty()) {
      std::int64_t table = to_count_.front();
      to_count_.pop_front();
      return Work(table);
    }
    if (board_.AllLoaded()) return std::nullopt;
    // Others hold what is left: they may cut it, give it back, or finish.
    changed_.wait_for(lock, seconds(1));
  }
}

// Where a partition is retried.
void DataPhase::WorkOn(Lane& lane, int number, Claim claim) {
  std::optional<Misfit> misfit;
  bool failed = false;
  Error failure("");
  try {
    Attempt(lane, claim);
  } catch (const Misfit& error) {
    misfit = error;
  } catch (const Error& error) {
    failed = true;
    failure = error;
  }
  if (misfit || failed) lane.Recover();
  {
    std::lock_guard lock(mutex_);
    board_.At(claim.table_id).lanes.erase(number);
    changed_.notify_all();
  }
  if (misfit && misfit->of == Misfit::Of::kType) PlanAgain(number, claim, *misfit);
  if (misfit && misfit->of == Misfit::Of::kNotNull) DropNotNull(claim, *misfit);
  if (failed) Failed(lane, claim, failure);
}

void DataPhase::Attempt(Lane& lane, Claim& claim) {
  std::shared_ptr<const BoundTable> table = Bind(lane, claim.table_id);
  if (claim.remainder) {
    std::uint64_t rows = 0;
    {
      std::lock_guard lock(mutex_);
      rows = board_.At(claim.table_id).rows_per_partition;
    }
    std::optional<KeyBound> boundary;
    if (rows > 0) boundary = lane.FindBoundary(table->plan(), claim.range, rows);
    if (boundary) {
      if (!OnLedger([&](Ledger& l) { return l.Split(claim, *boundary); })) return;  // taken over
      claim.range.upper = boundary;
      std::lock_guard lock(mutex_);
      board_.PartitionAdded(claim.table_id);
      changed_.notify_all();
    }
  }
  if (MoveRows(lane, claim, *table) == FinishResult::kCommitted) Committed(lane, claim);
}

// A row that the target refuses costs its partition a second try, in which it is looked for.
FinishResult DataPhase::MoveRows(Lane& lane, const Claim& claim, const BoundTable& table) {
  try {
    return lane.Move(claim, table);
  } catch (const Error& error) {
    if (!IsAboutARow(error)) throw;
    services_.progress.Message(
        MessageLevel::kWarning,
        fmt::format("{} {}: the target refused a row ({}); going through the partition again to "
                    "find it",
                    table.plan().SourceLabel(), claim.range.Describe(), error.what()));
  }
  lane.Recover();
  return lane.Move(claim, table, /*careful=*/true);
}

std::shared_ptr<const BoundTable> DataPhase::Bind(Lane& lane, std::int64_t table_id) {
  TablePlan plan;
  std::int64_t generation = 0;
  {
    std::lock_guard lock(mutex_);
    TableWork& table = board_.At(table_id);
    if (table.bound) return table.bound;
    plan = table.plan;
    generation = table.generation;
  }
  services_.progress.TableStarted(plan.SourceLabel());
  std::vector<TargetColumn> targets = BindColumns(lane.DescribeTable(plan), plan);
  auto bound = std::make_shared<const BoundTable>(table_id, generation, std::move(plan),
                                                  std::move(targets), services_.hash_seed);
  std::lock_guard lock(mutex_);
  TableWork& table = board_.At(table_id);
  if (table.generation == generation) table.bound = bound;
  return bound;
}

void DataPhase::Committed(const Lane& lane, const Claim& claim) {
  std::unique_lock lock(mutex_);
  changed_.notify_all();
  if (lane.rows_per_cut() > 0) board_.PartitionCut(claim.table_id, lane.rows_per_cut());
  const TableWork& table = board_.At(claim.table_id);
  // Asked of the ledger, not counted here: partitions are cut, taken and committed by others, and a
  // lost answer leaves a count wrong. Whoever commits last sees all done.
  if (table.open_partitions == 0) return;
  if (!OnLedger([&](Ledger& l) { return l.AllPartitionsDone(claim.table_id); })) return;
  board_.Loaded(claim.table_id);
  if (services_.count_rows) to_count_.push_back(claim.table_id);
  services_.progress.TableDone(table.plan.SourceLabel());
  // Tells the ledger first, and only then asks for indexes: to be called again is harmless.
  OnLedger([&](Ledger&) {
    services_.loaded(table);
    return true;
  });
}

void DataPhase::Failed(Lane& lane, const Claim& claim, const Error& error) {
  auto release = [&](Ledger& l) { return l.Release(claim, error.what()); };
  if (error.commit_in_doubt || !OnLedger(release)) {
    if (OnLedger([&](Ledger& l) { return l.WasCommitted(claim); })) {
      Committed(lane, claim);
      return;
    }
    OnLedger(release);
    // Taken by another lane, whose lease had run out: nothing of it is left to be tried here.
    if (!OnLedger([&](Ledger& l) { return l.IsHeld(claim); })) return;
  }
  std::string label;
  {
    // Cancelled because the table is being planned again, or because the run is stopping.
    std::lock_guard lock(mutex_);
    label = board_.At(claim.table_id).plan.SourceLabel();
    if (board_.blocked().contains(claim.table_id) ||
        board_.At(claim.table_id).generation != claim.generation) {
      return;
    }
  }
  if (abandon_ || services_.stop.requested()) return;
  // Cancelled for a partition that it no longer held, and had just moved on to this one.
  if (!error.retryable && !error.interrupted) throw error;
  if (claim.attempts > services_.retries.retries()) {
    Error last = GivenUp(error, claim.attempts);
    // The tries went into spare connections that were as dead: a new snapshot may be had.
    last.snapshot_lost = error.connection_lost && error.engine != "PostgreSQL";
    throw last;
  }
  Pause(services_.retries.Note(label, claim.range.Describe(), error, claim.attempts));
}

// One lane plans the table again; the others that were at work on it are stopped first, and lose
// nothing: their partitions start over too.
void DataPhase::PlanAgain(int number, const Claim& claim, const Misfit& misfit) {
  std::unique_lock lock(mutex_);
  TableWork& table = board_.At(claim.table_id);
  if (table.generation != claim.generation || board_.blocked().contains(claim.table_id)) return;
  board_.Block(claim.table_id);
  for (int other : table.lanes) {
    if (other != number) lanes_[static_cast<std::size_t>(other)]->Interrupt();
  }
  changed_.wait(lock, [&] { return table.lanes.empty() || abandon_; });
  if (abandon_) return;
  lock.unlock();

  Sums sums = OnLedger([&](Ledger& l) { return l.TableSums(table.id); });
  if (sums.source_bytes > kMostToDiscard) {
    Error error(fmt::format(
        "{}: {}; the column's type must become wider and {} rows that are loaded already would be "
        "loaded again: run with --map 'col:{}.{}=…' or --prescan off and --restart",
        table.plan.SourceLabel(), misfit.what(), sums.rows_written, table.plan.SourceLabel(),
        table.bound->columns()[misfit.copied_column].source.name));
    throw error;
  }
  TablePlan before = table.plan;
  TablePlan after = table.plan;
  const std::size_t column = table.bound->PlanColumn(misfit.copied_column);
  Replanned replanned;
  replanned.text = services_.replan(after, column, misfit.what());
  replanned.table = before.SourceLabel();
  replanned.column = before.columns[column].source.name;
  replanned.from = before.columns[column].type.Sql();
  replanned.to = after.columns[column].type.Sql();
  replanned.reason = misfit.what();
  replanned.rows_discarded = sums.rows_written;
  services_.progress.Message(MessageLevel::kWarning, "planned again: " + replanned.text);

  FaultAt(FaultPoint::kReplanDecided);
  std::vector<NewPartition> partitions;
  for (const PartitionRow& row : OnLedger([&](Ledger& l) { return l.ReadPartitions(table.id); })) {
    partitions.push_back({table.id, row.range, row.estimated_bytes, row.remainder});
  }
  std::int64_t generation = OnLedger([&](Ledger& l) {
    return l.Replan(services_.run_id, table.id, ReplanSql(before, after), ToJson(after), partitions,
                    replanned.text);
  });

  lock.lock();
  services_.progress.RowsTakenBack(before.SourceLabel(), sums.rows_written, sums.copy_bytes);
  table.plan = std::move(after);
  table.generation = generation;
  table.bound.reset();
  board_.Reopen(table.id, partitions.size());
  board_.Unblock(table.id);
  replans_.push_back(std::move(replanned));
  changed_.notify_all();
}

// A policy made the first NULL of a column that was NOT NULL so far. Only the partition it stands
// in starts over; the others at work on the table finish theirs before the column is altered.
void DataPhase::DropNotNull(const Claim& claim, const Misfit& misfit) {
  std::unique_lock lock(mutex_);
  TableWork& table = board_.At(claim.table_id);
  const bool same = table.generation == claim.generation && table.bound &&
                    !board_.blocked().contains(claim.table_id);
  const std::size_t column = same ? table.bound->PlanColumn(misfit.copied_column) : 0;
  // Unless another lane came first.
  const bool first = same && table.plan.columns[column].not_null;
  if (first) board_.Block(claim.table_id);
  OnLedger([&](Ledger& l) { return l.Release(claim, misfit.what()); });
  if (!first) return;
  changed_.wait(lock, [&] { return table.lanes.empty() || abandon_; });
  if (abandon_) return;
  lock.unlock();

  TablePlan after = table.plan;
  ColumnPlan& changed = after.columns[column];
  changed.not_null = changed.not_null_yields = false;
  Replanned replanned;
  replanned.table = after.SourceLabel();
  replanned.column = changed.source.name;
  replanned.from = changed.type.Sql() + " not null";
  replanned.to = changed.type.Sql();
  replanned.reason = misfit.what();
  replanned.text =
      fmt::format("{}.{} loses NOT NULL: {}", replanned.table, replanned.column, replanned.reason);
  services_.progress.Message(MessageLevel::kInfo, replanned.text);
  FaultAt(FaultPoint::kReplanDecided);
  OnLedger([&](Ledger& l) {
    l.Amend(services_.run_id, table.id, {ddl::DropNotNull(after, changed.name)}, ToJson(after),
            replanned.text);
    return true;
  });

  lock.lock();
  table.plan = std::move(after);
  table.bound.reset();
  board_.Unblock(table.id);
  replans_.push_back(std::move(replanned));
  changed_.notify_all();
}

void DataPhase::Count(Lane& lane, std::int64_t table_id) {
  TablePlan plan;
  {
    std::lock_guard lock(mutex_);
    plan = board_.At(table_id).plan;
  }
  std::uint64_t rows = 0;
  for (int attempt = 1;; ++attempt) {
    try {
      rows = lane.CountRows(plan);
      break;
    } catch (const Error& error) {
      // Cancelled for a partition that the lane no longer held, and had just moved on from.
      const bool again = error.retryable || error.interrupted;
      if (Ending() || !again || attempt > services_.retries.retries()) throw;
      lane.Recover();
      Pause(services_.retries.Note(plan.SourceLabel(), "counting", error, attempt));
    }
  }
  OnLedger([&](Ledger& l) {
    l.SetSourceRows(table_id, rows);
    return true;
  });
  FaultAt(FaultPoint::kTableCounted);
  std::lock_guard lock(mutex_);
  board_.At(table_id).source_rows = rows;
}

void DataPhase::CountRejects(std::int64_t more) {
  const std::uint64_t rejects = rejects_ += static_cast<std::uint64_t>(more);
  if (more <= 0) return;
  const MaxRejects& limit = services_.options.max_rejects;
  std::optional<std::uint64_t> most = limit.rows;
  if (limit.percent) {
    std::uint64_t rows = 0;
    for (const auto& [id, table] : board_.tables()) rows += table.plan.estimated_rows;
    most = static_cast<std::uint64_t>(static_cast<double>(rows) * *limit.percent / 100);
  }
  if (!most || rejects <= *most) return;
  throw Error(fmt::format(
      "{} rows rejected, more than --max-rejects allows ({}); look at {}.reject, mend the cause or "
      "raise the limit, and run the same command again",
      rejects, *most, services_.options.ledger_schema));
}

void DataPhase::Stop(const Error& error) {
  std::lock_guard lock(mutex_);
  // What lanes say once the run is stopping is its consequence, not its cause.
  if (!abandon_ && !first_error_ && !services_.stop.requested()) first_error_ = error;
  abandon_ = true;
  changed_.notify_all();
}

// Rests, unless the run stops meanwhile.
bool DataPhase::Pause(milliseconds rest) {
  const Clock::time_point until = Clock::now() + rest;
  std::unique_lock lock(mutex_);
  while (Clock::now() < until) {
    if (abandon_ || services_.stop.requested()) return false;
    changed_.wait_for(lock, std::min<Clock::duration>(until - Clock::now(), kLook));
  }
  return true;
}

}  // namespace transload
