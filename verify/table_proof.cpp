#include "verify/table_proof.h"

#include <algorithm>

#include "verify/drill_down.h"
#include "verify/judge.h"
#include "verify/target_sums.h"

namespace transload {
namespace {

// The partitions' sums are sums of sub-ranges, where the table was cut by a key that lends itself.
// Nothing otherwise.
std::optional<KeyCuts> CutsOf(const TableAccount& account, bool any_key) {
  std::size_t columns = 0;
  for (const PartitionAccount& partition : account.partitions) {
    columns = std::max(columns, partition.range.columns.size());
    if (partition.range.by == SplitBy::kRowid) columns = 1;
  }
  if (columns == 0 || account.partitions.size() < 2) return std::nullopt;
  std::optional<KeyCuts> cuts = KeyCuts::For(*account.table, any_key, columns);
  if (!cuts) return std::nullopt;
  for (const PartitionAccount& partition : account.partitions) {
    const std::optional<KeyBound>& lower = partition.range.lower;
    if (lower && !cuts->Add(*lower)) return std::nullopt;
  }
  cuts->Settle(1);
  if (cuts->size() != account.partitions.size()) return std::nullopt;
  return cuts;
}

bool TakeSums(TableAccount& account, const KeyCuts& cuts) {
  std::vector<const PartitionAccount*> in_order(cuts.size());
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    const PartitionRange range = cuts.Range(i, i);
    for (const PartitionAccount& partition : account.partitions) {
      if (partition.range.lower == range.lower && partition.range == range) {
        in_order[i] = &partition;
      }
    }
    if (in_order[i] == nullptr) return false;
  }
  account.sub_sums = SubSums(&cuts);
  for (std::size_t i = 0; i < in_order.size(); ++i) {
    account.sub_sums.Set(i, in_order[i]->checksum);
  }
  return true;
}

// Of every table of a run. They are what its accounts point into.
std::vector<std::optional<KeyCuts>> CutsOfPartitions(std::vector<TableAccount>& accounts) {
  std::vector<std::optional<KeyCuts>> cuts(accounts.size());
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    for (const bool any_key : {true, false}) {
      cuts[i] = CutsOf(accounts[i], any_key);
      if (cuts[i] && TakeSums(accounts[i], *cuts[i])) break;
      cuts[i].reset();
    }
  }
  return cuts;
}

}  // namespace

void DrillDownAll(const ProofRequest& request, const std::vector<TargetSum>& sums,
                  TargetReaders& readers, std::vector<TableVerdict>& verdicts) {
  if (request.source == nullptr || request.level == VerifyLevel::kCount) return;
  const DrillServices services{request.file, request.watch.throw_if_stopped, request.found};
  bool usable = true;
  for (std::size_t i = 0; usable && i < verdicts.size(); ++i) {
    const bool read_back = verdicts[i].target_sum && verdicts[i].source_sum;
    if (!read_back || *verdicts[i].target_sum == *verdicts[i].source_sum) continue;
    const auto began = std::chrono::steady_clock::now();
    usable = DrillDown(*request.source, readers.first(), request.tables[i], sums[i].sub_sums,
                       services, verdicts[i]);
    if (request.watch.worked) {
      request.watch.worked("differences", *request.tables[i].table, began);
    }
  }
}

void HearWitnesses(const ProofRequest& request, TargetReaders& readers,
                   std::vector<TableVerdict>& verdicts) {
  if (request.level != VerifyLevel::kFull) return;
  if (request.watch.witness_begins) request.watch.witness_begins(verdicts.size());
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (request.watch.throw_if_stopped) request.watch.throw_if_stopped();
    const auto began = std::chrono::steady_clock::now();
    HearWitness(request.tables[i], request.witness, readers.first(), verdicts[i]);
    const BoundTable& table = *request.tables[i].table;
    if (request.watch.worked) request.watch.worked("witness", table, began);
    if (request.watch.witness_heard) request.watch.witness_heard(table);
  }
}

std::vector<TableVerdict> ProveTables(const Options& options, const ProofRequest& asked) {
  std::vector<TableVerdict> verdicts;
  ProofRequest request = asked;
  if (request.level == VerifyLevel::kNone || request.tables.empty()) {
    for (const TableAccount& account : request.tables) {
      verdicts.push_back(Judge(account, request.level, nullptr));
    }
    return verdicts;
  }
  const std::vector<std::optional<KeyCuts>> cuts = CutsOfPartitions(request.tables);
  TargetReaders readers(options, request.jobs);
  const std::vector<TargetSum> sums =
      ReadTargets(readers, request.tables, request.level, request.jobs, request.watch);
  for (std::size_t i = 0; i < request.tables.size(); ++i) {
    verdicts.push_back(Judge(request.tables[i], request.level, &sums[i]));
  }
  HearWitnesses(request, readers, verdicts);
  DrillDownAll(request, sums, readers, verdicts);
  return verdicts;
}

}  // namespace transload
