// Rows that were left over on both sides, told as differences: paired, described, counted, the
// first of each kind kept, all of them written to the file of differences.
#ifndef TRANSLOAD_VERIFY_FINDINGS_H_
#define TRANSLOAD_VERIFY_FINDINGS_H_

#include <array>
#include <set>
#include <string>
#include <vector>

#include "verify/accounts.h"
#include "verify/difference_file.h"
#include "verify/row_match.h"
#include "verify/table_verdict.h"

namespace transload {

inline constexpr std::size_t kSamplesPerKind = 3;

struct PairedRows {
  struct Pair {
    const LeftoverRow* source = nullptr;  // null: extra
    const LeftoverRow* target = nullptr;  // null: missing
  };
  std::vector<Pair> pairs;  // different, then missing, then extra
};

// Pairs leftovers by key. Pointers into `leftovers`.
PairedRows PairByKey(const Leftovers& leftovers, const BoundTable& table);
// Names, columns and values of one pair.
RowDifference DescribePair(const PairedRows::Pair& pair, const BoundTable& table);

// Of one table, whose leftovers may come in several parts. Fills counts and samples of the verdict.
class Findings {
 public:
  // `file` may be missing. All are borrowed.
  Findings(const TableAccount& account, DifferenceFile* file, TableVerdict& verdict);

  // A missing row that the account lists as rejected is no difference, and is taken out.
  void Add(Leftovers& leftovers);

 private:
  const BoundTable& table_;
  DifferenceFile* file_;
  TableVerdict& verdict_;
  std::multiset<std::string> rejected_;  // not yet met
  std::array<std::size_t, 3> sampled_{};
};

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_FINDINGS_H_
