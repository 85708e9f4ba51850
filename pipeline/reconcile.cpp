#include "pipeline/reconcile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>

#include "core/error.h"
#include "core/fault_point.h"
#include "load/ddl.h"
#include "load/set_aside.h"
#include "load/target_columns.h"
#include "transform/bound_table.h"
#include "verify/read_back.h"
#include "verify/read_crew.h"

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

  // The partitions that differ, by table.
  std::map<std::size_t, std::vector<PartitionRow>> Run() {
    std::vector<std::unique_ptr<RowReader>> readers;
    const std::size_t most =
        std::min<std::size_t>(static_cast<std::size_t>(services_.options.jobs), checks_.size());
    for (std::size_t i = 0; i < most; ++i) readers.push_back(services_.source.NewReader());
    std::deque<std::size_t> jobs(checks_.size());
    std::iota(jobs.begin(), jobs.end(), std::size_t{0});
    WorkQueue queue(std::move(jobs));
    CrewWork crew;
    crew.work = [&](int worker, std::size_t job) {
      Compare(*readers[static_cast<std::size_t>(worker)], checks_[job]);
      return true;
    };
    crew.cancel = [&] {
      for (auto& reader : readers) reader->Cancel();
    };
    crew.throw_if_stopped = [this] { services_.stop.ThrowIfRequested(); };
    try {
      RunCrew(static_cast<int>(most), queue, crew);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw BugError(error.what());
    }
    for (auto& reader : readers) services_.source.Release(std::move(reader));
    return std::move(differing_);
  }

 private:
  void Compare(RowReader& reader, const Check& check) {
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
    differing_[check.table].push_back(check.partition);
  }

  const ReconcileServices& services_;
  std::vector<Check> checks_;
  const std::vector<std::unique_ptr<BoundTable>>& bound_;
  std::mutex mutex_;
  std::map<std::size_t, std::vector<PartitionRow>> differing_;
};

// Deletes what differs of one table, and gives it back to be loaded.
class Reset {
 public:
  Reset(const ReconcileServices& services, const BoundTable& table)
      : services_(services),
        table_(table),
        reader_(std::make_unique<TableReader>(services.options)),
        from_(reader_->From(table.plan().schema, table.plan().name)) {}

  // Of a table that holds rows of others: it is by their transactions that those of `partitions`
  // are known. Refuses where not all are.
  void Known(const std::vector<PartitionRow>& partitions) {
    std::uint64_t written = 0;
    for (const PartitionRow& partition : partitions) {
      written += partition.rows_written;
      known_ids_.push_back(partition.id);
    }
    known_ = fmt::format(
        "xmin::text::bigint IN (SELECT xid & 4294967295 FROM {}.partition WHERE id IN ({}))",
        ddl::QuoteName(services_.options.ledger_schema), fmt::join(known_ids_, ", "));
    const TablePlan& plan = table_.plan();
    if (reader_->CountRows(plan.schema, plan.name, known_) == written) return;
    throw RefusedError(fmt::format(
        "the source has moved since rows of {} were appended to {}, and not all of those can be "
        "told from what others have put there any more: go on with --consistency relaxed, which "
        "leaves them as they are, or take the run back with `transload undo --force`, delete its "
        "rows and begin anew",
        plan.SourceLabel(), plan.TargetLabel()));
  }

  void DeleteKnown() {
    std::vector<std::string> statements = SetAside();
    statements.push_back(fmt::format("DELETE FROM {} WHERE {}", from_, known_));
    reader_.reset();
    services_.ledger.ResetPartitions(table_.table_id(), known_ids_, statements);
  }

  // False when only the whole table would do.
  bool Partitions(const std::vector<PartitionRow>& partitions) {
    std::vector<std::string> statements = SetAside();
    std::vector<std::int64_t> ids;
    for (const PartitionRow& partition : partitions) {
      std::optional<std::string> condition = RangeInTarget(table_, partition.range);
      if (!condition || condition->empty()) return false;
      const TablePlan& plan = table_.plan();
      if (reader_->CountRows(plan.schema, plan.name, *condition) != partition.rows_written) {
        return false;  // a policy has moved keys out of the range, or into it
      }
      statements.push_back(fmt::format("DELETE FROM {} WHERE {}", from_, *condition));
      ids.push_back(partition.id);
    }
    reader_.reset();
    services_.ledger.ResetPartitions(table_.table_id(), ids, statements);
    return true;
  }

  void WholeTable() {
    std::vector<std::string> statements = SetAside();
    // Not TRUNCATE: keys that are not the run's own may refer to the table.
    statements.push_back("DELETE FROM " + from_);
    reader_.reset();
    services_.ledger.ResetPartitions(table_.table_id(), {}, statements);
  }

 private:
  std::vector<std::string> SetAside() {
    return SetAsideSql(*reader_, services_.options, services_.run.id, table_.plan());
  }

  const ReconcileServices& services_;
  const BoundTable& table_;
  std::unique_ptr<TableReader> reader_;  // its locks would hold up the reset
  std::string from_;
  std::string known_;  // a condition
  std::vector<std::int64_t> known_ids_;
};

}  // namespace

ReconcileResult ReconcilePartitions(const ReconcileServices& services,
                                    const std::vector<TablePlan>& tables,
                                    const std::vector<std::int64_t>& table_ids,
                                    const std::function<void()>& before_change) {
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
  auto appended = [&](std::size_t table) {
    return services.appended_to.contains({tables[table].schema, tables[table].name});
  };
  const auto differing = Comparison(services, std::move(checks), bound).Run();
  if (!differing.empty()) {
    std::vector<TablePlan> changing;
    for (const auto& [table, partitions] : differing) changing.push_back(tables[table]);
    TableReader reader(services.options);
    RefuseForeignCascades(reader, services.options, services.run.id, changing);
    for (const auto& [table, partitions] : differing) {
      if (appended(table)) Reset(services, *bound[table]).Known(partitions);
    }
    before_change();
  }
  for (const auto& [table, partitions] : differing) {
    Reset reset(services, *bound[table]);
    if (appended(table)) {
      reset.Known(partitions);
      reset.DeleteKnown();
      result.partitions_reset += partitions.size();
    } else if (reset.Partitions(partitions)) {
      result.partitions_reset += partitions.size();
    } else {
      reset.WholeTable();
      ++result.tables_reset;
    }
    services.ledger.AddAmendment(services.run.id, "loaded again: the source had moved",
                                 tables[table].SourceLabel());
  }
  return result;
}

}  // namespace transload
