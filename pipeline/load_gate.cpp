#include "pipeline/load_gate.h"

#include <fmt/format.h>

namespace transload {

std::string LoadGate::Update(const SourceLoad& load) {
  if (!most_running_) return "";
  const bool busy = load.running > *most_running_;
  const bool behind = load.lag_seconds.value_or(0) > kMostLagSeconds;
  const bool close = busy || behind;
  if (closed_.exchange(close) == close) return "";
  if (!close) return "the source is less busy: reading goes on";
  if (busy) {
    return fmt::format("the source works on {} statements, --max-load allows {}: reading rests",
                       load.running, *most_running_);
  }
  return fmt::format("the source, a replica, is {} s behind: reading rests", *load.lag_seconds);
}

}  // namespace transload
