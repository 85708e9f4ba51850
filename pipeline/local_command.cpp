// transload local start|stop|url DIR: the private cluster of a local: target.
#include <fmt/format.h>

#include "load/local_cluster.h"
#include "pipeline/commands.h"

namespace transload {

std::string HandleLocal(const std::string& action, const std::string& folder) {
  if (action == "start") return LocalCluster::EnsureStarted(folder) + "\n";
  if (action == "url") return LocalCluster::Url(folder) + "\n";
  if (action == "stop") {
    return LocalCluster::Stop(folder) ? fmt::format("stopped {}\n", folder)
                                      : fmt::format("{} was not running\n", folder);
  }
  throw UsageError(fmt::format(
      "transload local knows start, stop and url, not '{}': transload local start DIR", action));
}

}  // namespace transload
