#include "pipeline/reconcile.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "core/error.h"
#include "core/fault_point.h"
#include "load/ddl.h"
#include "load/target_columns.h"
#include "transform/bound_table.h"

namespace transload {
namespace {

// Takes whatever blocks out of a rejecting run: the rows of a partition, hashed as a move would.
class HashSink {
 public:
  HashSink(const BoundTable& table, const StopFlag& stop) : table_(table), stop_(stop) {}

  // Reads the open query to its end.
  void Drain(RowReader& reader) {
    for (bool more = true; more;) {
      stop_.ThrowIfRequested();
      batch_.Clear();
      block_.Clear();
      more = reader.Read(batch_);
      table_.encoder().Encode(batch_, block_, /*keep_row_starts=*/false);
      read += batch_.rows();
      checksum.Add(block_.checksum);
    }
  }

  std::uint64_t read = 0;
  RowChecksum checksum;

 private:
  const BoundTable& table_;
  const StopFlag& stop_;
  RowBatch batch_;
  CopyBlock block_;
};

struct Check {
  std::size_t table;
  PartitionRow partition;
};

// The shared work list of the comparing threads.
class Comparison {
 public:
  Comparison(const ReconcileServices& services, std::vector<Check> checks,
             const std::vector<std::unique_ptr<BoundTable>>& bound)
      : services_(services), checks_(std::move(checks)), bound_(bound) {}

  std::set<std::size_t> Run() {
    std::vector<std::thread> threads;
    std::vector<std::unique_ptr<RowReader>> readers;
    const std::size_t most =
        std::min<std::size_t>(static_cast<std::size_t>(services_.options.jobs), checks_.size());
    for (std::size_t i = 0; i < most; ++i) readers.push_back(services_.source.NewReader());
    for (std::size_t i = 0; i < most; ++i) {
      threads.emplace_back([this, &reader = *readers[i]] { Loop(reader); });
    }
    for (std::thread& thread : threads) thread.join();
    for (auto& reader : readers) services_.source.Release(std::move(reader));
    if (first_error_) throw *first_error_;
    return std::move(differing_);
  }

 private:
  // Where a comparing thread ends.
  void Loop(RowReader& reader) {
    try {
      for (std::size_t next = next_++; next < checks_.size(); next = next_++) {
        Compare(reader, checks_[next]);
      }
    } catch (const Error& error) {
      std::lock_guard lock(mutex_);
      if (!first_error_) first_error_ = error;
      next_ = checks_.size();
    }
  }

  void Compare(RowReader& reader, const Check& check) {
    {
      std::lock_guard lock(mutex_);
      if (differing_.contains(check.table)) return;
    }
    const BoundTable& table = *bound_[check.table];
    ReadRequest request = table.Request(check.partition.range);
    request.sample_percent = services_.options.sample_percent;
    reader.Open(request);
    HashSink sink(table, services_.stop);
    sink.Drain(reader);
    FaultAt(FaultPoint::kReconcileCompared);
    services_.progress.StepDone(
        fmt::format("{} {}", table.plan().SourceLabel(), check.partition.number));
    if (sink.read == check.partition.rows_read && sink.checksum == check.partition.checksum) return;
    std::lock_guard lock(mutex_);
    differing_.insert(check.table);
  }

  const ReconcileServices& services_;
  std::vector<Check> checks_;
  const std::vector<std::unique_ptr<BoundTable>>& bound_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::set<std::size_t> differing_;
  std::optional<Error> first_error_;
};

}  // namespace

ReconcileResult ReconcilePartitions(const ReconcileServices& services,
                                    const std::vector<TablePlan>& tables,
                                    const std::vector<std::int64_t>& table_ids) {
  ReconcileResult result;
  std::vector<Check> checks;
  std::vector<std::unique_ptr<BoundTable>> bound(tables.size());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    for (PartitionRow& partition : services.ledger.ReadPartitions(table_ids[i])) {
      if (partition.state != "done") continue;
      if (!bound[i]) {
        bound[i] = std::make_unique<BoundTable>(
            table_ids[i], 0, tables[i],
            BindColumns(services.target.DescribeTable(tables[i].schema, tables[i].name), tables[i]),
            services.run.seed);
      }
      checks.push_back({i, std::move(partition)});
    }
  }
  result.partitions_compared = checks.size();
  for (std::size_t table : Comparison(services, std::move(checks), bound).Run()) {
    // Not TRUNCATE: by now foreign keys may refer to the table.
    services.ledger.ResetPartitions(
        table_ids[table], {},
        {"DELETE FROM " + ddl::Qualified(tables[table].schema, tables[table].name)});
    services.ledger.AddAmendment(services.run.id, "loaded again: the source had moved",
                                 tables[table].SourceLabel());
    ++result.tables_reset;
  }
  return result;
}

}  // namespace transload
