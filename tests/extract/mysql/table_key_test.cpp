#include "extract/mysql/table_key.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "core/int128.h"
#include "extract/mysql/split.h"

namespace transload::mysql {
namespace {

SourceColumn Column(std::string name, std::string type, CellFormat format, bool nullable = false) {
  SourceColumn column;
  column.name = std::move(name);
  column.type = std::move(type);
  column.format = format;
  column.nullable = nullable;
  if (format == CellFormat::kText) {
    column.charset = "latin1";
    column.collation = "latin1_swedish_ci";
  }
  return column;
}

TableKey KeyOf(std::vector<SourceColumn> columns) {
  TableKey key;
  for (const SourceColumn& column : columns) key.columns.push_back(KeyColumn::From(column));
  return key;
}

PartitionRange Range(const TableKey& key, std::optional<KeyBound> lower,
                     std::optional<KeyBound> upper) {
  PartitionRange range;
  range.by = SplitBy::kKey;
  range.columns = key.names();
  range.lower = std::move(lower);
  range.upper = std::move(upper);
  return range;
}

SourceIndex Index(std::string name, IndexKind kind, std::vector<std::string> columns) {
  SourceIndex index;
  index.name = std::move(name);
  index.kind = kind;
  index.method = "BTREE";
  for (std::string& column : columns) {
    SourceIndexPart part;
    part.column = std::move(column);
    index.parts.push_back(std::move(part));
  }
  return index;
}

TEST(MySqlRange, IsHalfOpen) {
  TableKey key = KeyOf({Column("id", "bigint", CellFormat::kUnsigned)});
  EXPECT_EQ(RangeCondition(key, Range(key, KeyBound{"5"}, KeyBound{"18446744073709551615"})),
            "`id` >= 5 AND `id` < 18446744073709551615");
  EXPECT_EQ(RangeCondition(key, Range(key, std::nullopt, KeyBound{"-3"})), "`id` < -3");
  EXPECT_EQ(RangeCondition(key, Range(key, std::nullopt, std::nullopt)), "");
  EXPECT_EQ(RangeCondition(key, PartitionRange()), "");
}

TEST(MySqlRange, SpellsCompositeBoundsOut) {
  TableKey key =
      KeyOf({Column("a", "int", CellFormat::kSigned), Column("b", "int", CellFormat::kSigned)});
  EXPECT_EQ(RangeCondition(key, Range(key, KeyBound{"1", "2"}, std::nullopt)),
            "`a` >= 1 AND (`a` > 1 OR (`a` = 1 AND `b` >= 2))");
  EXPECT_EQ(RangeCondition(key, Range(key, std::nullopt, KeyBound{"1", "2"})),
            "`a` <= 1 AND (`a` < 1 OR (`a` = 1 AND `b` < 2))");
}

TEST(MySqlRange, BringsBoundsBackInTheColumnsOwnTerms) {
  TableKey text = KeyOf({Column("c", "varchar", CellFormat::kText)});
  EXPECT_EQ(RangeCondition(text, Range(text, KeyBound{"a'"}, std::nullopt)),
            "`c` >= CONVERT(_utf8mb4 x'6127' USING latin1) COLLATE latin1_swedish_ci");
  SourceColumn column = Column("c", "varchar", CellFormat::kText);
  column.charset = "cp932";
  column.collation = "cp932_bin";
  TableKey encoded = KeyOf({column});
  EXPECT_EQ(RangeCondition(encoded, Range(encoded, KeyBound{"ed40"}, std::nullopt)),
            "`c` >= _cp932 x'ed40' COLLATE cp932_bin");
  TableKey binary = KeyOf({Column("c", "binary", CellFormat::kBytes)});
  EXPECT_EQ(RangeCondition(binary, Range(binary, KeyBound{"00ff"}, std::nullopt)),
            "`c` >= x'00ff'");
  TableKey time = KeyOf({Column("c", "datetime", CellFormat::kCivil)});
  EXPECT_EQ(RangeCondition(time, Range(time, KeyBound{"2020-01-01 00:00:00"}, std::nullopt)),
            "`c` >= '2020-01-01 00:00:00'");
  TableKey number = KeyOf({Column("c", "int", CellFormat::kSigned)});
  EXPECT_THROW(RangeCondition(number, Range(number, KeyBound{"1 or 1"}, std::nullopt)), Error);
}

TEST(MySqlRange, KeepsNullsApart) {
  TableKey key = KeyOf({Column("c", "int", CellFormat::kSigned, true)});
  PartitionRange nulls = Range(key, std::nullopt, std::nullopt);
  EXPECT_EQ(RangeCondition(key, nulls), "`c` IS NOT NULL");
  nulls.only_nulls = true;
  EXPECT_EQ(RangeCondition(key, nulls), "`c` IS NULL");
}

TEST(MySqlKey, PrefersThePrimaryThenUniqueWithoutNulls) {
  SourceTable table;
  table.columns = {Column("n", "int", CellFormat::kSigned, true),
                   Column("u", "int", CellFormat::kSigned), Column("e", "enum", CellFormat::kText)};
  table.indexes = {Index("un", IndexKind::kUnique, {"n"})};
  EXPECT_EQ(ChooseKey(table)->index, "un");
  table.indexes.push_back(Index("uu", IndexKind::kUnique, {"u"}));
  EXPECT_EQ(ChooseKey(table)->index, "uu");
  table.indexes.push_back(Index("PRIMARY", IndexKind::kPrimary, {"e"}));
  EXPECT_EQ(ChooseKey(table)->index, "uu") << "an enum does not order by its text";
  table.columns[2].format = CellFormat::kUnsigned;
  EXPECT_EQ(ChooseKey(table)->index, "uu") << "nor where an empty label has it read by its index";
  table.indexes.back() = Index("PRIMARY", IndexKind::kPrimary, {"u", "n"});
  table.columns[0].nullable = false;
  EXPECT_EQ(ChooseKey(table)->index, "PRIMARY");
}

TEST(MySqlKey, LeavesOutPrefixesDescendingHashAndInvisible) {
  SourceTable table;
  table.columns = {Column("c", "varchar", CellFormat::kText)};
  SourceIndex good = Index("u", IndexKind::kUnique, {"c"});
  for (int spoil = 0; spoil < 4; ++spoil) {
    table.indexes = {good};
    if (spoil == 0) table.indexes[0].parts[0].prefix_length = 10;
    if (spoil == 1) table.indexes[0].parts[0].descending = true;
    if (spoil == 2) table.indexes[0].method = "HASH";
    if (spoil == 3) table.indexes[0].invisible = true;
    EXPECT_FALSE(ChooseKey(table).has_value()) << spoil;
  }
}

// Counts exact rows of a sorted list, as a perfect index dive would.
auto Exactly(const std::vector<Int128>& ids, int* dives) {
  return [&ids, dives](Int128 low, Int128 high) {
    ++*dives;
    return static_cast<std::uint64_t>(
        std::count_if(ids.begin(), ids.end(), [&](Int128 id) { return id >= low && id <= high; }));
  };
}

TEST(MySqlSplit, CutsDenseIdsEvenly) {
  std::vector<Int128> ids;
  for (int i = 1; i <= 1000; ++i) ids.push_back(i);
  int dives = 0;
  auto bounds = CutIntegers(1, 1000, 100, Exactly(ids, &dives));
  EXPECT_GE(bounds.size(), 9u);
  EXPECT_LE(bounds.size(), 20u);
  EXPECT_LT(dives, 64);
}

TEST(MySqlSplit, DoesNotExplodeOnSparseIds) {
  std::vector<Int128> ids = {1, 2, ParseInt128("9223372036854775807")};
  int dives = 0;
  auto bounds = CutIntegers(ids.front(), ids.back(), 1, Exactly(ids, &dives));
  EXPECT_LT(dives, 200);
  EXPECT_EQ(bounds.size(), 2u);
}

TEST(MySqlSplit, StopsWhenEstimatesNeverShrink) {
  int dives = 0;
  auto stubborn = [&dives](Int128, Int128) {
    ++dives;
    return std::uint64_t{1000};
  };
  CutIntegers(0, ParseInt128("9223372036854775807"), 10, stubborn);
  EXPECT_LE(dives, 20'100);
}

}  // namespace
}  // namespace transload::mysql
