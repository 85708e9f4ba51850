// What verification found out about one table.
#ifndef TRANSLOAD_VERIFY_TABLE_VERDICT_H_
#define TRANSLOAD_VERIFY_TABLE_VERDICT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/partition.h"
#include "core/row_hash.h"
#include "verify/report.h"

namespace transload {

enum class DifferenceKind {
  kMissing,    // in the source, not in the target
  kExtra,      // in the target, not in the source; also the second copy of a doubled row
  kDifferent,  // the same key, other values
};
// "missing in target", "only in target", "value": the words of the report.
std::string_view Name(DifferenceKind kind);

struct ColumnDifference {
  std::string column;  // target name
  std::string source;  // both as PostgreSQL would print them
  std::string target;
};

struct RowDifference {
  DifferenceKind kind = DifferenceKind::kMissing;
  std::string key;                        // "id=17"; without a key the leading columns
  std::vector<ColumnDifference> columns;  // kDifferent: those that differ; else the whole row
};

struct DifferenceCounts {
  std::uint64_t missing = 0;
  std::uint64_t extra = 0;
  std::uint64_t different = 0;
  // Rows that the source has and the target lacks because the ledger lists them as rejected. These
  // are no differences.
  std::uint64_t rejected = 0;

  std::uint64_t total() const { return missing + extra + different; }
};

// Sub-ranges that were read again and compared row by row.
struct ComparedRange {
  PartitionRange range;
  RowChecksum source;  // of all rows there
  RowChecksum target;
};

struct TableVerdict {
  std::string source;  // label, "shop.orders"
  std::string target;  // "public.orders"
  Verdict verdict = Verdict::kNotVerified;
  std::string reason;  // why it is no match; empty for a match

  std::optional<std::uint64_t> counted;  // the source's COUNT(*) without a partition predicate
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  std::uint64_t rejected = 0;
  std::uint64_t target_rows = 0;
  std::optional<RowChecksum> source_sum;
  std::optional<RowChecksum> target_sum;  // of the rows read back
  std::uint64_t target_bytes = 0;         // read back
  double seconds = 0;                     // of reading, over all threads

  // Filled by the drill-down into a table that does not match.
  bool drilled_down = false;
  ReportDrill drill;
  std::vector<ComparedRange> compared;
  DifferenceCounts counts;
  std::vector<RowDifference> samples;  // the first of each kind

  ReportWitness witness;  // VerifyLevel::kFull
};

// One report line per differing column of the samples.
std::vector<ReportDifference> ReportDifferences(const TableVerdict& verdict);

}  // namespace transload

#endif  // TRANSLOAD_VERIFY_TABLE_VERDICT_H_
