#include "verify/target_sums.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <numeric>

#include "core/error.h"
#include "verify/read_back.h"
#include "verify/read_crew.h"

namespace transload {
namespace {

constexpr int kCtidRangeScans = 140000;         // the first server_version_num that has them
constexpr std::uint64_t kSmallestSlice = 1024;  // blocks: 8 MiB
constexpr std::uint64_t kLargestSlice = 8192;
constexpr std::uint64_t kSlicesPerWorker = 16;  // the last ones end at nearly the same time

std::uint64_t Number(const std::optional<std::string>& text) {
  return text ? std::stoull(*text) : 0;
}

// The run's own ranges, for servers that cannot read blocks by range.
bool CutByKey(const TableAccount& account, std::size_t table, std::uint64_t blocks,
              std::vector<TargetSlice>& slices) {
  if (account.partitions.size() < 2) return false;
  std::vector<TargetSlice> cut;
  for (const PartitionAccount& partition : account.partitions) {
    std::optional<std::string> condition = RangeInTarget(*account.table, partition.range);
    // A nullable or timed key may have moved rows out of every range.
    if (!condition) return false;
    for (const std::string& name : partition.range.columns) {
      for (std::size_t i = 0; i < account.table->columns().size(); ++i) {
        if (account.table->columns()[i].source.name != name) continue;
        if (!account.table->targets()[i].not_null) return false;
      }
    }
    cut.push_back({table, *condition, blocks / account.partitions.size()});
  }
  slices.insert(slices.end(), cut.begin(), cut.end());
  return true;
}

void AddSum(const SliceSum& slice, double seconds, TargetSum& sum) {
  sum.rows += slice.checksum.rows;
  sum.checksum.Add(slice.checksum);
  sum.bytes += slice.bytes;
  sum.seconds += seconds;
}

}  // namespace

// One query, however many tables there are.
std::vector<TargetSize> MeasureTargets(TableReader& reader,
                                       const std::vector<TableAccount>& tables) {
  const auto version = reader.Query("SELECT current_setting('server_version_num')");
  const bool ranges = Number(version.at(0).at(0)) >= kCtidRangeScans;
  const auto rows = reader.Query(
      "SELECT n.nspname, c.relname, c.relkind = 'r', pg_catalog.pg_relation_size(c.oid) / "
      "current_setting('block_size')::int, pg_catalog.pg_table_size(c.oid) FROM "
      "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace "
      "n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', "
      "'information_schema')");
  std::map<std::pair<std::string, std::string>, TargetSize> known;
  for (const auto& row : rows) {
    known[{row[0].value_or(""), row[1].value_or("")}] = {Number(row[3]), Number(row[4]), ranges};
  }
  std::vector<TargetSize> sizes;
  for (const TableAccount& account : tables) {
    const TablePlan& plan = account.table->plan();
    auto found = known.find({plan.schema, plan.name});
    sizes.push_back(found == known.end() ? TargetSize{} : found->second);
  }
  return sizes;
}

TargetReaders::TargetReaders(const Options& options, int workers) : options_(options) {
  readers_.resize(static_cast<std::size_t>(std::max(workers, 1)));
  readers_.front() = std::make_unique<TableReader>(options_);
  snapshot_ = readers_.front()->ExportSnapshot();
}

TableReader& TargetReaders::Get(int worker) {
  const auto index = static_cast<std::size_t>(worker);
  if (readers_[index] == nullptr) {
    auto reader = std::make_unique<TableReader>(options_, snapshot_);
    std::lock_guard lock(mutex_);
    readers_[index] = std::move(reader);
  }
  return *readers_[index];
}

bool TargetReaders::TryConnect(int worker) {
  try {
    Get(worker);
    return true;
  } catch (const Error&) {
    return false;
  }
}

void TargetReaders::Recover(int worker) {
  std::unique_ptr<TableReader>& reader = readers_[static_cast<std::size_t>(worker)];
  if (reader == nullptr) return;
  try {
    reader->Abandon();
  } catch (const Error&) {
    // The first reader holds the snapshot: without it nobody can join, and Get() will say so.
    std::lock_guard lock(mutex_);
    reader.reset();
  }
}

void TargetReaders::CancelAll() noexcept {
  std::lock_guard lock(mutex_);
  for (const auto& reader : readers_) {
    if (reader != nullptr) reader->Cancel();
  }
}

std::vector<TargetSlice> CutTargets(const std::vector<TableAccount>& tables,
                                    const std::vector<TargetSize>& sizes, int jobs) {
  std::uint64_t total = 0;
  for (const TargetSize& size : sizes) total += size.blocks;
  const std::uint64_t slice =
      std::clamp(total / (static_cast<std::uint64_t>(std::max(jobs, 1)) * kSlicesPerWorker),
                 kSmallestSlice, kLargestSlice);
  std::vector<std::size_t> order(tables.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return sizes[a].blocks > sizes[b].blocks; });
  std::vector<TargetSlice> slices;
  for (std::size_t table : order) {
    if (!tables[table].why_not.empty()) continue;
    const std::uint64_t blocks = sizes[table].blocks;
    const bool worth_cutting = jobs > 1 && blocks > slice + slice / 2;
    if (worth_cutting && sizes[table].by_blocks) {
      for (std::uint64_t first = 0; first < blocks; first += slice) {
        const bool last = first + slice >= blocks;
        slices.push_back({table,
                          BlockRangeSql(first, last ? std::nullopt
                                                    : std::optional<std::uint64_t>(first + slice)),
                          std::min(slice, blocks - first)});
      }
    } else if (!worth_cutting || !CutByKey(tables[table], table, blocks, slices)) {
      slices.push_back({table, "", blocks});
    }
  }
  return slices;
}

