#include "verify/point_lookups.h"

#include <fmt/format.h>

#include "core/error.h"
#include "verify/key_condition.h"
#include "verify/read_source.h"

namespace transload {
namespace {

constexpr std::size_t kRows = 20;

struct SampledRow {
  std::string name;
  std::string fields;
};

// Every n-th row of the first batch: keys that lie apart.
std::vector<SampledRow> Sample(const BoundTable& table, RowReader& source) {
  RowBatch batch;
  CopyBlock block;
  source.Open(table.Request(PartitionRange{}));
  if (source.Read(batch)) source.Abandon();
  table.encoder().Encode(batch, block, true);
  std::vector<bool> faulty(batch.rows());
  for (const CellFault& fault : block.faults) faulty[fault.row] = true;
  std::vector<SampledRow> rows;
  const std::size_t step = std::max<std::size_t>(1, block.rows / kRows);
  std::size_t tuple = 0;
  for (std::size_t i = 0; i < batch.rows() && rows.size() < kRows; ++i) {
    if (faulty[i]) continue;
    if (tuple % step == 0) {
      const std::size_t start = block.row_starts[tuple] + 2;  // the tuple's count of fields
      const std::size_t end =
          tuple + 1 < block.rows ? block.row_starts[tuple + 1] : block.bytes.size();
      rows.push_back({table.NameRow(batch.Row(i)),
                      std::string(block.bytes.view().substr(start, end - start))});
    }
    ++tuple;
  }
  return rows;
}

bool Found(const SampledRow& row, const std::string& condition, const BoundTable& table,
           TableReader& target) {
  ReadBack request;
  request.schema = table.plan().schema;
  request.table = table.plan().name;
  for (const TargetColumn& column : table.targets()) {
    request.columns.push_back(column.name);
    if (column.as_text) request.as_text.push_back(column.name);
  }
  request.where_sql = condition;
  target.Open(request);
  RowChecksum wanted, there;
  ByteBuffer scratch;
  table.canonicaliser().AddRow(row.fields, wanted, scratch);
  std::string_view fields;
  while (target.Next(fields)) table.canonicaliser().AddRow(fields, there, scratch);
  return wanted == there;
}

}  // namespace

void LookUpSample(const BoundTable& table, RowReader& source, TableReader& target, Report& report) {
  if (table.key_columns().empty()) return;
  const std::string label = table.plan().schema + "." + table.plan().name;
  ReportCheck check;
  check.name = "look-ups by key in " + label;
  std::size_t asked = 0, found = 0;
  for (const SampledRow& row : Sample(table, source)) {
    const std::optional<std::string> condition = KeyCondition(row.fields, table);
    if (!condition) continue;
    ++asked;
    if (Found(row, *condition, table, target)) {
      ++found;
    } else {
      report.differences.push_back(
          {table.plan().SourceLabel(), row.name, "", "", "", "look-up by key"});
    }
  }
  if (asked == 0) return;
  check.source = fmt::format("{} rows", asked);
  check.target = fmt::format("{} found and equal", found);
  check.verdict = found == asked ? Verdict::kMatch : Verdict::kMismatch;
  report.checks.push_back(std::move(check));
}

}  // namespace transload
