// What a whole lane costs without its servers, and what each of its steps adds.
//
//   build/release/bench/transload_bench_lane
//   valgrind --tool=callgrind build/release/bench/transload_bench_lane --rows 200000
//
// The second form runs one lane in turn over so many rows and nothing else: instructions per row
// that do not depend on how busy the machine is.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bench/scripted_lane.h"
#include "core/row_hash.h"
#include "pipeline/flow.h"

namespace transload::bench {
namespace {

void Count(benchmark::State& state, std::uint64_t rows, std::uint64_t bytes) {
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["ns/row"] = benchmark::Counter(
      static_cast<double>(rows) * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void Lane(benchmark::State& state, FlowDriver driver) {
  FlowThreads threads(1);
  const BoundTable table = ReferenceTable();
  ScriptedReader reader;
  NullSink sink;
  FlowPool pool;
  MoveContext context;
  context.driver = driver;
  constexpr std::uint64_t kBatches = 64;
  std::uint64_t rows = 0;
  for (auto _ : state) {
    reader.Reads(kBatches);
    rows += MovePartition(pool, reader, sink, table, context).rows_written;
  }
  Count(state, rows, rows / reader.rows_per_batch() * reader.bytes_per_batch());
}
BENCHMARK_CAPTURE(Lane, InTurn, &RunFlowInTurn)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(Lane, OneTbb, &RunFlow)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(Lane, Threads, &RunFlowOnThreads)->MeasureProcessCPUTime();

void Read(benchmark::State& state) {
  ScriptedReader reader;
  RowBatch batch;
  std::uint64_t rows = 0;
  for (auto _ : state) {
    batch.Clear();
    reader.Reads(1);
    reader.Read(batch);
    rows += batch.rows();
  }
  Count(state, rows, rows / reader.rows_per_batch() * reader.bytes_per_batch());
}
BENCHMARK(Read);

void Encode(benchmark::State& state) {
  const BoundTable table = ReferenceTable();
  ScriptedReader reader;
  RowBatch batch;
  reader.Read(batch);
  CopyBlock block;
  std::uint64_t rows = 0;
  for (auto _ : state) {
    block.Clear();
    table.encoder().Encode(batch, block, false);
    rows += block.rows;
  }
  Count(state, rows, rows / reader.rows_per_batch() * reader.bytes_per_batch());
}
BENCHMARK(Encode);

void Hash(benchmark::State& state) {
  const std::string row(static_cast<std::size_t>(state.range(0)), 'x');
  RowChecksum checksum;
  for (auto _ : state) AddRow(checksum, row, 42);
  benchmark::DoNotOptimize(checksum);
  Count(state, checksum.rows, checksum.rows * row.size());
}
BENCHMARK(Hash)->Arg(16)->Arg(64)->Arg(230)->Arg(300)->Arg(4096)->Arg(1 << 20);

int OneLane(std::uint64_t wanted) {
  const BoundTable table = ReferenceTable();
  ScriptedReader reader;
  NullSink sink;
  FlowPool pool;
  MoveContext context;
  context.driver = &RunFlowInTurn;
  reader.Reads(wanted / reader.rows_per_batch() + 1);
  const std::uint64_t rows = MovePartition(pool, reader, sink, table, context).rows_written;
  std::printf("%llu rows\n", static_cast<unsigned long long>(rows));
  return 0;
}

}  // namespace
}  // namespace transload::bench

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--rows") {
    return transload::bench::OneLane(std::strtoull(argv[2], nullptr, 10));
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
