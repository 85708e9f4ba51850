// Rows in memory on both sides, read by ranges of an integer key: what is found, and what is read.
#include "verify/sub_range_match.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/error.h"
#include "verify/drill_down.h"

namespace transload {
namespace {

std::string FramedField(std::string_view bytes) {
  std::string frame(4, '\0');
  StoreBe32(frame.data(), static_cast<std::uint32_t>(bytes.size()));
  return frame + std::string(bytes);
}
std::string FramedRow(std::uint32_t id, std::string_view note) {
  std::string bytes(4, '\0');
  StoreBe32(bytes.data(), id);
  return FramedField(bytes) + FramedField(note);
}

BoundTable Notes() {
  TablePlan plan;
  plan.source_name = plan.name = "notes";
  plan.schema = "public";
  ColumnPlan id, note;
  id.source.name = id.name = "id";
  id.source.format = CellFormat::kSigned;
  id.type = ParsePgType("integer");
  note.source.name = note.name = "note";
  note.source.format = CellFormat::kText;
  note.type = ParsePgType("text");
  plan.columns = {id, note};
  IndexPlan key;
  key.primary = true;
  key.parts.push_back({"\"id\"", false, "", ""});
  plan.indexes.push_back(key);
  TargetColumn first, second;
  first.name = "id";
  first.type = id.type;
  second.name = "note";
  second.type = note.type;
  return BoundTable(1, 1, plan, {first, second}, 42);
}

class Side : public TupleSide {
 public:
  explicit Side(std::multimap<std::uint32_t, std::string> rows) : rows_(std::move(rows)) {}

  void Read(const std::vector<PartitionRange>& ranges, const TupleSink& sink) override {
    for (const PartitionRange& range : ranges) {
      ++queries;
      auto at = range.lower ? rows_.lower_bound(Number(*range.lower)) : rows_.begin();
      const auto end = range.upper ? rows_.lower_bound(Number(*range.upper)) : rows_.end();
      for (; at != end; ++at) {
        bytes_ += at->second.size();
        sink({at->second, {}, false});
      }
    }
  }
  std::uint64_t bytes() const override { return bytes_; }

  SubSums Sum(const KeyCuts& cuts, const BoundTable& table) const {
    SubSums sums(&cuts);
    ByteBuffer scratch;
    for (const auto& [id, row] : rows_) sums.AddRow(row, table.canonicaliser(), scratch);
    return sums;
  }
  std::multimap<std::uint32_t, std::string>& rows() { return rows_; }
  int queries = 0;

 private:
  static std::uint32_t Number(const KeyBound& bound) {
    return static_cast<std::uint32_t>(std::stoul(bound.at(0)));
  }
  std::multimap<std::uint32_t, std::string> rows_;
  std::uint64_t bytes_ = 0;
};

// The drill-down asks nothing of it but to be passed on to a repair.
class NoReader : public RowReader {
 public:
  void Open(const ReadRequest&) override { throw BugError("not asked for"); }
  bool Read(RowBatch&) override { return false; }
  void Abandon() override {}
  void Cancel() noexcept override {}
  std::uint64_t CountRows(const std::string&, const std::string&, const std::string&) override {
    return 0;
  }
  std::optional<KeyBound> BoundaryAfter(const std::string&, const std::string&,
                                        const PartitionRange&, std::uint64_t) override {
    return std::nullopt;
  }
};

constexpr std::uint32_t kRows = 60'000;
constexpr std::uint32_t kRowsPerCut = 200;

class SubRanges : public testing::Test {
 protected:
  SubRanges() {
    std::multimap<std::uint32_t, std::string> rows;
    for (std::uint32_t id = 0; id < kRows; ++id) {
      rows.emplace(
          id, FramedRow(id, "a note of some length, the one with number " + std::to_string(id)));
    }
    source_.rows() = target_.rows() = std::move(rows);
    cuts_ = KeyCuts::For(table_, true);
    for (std::uint32_t id = kRowsPerCut; id < kRows; id += kRowsPerCut) {
      cuts_->Add({std::to_string(id)});
    }
    cuts_->Settle(1);
  }

