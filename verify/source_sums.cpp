#include "verify/source_sums.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>

#include "core/error.h"
#include "verify/read_crew.h"
#include "verify/read_source.h"

namespace transload {
namespace {

struct SourceJob {
  std::size_t table = 0;
  bool count = false;  // COUNT(*) of the whole table instead of reading a range
  PartitionRange range;
  bool remainder = false;  // to be cut further before it is read
};

class SourceReading {
 public:
  SourceReading(std::vector<std::unique_ptr<RowReader>>& readers,
                const std::vector<SourceRead>& tables, VerifyLevel level, const ProofWatch& watch)
      : readers_(readers), tables_(tables), watch_(watch), accounts_(tables.size()) {
    for (std::size_t i = 0; i < tables.size(); ++i) {
      accounts_[i].table = tables[i].table;
      accounts_[i].sub_sums = tables[i].parts.Blank();
      accounts_[i].sampled = tables[i].table->sampled();
      // Of a sample the source's own count says nothing.
      if (!accounts_[i].sampled || level == VerifyLevel::kCount) {
        jobs_.push_back({i, true, {}, false});
      }
      if (level == VerifyLevel::kCount) continue;
      const std::vector<PartitionRange>& ranges = tables[i].split.ranges;
      for (const PartitionRange& range : ranges) {
        const bool remainder = tables[i].split.rows_per_partition != 0 && &range == &ranges.back();
        jobs_.push_back({i, false, range, remainder});
      }
    }
    left_.resize(tables.size());
    for (const SourceJob& job : jobs_) ++left_[job.table];
  }

  std::vector<TableAccount> Run() {
    std::deque<std::size_t> order;
    for (std::size_t i = 0; i < jobs_.size(); ++i) order.push_back(i);
    WorkQueue queue(std::move(order));
    CrewWork crew;
    crew.throw_if_stopped = watch_.throw_if_stopped;
    crew.cancel = [&] {
      ending_ = true;
      for (const auto& reader : readers_) reader->Cancel();
    };
    crew.work = [&](int worker, std::size_t job) {
      const auto began = std::chrono::steady_clock::now();
      Work(*readers_[static_cast<std::size_t>(worker)], job, queue);
      if (watch_.worked) {
        watch_.worked("source " + std::to_string(worker + 1), *tables_[Get(job).table].table,
                      began);
      }
      return true;
    };
    RunCrew(static_cast<int>(readers_.size()), queue, crew);
    for (TableAccount& account : accounts_) {
      int number = 0;
      for (PartitionAccount& partition : account.partitions) partition.number = ++number;
    }
    return std::move(accounts_);
  }

 private:
  SourceJob Get(std::size_t job) {
    std::lock_guard lock(mutex_);
    return jobs_[job];
  }

  void Work(RowReader& reader, std::size_t number, WorkQueue& queue) {
    SourceJob job = Get(number);
    try {
      if (job.count) {
        const TablePlan& plan = tables_[job.table].table->plan();
        const std::uint64_t rows =
            reader.CountRows(plan.source_schema, plan.source_name, plan.where);
        std::lock_guard lock(mutex_);
        accounts_[job.table].source_rows = rows;
      } else {
        if (job.remainder) CutRemainder(reader, job, queue);
        SubSums sub_sums = tables_[job.table].parts.Blank();
        PartitionAccount read = HashSourceRange(
            reader, *tables_[job.table].table, job.range,
            [&](std::uint64_t rows, std::uint64_t bytes) {
              if (watch_.moved) watch_.moved(job.table, rows, bytes);
            },
            sub_sums.empty() ? nullptr : &sub_sums);
        std::lock_guard lock(mutex_);
        accounts_[job.table].partitions.push_back(std::move(read));
        accounts_[job.table].sub_sums.Add(sub_sums);
      }
    } catch (const Error& error) {
      if (error.interrupted || ending_) throw;
      reader.Abandon();  // throws when the snapshot went with it: then nothing can be compared
      std::lock_guard lock(mutex_);
      accounts_[job.table].why_not = std::string("the source could not be read: ") + error.what();
    }
    std::unique_lock lock(mutex_);
    const bool done = --left_[job.table] == 0;
    lock.unlock();
    if (done && watch_.table_done) watch_.table_done(job.table);
  }

  // Leaves the first part of the remainder to this job and puts the rest first in the queue.
  void CutRemainder(RowReader& reader, SourceJob& job, WorkQueue& queue) {
    const SourceRead& read = tables_[job.table];
    std::optional<KeyBound> boundary =
        reader.BoundaryAfter(read.table->plan().source_schema, read.table->plan().source_name,
                             job.range, read.split.rows_per_partition);
    if (!boundary) return;
    SourceJob rest = job;
    rest.range.lower = boundary;
    job.range.upper = boundary;
    std::size_t number = 0;
    {
      std::lock_guard lock(mutex_);
      number = jobs_.size();
      jobs_.push_back(std::move(rest));
      ++left_[job.table];
    }
    queue.AddFirst(number);
  }

  std::vector<std::unique_ptr<RowReader>>& readers_;
  const std::vector<SourceRead>& tables_;
  const ProofWatch& watch_;
  std::atomic<bool> ending_ = false;

  std::mutex mutex_;  // all below
  std::vector<SourceJob> jobs_;
  std::vector<std::size_t> left_;
  std::vector<TableAccount> accounts_;
};

}  // namespace

std::vector<TableAccount> ReadSources(std::vector<std::unique_ptr<RowReader>>& readers,
                                      const std::vector<SourceRead>& tables, VerifyLevel level,
                                      const ProofWatch& watch) {
  return SourceReading(readers, tables, level, watch).Run();
}

}  // namespace transload
