// transload local start|stop|url DIR: the private cluster of a local: target.
#include <fmt/format.h>

#include "load/local_cluster.h"
#include "pipeline/commands.h"

namespace transload {

namespace {

constexpr const char* kUsage = "write: transload local start|stop|url DIR";

}  // namespace

std::string HandleLocal(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument != "--help" && argument != "-h") continue;
    return std::string(kUsage) +
           "\n\nThe private PostgreSQL cluster of the target local:DIR: started, and made where "
           "there "
           "is none;\nstopped; or its URL, for psql and others (docs/local-target.md).\n";
  }
  if (arguments.size() != 2) throw UsageError(kUsage);
  const std::string& action = arguments[0];
  const std::string& folder = arguments[1];
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
