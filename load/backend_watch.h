// A deadline for statements on a control connection, which libpqxx cannot give.
//
// A server may work for hours on an index without a word, so silence alone proves nothing. A watch
// asks, each time the stall timeout has passed without an answer, over a new connection, whether
// the server process is still at work. When it is not, or when nobody answers there either, the
// watched connection is shut down, and the blocked call fails with a lost connection.
#ifndef TRANSLOAD_LOAD_BACKEND_WATCH_H_
#define TRANSLOAD_LOAD_BACKEND_WATCH_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "core/options.h"

namespace transload {

// Whether the backend runs a statement, asked over a connection of its own, within the connect
// timeout. False when it has gone, when it idles, and when the server cannot be reached; true when
// the server answers but lets nobody in.
bool BackendIsAtWork(const Options& options, std::int32_t pid, const std::string& backend_start);

// The user wants to stop: from now on a watched statement that has no answer after so long is cut
// off without asking. For the whole process, and for good.
void HurryStatements(std::chrono::milliseconds longest);

// Watches one connection while it lives, for one statement. Threads are shared.
class BackendWatch {
 public:
  BackendWatch(const Options& options, int socket, std::int32_t pid,
               const std::string& backend_start);
  ~BackendWatch();
  BackendWatch(const BackendWatch&) = delete;
  BackendWatch& operator=(const BackendWatch&) = delete;

 private:
  std::uint64_t id_;
};

}  // namespace transload

#endif  // TRANSLOAD_LOAD_BACKEND_WATCH_H_