std::vector<TargetSum> ReadTargets(TargetReaders& readers, const std::vector<TableAccount>& tables,
                                   VerifyLevel level, int jobs, const ProofWatch& watch) {
  std::vector<TargetSlice> slices;
  if (level == VerifyLevel::kCount) {
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (tables[i].why_not.empty()) slices.push_back({i, "", 0});
    }
  } else {
    slices = CutTargets(tables, MeasureTargets(readers.first(), tables), jobs);
  }
  std::vector<TargetSum> sums(tables.size());
  std::vector<std::size_t> slices_left(tables.size());
  for (const TargetSlice& slice : slices) ++slices_left[slice.table];
  std::mutex mutex;
  std::atomic<bool> ending = false;

  std::deque<std::size_t> jobs_to_do(slices.size());
  std::iota(jobs_to_do.begin(), jobs_to_do.end(), std::size_t{0});
  WorkQueue queue(std::move(jobs_to_do));
  CrewWork crew;
  crew.throw_if_stopped = watch.throw_if_stopped;
  crew.cancel = [&] {
    ending = true;
    readers.CancelAll();
  };
  crew.work = [&](int worker, std::size_t job) {
    const TargetSlice& slice = slices[job];
    const BoundTable& table = *tables[slice.table].table;
    const auto start = std::chrono::steady_clock::now();
    SliceSum sum;
    SubSums sub_sums = tables[slice.table].sub_sums.Blank();
    std::string error;
    if (worker > 0 && !readers.TryConnect(worker)) {
      queue.AddFirst(job);  // one connection less than wanted; the others do its work
      return false;
    }
    try {
      TableReader& reader = readers.Get(worker);
      if (level == VerifyLevel::kCount) {
        sum.checksum.rows = reader.CountRows(table.plan().schema, table.plan().name);
      } else {
        sum = ReadSlice(
            reader, table, slice.where_sql,
            [&](std::uint64_t rows, std::uint64_t bytes) {
              if (watch.moved) watch.moved(slice.table, rows, bytes);
            },
            sub_sums.empty() ? nullptr : &sub_sums);
      }
    } catch (const Error& failed) {
      if (failed.interrupted || ending) throw;
      error = failed.what();
      readers.Recover(worker);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (watch.worked) watch.worked("target " + std::to_string(worker + 1), table, start);
    std::unique_lock lock(mutex);
    AddSum(sum, took.count(), sums[slice.table]);
    sums[slice.table].sub_sums.Add(sub_sums);
    if (!error.empty()) sums[slice.table].error = error;
    const bool done = --slices_left[slice.table] == 0;
    lock.unlock();
    if (done && watch.table_done) watch.table_done(slice.table);
    return true;
  };
  const int workers =
      std::max(1, static_cast<int>(std::min<std::size_t>(slices.size(), std::max(jobs, 1))));
  RunCrew(workers, queue, crew);
  return sums;
}

}  // namespace transload
