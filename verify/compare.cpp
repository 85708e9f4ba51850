#include "verify/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <numeric>
#include <thread>

#include "core/error.h"
#include "verify/judge.h"
#include "verify/row_match.h"
#include "verify/sample_cuts.h"
#include "verify/source_sums.h"
#include "verify/target_sums.h"

namespace transload {
namespace {

// The largest table first, so that no worker is left alone with it at the end.
std::vector<std::size_t> LargestFirst(const std::vector<CompareTable>& tables) {
  std::vector<std::size_t> order(tables.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return tables[a].source->estimated_bytes > tables[b].source->estimated_bytes;
  });
  return order;
}

SplitPlan SplitFor(Source& source, const CompareTable& table, const Options& options, int jobs) {
  if (jobs > 1 && table.source->estimated_bytes > options.partition_bytes) {
    return source.Split(*table.source, table.bound->plan().where, options.partition_bytes);
  }
  SplitPlan whole;
  whole.ranges.emplace_back();
  return whole;
}

// Both sides at once: the target on threads of its own while the source is read from here.
class BothSides {
 public:
  BothSides(const Options& options, const CompareRequest& request, VerifyLevel level)
      : request_(request), level_(level), readers_(options, request.jobs) {}

  std::vector<TableAccount> Read(std::vector<std::unique_ptr<RowReader>>& source_readers,
                                 const std::vector<SourceRead>& reads,
                                 const std::vector<TableAccount>& targets) {
    std::exception_ptr target_failure;
    std::thread target([&] {
      try {
        ProofWatch quiet;
        quiet.throw_if_stopped = [this] {
          if (!end_target_) return;
          Error error("reading the target was given up");
          error.interrupted = true;
          throw error;
        };
        sums_ = ReadTargets(readers_, targets, level_, request_.jobs, quiet);
      } catch (...) {
        target_failure = std::current_exception();  // thrown again by the calling thread
      }
    });
    std::vector<TableAccount> accounts;
    std::exception_ptr source_failure;
    try {
      accounts = ReadSources(source_readers, reads, level_, request_.watch);
    } catch (...) {
      source_failure = std::current_exception();  // thrown again when the other thread is gone
      end_target_ = true;
    }
    target.join();
    if (source_failure) std::rethrow_exception(source_failure);
    if (target_failure) std::rethrow_exception(target_failure);
    return accounts;
  }

  const std::vector<TargetSum>& sums() const { return sums_; }
  TargetReaders& readers() { return readers_; }

 private:
  const CompareRequest& request_;
  VerifyLevel level_;
  TargetReaders readers_;
  std::atomic<bool> end_target_ = false;
  std::vector<TargetSum> sums_;
};

// Tables that are smaller are compared as they are, once their sums differ.
constexpr std::uint64_t kBytesToSumByHash = std::uint64_t{8} << 20;

// Parts that both sides are summed by: sub-ranges of the key, else buckets by hash. The cuts are
// what the parts point into.
std::vector<std::optional<KeyCuts>> CutsFor(BothSides& sides, const Source& source,
                                            VerifyLevel level, std::vector<SourceRead>& reads,
                                            const std::vector<std::uint64_t>& source_bytes,
                                            ProofRequest& proof) {
  std::vector<std::optional<KeyCuts>> cuts(reads.size());
  if (level == VerifyLevel::kCount) return cuts;
  const std::string& rules = source.Info().rules;
  const bool any_key = rules != "odbc" && rules != "mssql";
  TableReader& target = sides.readers().first();
  const std::vector<TargetSize> sizes = MeasureTargets(target, proof.tables);
  for (std::size_t i = 0; i < reads.size(); ++i) {
    cuts[i] = SampleCuts(target, *reads[i].table, sizes[i], any_key, reads[i].split.ranges);
    const std::uint64_t bytes = std::max(sizes[i].bytes, source_bytes[i]);
    if (cuts[i]) {
      reads[i].parts = SubSums(&*cuts[i]);
    } else if (bytes > kBytesToSumByHash) {
      reads[i].parts = SubSums::ByHash(BucketBits(bytes));
    }
    proof.tables[i].sub_sums = reads[i].parts.Blank();
  }
  return cuts;
}

// Without reading rows nothing is known of rejects but what the ledger says.
void CountOnly(TableAccount& account) {
  if (!account.source_rows) return;
  PartitionAccount whole;
  whole.number = 1;
  whole.read = *account.source_rows;
  whole.rejected = std::min<std::uint64_t>(whole.read, account.rejected_keys.size());
  whole.written = whole.read - whole.rejected;
  whole.checksum.rows = whole.written;
  account.partitions = {whole};
}

// What the drill-down and the ledger explain, and what they leave open.
void Settle(const TableAccount& account, TableVerdict& verdict) {
  if (verdict.verdict == Verdict::kMismatch && verdict.drilled_down &&
      verdict.counts.total() == 0 && verdict.counts.rejected > 0 && BrokenLaws(account).empty() &&
      verdict.witness.differing() == 0) {
    verdict.verdict = Verdict::kMatch;
    verdict.reason.clear();
    verdict.rejected += verdict.counts.rejected;
    verdict.written -= verdict.counts.rejected;
  }
  if (verdict.verdict == Verdict::kMatch && account.rejected() > account.rejected_keys.size()) {
    verdict.verdict = Verdict::kMismatch;
    verdict.reason = fmt::format(
        "{} rows of the source cannot be represented in the target, {} are listed as rejected",
        account.rejected(), account.rejected_keys.size());
  }
}

}  // namespace

