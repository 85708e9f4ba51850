// The caller's thread while the lanes work: heartbeat, patience, and the outlook.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "load/backend_watch.h"
#include "pipeline/data_phase.h"

namespace transload {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kWatchStep{100};
constexpr seconds kBeatEvery{5};
// After Ctrl-C a lane has this long to reach the end of its batch.
constexpr milliseconds kPatience{1000};
// And then a statement of the ledger, over a network that may be dead.
constexpr milliseconds kLongestGoodbye{3000};

}  // namespace

// Stops what does not stop by itself, keeps the leases.
void DataPhase::Watch() {
  Clock::time_point next_beat = Clock::now();
  Clock::time_point next_look = next_beat;
  DeadlineForecast forecast(services_.deadline, RowsToMove(), WallClock::now());
  std::optional<Clock::time_point> stop_since;
  int interrupts = 0;
  std::unique_lock lock(mutex_);
  while (running_lanes_ > 0) {
    changed_.wait_for(lock, kWatchStep);
    const Clock::time_point now = Clock::now();
    if ((abandon_ || services_.stop.requested()) && !stop_since) stop_since = now;
    // Once to end what runs, then again for connections on which that did not help.
    if (stop_since && interrupts < 2 &&
        now - *stop_since > kPatience + interrupts * kPatience / 2) {
      ++interrupts;
      if (services_.stop.requested()) HurryStatements(kLongestGoodbye);
      for (auto& lane : lanes_) lane->Interrupt();
    }
    if (gate_.watches() && now >= next_look && running_lanes_ > 0) {
      lock.unlock();
      LookAtSource();
      lock.lock();
      next_look = Clock::now() + LoadGate::kAskEvery;
    }
    if (now >= next_beat && running_lanes_ > 0) {
      const std::string outlook = forecast.Look(WallClock::now(), rows_moved_);
      if (!outlook.empty()) services_.progress.Message(MessageLevel::kWarning, outlook);
      lock.unlock();
      Beat();
      lock.lock();
      next_beat = Clock::now() + kBeatEvery;
    }
  }
}

std::uint64_t DataPhase::RowsToMove() const {
  std::uint64_t rows = 0;
  for (const auto& [id, table] : board_.tables()) {
    if (table.open_partitions > 0) rows += table.plan.estimated_rows;
  }
  return rows;
}

// A source that does not answer is the lanes' business; here it only means an open gate.
void DataPhase::LookAtSource() {
  std::string news;
  try {
    std::lock_guard source_lock(services_.source_mutex);
    if (std::optional<SourceLoad> load = services_.source.Load()) news = gate_.Update(*load);
  } catch (const Error& error) {
    gate_.Open();
    news = fmt::format("the source does not say how busy it is: {}", error.what());
  }
  if (!news.empty()) services_.progress.Message(MessageLevel::kWarning, news);
}

void DataPhase::Beat() {
  std::vector<LaneBeat> beats;
  std::vector<std::int64_t> lost;
  try {
    lost = OnLedger([&](Ledger& l) {
      beats.clear();  // of now, when the connection had to be made anew
      for (auto& lane : lanes_) beats.push_back(lane->Beat());
      return l.Heartbeat(services_.run_id, services_.process, beats);
    });
  } catch (const Error& error) {
    Stop(error);  // where the watching thread ends, as a lane would
    return;
  }
  for (std::size_t i = 0; i < beats.size(); ++i) {
    if (std::find(lost.begin(), lost.end(), beats[i].lane) != lost.end()) {
      lanes_[i]->Interrupt();
    }
  }
}

}  // namespace transload
