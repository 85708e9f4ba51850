#include "extract/mysql/split.h"

#include <fmt/format.h>

#include <algorithm>

#include "extract/mysql/sql_text.h"
#include "extract/mysql/table_key.h"

namespace transload::mysql {
namespace {

// Estimates cost the server a few page reads each; past this many the ranges are good enough.
constexpr int kMaxEstimates = 20'000;

struct Run {
  Int128 low;
  std::uint64_t rows;
};

struct Cutter {
  std::uint64_t target;
  const std::function<std::uint64_t(Int128, Int128)>& estimate;
  int estimates = 0;
  std::vector<Run> runs;

  void Cut(Int128 low, Int128 high, std::uint64_t rows) {
    if (rows <= target || low == high || estimates >= kMaxEstimates) {
      runs.push_back({low, rows});
      return;
    }
    Int128 middle = low + (high - low) / 2;
    estimates += 2;
    Cut(low, middle, estimate(low, middle));
    Cut(middle + 1, high, estimate(middle + 1, high));
  }
};

PartitionRange KeyRange(const TableKey& key) {
  PartitionRange range;
  range.by = SplitBy::kKey;
  range.columns = key.names();
  return range;
}

std::uint64_t Dive(SqlConnection& connection, const SourceTable& table, const TableKey& key,
                   Int128 low, Int128 high) {
  std::string name = QuoteName(key.columns[0].name);
  // USE, not FORCE: with that, MySQL 8 and later see that there is no choice and guess instead of
  // looking into the index.
  SqlResult plan = connection.Query(
      fmt::format("EXPLAIN SELECT {0} FROM {1} USE INDEX ({2}) WHERE {0} >= {3} AND {0} <= {4}",
                  name, QuoteTable(table.schema, table.name), QuoteName(key.index), low, high));
  std::string rows = plan.Text(0, "rows");
  if (!rows.empty() && rows != "0" && rows != "1") return std::stoull(rows);
  // The engine says 1 of an empty range too: many of those would become ranges of their own.
  SqlValue any = connection.Scalar(fmt::format(
      "SELECT 1 FROM {} USE INDEX ({}) WHERE {} >= {} AND {} <= {} LIMIT 1",
      QuoteTable(table.schema, table.name), QuoteName(key.index), name, low, name, high));
  return any ? 1 : 0;
}

SplitPlan CutByDives(SqlConnection& connection, const SourceTable& table, const TableKey& key,
                     std::uint64_t target, SplitPlan plan) {
  std::string name = QuoteName(key.columns[0].name);
  SqlResult ends = connection.Query(fmt::format("SELECT MIN({0}), MAX({0}) FROM {1}", name,
                                                QuoteTable(table.schema, table.name)));
  PartitionRange range = KeyRange(key);
  if (ends.rows.at(0).at(0)) {
    auto estimate = [&](Int128 from, Int128 to) { return Dive(connection, table, key, from, to); };
    for (Int128 bound : CutIntegers(ParseInt128(*ends.rows[0][0]), ParseInt128(*ends.rows[0][1]),
                                    target, estimate)) {
      range.upper = KeyBound{fmt::format("{}", bound)};
      plan.ranges.push_back(range);
      range.lower = range.upper;
      range.upper.reset();
    }
  }
  plan.ranges.push_back(range);
  plan.explanation =
      fmt::format("key {}, {} ranges by index dives", key.columns[0].name, plan.ranges.size());
  return plan;
}

}  // namespace

std::vector<Int128> CutIntegers(Int128 low, Int128 high, std::uint64_t target,
                                const std::function<std::uint64_t(Int128, Int128)>& estimate) {
  Cutter cutter{std::max<std::uint64_t>(target, 1), estimate, 0, {}};
  cutter.Cut(low, high, estimate(low, high));
  std::vector<Int128> bounds;
  std::uint64_t gathered = 0;
  for (const Run& run : cutter.runs) {
    if (gathered > 0 && gathered + run.rows > cutter.target) {
      bounds.push_back(run.low);
      gathered = 0;
    }
    gathered += run.rows;
  }
  return bounds;
}

SplitPlan PlanSplit(SqlConnection& connection, const SourceTable& table,
                    std::uint64_t partition_bytes) {
  SplitPlan plan;
  std::optional<TableKey> key = ChooseKey(table);
  bool small = table.estimated_bytes <= partition_bytes;
  if (!key || small) {
    // A small table too is named by its key where its rows lie in that order: should the estimate
    // be wrong, the range can be cut while it is read.
    plan.ranges.push_back(key && key->clustered ? KeyRange(*key) : PartitionRange());
    plan.explanation = small ? "one range: small" : "one range: no key that orders its rows";
    return plan;
  }
  std::uint64_t row_bytes = std::max<std::uint64_t>(
      1, table.estimated_bytes / std::max<std::uint64_t>(1, table.estimated_rows));
  std::uint64_t target = std::max<std::uint64_t>(1, partition_bytes / row_bytes);
  if (key->columns[0].nullable) {
    PartitionRange nulls = KeyRange(*key);
    nulls.only_nulls = true;
    plan.ranges.push_back(nulls);
  }
  if (key->columns.size() == 1 && key->columns[0].kind == KeyClass::kInteger) {
    return CutByDives(connection, table, *key, target, std::move(plan));
  }
  plan.ranges.push_back(KeyRange(*key));
  plan.rows_per_partition = target;
  plan.explanation = fmt::format("key {}, about {} rows each, found while reading",
                                 Join(key->names(), ", "), target);
  return plan;
}

}  // namespace transload::mysql
