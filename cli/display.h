// Shows progress and log lines on stderr: a calm live block on a terminal, plain lines otherwise.
//
// All that goes to stderr goes through one Display, so that a log line never lands inside the live
// block. Thread-safe. The destructor takes the block away and gives the cursor back.
#ifndef TRANSLOAD_CLI_DISPLAY_H_
#define TRANSLOAD_CLI_DISPLAY_H_

#include <condition_variable>
#include <mutex>
#include <thread>

#include "cli/progress_model.h"
#include "core/options.h"
#include "core/progress.h"

namespace transload {

class Display : public Progress {
 public:
  struct Style {
    bool live = false;   // stderr is a terminal that can move its cursor
    bool color = false;  // and NO_COLOR is not set
    bool quiet = false;
    int verbose = 0;
    OutputFormat log_format = OutputFormat::kText;
  };
  static Style StyleFor(const Options& options);

  explicit Display(Style style);
  ~Display() override;
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  // Begins to show progress; before that only messages are shown.
  void Start();
  // Ends it; the last state stays out of the way of what is printed next.
  void Stop();

  void Expect(const std::vector<TableExpectation>& tables) override;
  void Phase(std::string_view name, std::uint64_t steps) override;
  void StepDone(std::string_view what) override;
  void TableStarted(std::string_view table) override;
  void RowsMoved(std::string_view table, std::uint64_t rows, std::uint64_t bytes) override;
  void RowsAlreadyThere(std::string_view table, std::uint64_t rows, std::uint64_t bytes) override;
  void RowsTakenBack(std::string_view table, std::uint64_t rows, std::uint64_t bytes) override;
  void TableDone(std::string_view table) override;
  void ExpectChecked(std::uint64_t rows) override;
  void RowsChecked(std::uint64_t rows) override;
  void LaneDoing(int lane, std::string_view text) override;
  void Message(MessageLevel level, std::string_view text) override;

 private:
  void Loop();
  // With the lock held:
  void DrawLocked();
  void EraseLocked();
  void PrintLocked(MessageLevel level, std::string_view text);

  const Style style_;
  std::mutex mutex_;
  std::condition_variable wake_;
  ProgressModel model_;
  int drawn_lines_ = 0;
  bool running_ = false;
  std::thread thread_;
};

}  // namespace transload

#endif  // TRANSLOAD_CLI_DISPLAY_H_
