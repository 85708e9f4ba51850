// The arithmetic of the progress display: totals, a smoothed rate, an honest ETA. No output, no
// clock of its own. Not thread-safe: who shows it holds a lock.
#ifndef TRANSLOAD_CLI_PROGRESS_MODEL_H_
#define TRANSLOAD_CLI_PROGRESS_MODEL_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/progress.h"

namespace transload {

struct ProgressView {
  std::string phase;
  double seconds = 0;  // since the start
  std::uint64_t steps = 0, steps_done = 0;
  std::uint64_t tables = 0, tables_done = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0, bytes_total = 0;      // the total is an estimate until tables are done
  std::uint64_t checked = 0, checked_total = 0;  // rows of verification; the total is an estimate
  double bytes_per_second = 0;
  double rows_per_second = 0;  // moved, or checked
  std::optional<double>
      eta_seconds;                 // of data and verify; nothing while there is no ground for one
  std::vector<std::string> lanes;  // what each does; empty: idle
};

class ProgressModel {
 public:
  // The rate is that of the last so many seconds; before so many there is none.
  static constexpr double kWindowSeconds = 20;
  static constexpr double kFirstEtaSeconds = 3;
  // After so many rows, their size says how large their table will be.
  static constexpr std::uint64_t kRowsForSize = 10'000;

  explicit ProgressModel(double now) : start_(now) {}

  void Expect(const std::vector<TableExpectation>& tables);
  void Phase(std::string_view name, std::uint64_t steps, double now);
  void StepDone() { ++steps_done_; }
  void TableStarted(std::string_view table) { tables_[std::string(table)]; }
  void RowsMoved(std::string_view table, std::uint64_t rows, std::uint64_t bytes);
  void RowsAlreadyThere(std::string_view table, std::uint64_t rows, std::uint64_t bytes);
  void RowsTakenBack(std::string_view table, std::uint64_t rows, std::uint64_t bytes);
  void TableDone(std::string_view table);
  void ExpectChecked(std::uint64_t rows) { checked_total_ += rows; }
  void RowsChecked(std::uint64_t rows) { checked_ += rows; }
  void LaneDoing(int lane, std::string_view text);

  // Also takes a sample for the rate.
  ProgressView View(double now);

 private:
  struct Table {
    std::uint64_t rows = 0, bytes = 0, expected_rows = 0, expected_bytes = 0;
    bool done = false;

    std::uint64_t Total() const;
    // More rows than were expected, and no end in sight: what is left is anybody's guess.
    bool Overrun() const { return !done && expected_rows > 0 && rows > expected_rows; }
  };
  struct Sample {
    double at = 0;
    std::uint64_t rows = 0, bytes = 0, checked = 0;
  };

  double start_;
  std::string phase_;
  std::uint64_t steps_ = 0, steps_done_ = 0;
  std::map<std::string, Table> tables_;
  std::vector<std::string> lanes_;
  std::uint64_t moved_rows_ = 0, moved_bytes_ = 0;  // by this process: what the rate is made of
  std::uint64_t checked_ = 0, checked_total_ = 0;
  std::deque<Sample> samples_;
};

// "1.2 GB", "3m 10s", "2,000,000", for people.
std::string ShowBytes(std::uint64_t bytes);
std::string ShowSeconds(double seconds);
std::string ShowCount(std::uint64_t count);

// One line: "data  45%  1.2 GB of 2.6 GB  3,000,000 rows  52 MB/s  ETA 27s + indexes".
std::string ProgressLine(const ProgressView& view);
// The live block, one string per line, none wider than `width` columns.
std::vector<std::string> ProgressBlock(const ProgressView& view, int width, bool color);

}  // namespace transload

#endif  // TRANSLOAD_CLI_PROGRESS_MODEL_H_
