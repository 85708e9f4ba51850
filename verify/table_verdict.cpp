#include "verify/table_verdict.h"

namespace transload {

std::string_view Name(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::kMissing:
      return "missing in target";
    case DifferenceKind::kExtra:
      return "only in target";
    case DifferenceKind::kDifferent:
      return "value";
  }
  return "value";
}

std::vector<ReportDifference> ReportDifferences(const TableVerdict& verdict) {
  std::vector<ReportDifference> lines;
  for (const RowDifference& row : verdict.samples) {
    ReportDifference line;
    line.table = verdict.source;
    line.key = row.key;
    line.kind = Name(row.kind);
    if (row.kind != DifferenceKind::kDifferent) {
      lines.push_back(line);
      continue;
    }
    for (const ColumnDifference& column : row.columns) {
      line.column = column.column;
      line.source = column.source;
      line.target = column.target;
      lines.push_back(line);
    }
  }
  // A row that differs changes the aggregates of all its columns; they stand with the witness.
  if (verdict.counts.total() > 0) return lines;
  for (const ReportMeasure& measure : verdict.witness.measures) {
    if (measure.agrees) continue;
    lines.push_back({verdict.source, "", measure.column, measure.source, measure.target,
                     "witness: " + measure.measure});
  }
  return lines;
}

}  // namespace transload
