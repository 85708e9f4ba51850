#include "extract/postgres/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "extract/postgres/catalogue.h"
#include "extract/postgres/sql_text.h"

namespace transload::postgres {
namespace {

// From 14 on `ctid >= … AND ctid < …` is a scan of just those blocks.
constexpr int kTidRangeScan = 140000;
constexpr std::uint64_t kMostRanges = 10'000;
// Blocks of the sample that percentiles are taken from: rows of one block are often neighbours by
// key too, and the server draws each block by itself, so that few could be none.
constexpr std::uint64_t kSampleBlocks = 300;
constexpr std::uint64_t kSampleBlocksPerRange = 10;

struct TableSize {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;  // with what is kept outside the main file
};

TableSize Measure(ControlConnection& connection, const SourceTable& table) {
  // A partitioned table is all that it consists of; children that inherit are tables of their own.
  SqlRows row = connection.Query(fmt::format(
      "with recursive part as (select {0}::regclass::oid as oid union all select i.inhrelid from "
      "part p join pg_catalog.pg_inherits i on i.inhparent = p.oid where {1}) select "
      "coalesce(sum(pg_relation_size(oid)), 0)::bigint / current_setting('block_size')::bigint, "
      "coalesce(sum(pg_table_size(oid)), 0)::bigint from part",
      QuoteText(QuoteTable(table.schema, table.name)), table.engine == kPartitioned));
  return {row.Count(0, 0), row.Count(0, 1)};
}

SplitPlan Whole(std::string why) {
  SplitPlan plan;
  plan.ranges.emplace_back();
  plan.explanation = std::move(why);
  return plan;
}

SplitPlan ByBounds(const PartitionRange& pattern, const std::vector<KeyBound>& bounds) {
  SplitPlan plan;
  PartitionRange range = pattern;
  for (const KeyBound& bound : bounds) {
    range.upper = bound;
    plan.ranges.push_back(range);
    range.lower = std::exchange(range.upper, std::nullopt);
  }
  plan.ranges.push_back(range);
  return plan;
}

SplitPlan ByBlocks(const TableSize& size, std::uint64_t wanted) {
  const std::uint64_t step = std::max<std::uint64_t>(1, (size.blocks + wanted - 1) / wanted);
  std::vector<KeyBound> bounds;
  for (std::uint64_t block = step; block < size.blocks; block += step) {
    bounds.push_back({std::to_string(block)});
  }
  PartitionRange pattern;
  pattern.by = SplitBy::kBlocks;
  SplitPlan plan = ByBounds(pattern, bounds);
  plan.explanation = fmt::format("{} ranges of {} blocks", plan.ranges.size(), step);
  return plan;
}

// Types that order alike as literals and as values, and that have no two equal spellings.
bool MayBound(const SourceColumn& column) {
  static const std::set<std::string> kTypes = {"int2", "int4",      "int8",        "numeric",
                                               "text", "varchar",   "bpchar",      "uuid",
                                               "date", "timestamp", "timestamptz", "bytea"};
  return !column.nullable && kTypes.contains(column.type);
}

SplitPlan ByKey(ControlConnection& connection, const SourceTable& table, const TableSize& size,
                std::uint64_t wanted) {
  if (table.indexes.empty()) return Whole("whole table: no key, and blocks can't be sought");
  PartitionRange pattern;
  pattern.by = SplitBy::kKey;
  std::vector<std::string> names, texts;
  for (const SourceIndexPart& part : table.indexes.front().parts) {
    const SourceColumn* column = table.FindColumn(part.column);
    if (column == nullptr || !MayBound(*column)) break;
    pattern.columns.push_back(part.column);
    names.push_back(QuoteName(part.column));
    texts.push_back(QuoteName(part.column) + "::text");
  }
  if (names.empty()) return Whole("whole table: the key has no type to cut by");
  const std::uint64_t sample = std::max(kSampleBlocks, wanted * kSampleBlocksPerRange);
  const double percent =
      std::min(100.0, 100.0 * static_cast<double>(sample) / static_cast<double>(size.blocks));
  SqlRows rows = connection.Query(fmt::format(
      "select {2} from (select {0}, row_number() over (order by {0}) as place, count(*) over () as "
      "sampled from {5}{1} tablesample system ({3})) s where sampled >= {4} and place % "
      "(sampled / {4}) = 0 order by {0}",
      fmt::join(names, ", "), QuoteTable(table.schema, table.name), fmt::join(texts, ", "), percent,
      wanted, table.engine == kPartitioned ? "" : "only "));
  std::vector<KeyBound> bounds;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    KeyBound bound;
    for (std::size_t part = 0; part < names.size(); ++part) bound.push_back(rows.Text(row, part));
    if (bounds.empty() || bounds.back() != bound) bounds.push_back(std::move(bound));
  }
  SplitPlan plan = ByBounds(pattern, bounds);
  plan.explanation = fmt::format("key {}, {} ranges by percentiles of a sample",
                                 fmt::join(pattern.columns, ", "), plan.ranges.size());
  return plan;
}

}  // namespace

SplitPlan PlanSplit(ControlConnection& connection, const SourceTable& table,
                    std::uint64_t partition_bytes) {
  const TableSize size = Measure(connection, table);
  const std::uint64_t each = std::max<std::uint64_t>(1, partition_bytes);
  const std::uint64_t wanted = std::min(kMostRanges, (size.bytes + each - 1) / each);
  if (wanted <= 1 || size.blocks <= 1) return Whole("one partition: small");
  // Blocks are those of one file; what is read through its root has many.
  const bool one_file = table.engine != kPartitioned;
  if (one_file && connection.version_num() >= kTidRangeScan) return ByBlocks(size, wanted);
  return ByKey(connection, table, size, wanted);
}

}  // namespace transload::postgres
