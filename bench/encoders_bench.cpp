// What encoding and hashing cost, per cell and for a row of fourteen columns as shops have them.
//
//   cmake --preset release -DTRANSLOAD_BENCH=ON && cmake --build build/release
//   build/release/bench/transload_bench_encoders
#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <vector>

#include "core/row_batch.h"
#include "transform/row_encoder.h"

namespace transload {
namespace {

struct BenchColumn {
  CellFormat format;
  std::string target;
  std::string cell;
};

template <typename T>
std::string Raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
std::string Civil(bool date_only) {
  CivilTime time{2024, 5, 6, 7, 8, 9, 0, 123456000};
  if (date_only) time.hour = time.minute = time.second = 0, time.nanos = 0;
  return Raw(time);
}

RowEncoder Encoder(const std::vector<BenchColumn>& columns) {
  std::vector<ColumnPlan> plans;
  std::vector<TargetColumn> targets;
  for (const BenchColumn& column : columns) {
    ColumnPlan plan;
    plan.source.format = column.format;
    TargetColumn target;
    if (column.target == "enum") {
      target.type.kind = PgKind::kEnum;
      target.type.labels = {"new", "paid", "shipped", "returned"};
    } else {
      target.type = ParsePgType(column.target);
    }
    plans.push_back(std::move(plan));
    targets.push_back(std::move(target));
  }
  return RowEncoder(plans, targets, 1);
}

void EncodeRows(benchmark::State& state, const std::vector<BenchColumn>& columns) {
  const RowEncoder encoder = Encoder(columns);
  RowBatch batch;
  while (!batch.full()) {
    batch.BeginRow();
    for (const BenchColumn& column : columns) batch.AppendCell(column.cell);
  }
  CopyBlock block;
  for (auto _ : state) {
    block.Clear();
    encoder.Encode(batch, block, false);
    benchmark::DoNotOptimize(block.bytes.data());
  }
  if (!block.faults.empty()) state.SkipWithError(block.faults[0].reason.c_str());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch.rows()));
  state.counters["ns/row"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(batch.rows()) * 1e-9,
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

const std::vector<BenchColumn>& ReferenceRow() {
  static const std::vector<BenchColumn> columns = {
      {CellFormat::kSigned, "bigint", Raw(std::int64_t{1234567})},
      {CellFormat::kSigned, "integer", Raw(std::int32_t{4711})},
      {CellFormat::kText, "enum", "shipped"},
      {CellFormat::kDecimal, "numeric(12,2)", "12345.67"},
      {CellFormat::kDecimal, "numeric(10,4)", "0.1900"},
      {CellFormat::kSigned, "smallint", Raw(std::int16_t{3})},
      {CellFormat::kSigned, "boolean", Raw(std::int8_t{1})},
      {CellFormat::kFloat64, "double precision", Raw(3.14159)},
      {CellFormat::kCivil, "timestamp(6)", Civil(false)},
      {CellFormat::kCivil, "timestamptz", Civil(false)},
      {CellFormat::kCivil, "date", Civil(true)},
      {CellFormat::kText, "varchar(60)", "Weber, Anna-Katharina"},
      {CellFormat::kText, "text", "A note about this order, of the length that notes have."},
      {CellFormat::kBytes, "bytea", std::string(16, '\x7F')},
  };
  return columns;
}

void ReferenceRowBench(benchmark::State& state) { EncodeRows(state, ReferenceRow()); }
BENCHMARK(ReferenceRowBench);

void OneColumn(benchmark::State& state, const BenchColumn& column) { EncodeRows(state, {column}); }

[[maybe_unused]] const bool kRegistered = [] {
  for (const BenchColumn& column : ReferenceRow()) {
    const std::string name = std::string(Name(column.format)) + "/" + column.target;
    benchmark::RegisterBenchmark(name.c_str(),
                                 [column](benchmark::State& state) { OneColumn(state, column); });
  }
  const std::vector<BenchColumn> more = {
      {CellFormat::kText, "text", "naïve Grüße aus Köln, 漢字 und mehr davon"},
      {CellFormat::kText, "jsonb", R"({"id": 17, "tags": ["a", "b"], "price": 12.50})"},
      {CellFormat::kDynamic, "bigint", std::string("\1") + Raw(std::int64_t{5})},
      {CellFormat::kDuration, "time", Raw(std::int64_t{3'600'000'000'000})},
      {CellFormat::kText, "uuid", "00112233-4455-6677-8899-aabbccddeeff"},
      {CellFormat::kUnsigned, "numeric(20,0)", Raw(~std::uint64_t{0})},
      {CellFormat::kDecimal, "numeric", "12345678901234567890.1234567890"},
  };
  for (const BenchColumn& column : more) {
    const std::string name = std::string(Name(column.format)) + "/" + column.target + "/more";
    benchmark::RegisterBenchmark(name.c_str(),
                                 [column](benchmark::State& state) { OneColumn(state, column); });
  }
  return true;
}();

}  // namespace
}  // namespace transload
