// How busy a source is, as its own server tells.
#ifndef TRANSLOAD_CORE_SOURCE_LOAD_H_
#define TRANSLOAD_CORE_SOURCE_LOAD_H_

#include <cstdint>
#include <optional>

namespace transload {

struct SourceLoad {
  // Statements being worked on right now, transload's own readers among them.
  std::uint64_t running = 0;
  // How far behind its own source it is; nothing where it replicates from nobody or does not say.
  std::optional<std::uint64_t> lag_seconds;
};

}  // namespace transload

#endif  // TRANSLOAD_CORE_SOURCE_LOAD_H_
