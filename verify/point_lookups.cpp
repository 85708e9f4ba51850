#include "verify/point_lookups.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <random>

#include "verify/key_condition.h"
#include "verify/read_source.h"
#include "verify/sample_cuts.h"
#include "verify/target_sums.h"

namespace transload {
namespace {

constexpr std::size_t kRows = 20;
// Of a sub-range only so much is read; they are of about 1 MiB.
constexpr std::size_t kMostBatches = 8;
// Rows to draw from where a share of all is read.
constexpr double kDrawnFrom = 2'000;
constexpr std::uint64_t kSeed = 0x6c6f6f6b75707321;

struct SampledRow {
  std::string name;
  std::string fields;
};

// Keeps a few of the rows that pass, all with the same chance.
class Drawing {
 public:
  Drawing(const BoundTable& table, std::size_t rows, std::mt19937_64& random)
      : table_(table), most_(rows), random_(random) {}

  // Reads one request; gives up early where there is far more than was expected.
  void Read(const ReadRequest& request, RowReader& source, std::size_t most_batches) {
    RowBatch batch;
    source.Open(request);
    bool more = true;
    for (std::size_t i = 0; more && i < most_batches; ++i) {
      batch.Clear();
      more = source.Read(batch);
      Take(batch);
    }
    if (more) source.Abandon();
  }
  std::vector<SampledRow> Rows() { return std::move(rows_); }

 private:
  void Take(const RowBatch& batch) {
    CopyBlock block;
    table_.encoder().Encode(batch, block, true);
    std::vector<bool> faulty(batch.rows());
    for (const CellFault& fault : block.faults) faulty[fault.row] = true;
    std::size_t tuple = 0;
    for (std::size_t i = 0; i < batch.rows(); ++i) {
      if (faulty[i]) continue;
      const std::size_t start = block.row_starts[tuple] + 2;  // the tuple's count of fields
      const std::size_t end =
          tuple + 1 < block.rows ? block.row_starts[tuple + 1] : block.bytes.size();
      ++tuple;
      std::uint64_t place = random_() % ++seen_;
      if (seen_ <= most_) {
        rows_.emplace_back();
        place = rows_.size() - 1;
      }
      if (place >= most_) continue;
      rows_[place] = {table_.NameRow(batch.Row(i)),
                      std::string(block.bytes.view().substr(start, end - start))};
    }
  }

  const BoundTable& table_;
  std::size_t most_;
  std::mt19937_64& random_;
  std::uint64_t seen_ = 0;
  std::vector<SampledRow> rows_;
};

// One row of each of so many sub-ranges, at even distances.
std::vector<SampledRow> SampleByKey(const BoundTable& table, const KeyCuts& cuts, RowReader& source,
                                    std::mt19937_64& random) {
  std::vector<SampledRow> rows;
  const std::size_t ranges = std::min(kRows, cuts.size());
  const std::size_t rows_each = (kRows + ranges - 1) / ranges;
  for (std::size_t i = 0; i < ranges && rows.size() < kRows; ++i) {
    const std::size_t range = ranges == 1 ? 0 : i * (cuts.size() - 1) / (ranges - 1);
    Drawing drawing(table, std::min(rows_each, kRows - rows.size()), random);
    drawing.Read(table.Request(cuts.Range(range, range)), source, kMostBatches);
    for (SampledRow& row : drawing.Rows()) rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<SampledRow> Sample(const BoundTable& table, RowReader& source, TableReader& target,
                               bool any_key) {
  std::mt19937_64 random(kSeed);
  std::vector<TableAccount> account(1);
  account[0].table = &table;
  const TargetSize size = MeasureTargets(target, account).at(0);
  if (const std::optional<KeyCuts> cuts = SampleCuts(target, table, size, any_key, {})) {
    return SampleByKey(table, *cuts, source, random);
  }
  ReadRequest request = table.Request(PartitionRange{});
  const auto rows = static_cast<double>(table.plan().estimated_rows);
  if (!table.sampled() && rows > kDrawnFrom) request.sample_percent = 100 * kDrawnFrom / rows;
  Drawing drawing(table, kRows, random);
  drawing.Read(request, source, std::numeric_limits<std::size_t>::max());
  return drawing.Rows();
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

void LookUpSample(const BoundTable& table, RowReader& source, TableReader& target, bool any_key,
                  Report& report) {
  if (table.key_columns().empty()) return;
  const std::string label = table.plan().schema + "." + table.plan().name;
  ReportCheck check;
  check.name = "look-ups by key in " + label;
  std::size_t asked = 0, found = 0;
  for (const SampledRow& row : Sample(table, source, target, any_key)) {
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