std::vector<TableVerdict> VerifyDatabases(Source& source, const Options& options,
                                          const CompareRequest& request) {
  if (request.tables.empty()) return {};
  const VerifyLevel level =
      request.level == VerifyLevel::kNone ? VerifyLevel::kCount : request.level;
  const std::vector<std::size_t> order = LargestFirst(request.tables);
  std::vector<SourceRead> reads;
  std::vector<std::uint64_t> source_bytes;
  ProofRequest proof;
  for (std::size_t position : order) {
    const CompareTable& table = request.tables[position];
    source_bytes.push_back(table.source->estimated_bytes);
    reads.push_back({table.bound, SplitFor(source, table, options, request.jobs), SubSums()});
    TableAccount account;
    account.table = table.bound;
    proof.tables.push_back(std::move(account));
  }
  std::vector<std::unique_ptr<RowReader>> readers;
  for (int i = 0; i < std::max(request.jobs, 1); ++i) readers.push_back(source.NewReader());

  CompareRequest sides_request;
  sides_request.jobs = request.jobs;
  sides_request.watch.throw_if_stopped = request.watch.throw_if_stopped;
  if (request.watch.moved) {
    sides_request.watch.moved = [&](std::size_t table, std::uint64_t rows, std::uint64_t bytes) {
      request.watch.moved(order[table], rows, bytes);
    };
  }
  if (request.watch.table_done) {
    sides_request.watch.table_done = [&](std::size_t table) {
      request.watch.table_done(order[table]);
    };
  }
  BothSides sides(options, sides_request, level);
  const std::vector<std::optional<KeyCuts>> cuts =
      CutsFor(sides, source, level, reads, source_bytes, proof);
  proof.tables = sides.Read(readers, reads, proof.tables);
  proof.level = level;
  proof.source = readers.front().get();
  proof.file = request.file;
  proof.found = request.found;
  proof.watch.throw_if_stopped = request.watch.throw_if_stopped;

  std::vector<TableVerdict> verdicts;
  for (std::size_t i = 0; i < order.size(); ++i) {
    TableAccount& account = proof.tables[i];
    account.rejected_keys = request.tables[order[i]].rejected_keys;
    if (level == VerifyLevel::kCount) CountOnly(account);
    verdicts.push_back(Judge(account, level, &sides.sums()[i]));
  }
  proof.witness = [&source](const WitnessRequest& asked) { return source.Witness(asked); };
  HearWitnesses(proof, sides.readers(), verdicts);
  DrillDownAll(proof, sides.sums(), sides.readers(), verdicts);
  std::vector<TableVerdict> ordered(verdicts.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    Settle(proof.tables[i], verdicts[i]);
    ordered[order[i]] = std::move(verdicts[i]);
  }
  for (auto& reader : readers) source.Release(std::move(reader));
  return ordered;
}

}  // namespace transload