  void Change(std::uint32_t id) { target_.rows().find(id)->second = FramedRow(id, "changed"); }

  bool Run(const DrillServices& services = {}) {
    account_.table = &table_;
    account_.sub_sums = source_.Sum(*cuts_, table_);
    target_sums_ = target_.Sum(*cuts_, table_);
    return Match(services);
  }
  bool Match(const DrillServices& services = {}) {
    NoReader reader;
    FoundRows found(account_, reader, false, services.found);
    const bool done =
        SubRangeMatch(source_, target_, account_, target_sums_, verdict_).Run(nullptr, found);
    found.Finish();
    return done;
  }

  const BoundTable table_ = Notes();
  std::optional<KeyCuts> cuts_;
  Side source_{{}}, target_{{}};
  TableAccount account_;
  SubSums target_sums_;
  TableVerdict verdict_;
};

TEST_F(SubRanges, FindAHundredRowsReadingThriceTheirSubRangesAtMost) {
  std::mt19937 random(11);
  std::set<std::uint32_t> changed, touched;
  while (changed.size() < 100) changed.insert(random() % kRows);
  for (std::uint32_t id : changed) {
    Change(id);
    touched.insert(id / kRowsPerCut);
  }
  const std::uint64_t row_bytes = source_.rows().begin()->second.size() + 7;
  ASSERT_TRUE(Run());
  EXPECT_EQ(verdict_.counts.different, 100u);
  EXPECT_EQ(verdict_.counts.total(), 100u);
  EXPECT_EQ(verdict_.drill.ranges, touched.size());
  const std::uint64_t read = source_.bytes() + target_.bytes();
  EXPECT_LE(read, 3 * touched.size() * kRowsPerCut * row_bytes);
  EXPECT_LE(read, 3 * verdict_.drill.range_bytes);
  EXPECT_LE(source_.queries, static_cast<int>(touched.size()));
}

TEST_F(SubRanges, FindRowsLostAddedDoubledAndMovedToAnotherKey) {
  target_.rows().erase(500);
  target_.rows().emplace(kRows + 10, FramedRow(kRows + 10, "new"));
  target_.rows().emplace(2'500, target_.rows().find(2'500)->second);
  auto moved = target_.rows().extract(7'777);
  moved.key() = 40'001;
  moved.mapped() = FramedRow(40'001, moved.mapped().substr(12));
  target_.rows().insert(std::move(moved));
  ASSERT_TRUE(Run());
  EXPECT_EQ(verdict_.counts.missing, 2u);
  EXPECT_EQ(verdict_.counts.extra, 3u);
  EXPECT_EQ(verdict_.counts.different, 0u);
  EXPECT_EQ(verdict_.samples.size(), 5u);
}

TEST_F(SubRanges, AreReadTogetherWhereNeighboursDiffer) {
  for (std::uint32_t id = 10'000; id < 14'000; id += kRowsPerCut) Change(id);
  ASSERT_TRUE(Run());
  EXPECT_EQ(verdict_.drill.ranges, 20u);
  EXPECT_EQ(verdict_.counts.different, 20u);
  EXPECT_LE(source_.queries, 2);
}

TEST_F(SubRanges, TellARepairOfAllRowsAtOnceWhereTheyAreFew) {
  for (std::uint32_t id : {5u, 15'000u, 59'000u}) Change(id);
  int calls = 0;
  DrillServices services;
  services.found = [&](const DrilledTable& table) {
    ++calls;
    EXPECT_EQ(table.leftovers.source.size(), 3u);
    EXPECT_EQ(table.ranges.size(), 3u);
  };
  ASSERT_TRUE(Run(services));
  EXPECT_EQ(calls, 1);
}

TEST_F(SubRanges, TellARepairInPartsWhereRowsAreMany) {
  for (auto& [id, row] : target_.rows()) row = FramedRow(id, std::string(300, 'c'));
  std::size_t rows = 0, most = 0;
  std::set<std::string> told, changed;
  DrillServices services;
  services.found = [&](const DrilledTable& table) {
    rows += table.leftovers.source.size();
    most = std::max(most, table.leftovers.source.size());
    EXPECT_FALSE(table.ranges.empty());
    for (const LeftoverRow& row : table.leftovers.source) told.insert(row.fields);
    for (const LeftoverRow& row : table.leftovers.target) changed.insert(row.fields);
  };
  ASSERT_TRUE(Run(services));
  EXPECT_EQ(rows, kRows);
  EXPECT_EQ(told.size(), kRows);
  EXPECT_EQ(changed.size(), kRows);
  for (const auto& [id, row] : source_.rows()) EXPECT_TRUE(told.contains(row)) << id;
  EXPECT_LT(most, kRows);
  EXPECT_EQ(verdict_.counts.different, kRows);
}

// A side that gives other rows for a range than were summed in it.
TEST_F(SubRanges, GiveUpWhereTheKeyDoesNotOrderAsItsTypeSays) {
  Change(5'500);
  account_.table = &table_;
  account_.sub_sums = source_.Sum(*cuts_, table_);
  target_sums_ = target_.Sum(*cuts_, table_);
  source_.rows().erase(5'550);
  EXPECT_FALSE(Match());
  EXPECT_EQ(verdict_.drill.ranges, 0u);
}

// The table is compared as a whole then, and tells of all its rows.
TEST_F(SubRanges, TellNothingWhereTheyGiveUpLater) {
  Change(500);
  Change(5'500);
  account_.table = &table_;
  account_.sub_sums = source_.Sum(*cuts_, table_);
  target_sums_ = target_.Sum(*cuts_, table_);
  source_.rows().erase(5'550);
  int calls = 0;
  DrillServices services;
  services.found = [&](const DrilledTable&) { ++calls; };
  EXPECT_FALSE(Match(services));
  EXPECT_EQ(calls, 0);
}

// Nor are the first of many rows told, which would be repaired and counted twice.
TEST_F(SubRanges, TellNothingOfManyRowsWhereTheyGiveUpLater) {
  for (auto& [id, row] : target_.rows()) row = FramedRow(id, std::string(300, 'c'));
  account_.table = &table_;
  account_.sub_sums = source_.Sum(*cuts_, table_);
  target_sums_ = target_.Sum(*cuts_, table_);
  source_.rows().erase(kRows - 10);
  int calls = 0;
  DrillServices services;
  services.found = [&](const DrilledTable&) { ++calls; };
  EXPECT_FALSE(Match(services));
  EXPECT_EQ(calls, 0);
}

TEST_F(SubRanges, GiveUpWhereARowWithoutAKeyDiffers) {
  target_.rows().emplace(0, std::string(4, '\xff') + FramedField("no key"));
  EXPECT_FALSE(Run());
}

TEST(SubSums, OfABlockAreThoseOfItsRows) {
  const BoundTable table = Notes();
  std::optional<KeyCuts> cuts = KeyCuts::For(table, true);
  for (int cut : {100, 200, 300}) cuts->Add({std::to_string(cut)});
  cuts->Settle(1);
  SubSums by_block(&*cuts), by_row(&*cuts);
  ByteBuffer scratch;
  for (const auto& [first, last] :
       std::vector<std::pair<int, int>>{{0, 90}, {90, 250}, {310, 320}}) {
    CopyBlock block;
    for (int id = first; id < last; ++id) {
      const std::string row = FramedRow(static_cast<std::uint32_t>(id), "x");
      block.row_starts.push_back(block.bytes.size());
      block.bytes.Append(std::string_view("\0\2", 2));
      block.bytes.Append(row);
      ++block.rows;
      table.canonicaliser().AddRow(row, block.checksum, scratch);
      by_row.AddRow(row, table.canonicaliser(), scratch);
    }
    by_block.AddBlock(block, table.canonicaliser());
  }
  ASSERT_EQ(by_block.sums().size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(by_block.sums()[i].checksum, by_row.sums()[i].checksum) << i;
    EXPECT_EQ(by_block.sums()[i].bytes, by_row.sums()[i].bytes) << i;
  }
  EXPECT_EQ(by_block.sums()[1].checksum.rows, 100u);
  EXPECT_EQ(by_block.sums()[3].checksum.rows, 10u);
}

}  // namespace
}  // namespace transload
