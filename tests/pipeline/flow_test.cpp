#include "pipeline/flow.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>

#include "core/error.h"

namespace transload {
namespace {

// A scripted source of numbered rows and a sink that checks their order.
struct Script {
  std::uint32_t rows = 10'000;
  std::uint32_t rows_per_batch = 7;
  std::uint32_t next = 0;
  std::uint32_t written = 0;
  bool in_order = true;
  std::atomic<int> cancels{0};

  FlowSteps Steps() {
    FlowSteps steps;
    steps.read = [this](RowBatch& batch) {
      for (std::uint32_t i = 0; i < rows_per_batch && next < rows; ++i) {
        batch.BeginRow();
        batch.AppendCell(&next, sizeof next);
        ++next;
      }
      return next < rows;
    };
    steps.encode = [](const RowBatch& batch, CopyBlock& block) {
      for (std::size_t row = 0; row < batch.rows(); ++row) {
        block.bytes.Append(batch.Row(row));
        ++block.rows;
      }
    };
    steps.write = [this](const RowBatch&, const CopyBlock& block) {
      CellCursor cells(block.bytes.view());
      while (!cells.done()) {
        std::uint32_t number = 0;
        std::memcpy(&number, cells.Next().data, sizeof number);
        in_order = in_order && number == written;
        ++written;
      }
    };
    steps.cancel_read = steps.cancel_write = [this] { ++cancels; };
    return steps;
  }
};

class FlowDrivers : public testing::TestWithParam<FlowDriver> {
  FlowThreads threads_{1};
};

TEST_P(FlowDrivers, WritesEveryRowOnceAndInOrder) {
  FlowPool pool;
  for (std::uint32_t rows : {0u, 1u, 7u, 10'000u}) {
    Script script;
    script.rows = rows;
    GetParam()(pool, script.Steps());
    EXPECT_EQ(script.written, rows);
    EXPECT_TRUE(script.in_order);
    EXPECT_EQ(script.cancels, 0);
  }
}

TEST_P(FlowDrivers, CarriesTheErrorOfEachStepAndCancelsOnce) {
  FlowPool pool;
  for (int failing = 0; failing < 3; ++failing) {
    Script script;
    FlowSteps steps = script.Steps();
    auto fail = [] { throw Error("step failed"); };
    if (failing == 0) {
      steps.read = [&, read = steps.read](RowBatch& batch) {
        if (script.next > 500) fail();
        return read(batch);
      };
    } else if (failing == 1) {
      steps.encode = [&](const RowBatch&, CopyBlock&) { fail(); };
    } else {
      steps.write = [&](const RowBatch&, const CopyBlock&) { fail(); };
    }
    EXPECT_THROW(GetParam()(pool, steps), Error) << failing;
    // Where a thread does it all, there is nobody to cancel.
    EXPECT_EQ(script.cancels, GetParam() == &RunFlowInTurn ? 0 : 1) << failing;
    // The pool serves the next partition as if nothing had happened.
    Script next;
    GetParam()(pool, next.Steps());
    EXPECT_EQ(next.written, next.rows);
  }
}

TEST_P(FlowDrivers, FreesAReaderThatBlocksWhenTheWriterFails) {
  FlowPool pool;
  std::atomic<bool> released{false};
  Script script;
  FlowSteps steps = script.Steps();
  steps.read = [&, read = steps.read](RowBatch& batch) {
    if (script.next < 14) return read(batch);
    while (!released) std::this_thread::yield();  // a server that sends nothing
    throw Error("cancelled");
  };
  steps.write = [](const RowBatch&, const CopyBlock&) { throw Error("target gone"); };
  steps.cancel_read = [&] { released = true; };
  try {
    GetParam()(pool, steps);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "target gone");
  }
}

TEST_P(FlowDrivers, HoldsUpReadingWhileAHugeRowIsUnderWay) {
  FlowPool pool;
  constexpr std::uint32_t kHuge = FlowPool::kBytesUnderWay + 1;
  std::atomic<int> under_way{0};
  int most = 0;
  int left = 6;
  FlowSteps steps;
  steps.read = [&](RowBatch& batch) {
    batch.BeginRow();
    batch.AppendCell(kHuge)[0] = 'x';
    most = std::max(most, ++under_way);
    return --left > 0;
  };
  steps.encode = [](const RowBatch&, CopyBlock&) {};
  steps.write = [&](const RowBatch&, const CopyBlock&) { --under_way; };
  steps.cancel_read = steps.cancel_write = [] {};
  GetParam()(pool, steps);
  EXPECT_EQ(most, 1);
}

#ifdef TRANSLOAD_WITHOUT_TBB
INSTANTIATE_TEST_SUITE_P(Threads, FlowDrivers, testing::Values(&RunFlowOnThreads, &RunFlowInTurn));
#else
std::string DriverName(const testing::TestParamInfo<FlowDriver>& driver) {
  if (driver.param == &RunFlow) return "OneTbb";
  return driver.param == &RunFlowInTurn ? "InTurn" : "Threads";
}
INSTANTIATE_TEST_SUITE_P(Flow, FlowDrivers,
                         testing::Values(&RunFlow, &RunFlowOnThreads, &RunFlowInTurn), DriverName);

TEST(Flow, TakesTurnsWhereEveryCoreHasItsLane) {
  EXPECT_EQ(ChooseFlow(2, 2), &RunFlowInTurn);
  EXPECT_EQ(ChooseFlow(8, 2), &RunFlowInTurn);
  EXPECT_EQ(ChooseFlow(1, 2), &RunFlow);
}
#endif

}  // namespace
}  // namespace transload
