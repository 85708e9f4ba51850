#include "verify/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <numeric>
#include <thread>
#include <utility>

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

// The request's tables in the order of reading.
struct ReadingList {
  std::vector<std::size_t> order;  // positions in the request
  std::vector<SourceRead> reads;
  std::vector<std::uint64_t> source_bytes;
  std::vector<TableAccount> accounts;
};

ReadingList ListTables(Source& source, const Options& options, const CompareRequest& request) {
  ReadingList list;
  list.order = LargestFirst(request.tables);
  for (std::size_t position : list.order) {
    const CompareTable& table = request.tables[position];
    list.source_bytes.push_back(table.source->estimated_bytes);
    list.reads.push_back({table.bound, SplitFor(source, table, options, request.jobs), SubSums()});
    TableAccount account;
    account.table = table.bound;
    list.accounts.push_back(std::move(account));
  }
  return list;
}

// Tells the watch of tables by their positions in the request. Both are borrowed.
ProofWatch ByRequest(const ProofWatch& watch, const std::vector<std::size_t>& order) {
  ProofWatch by_request = watch;
  if (watch.moved) {
    by_request.moved = [&](std::size_t table, std::uint64_t rows, std::uint64_t bytes) {
      watch.moved(order[table], rows, bytes);
    };
  }
  if (watch.table_done) {
    by_request.table_done = [&](std::size_t table) { watch.table_done(order[table]); };
  }
  return by_request;
}

// Both sides at once: the target on threads of its own while the source is read from here.
class BothSides {
 public:
  BothSides(const Options& options, int jobs, VerifyLevel level, ProofWatch watch)
      : jobs_(jobs), level_(level), watch_(std::move(watch)), readers_(options, jobs) {}

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
        quiet.worked = watch_.worked;
        sums_ = ReadTargets(readers_, targets, level_, jobs_, quiet);
      } catch (...) {
        target_failure = std::current_exception();  // thrown again by the calling thread
      }
    });
    std::vector<TableAccount> accounts;
    std::exception_ptr source_failure;
    try {
      ProofWatch watch = watch_;
      watch.moved = [this](std::size_t table, std::uint64_t rows, std::uint64_t bytes) {
        source_bytes_ += bytes;
        if (watch_.moved) watch_.moved(table, rows, bytes);
      };
      accounts = ReadSources(source_readers, reads, level_, watch);
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
  std::uint64_t source_bytes() const { return source_bytes_; }
  TargetReaders& readers() { return readers_; }

 private:
  int jobs_;
  VerifyLevel level_;
  ProofWatch watch_;
  TargetReaders readers_;
  std::atomic<bool> end_target_ = false;
  std::atomic<std::uint64_t> source_bytes_ = 0;
  std::vector<TargetSum> sums_;
};

// Tables that are smaller are compared as they are, once their sums differ.
constexpr std::uint64_t kBytesToSumByHash = std::uint64_t{8} << 20;

// In the order of reading; null: the table has to be read.
using KnownTargets = std::vector<const KnownTarget*>;

KnownTargets FindKnown(const CompareRequest& request, VerifyLevel level,
                       const std::vector<std::size_t>& order) {
  KnownTargets known(order.size());
  if (request.memory == nullptr || level != VerifyLevel::kChecksum) return known;
  for (std::size_t i = 0; i < order.size(); ++i) {
    known[i] = request.memory->Find(*request.tables[order[i]].bound);
  }
  return known;
}

// The target's tables, without those that need no reading.
std::vector<TableAccount> ToRead(std::vector<TableAccount> tables, const KnownTargets& known) {
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (known[i] != nullptr) tables[i].why_not = "known";
  }
  return tables;
}

void TakeKnown(const KnownTargets& known, std::vector<TargetSum>& sums) {
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i] == nullptr) continue;
    sums[i].rows = known[i]->checksum.rows;
    sums[i].checksum = known[i]->checksum;
    sums[i].sub_sums = known[i]->sums;
    sums[i].bytes = known[i]->bytes;
  }
}

