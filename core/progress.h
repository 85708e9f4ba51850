// How a run tells what it is doing while it does it. The pipeline calls, the display (cli/) shows.
//
// Every function may be called from any thread at any time, returns quickly and never throws for
// what is shown. Tables are named by their source label ("shop.orders"), lanes count from 0.
#ifndef TRANSLOAD_CORE_PROGRESS_H_
#define TRANSLOAD_CORE_PROGRESS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace transload {

// What is known of a table before it is read. Estimates: the display corrects them as it goes.
struct TableExpectation {
  std::string table;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // of source data, the unit of RowsMoved
};

enum class MessageLevel { kInfo, kWarning, kError };

class Progress {
 public:
  virtual ~Progress() = default;

  // When the plan is made: all tables whose rows will be moved. Again when a run is taken up anew
  // after a failure: what was told of them before no longer counts.
  virtual void Expect(const std::vector<TableExpectation>& tables) = 0;
  // A phase begins ("snapshot", "data", "indexes", "verify", ...); the one before has ended.
  // `steps`: how many StepDone calls will follow, 0 when that is not known.
  virtual void Phase(std::string_view name, std::uint64_t steps) = 0;
  // One index, constraint or table of the phase is finished.
  virtual void StepDone(std::string_view what) = 0;

  virtual void TableStarted(std::string_view table) = 0;
  // Since the last call, not in total. Bytes are source bytes.
  virtual void RowsMoved(std::string_view table, std::uint64_t rows, std::uint64_t bytes) = 0;
  // Rows that a run before this one has committed: they count as done, not as speed.
  virtual void RowsAlreadyThere(std::string_view table, std::uint64_t rows,
                                std::uint64_t bytes) = 0;
  // Rows that were moved and are gone again: a partition rolled back, a table planned anew.
  virtual void RowsTakenBack(std::string_view table, std::uint64_t rows, std::uint64_t bytes) = 0;
  virtual void TableDone(std::string_view table) = 0;

  // Verification: how many rows are about to be read, on both sides together, as far as is known;
  // and how many were, since the last call.
  virtual void ExpectChecked(std::uint64_t rows) = 0;
  virtual void RowsChecked(std::uint64_t rows) = 0;

  // What a lane is busy with ("orders 12/31, id >= 5000"); empty when it idles.
  virtual void LaneDoing(int lane, std::string_view text) = 0;
  // A line for the user, without a secret in it.
  virtual void Message(MessageLevel level, std::string_view text) = 0;
};

// Shows nothing: for tests, and for calls that nobody watches.
class SilentProgress : public Progress {
 public:
  void Expect(const std::vector<TableExpectation>&) override {}
  void Phase(std::string_view, std::uint64_t) override {}
  void StepDone(std::string_view) override {}
  void TableStarted(std::string_view) override {}
  void RowsMoved(std::string_view, std::uint64_t, std::uint64_t) override {}
  void RowsAlreadyThere(std::string_view, std::uint64_t, std::uint64_t) override {}
  void RowsTakenBack(std::string_view, std::uint64_t, std::uint64_t) override {}
  void TableDone(std::string_view) override {}
  void ExpectChecked(std::uint64_t) override {}
  void RowsChecked(std::uint64_t) override {}
  void LaneDoing(int, std::string_view) override {}
  void Message(MessageLevel, std::string_view) override {}
};

}  // namespace transload

#endif  // TRANSLOAD_CORE_PROGRESS_H_
