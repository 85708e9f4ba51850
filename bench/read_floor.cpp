// Reads a database to nowhere, with transload's own readers: the floor under any migration of it.
// With a target, reads its tables back at the same time, as many connections on each side: the
// floor under any verification.
//
//   transload_bench_read URL LANES [TARGET]
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "extract/source.h"
#include "load/table_reader.h"

namespace transload::bench {
namespace {

constexpr std::uint64_t kSliceBlocks = 8192;

// Every table outside of transload's own schema, in binary, a slice of blocks at a time.
void ReadBackAll(const char* url, int lanes, std::atomic<std::uint64_t>& rows) {
  Options options;
  options.target_url = url;
  TableReader first(options);
  const std::string snapshot = first.ExportSnapshot();
  std::vector<ReadBack> slices;
  for (const auto& row : first.Query(
           "select n.nspname, c.relname, pg_relation_size(c.oid) / 8192 from pg_class c join "
           "pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname not in "
           "('pg_catalog', 'information_schema', 'transload')")) {
    ReadBack slice;
    slice.schema = row[0].value_or("");
    slice.table = row[1].value_or("");
    for (const TargetColumn& column : first.DescribeTable(slice.schema, slice.table)) {
      slice.columns.push_back(column.name);
    }
    const std::uint64_t blocks = std::stoull(row[2].value_or("0"));
    for (std::uint64_t at = 0; at < blocks; at += kSliceBlocks) {
      const bool last = at + kSliceBlocks >= blocks;
      slice.where_sql =
          BlockRangeSql(at, last ? std::nullopt : std::optional<std::uint64_t>(at + kSliceBlocks));
      slices.push_back(slice);
    }
  }
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (int lane = 0; lane < lanes; ++lane) {
    threads.emplace_back([&] {
      TableReader reader(options, snapshot);
      std::string_view fields;
      for (std::size_t i = next++; i < slices.size(); i = next++) {
        reader.Open(slices[i]);
        while (reader.Next(fields)) ++rows;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

int ReadAll(const char* url, int lanes, const char* target) {
  std::atomic<std::uint64_t> target_rows{0};
  std::thread back;
  if (target != nullptr) back = std::thread([&] { ReadBackAll(target, lanes, target_rows); });
  Options options;
  options.source_url = url;
  options.jobs = lanes;
  std::unique_ptr<Source> source = OpenSource(options);
  SnapshotRequest snapshot;
  snapshot.readers = lanes;
  const SourceCatalogue before = source->ReadCatalogue();
  for (const SourceTable& table : before.tables) {
    snapshot.tables.emplace_back(table.schema, table.name);
  }
  source->TakeSnapshot(snapshot);
  std::vector<ReadRequest> requests;
  for (const SourceTable& table : source->ReadCatalogue().tables) {
    for (const PartitionRange& range : source->Split(table, "", options.partition_bytes).ranges) {
      ReadRequest request;
      request.schema = table.schema;
      request.table = table.name;
      for (const SourceColumn& column : table.columns) {
        request.columns.push_back({column.name, column.select_expression, column.format});
      }
      request.range = range;
      requests.push_back(std::move(request));
    }
  }
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> rows{0};
  std::mutex mutex;  // a Source is used by one thread at a time
  std::vector<std::thread> threads;
  for (int lane = 0; lane < lanes; ++lane) {
    threads.emplace_back([&] {
      std::unique_lock lock(mutex);
      std::unique_ptr<RowReader> reader = source->NewReader();
      lock.unlock();
      RowBatch batch;
      for (std::size_t i = next++; i < requests.size(); i = next++) {
        reader->Open(requests[i]);
        for (bool more = true; more;) {
          batch.Clear();
          more = reader->Read(batch);
          rows += batch.rows();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (back.joinable()) back.join();
  std::printf("%llu rows, %llu read back\n", static_cast<unsigned long long>(rows.load()),
              static_cast<unsigned long long>(target_rows.load()));
  return 0;
}

}  // namespace
}  // namespace transload::bench

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::fprintf(stderr, "transload_bench_read URL LANES [TARGET]\n");
    return 2;
  }
  try {
    return transload::bench::ReadAll(argv[1], std::atoi(argv[2]), argc == 4 ? argv[3] : nullptr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
