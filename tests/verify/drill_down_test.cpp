// Rows in memory on both sides: what the drill-down finds, without a server.
#include "verify/drill_down.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/rig/temporary_dir.h"
#include "tests/verify/difference_lines.h"

namespace transload {
namespace {

constexpr std::uint64_t kDrillSeed = 42;

std::string Framed(std::string_view bytes) {
  std::string frame(4, '\0');
  StoreBe32(frame.data(), static_cast<std::uint32_t>(bytes.size()));
  return frame + std::string(bytes);
}
std::string Null() { return std::string(4, '\xff'); }
std::string Int4(std::uint32_t value) {
  std::string bytes(4, '\0');
  StoreBe32(bytes.data(), value);
  return Framed(bytes);
}
std::string Row(std::uint32_t id, std::string_view note) { return Int4(id) + Framed(note); }

BoundTable Notes(bool with_key) {
  TablePlan plan;
  plan.source_schema = "shop";
  plan.source_name = "notes";
  plan.schema = "public";
  plan.name = "notes";
  ColumnPlan id;
  id.source.name = id.name = "id";
  id.source.type = "int";
  id.source.format = CellFormat::kSigned;
  id.type = ParsePgType("integer");
  ColumnPlan note;
  note.source.name = note.name = "note";
  note.source.type = "text";
  note.source.format = CellFormat::kText;
  note.type = ParsePgType("text");
  plan.columns = {id, note};
  if (with_key) {
    IndexPlan key;
    key.primary = true;
    key.parts.push_back({"\"id\"", false, "", ""});
    plan.indexes.push_back(key);
  }
  TargetColumn first, second;
  first.name = "id";
  first.type = id.type;
  second.name = "note";
  second.type = note.type;
  return BoundTable(1, 1, plan, {first, second}, kDrillSeed);
}

class Rows : public TupleSide {
 public:
  explicit Rows(std::vector<std::string> rows) : rows_(std::move(rows)) {}
  void Read(const std::vector<PartitionRange>&, const TupleSink& sink) override {
    ++reads;
    for (const std::string& row : rows_) sink({row, {}, false});
  }
  int reads = 0;