// Parts that both sides are summed by: sub-ranges of the key, else buckets by hash. The cuts are
// what the parts point into.
std::vector<std::optional<KeyCuts>> CutsFor(BothSides& sides, const Source& source,
                                            VerifyLevel level, const KnownTargets& known,
                                            ReadingList& list) {
  std::vector<SourceRead>& reads = list.reads;
  std::vector<std::optional<KeyCuts>> cuts(reads.size());
  if (level == VerifyLevel::kCount) return cuts;
  const std::string& rules = source.Info().rules;
  const bool any_key = rules != "odbc" && rules != "mssql";
  TableReader& target = sides.readers().first();
  const std::vector<TargetSize> sizes = MeasureTargets(target, list.accounts);
  for (std::size_t i = 0; i < reads.size(); ++i) {
    if (known[i] != nullptr) {
      reads[i].parts = known[i]->sums.Blank();
      continue;
    }
    cuts[i] = SampleCuts(target, *reads[i].table, sizes[i], any_key, reads[i].split.ranges);
    const std::uint64_t bytes = std::max(sizes[i].bytes, list.source_bytes[i]);
    if (cuts[i]) {
      reads[i].parts = SubSums(&*cuts[i]);
    } else if (bytes > kBytesToSumByHash) {
      reads[i].parts = SubSums::ByHash(BucketBits(bytes));
    }
    list.accounts[i].sub_sums = reads[i].parts.Blank();
  }
  return cuts;
}

// Without reading rows nothing is known of rejects but what the ledger says.
void CountOnly(TableAccount& account) {
  if (!account.source_rows) return;
  PartitionAccount whole;
  whole.number = 1;
  whole.read = *account.source_rows;
  whole.rejected = std::min<std::uint64_t>(whole.read, account.rejected_rows.size());
  whole.written = whole.read - whole.rejected;
  whole.checksum.rows = whole.written;
  account.partitions = {whole};
}

// What the drill-down and the ledger explain, and what they leave open.
void Settle(const TableAccount& account, TableVerdict& verdict) {
  if (verdict.verdict == Verdict::kMismatch && verdict.drilled_down &&
      verdict.counts.rejected > 0 && BrokenLaws(account).empty()) {
    const std::string without = WhyOther(verdict.written, verdict.target_rows);
    verdict.rejected += verdict.counts.rejected;
    verdict.written -= verdict.counts.rejected;
    if (verdict.counts.total() == 0 && verdict.written == verdict.target_rows &&
        verdict.witness.differing() == 0) {
      verdict.verdict = Verdict::kMatch;
      verdict.reason.clear();
    } else if (verdict.reason.starts_with(without)) {
      verdict.reason.replace(0, without.size(), WhyOther(verdict.written, verdict.target_rows));
    }
  }
  if (verdict.verdict == Verdict::kMatch && account.rejected() > account.rejected_rows.size()) {
    verdict.verdict = Verdict::kMismatch;
    verdict.reason = fmt::format(
        "{} rows of the source cannot be represented in the target, {} are listed as rejected",
        account.rejected(), account.rejected_rows.size());
  }
}

std::vector<TableVerdict> JudgeAll(const CompareRequest& request, VerifyLevel level,
                                   const std::vector<TargetSum>& sums, ReadingList& list) {
  std::vector<TableVerdict> verdicts;
  for (std::size_t i = 0; i < list.order.size(); ++i) {
    TableAccount& account = list.accounts[i];
    account.rejected_rows = request.tables[list.order[i]].rejected_rows;
    if (level == VerifyLevel::kCount) CountOnly(account);
    verdicts.push_back(Judge(account, level, &sums[i]));
  }
  return verdicts;
}

void AddReading(const BothSides& sides, const KnownTargets& known,
                std::chrono::steady_clock::time_point start, CompareCost& cost) {
  cost.read_seconds +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  cost.source_bytes += sides.source_bytes();
  for (const TargetSum& sum : sides.sums()) cost.target_bytes += sum.bytes;
  for (const KnownTarget* one : known) cost.target_known |= one != nullptr;
}

void AddDrillDown(const std::vector<TableVerdict>& verdicts, CompareCost& cost) {
  for (const TableVerdict& verdict : verdicts) {
    cost.source_bytes += verdict.drill.source_bytes;
    cost.target_bytes += verdict.drill.read_bytes - verdict.drill.source_bytes;
  }
}

