// The three steps of a lane: read, encode, write; one partition at a time.
//
//   read    in order, one thread     source -> RowBatch
//   encode  in parallel              RowBatch -> CopyBlock
//   write   in order, one thread     CopyBlock -> target
//
// With fewer lanes than cores the steps of a lane overlap, so that a table that cannot be split
// still keeps a reader, an encoder and a writer busy. Where there is a lane for every core, other
// lanes fill the gaps and a lane takes its steps in turn: a batch stays in one core's cache, and no
// thread waits for another (docs/performance.md has the figures). Batches come from a fixed pool
// that a lane keeps across partitions: their number is the back-pressure, and a warm lane does not
// allocate. A batch that a huge row has made large holds up further reading until it is written, so
// memory depends on the largest row, not on their number.
//
// When a step throws, the other end is cancelled at once so that a step blocked in the network
// comes back; the first exception reaches the caller.
#ifndef TRANSLOAD_PIPELINE_FLOW_H_
#define TRANSLOAD_PIPELINE_FLOW_H_

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "core/copy_block.h"
#include "core/row_batch.h"

namespace transload {

struct FlowSteps {
  // Fills the batch; false when the rows have ended (the batch may hold the last ones).
  std::function<bool(RowBatch&)> read;
  std::function<void(const RowBatch&, CopyBlock&)> encode;
  // Gets the batch too: a rejected row is kept as the source sent it.
  std::function<void(const RowBatch&, const CopyBlock&)> write;
  // Make a read or a write that blocks on another thread throw soon. Reading is cancelled when
  // encoding or writing has failed, writing when reading has; at most once altogether.
  std::function<void()> cancel_read;
  std::function<void()> cancel_write;
};

// The pool of batches and the bound on what is under way. Thread-safe.
class FlowPool {
 public:
  static constexpr int kTokens = 4;
  // Reading waits while more than this is under way.
  static constexpr std::size_t kBytesUnderWay = std::size_t{8} << 20;

  struct Token {
    RowBatch batch;
    CopyBlock block;
    std::size_t bytes = 0;
  };

  FlowPool();
  // Waits until there is a token and the bytes under way allow it; nothing after Stop().
  Token* Take();
  // Counts a token's batch among the bytes under way.
  void Loaded(Token* token);
  void Give(Token* token);
  // Wakes and refuses all who wait: a step has thrown.
  void Stop();
  // All tokens back in the pool, as before the first partition.
  void Reset();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Token, kTokens> tokens_;
  std::vector<Token*> free_;
  std::size_t bytes_under_way_ = 0;
  bool stopped_ = false;
};

// Runs the steps to the end of the rows as filters of a oneTBB pipeline.
void RunFlow(FlowPool& pool, const FlowSteps& steps);
// The same with three plain threads. ThreadSanitizer cannot see into the distribution's oneTBB, so
// the tests that run under it use this one.
void RunFlowOnThreads(FlowPool& pool, const FlowSteps& steps);

// The same on the calling thread alone, one batch after the other. Nothing is cancelled when a step
// throws: no other one is under way.
void RunFlowInTurn(FlowPool& pool, const FlowSteps& steps);

using FlowDriver = void (*)(FlowPool&, const FlowSteps&);
// In turn where there are as many lanes as cores, else overlapped.
FlowDriver ChooseFlow(int lanes, unsigned cores);
// For this machine: in turn too where it gives the process too few threads for the other.
FlowDriver ChooseFlowHere(int lanes);

// oneTBB starts no more threads than there are cores unless told; filters that block on the network
// would then starve each other. Keeps the limit raised for its lifetime.
class FlowThreads {
 public:
  explicit FlowThreads(int lanes);
  ~FlowThreads();
  FlowThreads(const FlowThreads&) = delete;
  FlowThreads& operator=(const FlowThreads&) = delete;

 private:
  struct Limit;
  Limit* limit_;
};

}  // namespace transload

#endif  // TRANSLOAD_PIPELINE_FLOW_H_
