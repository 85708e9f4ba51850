// Reads tables of the target back in parallel slices and sums them.
#ifndef TRANSLOAD_VERIFY_TARGET_SUMS_H_
#define TRANSLOAD_VERIFY_TARGET_SUMS_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/options.h"
#include "load/table_reader.h"
#include "verify/accounts.h"
#include "verify/table_proof.h"

namespace transload {

struct TargetSum {
  std::uint64_t rows = 0;
  RowChecksum checksum;  // not at VerifyLevel::kCount
  SubSums sub_sums;      // by the cuts of the table's account, where it has them
  std::uint64_t bytes = 0;
  double seconds = 0;
  std::string error;  // why the table could not be read; empty when it was
};

// Readers on one snapshot of the target, one per worker, connected when first used.
class TargetReaders {
 public:
  TargetReaders(const Options& options, int workers);

  // The reader that holds the snapshot: worker 0's.
  TableReader& first() { return *readers_.front(); }
  TableReader& Get(int worker);
  bool TryConnect(int worker);  // false when there is no connection to be had
  // After an Error: ready for other work, on a new connection where need be.
  void Recover(int worker);
  void CancelAll() noexcept;

 private:
  const Options& options_;
  std::string snapshot_;
  std::mutex mutex_;  // CancelAll against Get and Recover
  std::vector<std::unique_ptr<TableReader>> readers_;
};

// What to read in one go.
struct TargetSlice {
  std::size_t table = 0;
  std::string where_sql;
  std::uint64_t blocks = 0;
};

struct TargetSize {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;  // with what is kept outside of the table's own blocks
  bool by_blocks = false;   // a table of its own, whose blocks can be read by range
};

// All zero for what is no plain table.
std::vector<TargetSize> MeasureTargets(TableReader& reader,
                                       const std::vector<TableAccount>& tables);

// Cuts tables into slices, the largest table's first. `sizes` are of the same tables; those with a
// why_not are left out.
std::vector<TargetSlice> CutTargets(const std::vector<TableAccount>& tables,
                                    const std::vector<TargetSize>& sizes, int jobs);

// Sums in the order of the tables.
std::vector<TargetSum> ReadTargets(TargetReaders& readers, const std::vector<TableAccount>& tables,
                                   VerifyLevel level, int jobs, const ProofWatch& watch);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_TARGET_SUMS_H_