void Remember(const std::vector<TableAccount>& accounts, const std::vector<TargetSum>& sums,
              TargetMemory& memory) {
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const TableAccount& account = accounts[i];
    if (!account.why_not.empty()) continue;
    memory.Expect(*account.table, account.sub_sums, account.checksum(), sums[i].bytes);
  }
}

std::vector<TableVerdict> InRequestOrder(std::vector<TableVerdict> verdicts,
                                         const std::vector<std::size_t>& order) {
  std::vector<TableVerdict> ordered(verdicts.size());
  for (std::size_t i = 0; i < order.size(); ++i) ordered[order[i]] = std::move(verdicts[i]);
  return ordered;
}

}  // namespace

std::vector<TableVerdict> VerifyDatabases(Source& source, const Options& options,
                                          const CompareRequest& request, CompareCost* cost) {
  if (request.tables.empty()) return {};
  const VerifyLevel level =
      request.level == VerifyLevel::kNone ? VerifyLevel::kCount : request.level;
  ReadingList list = ListTables(source, options, request);
  std::vector<std::unique_ptr<RowReader>> readers;
  for (int i = 0; i < std::max(request.jobs, 1); ++i) readers.push_back(source.NewReader());
  BothSides sides(options, request.jobs, level, ByRequest(request.watch, list.order));
  const KnownTargets known = FindKnown(request, level, list.order);
  const std::vector<std::optional<KeyCuts>> cuts = CutsFor(sides, source, level, known, list);
  const auto start = std::chrono::steady_clock::now();
  list.accounts = sides.Read(readers, list.reads, ToRead(list.accounts, known));
  if (cost != nullptr) AddReading(sides, known, start, *cost);
  std::vector<TargetSum> sums = sides.sums();
  TakeKnown(known, sums);

  std::vector<TableVerdict> verdicts = JudgeAll(request, level, sums, list);
  ProofRequest proof;
  proof.tables = std::move(list.accounts);
  proof.level = level;
  proof.source = readers.front().get();
  proof.witness = {[&source](const WitnessRequest& asked) { return source.Witness(asked); },
                   source.Info().sha256};
  proof.found = request.found;
  proof.file = request.file;
  proof.watch.throw_if_stopped = request.watch.throw_if_stopped;
  proof.watch.worked = request.watch.worked;
  proof.watch.witness_begins = request.watch.witness_begins;
  proof.watch.witness_heard = request.watch.witness_heard;
  HearWitnesses(proof, sides.readers(), verdicts);
  DrillDownAll(proof, sums, sides.readers(), verdicts);
  for (std::size_t i = 0; i < verdicts.size(); ++i) Settle(proof.tables[i], verdicts[i]);
  if (request.memory != nullptr && level == VerifyLevel::kChecksum) {
    Remember(proof.tables, sums, *request.memory);
  }
  if (cost != nullptr) AddDrillDown(verdicts, *cost);
  for (auto& reader : readers) source.Release(std::move(reader));
  return InRequestOrder(std::move(verdicts), list.order);
}

std::vector<std::size_t> ConfirmTargets(const Options& options, const CompareRequest& request,
                                        const std::vector<std::size_t>& positions,
                                        std::vector<TableVerdict>& verdicts, CompareCost& cost) {
  std::vector<TableAccount> tables(positions.size());
  for (std::size_t i = 0; i < positions.size(); ++i) {
    tables[i].table = request.tables[positions[i]].bound;
  }
  TargetReaders readers(options, request.jobs);
  ProofWatch watch;
  watch.throw_if_stopped = request.watch.throw_if_stopped;
  watch.worked = request.watch.worked;
  const std::vector<TargetSum> sums =
      ReadTargets(readers, tables, VerifyLevel::kChecksum, request.jobs, watch);
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    TableVerdict& verdict = verdicts[positions[i]];
    cost.target_bytes += sums[i].bytes;
    if (!sums[i].error.empty() || verdict.target_sum != sums[i].checksum) {
      others.push_back(positions[i]);
      continue;
    }
    verdict.target_rows = sums[i].rows;
    verdict.target_bytes = sums[i].bytes;
    verdict.seconds = sums[i].seconds;
  }
  return others;
}

}  // namespace transload
