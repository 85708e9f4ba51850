// What each lane was busy with, as lines of the report's chart: listens to what lanes tell of
// themselves while it is passed on to the display.
#ifndef TRANSLOAD_PIPELINE_LANE_TIMELINE_H_
#define TRANSLOAD_PIPELINE_LANE_TIMELINE_H_

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/progress.h"
#include "pipeline/timeline.h"

namespace transload {

// One bar per table and lane: partitions of a table that follow one another are one stretch.
class LaneTimeline : public Progress {
 public:
  // Both are borrowed.
  LaneTimeline(Progress& shown, Timeline& timeline) : shown_(shown), timeline_(timeline) {}
  ~LaneTimeline() override;  // ends what is open

  void Expect(const std::vector<TableExpectation>& tables) override { shown_.Expect(tables); }
  void Phase(std::string_view name, std::uint64_t steps) override { shown_.Phase(name, steps); }
  void StepDone(std::string_view what) override { shown_.StepDone(what); }
  void TableStarted(std::string_view table) override { shown_.TableStarted(table); }
  void RowsMoved(std::string_view table, std::uint64_t rows, std::uint64_t bytes) override {
    shown_.RowsMoved(table, rows, bytes);
  }
  void RowsAlreadyThere(std::string_view table, std::uint64_t rows, std::uint64_t bytes) override {
    shown_.RowsAlreadyThere(table, rows, bytes);
  }
  void RowsTakenBack(std::string_view table, std::uint64_t rows, std::uint64_t bytes) override {
    shown_.RowsTakenBack(table, rows, bytes);
  }
  void TableDone(std::string_view table) override { shown_.TableDone(table); }
  void ExpectChecked(std::uint64_t rows) override { shown_.ExpectChecked(rows); }
  void RowsChecked(std::uint64_t rows) override { shown_.RowsChecked(rows); }
  void LaneDoing(int lane, std::string_view text) override;
  void Message(MessageLevel level, std::string_view text) override { shown_.Message(level, text); }

 private:
  struct Line {
    ReportSpan span;    // not yet told; without text: none
    bool open = false;  // the lane is at it now
  };

  void Tell(Line& line);

  Progress& shown_;
  Timeline& timeline_;
  std::mutex mutex_;  // all below
  std::map<int, Line> lines_;
  std::size_t told_ = 0;
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_LANE_TIMELINE_H_
