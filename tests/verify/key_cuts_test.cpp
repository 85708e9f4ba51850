// Which sub-range a row is in must be what a WHERE condition on its key would say.
#include "verify/key_cuts.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "verify/read_back.h"

namespace transload {
namespace {

std::string FramedKey(std::string_view bytes) {
  std::string frame(4, '\0');
  StoreBe32(frame.data(), static_cast<std::uint32_t>(bytes.size()));
  return frame + std::string(bytes);
}
std::string NullKey() { return std::string(4, '\xff'); }
std::string Int(std::int64_t value, std::size_t bytes) {
  std::string field;
  for (std::size_t i = bytes; i-- > 0;) field += static_cast<char>(value >> (8 * i));
  return FramedKey(field);
}
std::string Words(std::initializer_list<int> words) {
  std::string field;
  for (int word : words) field += {static_cast<char>(word >> 8), static_cast<char>(word)};
  return FramedKey(field);
}

struct CutColumn {
  std::string name;
  std::string type;
  CellFormat format;
  std::string decode = {};
};

BoundTable Table(const std::vector<CutColumn>& columns, const std::vector<std::string>& key) {
  TablePlan plan;
  plan.source_name = plan.name = "t";
  plan.schema = "public";
  std::vector<TargetColumn> targets;
  for (const CutColumn& column : columns) {
    ColumnPlan planned;
    planned.source.name = planned.name = column.name;
    planned.source.type = column.format == CellFormat::kDynamic ? "INTEGER" : "";
    planned.source.format = column.format;
    planned.decode = column.decode;
    planned.type = ParsePgType(column.type);
    plan.columns.push_back(planned);
    TargetColumn target;
    target.name = column.name;
    target.type = planned.type;
    targets.push_back(target);
  }
  IndexPlan index;
  index.primary = true;
  for (const std::string& name : key) index.parts.push_back({"\"" + name + "\"", false, "", ""});
  plan.indexes.push_back(index);
  return BoundTable(1, 1, plan, targets, 7);
}

TEST(KeyCuts, PutIntegersOfAnyWidthBetweenTheirCuts) {
  for (const auto& [type, bytes] : std::vector<std::pair<std::string, std::size_t>>{
           {"smallint", 2}, {"integer", 4}, {"bigint", 8}}) {
    const BoundTable table =
        Table({{"a", "text", CellFormat::kText}, {"id", type, CellFormat::kSigned}}, {"id"});
    std::optional<KeyCuts> cuts = KeyCuts::For(table, true);
    ASSERT_TRUE(cuts) << type;
    for (const char* cut : {"100", "-5", "100", "0"}) EXPECT_TRUE(cuts->Add({cut}));
    cuts->Settle(1);
    ASSERT_EQ(cuts->size(), 4u);
    const std::vector<std::pair<int, std::size_t>> rows = {{-300, 0}, {-6, 0}, {-5, 1},  {-1, 1},
                                                           {0, 2},    {99, 2}, {100, 3}, {101, 3}};
    for (const auto& [id, expected] : rows) {
      for (std::size_t near = 0; near < 5; ++near) {
        EXPECT_EQ(cuts->Find(FramedKey("x") + Int(id, bytes), near), expected) << type << " " << id;
      }
    }
    EXPECT_EQ(cuts->Find(FramedKey("x") + NullKey(), 0), 4u);
    EXPECT_EQ(cuts->Range(1, 2).Describe(), "id >= -5 and id < 100");
    EXPECT_EQ(cuts->Range(0, 0).Describe(), "id < -5");
    EXPECT_EQ(cuts->Range(3, 3).Describe(), "id >= 100");
    EXPECT_EQ(cuts->Range(0, 3).Describe(), "all of id");
  }
}

// A numeric is digits, weight, sign, scale, then groups of four digits.
TEST(KeyCuts, PutNumbersBeyondAndBetweenIntegersWhereTheyBelong) {
  const BoundTable table = Table({{"id", "numeric", CellFormat::kUnsigned}}, {"id"});
  std::optional<KeyCuts> cuts = KeyCuts::For(table, true);
  ASSERT_TRUE(cuts);
  for (const char* cut : {"-1", "0", "2", "12345678"}) EXPECT_TRUE(cuts->Add({cut}));
  for (const char* none : {"9223372036854775807", "18446744073709551615", "NaN", ""}) {
    EXPECT_FALSE(cuts->Add({none})) << none;
  }
  cuts->Settle(1);
  const int minus = 0x4000;
  EXPECT_EQ(cuts->Find(Words({1, 0, minus, 0, 1}), 0), 1u);        // -1
  EXPECT_EQ(cuts->Find(Words({2, 0, minus, 1, 1, 5000}), 0), 0u);  // -1.5
  EXPECT_EQ(cuts->Find(Words({1, -1, minus, 1, 5000}), 0), 1u);    // -0.5
  EXPECT_EQ(cuts->Find(Words({0, 0, 0, 0}), 0), 2u);               // 0
  EXPECT_EQ(cuts->Find(Words({1, -1, 0, 1, 5000}), 0), 2u);        // 0.5
  EXPECT_EQ(cuts->Find(Words({2, 0, 0, 1, 1, 9999}), 0), 2u);      // 1.9999
  EXPECT_EQ(cuts->Find(Words({2, 1, 0, 0, 1234, 5677}), 0), 3u);
  EXPECT_EQ(cuts->Find(Words({2, 1, 0, 0, 1234, 5678}), 0), 4u);
  EXPECT_EQ(cuts->Find(Words({1, 1, 0, 0, 1235}), 0), 4u);  // 12350000
  EXPECT_EQ(cuts->Find(Words({5, 4, 0, 0, 1844, 6744, 737, 955, 1615}), 0), 4u);
  EXPECT_EQ(cuts->Find(Words({1, 50, 0, 0, 1}), 0), 4u);
  EXPECT_EQ(cuts->Find(Words({1, 50, minus, 0, 1}), 0), 0u);
  EXPECT_EQ(cuts->Find(Words({0, 0, 0xC000, 0}), 0), 4u);  // NaN sorts last
}

TEST(KeyCuts, CutUuidsAndBinaryStringsByTheirBytes) {
  const BoundTable uuids = Table({{"id", "uuid", CellFormat::kBytes, "uuid"}}, {"id"});
  std::optional<KeyCuts> cuts = KeyCuts::For(uuids, true);
  ASSERT_TRUE(cuts);
  EXPECT_TRUE(cuts->Add({"01234567-89ab-4def-8123-456789000000"}));
  EXPECT_FALSE(cuts->Add({"0123"}));
  cuts->Settle(1);
  std::string uuid = "\x01\x23\x45\x67\x89\xab\x4d\xef\x81\x23\x45\x67\x89";
  uuid.resize(16);
  EXPECT_EQ(cuts->Find(FramedKey(uuid), 0), 1u);
  uuid[0] = 0;
  EXPECT_EQ(cuts->Find(FramedKey(uuid), 0), 0u);
  EXPECT_EQ(cuts->Range(0, 0).upper, KeyBound{"0123456789ab4def8123456789000000"});

  const BoundTable bytes = Table({{"id", "bytea", CellFormat::kBytes}}, {"id"});
  cuts = KeyCuts::For(bytes, true);
  ASSERT_TRUE(cuts);
  EXPECT_TRUE(cuts->Add({"61620000"}));  // as the cut 6162
  EXPECT_FALSE(cuts->Add({"0000"}));
  cuts->Settle(1);
  EXPECT_EQ(cuts->Range(1, 1).lower, KeyBound{"6162"});
  EXPECT_EQ(cuts->Find(FramedKey("a"), 0), 0u);
  EXPECT_EQ(cuts->Find(FramedKey("ab"), 0), 1u);
  EXPECT_EQ(cuts->Find(FramedKey(std::string("ab\0", 3)), 0), 1u);
  EXPECT_EQ(cuts->Find(FramedKey(std::string("aa\xff\xff", 4)), 1), 0u);
}

TEST(KeyCuts, CutPairsOfIntegersByBothUnlessOneIsWanted) {
  // The key's order is not that of the columns.
  const BoundTable table =
      Table({{"line", "integer", CellFormat::kSigned}, {"orders", "bigint", CellFormat::kSigned}},
            {"orders", "line"});
  std::optional<KeyCuts> cuts = KeyCuts::For(table, true);
  ASSERT_TRUE(cuts);
  EXPECT_TRUE(cuts->Add({"10", "-3"}));
  EXPECT_FALSE(cuts->Add({"10"}));
  cuts->Settle(1);
  EXPECT_EQ(cuts->Find(Int(-4, 4) + Int(10, 8), 0), 0u);
  EXPECT_EQ(cuts->Find(Int(-3, 4) + Int(10, 8), 0), 1u);
  EXPECT_EQ(cuts->Find(Int(7, 4) + Int(9, 8), 0), 0u);
  EXPECT_EQ(cuts->Find(Int(-7, 4) + Int(11, 8), 0), 1u);
  EXPECT_EQ(cuts->Range(1, 1).Describe(), "(orders, line) >= (10, -3)");
  EXPECT_EQ(RangeInTarget(table, cuts->Range(1, 1)),
            "(\"orders\", \"line\") >= ('10'::bigint, '-3'::integer)");

  cuts = KeyCuts::For(table, false, 1);
  ASSERT_TRUE(cuts);
  EXPECT_TRUE(cuts->Add({"10"}));
  EXPECT_EQ(cuts->Range(0, 0).Describe(), "orders < 10");
}

TEST(KeyCuts, CutDatesAndTimesAndPrintThemAsBothSidesReadThem) {
  const std::vector<std::string> types = {"date", "timestamp", "timestamptz"};
  for (const std::string& type : types) {
    BoundTable table = Table({{"at", type, CellFormat::kCivil}}, {"at"});
    if (type == "timestamptz") {
      EXPECT_FALSE(KeyCuts::For(table, true));  // of a MySQL DATETIME, say, by a zone's shift
      table = Table({{"at", type, CellFormat::kPgBinary}}, {"at"});
    }
    EXPECT_FALSE(KeyCuts::For(table, false));
    std::optional<KeyCuts> cuts = KeyCuts::For(table, true);
    ASSERT_TRUE(cuts) << type;
    if (type == "date") {
      for (const char* cut : {"2020-02-29", "1999-12-31", "0001-01-01"}) {
        EXPECT_TRUE(cuts->Add({cut})) << cut;
      }
      for (const char* none : {"infinity", "-infinity", "0044-03-15 BC", "10000-01-01", ""}) {
        EXPECT_FALSE(cuts->Add({none})) << none;
      }
      cuts->Settle(1);
      EXPECT_EQ(cuts->Find(Int(-1, 4), 0), 2u);  // 1999-12-31
      EXPECT_EQ(cuts->Find(Int(-2, 4), 0), 1u);
      EXPECT_EQ(cuts->Find(Int(INT32_MIN, 4), 0), 0u);  // -infinity
      EXPECT_EQ(cuts->Find(Int(INT32_MAX, 4), 0), 3u);
      EXPECT_EQ(cuts->Find(Int(7364, 4), 0), 3u);  // 2020-02-29
      EXPECT_EQ(cuts->Range(2, 2).Describe(), "at >= 1999-12-31 and at < 2020-02-29");
      continue;
    }
    const std::string zone = type == "timestamptz" ? "+00" : "";
    EXPECT_TRUE(cuts->Add({"2000-01-01 00:00:01" + zone}));
    EXPECT_TRUE(cuts->Add({"1999-12-31 23:59:59.999999" + zone}));
    EXPECT_FALSE(cuts->Add({"2020-02-29"}));
    EXPECT_FALSE(cuts->Add({"2020-02-29 00:00:00+02"}));
    cuts->Settle(1);
    EXPECT_EQ(cuts->Find(Int(-2, 8), 0), 0u);
    EXPECT_EQ(cuts->Find(Int(-1, 8), 0), 1u);
    EXPECT_EQ(cuts->Find(Int(999'999, 8), 0), 1u);
    EXPECT_EQ(cuts->Find(Int(1'000'000, 8), 0), 2u);
    EXPECT_EQ(cuts->Range(1, 1).Describe(),
              "at >= 1999-12-31 23:59:59.999999 and at < 2000-01-01 00:00:01.000000");
  }
}

// As many leading columns as order alike.
TEST(KeyCuts, CutKeysOfSeveralColumns) {
  const std::vector<CutColumn> columns = {{"tenant", "uuid", CellFormat::kBytes, "uuid"},
                                          {"day", "date", CellFormat::kCivil},
                                          {"line", "numeric(20)", CellFormat::kUnsigned},
                                          {"name", "text", CellFormat::kText}};
  const BoundTable table = Table(columns, {"tenant", "day", "line", "name"});
  std::optional<KeyCuts> cuts = KeyCuts::For(table, true);
  ASSERT_TRUE(cuts);
  EXPECT_EQ(cuts->columns().size(), 3u);
  const std::string uuid = "00000000-0000-0000-0000-000000000001";
  EXPECT_TRUE(cuts->Add({uuid, "2000-01-02", "5"}));
  cuts->Settle(1);
  const std::string one = FramedKey(std::string(15, '\0') + '\1');
  const std::string two = FramedKey(std::string(15, '\0') + '\2');
  const std::string four = Words({1, 0, 0, 0, 4}), five = Words({1, 0, 0, 0, 5});
  EXPECT_EQ(cuts->Find(one + Int(1, 4) + four + NullKey(), 0), 0u);
  EXPECT_EQ(cuts->Find(one + Int(1, 4) + five + NullKey(), 0), 1u);
  EXPECT_EQ(cuts->Find(one + Int(2, 4) + four + NullKey(), 0), 1u);
  EXPECT_EQ(cuts->Find(two + Int(0, 4) + four + NullKey(), 0), 1u);
  EXPECT_EQ(cuts->Find(one + NullKey() + four + NullKey(), 0), 2u);
  EXPECT_EQ(cuts->Range(1, 1).columns, (std::vector<std::string>{"tenant", "day", "line"}));
  EXPECT_EQ(cuts->Range(1, 1).lower,
            (KeyBound{"00000000000000000000000000000001", "2000-01-02", "5"}));

  // What is cut short within one point is the last column: a numeric's fraction, a long string.
  const std::vector<CutColumn> numbers = {{"a", "numeric(20,2)", CellFormat::kDecimal},
                                          {"b", "integer", CellFormat::kSigned}};
  EXPECT_EQ(KeyCuts::For(Table(numbers, {"a", "b"}), true)->columns().size(), 1u);
  EXPECT_EQ(KeyCuts::For(Table(numbers, {"b", "a"}), true)->columns().size(), 2u);
  // A source that reads ranges of integers only.
  EXPECT_FALSE(KeyCuts::For(table, false));
  EXPECT_EQ(KeyCuts::For(Table(numbers, {"b", "a"}), true, 1)->columns().size(), 1u);
}

TEST(KeyCuts, NameTheRowidOfSqlite) {
  const BoundTable table = Table({{"id", "bigint", CellFormat::kDynamic}}, {"id"});
  std::optional<KeyCuts> cuts = KeyCuts::For(table, true);
  ASSERT_TRUE(cuts);
  EXPECT_TRUE(cuts->Add({"5"}));
  cuts->Settle(1);
  EXPECT_EQ(cuts->Range(0, 0).by, SplitBy::kRowid);
  EXPECT_EQ(RangeInTarget(table, cuts->Range(0, 0)), "(\"id\") < ('5'::bigint)");
}

TEST(KeyCuts, AreNotMadeWhereKeysOrderDifferently) {
  EXPECT_FALSE(KeyCuts::For(Table({{"id", "text", CellFormat::kText}}, {"id"}), true));
  EXPECT_FALSE(KeyCuts::For(Table({{"id", "integer", CellFormat::kText}}, {"id"}), true));
  EXPECT_FALSE(
      KeyCuts::For(Table({{"id", "double precision", CellFormat::kFloat64}}, {"id"}), true));
  EXPECT_FALSE(KeyCuts::For(Table({{"id", "integer", CellFormat::kSigned}}, {"lost"}), true));
  EXPECT_FALSE(KeyCuts::For(Table({{"id", "bytea", CellFormat::kPgBinary}}, {"id"}), true));
  EXPECT_TRUE(KeyCuts::For(Table({{"id", "integer", CellFormat::kPgBinary}}, {"id"}), true));
}

TEST(KeyCuts, KeepEveryFewOfASample) {
  const BoundTable table = Table({{"id", "integer", CellFormat::kSigned}}, {"id"});
  std::optional<KeyCuts> cuts = KeyCuts::For(table, true);
  for (int i = 99; i >= 0; --i) cuts->Add({std::to_string(i * 10)});
  cuts->Settle(4);
  EXPECT_EQ(cuts->size(), 25u);
  EXPECT_EQ(cuts->Range(1, 1).Describe(), "id >= 40 and id < 80");
}

}  // namespace
}  // namespace transload