 private:
  std::vector<std::string> rows_;
};

struct Found {
  TableVerdict verdict;
  int source_reads = 0;
};

Found Compare(std::vector<std::string> source, std::vector<std::string> target,
              bool with_key = true, const MatchLimits& limits = {},
              std::uint64_t expected_bytes = 0) {
  const BoundTable table = Notes(with_key);
  TableAccount account;
  account.table = &table;
  account.partitions.emplace_back();
  account.partitions[0].checksum.rows = source.size();
  Found found;
  found.verdict.source = "shop.notes";
  found.verdict.target_rows = target.size();
  // The target's order is its own.
  std::shuffle(target.begin(), target.end(), std::mt19937(7));
  Rows source_side(std::move(source)), target_side(std::move(target));
  const std::vector<PartitionRange> whole(1);
  MatchTask task{source_side, target_side, whole, table};
  task.limits = limits;
  task.expected_bytes = expected_bytes;
  CompareRows(task, account, nullptr, nullptr, found.verdict);
  found.source_reads = source_side.reads;
  return found;
}

std::vector<std::string> Many(std::uint32_t rows) {
  std::vector<std::string> all;
  for (std::uint32_t i = 0; i < rows; ++i) all.push_back(Row(i, "note " + std::to_string(i)));
  return all;
}

const RowDifference* Find(const TableVerdict& verdict, const std::string& key) {
  for (const RowDifference& row : verdict.samples) {
    if (row.key == key) return &row;
  }
  return nullptr;
}

TEST(DrillDown, FindsNothingInEqualRows) {
  const Found found = Compare(Many(1000), Many(1000));
  EXPECT_EQ(found.verdict.counts.total(), 0u);
  EXPECT_EQ(found.source_reads, 1);
}

TEST(DrillDown, FindsTheRowAndColumnOfAChangedValue) {
  std::vector<std::string> target = Many(1000);
  target[517] = Row(517, "changed");
  const TableVerdict verdict = Compare(Many(1000), target).verdict;
  EXPECT_EQ(verdict.counts.different, 1u);
  EXPECT_EQ(verdict.counts.total(), 1u);
  ASSERT_EQ(verdict.samples.size(), 1u);
  EXPECT_EQ(verdict.samples[0].key, "id=517");
  ASSERT_EQ(verdict.samples[0].columns.size(), 1u);
  EXPECT_EQ(verdict.samples[0].columns[0].column, "note");
  EXPECT_EQ(verdict.samples[0].columns[0].source, "note 517");
  EXPECT_EQ(verdict.samples[0].columns[0].target, "changed");
}

TEST(DrillDown, TellsNullFromEmptyAndFromTheWord) {
  const std::vector<std::string> source = {Row(1, ""), Int4(2) + Null(), Row(3, "NULL")};
  const std::vector<std::string> target = {Int4(1) + Null(), Row(2, ""), Int4(3) + Null()};
  const TableVerdict verdict = Compare(source, target).verdict;
  EXPECT_EQ(verdict.counts.different, 3u);
  ASSERT_NE(Find(verdict, "id=2"), nullptr);
  EXPECT_EQ(Find(verdict, "id=2")->columns[0].source, "NULL");
  EXPECT_EQ(Find(verdict, "id=2")->columns[0].target, "");
}

TEST(DrillDown, FindsRowsLostAddedAndDoubled) {
  std::vector<std::string> target = Many(1000);
  target.erase(target.begin() + 100);
  target.push_back(Row(5000, "new"));
  target.push_back(target[0]);
  const TableVerdict verdict = Compare(Many(1000), target).verdict;
  EXPECT_EQ(verdict.counts.missing, 1u);
  EXPECT_EQ(verdict.counts.extra, 2u);
  EXPECT_EQ(verdict.counts.different, 0u);
  ASSERT_NE(Find(verdict, "id=100"), nullptr);
  EXPECT_EQ(Find(verdict, "id=100")->kind, DifferenceKind::kMissing);
  ASSERT_NE(Find(verdict, "id=5000"), nullptr);
  EXPECT_EQ(Find(verdict, "id=5000")->kind, DifferenceKind::kExtra);
  ASSERT_NE(Find(verdict, "id=0"), nullptr);
  EXPECT_EQ(Find(verdict, "id=0")->kind, DifferenceKind::kExtra);
}

// {a, a, k} against {z, z, k}: a sum by XOR would call these equal.
TEST(DrillDown, SeesRowsThatWereDoubledAlike) {
  const TableVerdict verdict = Compare({Row(1, "a"), Row(1, "a"), Row(2, "k")},
                                       {Row(3, "z"), Row(3, "z"), Row(2, "k")}, false)
                                   .verdict;
  EXPECT_EQ(verdict.counts.missing, 2u);
  EXPECT_EQ(verdict.counts.extra, 2u);
}

TEST(DrillDown, SeesValuesSwappedBetweenRowsAndFourRowsShiftedAlike) {
  std::vector<std::string> target = Many(1000);
  target[10] = Row(10, "note 11");
  target[11] = Row(11, "note 10");
  for (std::uint32_t i = 20; i < 24; ++i) target[i] = Row(i, "note " + std::to_string(i + 1));
  const TableVerdict verdict = Compare(Many(1000), target).verdict;
  EXPECT_EQ(verdict.counts.different, 6u);
  EXPECT_EQ(verdict.counts.total(), 6u);
  EXPECT_EQ(verdict.samples.size(), kSamplesPerKind);
}

TEST(DrillDown, ShowsAChangedKeyAsOneRowMissingAndOneTooMany) {
  std::vector<std::string> target = Many(10);
  target[3] = Row(33, "note 3");
  const TableVerdict verdict = Compare(Many(10), target).verdict;
  EXPECT_EQ(verdict.counts.missing, 1u);
  EXPECT_EQ(verdict.counts.extra, 1u);
}

// In parts so small that they are divided again and again.
TEST(DrillDown, DividesWhatDoesNotFitInMemory) {
  MatchLimits limits;
  limits.part_rows = 20;
  std::vector<std::string> target = Many(4'000);
  target[777] = Row(777, "changed");
  target.erase(target.begin() + 2'345);
  target.push_back(target[99]);
  for (const bool with_key : {true, false}) {
    for (const std::uint64_t expected : {std::uint64_t{0}, std::uint64_t{1} << 30}) {
      const Found found = Compare(Many(4'000), target, with_key, limits, expected);
      const DifferenceCounts& counts = found.verdict.counts;
      EXPECT_EQ(counts.different, with_key ? 1u : 0u);
      EXPECT_EQ(counts.missing, with_key ? 1u : 2u);
      EXPECT_EQ(counts.extra, with_key ? 1u : 2u);
      EXPECT_EQ(found.source_reads, expected == 0 ? 1 : 2);
      if (!with_key) continue;
      ASSERT_NE(Find(found.verdict, "id=777"), nullptr);
      EXPECT_EQ(Find(found.verdict, "id=777")->columns[0].target, "changed");
      EXPECT_NE(Find(found.verdict, "id=2345"), nullptr);
      EXPECT_NE(Find(found.verdict, "id=99"), nullptr);
    }
  }
}

TEST(DrillDown, NamesEveryRowHoweverManyDiffer) {
  constexpr std::uint32_t kMany = 101'000;
  const rig::TemporaryDir folder;
  const BoundTable table = Notes(false);
  TableAccount account;
  account.table = &table;
  TableVerdict verdict;
  Rows source(Many(kMany)), target({});
  const std::vector<PartitionRange> whole(1);
  DifferenceFile file(folder.path());
  CompareRows({source, target, whole, table}, account, &file, nullptr, verdict);
  file.Finish();
  EXPECT_EQ(verdict.counts.missing, kMany);
  const std::string lines = DifferencesIn(folder.path());
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), kMany);
  EXPECT_EQ(verdict.samples.size(), kSamplesPerKind);
}

// As many rows as are the same can't be told apart by any hash.
TEST(DrillDown, CountsOneRowThatIsThereVeryOften) {
  MatchLimits limits;
  limits.part_rows = 100;
  const TableVerdict verdict = Compare(std::vector<std::string>(100'000, Row(1, "a")),
                                       std::vector<std::string>(40'000, Row(1, "a")), false, limits)
                                   .verdict;
  EXPECT_EQ(verdict.counts.missing, 60'000u);
  EXPECT_EQ(verdict.counts.extra, 0u);
}

// Sums by hash that are known leave out what can't differ.
TEST(DrillDown, ReadsEachSideOnceWhereSumsByHashAreKnown) {
  const BoundTable table = Notes(false);
  std::vector<std::string> there = Many(50'000);
  there[31] = Row(31, "changed");
  SubSums source_sums = SubSums::ByHash(10), target_sums = source_sums.Blank();
  ByteBuffer scratch;
  for (const std::string& row : Many(50'000)) {
    source_sums.AddRow(row, table.canonicaliser(), scratch);
  }
  for (const std::string& row : there) target_sums.AddRow(row, table.canonicaliser(), scratch);
  Rows source(Many(50'000)), target(there);
  const std::vector<PartitionRange> whole(1);
  MatchTask task{source, target, whole, table};
  task.expected_bytes = std::uint64_t{1} << 30;
  task.source_sums = &source_sums;
  task.target_sums = &target_sums;
  TableAccount account;
  account.table = &table;
  TableVerdict verdict;
  CompareRows(task, account, nullptr, nullptr, verdict);
  EXPECT_EQ(source.reads, 1);
  EXPECT_EQ(target.reads, 1);
  EXPECT_EQ(verdict.counts.missing, 1u);
  EXPECT_EQ(verdict.counts.extra, 1u);
}

std::string CellsOf(std::uint32_t id, std::string_view note) {
  std::string cell(4, '\0');
  __builtin_memcpy(cell.data(), &id, 4);
  return Framed(cell) + Framed(note);
}

TEST(DrillDown, DoesNotCallARejectedRowMissing) {
  const BoundTable table = Notes(true);
  TableAccount account;
  account.table = &table;
  account.rejected_rows = {table.IdentifyRow(CellsOf(2, "another"))};
  TableVerdict verdict;

  // Source rows are known by their cells.
  class Named : public TupleSide {
   public:
    void Read(const std::vector<PartitionRange>&, const TupleSink& sink) override {
      for (std::uint32_t id : {1u, 2u, 3u}) {
        const std::string cells = CellsOf(id, "x");
        sink({Row(id, "x"), cells, false});
      }
    }
  } source;
  Rows target({Row(1, "x")});
  const std::vector<PartitionRange> whole(1);
  CompareRows({source, target, whole, table}, account, nullptr, nullptr, verdict);
  EXPECT_EQ(verdict.counts.rejected, 1u);
  EXPECT_EQ(verdict.counts.missing, 1u);
  ASSERT_EQ(verdict.samples.size(), 1u);
  EXPECT_EQ(verdict.samples[0].key, "id=3");
}

TEST(BoundTable, KnowsARowByItsKeyOrAsAWhole) {
  const BoundTable with_key = Notes(true), without = Notes(false);
  EXPECT_EQ(with_key.IdentifyRow(CellsOf(2, "a")), with_key.IdentifyRow(CellsOf(2, "b")));
  EXPECT_NE(with_key.IdentifyRow(CellsOf(2, "a")), with_key.IdentifyRow(CellsOf(3, "a")));
  EXPECT_EQ(without.IdentifyRow(CellsOf(2, "a")), without.IdentifyRow(CellsOf(2, "a")));
  EXPECT_NE(without.IdentifyRow(CellsOf(2, "a")), without.IdentifyRow(CellsOf(2, "b")));
}

}  // namespace
}  // namespace transload
