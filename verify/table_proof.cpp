#include "verify/table_proof.h"

#include "verify/drill_down.h"
#include "verify/judge.h"
#include "verify/target_sums.h"

namespace transload {

void DrillDownAll(const ProofRequest& request, const std::vector<TargetSum>& sums,
                  TargetReaders& readers, std::vector<TableVerdict>& verdicts) {
  if (request.source == nullptr || request.level == VerifyLevel::kCount) return;
  const DrillServices services{request.file, request.watch.throw_if_stopped, request.found};
  bool usable = true;
  for (std::size_t i = 0; usable && i < verdicts.size(); ++i) {
    const bool read_back = verdicts[i].target_sum && verdicts[i].source_sum;
    if (!read_back || *verdicts[i].target_sum == *verdicts[i].source_sum) continue;
    usable = DrillDown(*request.source, readers.first(), request.tables[i], sums[i].sub_sums,
                       services, verdicts[i]);
  }
}

void HearWitnesses(const ProofRequest& request, TargetReaders& readers,
                   std::vector<TableVerdict>& verdicts) {
  if (request.level != VerifyLevel::kFull) return;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    if (request.watch.throw_if_stopped) request.watch.throw_if_stopped();
    HearWitness(request.tables[i], request.witness, readers.first(), verdicts[i]);
  }
}

std::vector<TableVerdict> ProveTables(const Options& options, const ProofRequest& request) {
  std::vector<TableVerdict> verdicts;
  if (request.level == VerifyLevel::kNone || request.tables.empty()) {
    for (const TableAccount& account : request.tables) {
      verdicts.push_back(Judge(account, request.level, nullptr));
    }
    return verdicts;
  }
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
