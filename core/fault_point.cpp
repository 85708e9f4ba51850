#include "core/fault_point.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include "core/error.h"

namespace transload {
namespace {

constexpr const char* kNames[] = {
    "ledger-made",
    "run-locked",
    "snapshot-taken",
    "run-recorded",
    "tables-recorded",
    "run-taken-over",
    "schema-uncommitted",
    "schema-committed",
    "table-uncommitted",
    "table-committed",
    "partitions-recorded",
    "reconcile-compared",
    "reset-uncommitted",
    "reset-committed",
    "snapshot-recorded",
    "partition-claimed",
    "partition-split",
    "partition-begun",
    "reader-opened",
    "rows-read",
    "rows-sent",
    "copy-ended",
    "partition-uncommitted",
    "commit-sent",
    "partition-committed",
    "replan-decided",
    "replan-uncommitted",
    "replan-committed",
    "table-loaded",
    "table-counted",
    "index-uncommitted",
    "index-committed",
    "constraint-uncommitted",
    "constraint-committed",
    "object-uncommitted",
    "object-committed",
    "sequence-uncommitted",
    "sequence-committed",
    "verify-begun",
    "table-verified",
    "verdicts-recorded",
    "report-unwritten",
    "report-written",
    "run-ended",
};
static_assert(std::size(kNames) == kFaultPoints);

enum class Kind { kKill, kTerm, kThrow, kError, kCut, kTrace };
constexpr std::string_view kKinds[] = {"kill", "term", "throw", "error", "cut", "trace"};

constexpr int kAny = -1;
constexpr int kDescriptors = 4096;

struct Order {
  int point = kAny;
  long at = 0;  // 0: every time
  Kind kind = Kind::kKill;
  std::atomic<long> reached{0};
};

std::array<Order, 8> orders;
std::size_t order_count = 0;

[[noreturn]] void Refuse(std::string_view text) {
  std::fprintf(stderr, "transload: TRANSLOAD_FAULT: \"%.*s\" is not point:count:kind\n",
               static_cast<int>(text.size()), text.data());
  std::_Exit(static_cast<int>(ExitCode::kUsage));
}

std::string_view CutWord(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  std::string_view word = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return word;
}

void ParseOrder(std::string_view text) {
  const std::string_view whole = text;
  if (order_count == orders.size()) Refuse(whole);
  Order& order = orders[order_count++];
  const std::string_view name = CutWord(text, ':'), count = CutWord(text, ':');
  std::size_t point = 0, kind = 0;
  while (point < kFaultPoints && name != kNames[point]) ++point;
  if (point == kFaultPoints && name != "any") Refuse(whole);
  if (point < kFaultPoints) order.point = static_cast<int>(point);
  auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), order.at);
  if (error != std::errc() || end != count.data() + count.size() || order.at < 0) Refuse(whole);
  while (kind < std::size(kKinds) && text != kKinds[kind]) ++kind;
  if (kind == std::size(kKinds)) Refuse(whole);
  order.kind = static_cast<Kind>(kind);
}

bool Arm() {
  const char* given = std::getenv("TRANSLOAD_FAULT");
  if (given == nullptr || *given == '\0') return false;
  std::string_view rest = given;
  while (!rest.empty()) ParseOrder(CutWord(rest, ','));
  return true;
}

// What a lost route, or a switch that was restarted, does to every connection at once.
void CutAll() {
  for (int descriptor = 3; descriptor < kDescriptors; ++descriptor) {
    ::shutdown(descriptor, SHUT_RDWR);  // nothing happens to what is no socket
  }
}

void Carry(Kind kind, FaultPoint point, int socket) {
  switch (kind) {
    case Kind::kKill:
      ::kill(::getpid(), SIGKILL);
      for (;;) ::pause();  // the other threads go on until the signal has been delivered
    case Kind::kTerm:
      ::kill(::getpid(), SIGTERM);
      return;
    case Kind::kThrow:
      throw std::runtime_error(fmt::format("an exception made on purpose at {}", Name(point)));
    case Kind::kError: {
      Error error(fmt::format("an error made on purpose at {}", Name(point)));
      error.code = "40001";  // what PostgreSQL says when the same statement may succeed next time
      error.retryable = true;
      throw error;
    }
    case Kind::kCut:
      if (socket >= 0) {
        ::shutdown(socket, SHUT_RDWR);
      } else {
        CutAll();
      }
      return;
    case Kind::kTrace: {
      // On a line of its own, whatever other threads have begun to say.
      const std::string line = fmt::format("\nfault point {}\n", Name(point));
      [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
      return;
    }
  }
}

}  // namespace

const char* Name(FaultPoint point) { return kNames[static_cast<std::size_t>(point)]; }

namespace fault_internal {

const bool armed = Arm();

void Reach(FaultPoint point, int socket) {
  for (std::size_t i = 0; i < order_count; ++i) {
    Order& order = orders[i];
    if (order.point != kAny && order.point != static_cast<int>(point)) continue;
    const long time = ++order.reached;
    if (order.at == 0 || order.at == time) Carry(order.kind, point, socket);
  }
}

}  // namespace fault_internal
}  // namespace transload
