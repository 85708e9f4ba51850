#include "pipeline/flow.h"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <deque>
#include <exception>
#include <thread>

#include "core/machine_limits.h"

namespace transload {
namespace {

// A lane's three steps can be blocked at once; the calling thread is one of them.
constexpr int kThreadsPerLane = 3;

// Guards a step: when it throws, stops the pool and cancels the other end, and the exception goes
// on its way.
class CancelOnThrow {
 public:
  CancelOnThrow(FlowPool& pool, const std::function<void()>& cancel, std::atomic<bool>& cancelled)
      : pool_(pool), cancel_(cancel), cancelled_(cancelled), before_(std::uncaught_exceptions()) {}
  ~CancelOnThrow() {
    if (std::uncaught_exceptions() == before_) return;
    pool_.Stop();
    if (!cancelled_.exchange(true)) cancel_();
  }
  CancelOnThrow(const CancelOnThrow&) = delete;
  CancelOnThrow& operator=(const CancelOnThrow&) = delete;

 private:
  FlowPool& pool_;
  const std::function<void()>& cancel_;
  std::atomic<bool>& cancelled_;
  int before_;
};

void EncodeToken(const FlowSteps& steps, FlowPool::Token& token) {
  steps.encode(token.batch, token.block);
  // A huge row need not be held twice while it is written.
  if (token.block.faults.empty() && token.batch.bytes() > ByteBuffer::kKeepBytes) {
    token.batch.Clear();
  }
}

// The three steps over one token, shared by the drivers with several threads.
struct Flow {
  FlowPool& pool;
  const FlowSteps& steps;
  std::atomic<bool> cancelled{false};
  bool ended = false;  // of the reading thread

  // The next batch, or nothing at the end of the rows.
  FlowPool::Token* Read() {
    if (ended) return nullptr;
    CancelOnThrow guard(pool, steps.cancel_write, cancelled);
    FlowPool::Token* token = pool.Take();
    if (token == nullptr) return nullptr;
    ended = !steps.read(token->batch);
    pool.Loaded(token);
    return token;
  }
  FlowPool::Token* Encode(FlowPool::Token* token) {
    CancelOnThrow guard(pool, steps.cancel_read, cancelled);
    EncodeToken(steps, *token);
    return token;
  }
  void Write(FlowPool::Token* token) {
    CancelOnThrow guard(pool, steps.cancel_read, cancelled);
    steps.write(token->batch, token->block);
    pool.Give(token);
  }
};

}  // namespace

FlowPool::FlowPool() { Reset(); }

FlowPool::Token* FlowPool::Take() {
  std::unique_lock lock(mutex_);
  changed_.wait(
      lock, [this] { return stopped_ || (!free_.empty() && bytes_under_way_ <= kBytesUnderWay); });
  if (stopped_) return nullptr;
  Token* token = free_.back();
  free_.pop_back();
  return token;
}

void FlowPool::Loaded(Token* token) {
  std::lock_guard lock(mutex_);
  token->bytes = token->batch.bytes();
  bytes_under_way_ += token->bytes;
}

void FlowPool::Give(Token* token) {
  token->batch.Clear();
  token->block.Clear();
  {
    std::lock_guard lock(mutex_);
    bytes_under_way_ -= token->bytes;
    token->bytes = 0;
    free_.push_back(token);
  }
  changed_.notify_all();
}

void FlowPool::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
}

void FlowPool::Reset() {
  std::lock_guard lock(mutex_);
  free_.clear();
  for (Token& token : tokens_) {
    token.batch.Clear();
    token.block.Clear();
    token.bytes = 0;
    free_.push_back(&token);
  }
  bytes_under_way_ = 0;
  stopped_ = false;
}

void RunFlow(FlowPool& pool, const FlowSteps& steps) {
  namespace tbb = oneapi::tbb;
  using Token = FlowPool::Token;
  pool.Reset();
  Flow flow{pool, steps};
  tbb::task_arena arena(kThreadsPerLane);
  arena.execute([&] {
    tbb::parallel_pipeline(
        FlowPool::kTokens,
        tbb::make_filter<void, Token*>(tbb::filter_mode::serial_in_order,
                                       [&](tbb::flow_control& control) -> Token* {
                                         Token* token = flow.Read();
                                         if (token == nullptr) control.stop();
                                         return token;
                                       }) &
            tbb::make_filter<Token*, Token*>(tbb::filter_mode::parallel,
                                             [&](Token* token) { return flow.Encode(token); }) &
            tbb::make_filter<Token*, void>(tbb::filter_mode::serial_in_order,
                                           [&](Token* token) { flow.Write(token); }));
  });
}

namespace {

// A queue between two threads of RunFlowOnThreads. Never longer than the pool has tokens.
class TokenQueue {
 public:
  void Push(FlowPool::Token* token) {
    {
      std::lock_guard lock(mutex_);
      tokens_.push_back(token);
    }
    changed_.notify_one();
  }
  // Nothing when the other side has closed the queue and it is empty.
  FlowPool::Token* Pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !tokens_.empty(); });
    if (tokens_.empty()) return nullptr;
    FlowPool::Token* token = tokens_.front();
    tokens_.pop_front();
    return token;
  }
  void Close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<FlowPool::Token*> tokens_;
  bool closed_ = false;
};

}  // namespace

void RunFlowOnThreads(FlowPool& pool, const FlowSteps& steps) {
  pool.Reset();
  Flow flow{pool, steps};
  TokenQueue loaded, encoded;
  std::mutex mutex;
  std::exception_ptr first;
  // Carries the first exception over to the caller's thread and lets the other steps run dry.
  auto run = [&](auto&& step) {
    try {
      step();
    } catch (...) {
      {
        std::lock_guard lock(mutex);
        if (!first) first = std::current_exception();
      }
      loaded.Close();
      encoded.Close();
    }
  };
  std::thread reader([&] {
    run([&] {
      while (FlowPool::Token* token = flow.Read()) loaded.Push(token);
      loaded.Close();
    });
  });
  std::thread encoder([&] {
    run([&] {
      while (FlowPool::Token* token = loaded.Pop()) encoded.Push(flow.Encode(token));
      encoded.Close();
    });
  });
  run([&] {
    while (FlowPool::Token* token = encoded.Pop()) flow.Write(token);
  });
  reader.join();
  encoder.join();
  if (first) std::rethrow_exception(first);
}

void RunFlowInTurn(FlowPool& pool, const FlowSteps& steps) {
  pool.Reset();
  FlowPool::Token* token = pool.Take();
  bool more = true;
  while (more) {
    more = steps.read(token->batch);
    EncodeToken(steps, *token);
    steps.write(token->batch, token->block);
    token->batch.Clear();
    token->block.Clear();
  }
}

FlowDriver ChooseFlow(int lanes, unsigned cores) {
  return static_cast<unsigned>(lanes) >= cores ? &RunFlowInTurn : &RunFlow;
}

FlowDriver ChooseFlowHere(int lanes) {
  const FlowDriver driver = ChooseFlow(lanes, std::thread::hardware_concurrency());
  const bool had = driver == &RunFlowInTurn || ThreadsToBeHad(lanes * kThreadsPerLane);
  return had ? driver : &RunFlowInTurn;
}

struct FlowThreads::Limit {
  oneapi::tbb::global_control control;
};

FlowThreads::FlowThreads(int lanes)
    : limit_(new Limit{
          oneapi::tbb::global_control(oneapi::tbb::global_control::max_allowed_parallelism,
                                      static_cast<std::size_t>(lanes * kThreadsPerLane + 1))}) {}

FlowThreads::~FlowThreads() { delete limit_; }

}  // namespace transload
