// A warm lane moves rows without asking for memory. A binary of its own: it counts every `new`.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "bench/scripted_lane.h"
#include "extract/mysql/cell_decoder.h"
#include "pipeline/flow.h"

namespace {
std::atomic<std::uint64_t> allocations{0};
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace transload {
namespace {

using bench::NullSink;
using bench::ReferenceTable;
using bench::ScriptedReader;

// `new` calls while so many batches are moved by a lane that is warm.
std::uint64_t AllocationsOf(std::uint64_t batches) {
  static const BoundTable table = ReferenceTable();
  static ScriptedReader reader;
  static FlowPool pool;
  NullSink sink;
  MoveContext context;
  context.driver = &RunFlowInTurn;
  reader.Reads(4);
  MovePartition(pool, reader, sink, table, context);
  reader.Reads(batches);
  const std::uint64_t before = allocations;
  MovePartition(pool, reader, sink, table, context);
  return allocations - before;
}

TEST(LaneAllocations, AreNoMoreForAHundredBatchesThanForOne) {
  EXPECT_EQ(AllocationsOf(1), AllocationsOf(100));
}

TEST(LaneAllocations, AreNoneForDecodingTheBinaryProtocol) {
  const unsigned char wire[] = {0,    0,                                        // no NULL
                                7,    0,    0,   0,   0,  0, 0, 0,              // BIGINT
                                3,    'a',  'b', 'c',                           // VARCHAR
                                11,   0xE8, 7,   5,   6,  7, 8, 9, 1, 0, 0, 0,  // DATETIME(6)
                                0xFC, 2,    0,   'x', 'y'};                     // TEXT
  const mysql::WireForm forms[] = {mysql::WireForm::kFixed8, mysql::WireForm::kBytes,
                                   mysql::WireForm::kCivil, mysql::WireForm::kBytes};
  RowBatch batch;
  auto fill = [&] {
    batch.Clear();
    while (!batch.full()) {
      batch.BeginRow();
      ASSERT_TRUE(mysql::DecodeRow(forms, wire, sizeof wire, batch));
    }
  };
  fill();
  const std::uint64_t before = allocations;
  fill();
  EXPECT_EQ(allocations - before, 0u);
}

}  // namespace
}  // namespace transload
