// --max-load: reading rests while the source is busier than the user allows.
#ifndef TRANSLOAD_PIPELINE_LOAD_GATE_H_
#define TRANSLOAD_PIPELINE_LOAD_GATE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/source_load.h"

namespace transload {

class LoadGate {
 public:
  // How often the source is asked.
  static constexpr std::chrono::seconds kAskEvery{1};
  // A replica further behind than this rests too, under any --max-load.
  static constexpr std::uint64_t kMostLagSeconds = 60;
  // While it rests a lane still reads one batch this often, so that no server takes it for dead.
  static constexpr std::chrono::seconds kTrickle{10};

  // Nothing: the gate is always open.
  explicit LoadGate(std::optional<std::uint64_t> most_running) : most_running_(most_running) {}

  bool watches() const { return most_running_.has_value(); }
  // Opens or closes; a sentence for the user when that changed, else empty. One thread.
  std::string Update(const SourceLoad& load);
  // Opens for good: the source could not be asked.
  void Open() { closed_ = false; }
  bool closed() const { return closed_.load(std::memory_order_relaxed); }

 private:
  std::optional<std::uint64_t> most_running_;
  std::atomic<bool> closed_{false};
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_LOAD_GATE_H_
