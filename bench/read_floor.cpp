// Reads a database to nowhere, with transload's own readers: the floor under any migration of it.
//
//   transload_bench_read URL LANES
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"
#include "extract/source.h"

namespace transload::bench {
namespace {

int ReadAll(const char* url, int lanes) {
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
  std::printf("%llu rows\n", static_cast<unsigned long long>(rows.load()));
  return 0;
}

}  // namespace
}  // namespace transload::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "transload_bench_read URL LANES\n");
    return 2;
  }
  try {
    return transload::bench::ReadAll(argv[1], std::atoi(argv[2]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
