// The data phase: lanes claim partitions until every table is loaded.
//
//   claim ─▶ move ─▶ commit ─▶ next
//     │        ├─ misfit ──▶ of a type: the table is planned again, its partitions start over
//     │        │             of NOT NULL: that is dropped, and this partition starts over
//     │        ├─ retryable ─▶ released, back-off, claimed again by anyone
//     │        └─ anything else ─▶ the run stops; what is committed stays
//     └─ none left ─▶ count the tables that are loaded, then end
//
// One mutex guards the board; the ledger has its own. A heartbeat keeps the leases.
#ifndef TRANSLOAD_PIPELINE_DATA_PHASE_H_
#define TRANSLOAD_PIPELINE_DATA_PHASE_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "core/error.h"
#include "core/options.h"
#include "core/progress.h"
#include "extract/source.h"
#include "load/ledger.h"
#include "pipeline/deadline.h"
#include "pipeline/lane.h"
#include "pipeline/load_gate.h"
#include "pipeline/partition_move.h"
#include "pipeline/retry.h"
#include "pipeline/work_board.h"

namespace transload {

struct DataPhaseServices {
  Source& source;
  std::mutex& source_mutex;
  Ledger& ledger;
  const Options& options;
  Progress& progress;
  const StopFlag& stop;
  RetryLog& retries;
  std::string run_id;
  std::string process;  // "host:pid", the owner's first part
  std::uint64_t hash_seed = 0;
  int lanes = 1;
  bool count_rows = true;            // one COUNT(*) per table, for the proof
  std::uint64_t rejects_before = 0;  // of earlier starts of this run
  std::optional<WallClock::time_point> deadline;
  // Gives a column its safe type; returns what to tell the user.
  std::function<std::string(TablePlan&, std::size_t column, const std::string& reason)> replan;
  // Called from a lane's thread when no partition waits for a lane any more: what comes after the
  // data is near.
  std::function<void()> last_taken;
  // Called once per table, from a lane's thread, when its last partition has committed.
  std::function<void(const TableWork&)> loaded;
};

struct Replanned {
  std::string table;
  std::string text;
  std::string column, from, to, reason;
  std::uint64_t rows_discarded = 0;
};

class DataPhase {
 public:
  DataPhase(DataPhaseServices services, WorkBoard& board);
  ~DataPhase();

  // Until every table is loaded and counted. When something ends the run early, all lanes are
  // stopped first, then the error that did it is thrown.
  void Run();

  const std::vector<Replanned>& replans() const { return replans_; }

 private:
  using Work = std::variant<Claim, std::int64_t>;  // a partition, or a table to count

  void LaneLoop(Lane& lane, int number);
  std::optional<Work> NextWork(Lane& lane, int number);
  void WorkOn(Lane& lane, int number, Claim claim);
  void Attempt(Lane& lane, Claim& claim);
  FinishResult MoveRows(Lane& lane, const Claim& claim, const BoundTable& table);
  bool CutRemainder(Lane& lane, Claim& claim, const TableWork& table);
  std::shared_ptr<const BoundTable> Bind(Lane& lane, std::int64_t table_id);
  void Committed(const Lane& lane, const Claim& claim);
  void Failed(Lane& lane, const Claim& claim, const Error& error);
  void PlanAgain(int number, const Claim& claim, const Misfit& misfit);
  void DropNotNull(const Claim& claim, const Misfit& misfit);
  void Count(Lane& lane, std::int64_t table_id);
  void CountRejects(std::int64_t more);

  void Watch();
  void LookAtSource();
  std::uint64_t RowsToMove() const;
  void Beat();
  void Stop(const Error& error);
  bool Pause(std::chrono::milliseconds rest);
  bool Ending() const { return abandon_ || services_.stop.requested(); }
  template <typename Call>
  auto OnLedger(Call call);

  DataPhaseServices services_;
  WorkBoard& board_;
  RateLimit rate_;
  LoadGate gate_;
  std::atomic<std::uint64_t> rows_moved_{0};
  std::atomic<bool> abandon_{false};
  std::atomic<std::uint64_t> rejects_{0};
  LaneServices lane_services_;
  std::vector<std::unique_ptr<Lane>> lanes_;

  std::mutex mutex_;  // board, counts, errors
  std::condition_variable changed_;
  std::deque<std::int64_t> to_count_;
  int running_lanes_ = 0;
  std::optional<Error> first_error_;
  std::vector<Replanned> replans_;
};

// A lost control connection is made anew, as often as a partition is tried. Rests without Pause():
// the caller may hold the mutex, and the ledger is needed before all else.
template <typename Call>
auto DataPhase::OnLedger(Call call) {
  for (int attempt = 1;; ++attempt) {
    try {
      if (attempt > 1) services_.ledger.Reconnect();
      return call(services_.ledger);
    } catch (const Error& error) {
      if (!error.retryable || Ending()) throw;
      if (attempt > services_.retries.retries()) throw GivenUp(error, attempt);
      const auto until =
          std::chrono::steady_clock::now() + services_.retries.Note("ledger", "", error, attempt);
      while (std::chrono::steady_clock::now() < until && !Ending()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    }
  }
}

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_DATA_PHASE_H_
