#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/extract/sqlite/test_database.h"

namespace transload::sqlite {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<ColumnFacts> ScanAll(Source& source, const std::string& name) {
  const SourceCatalogue catalogue = source.ReadCatalogue();
  const SourceTable& table = TableOf(catalogue, name);
  std::vector<std::string> columns;
  for (const SourceColumn& column : table.columns) columns.push_back(column.name);
  return source.Scan(table, columns);
}

TEST(SqliteScan, CountsStorageClassesAndShowsWhereTheyDeviate) {
  const TestDatabase database(R"(
    CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER);
    INSERT INTO t VALUES (1, 5), (2, '5x'), (3, x'00'), (4, 1.5), (5, NULL), (9, 2.0);)");
  const auto source = database.Open();
  const ColumnFacts facts = ScanAll(*source, "t")[1];
  EXPECT_TRUE(facts.known);
  EXPECT_EQ(facts.rows, 6u);
  EXPECT_EQ(facts.nulls, 1u);
  EXPECT_EQ(CountOf(facts, "integer"), 2u);  // 2.0 became 2 when it was stored
  EXPECT_EQ(CountOf(facts, "real"), 1u);
  EXPECT_EQ(CountOf(facts, "text"), 1u);
  EXPECT_EQ(CountOf(facts, "blob"), 1u);
  EXPECT_EQ(facts.minimum, "2");
  EXPECT_EQ(facts.maximum, "5");
  EXPECT_THAT(facts.samples, ElementsAre("rowid 4: 1.5", "rowid 2: '5x'", "rowid 3: x'00'"));
}

TEST(SqliteScan, SeesWhatAffinityHasMadeOfValues) {
  const TestDatabase database(R"(
    CREATE TABLE t(s STRING, d DECIMAL(10,2), u BIGINT UNSIGNED, r REAL, z VARCHAR(3));
    INSERT INTO t VALUES ('001', '1.10', '18446744073709551615', 1e999, 'toolong');
    INSERT INTO t VALUES ('12abc', '0x1F', 9223372036854775807, -0.0, 'ab   ');)");
  const auto source = database.Open();
  const std::vector<ColumnFacts> facts = ScanAll(*source, "t");
  EXPECT_EQ(facts[0].minimum, "1");
  EXPECT_EQ(CountOf(facts[0], "text"), 1u);
  EXPECT_EQ(CountOf(facts[1], "real"), 1u);
  EXPECT_EQ(CountOf(facts[1], "max_scale"), 1u);
  EXPECT_EQ(CountOf(facts[2], "real"), 1u);
  EXPECT_EQ(CountOf(facts[2], "integral_real"), 0u);  // 1.8e19 is beyond 2^53
  EXPECT_EQ(facts[2].maximum, "9223372036854775807");
  EXPECT_EQ(CountOf(facts[2], "int_beyond_double"), 1u);
  EXPECT_EQ(CountOf(facts[3], "real_infinite"), 1u);
  EXPECT_EQ(CountOf(facts[4], "max_chars"), 7u);
  EXPECT_THAT(facts[4].samples, IsEmpty());
}

TEST(SqliteScan, MeasuresTextInBytesAndFindsNulAndBadUtf8) {
  const TestDatabase database(R"(
    CREATE TABLE t(a TEXT);
    INSERT INTO t VALUES (CAST(x'610062' AS TEXT)), (CAST(x'FF41' AS TEXT)),
      (CAST(x'EDA080' AS TEXT)), ('naïve'), (x'6162');)");
  const auto source = database.Open();
  const ColumnFacts facts = ScanAll(*source, "t")[0];
  EXPECT_EQ(CountOf(facts, "nul_byte"), 1u);
  EXPECT_EQ(CountOf(facts, "bad_utf8"), 2u);
  EXPECT_EQ(facts.max_bytes, 6u);
  EXPECT_EQ(CountOf(facts, "max_chars"), 5u);
  EXPECT_EQ(CountOf(facts, "blob_utf8"), 1u);
  EXPECT_THAT(facts.samples, Contains("rowid 1: 'a\\x00b'"));
  EXPECT_THAT(facts.samples, Contains("rowid 2: '\\xffA'"));
}

TEST(SqliteScan, ClassifiesDatesEpochsJsonAndBooleans) {
  const TestDatabase database(R"(
    CREATE TABLE t(d DATETIME, e TIMESTAMP, j JSON, b BOOLEAN, u UUID, n DATE);
    INSERT INTO t VALUES ('2024-01-02 03:04:05', 1700000000, '{"a":1}', 1, x'00112233445566778899aabbccddeeff', 2460000.5);
    INSERT INTO t VALUES ('2024-01-02T03:04Z', 1700000000000, '[1,', 'yes', '6ccd780c-baba-1026-9564-5b8c656024db', 'soon');)");
  const auto source = database.Open();
  const std::vector<ColumnFacts> facts = ScanAll(*source, "t");
  EXPECT_EQ(CountOf(facts[0], "text_datetime"), 1u);
  EXPECT_EQ(CountOf(facts[0], "text_datetime_zone"), 1u);
  EXPECT_EQ(CountOf(facts[1], "int_unix_seconds"), 1u);
  EXPECT_EQ(CountOf(facts[1], "int_unix_millis"), 1u);
  EXPECT_EQ(CountOf(facts[2], "json"), 1u);
  EXPECT_EQ(CountOf(facts[2], "json_jsonb"), 1u);
  EXPECT_EQ(CountOf(facts[3], "int_bool"), 1u);
  EXPECT_EQ(CountOf(facts[3], "text_bool"), 1u);
  EXPECT_EQ(CountOf(facts[4], "blob_uuid"), 1u);
  EXPECT_EQ(CountOf(facts[4], "text_uuid"), 1u);
  EXPECT_EQ(CountOf(facts[5], "real_julian"), 1u);
  EXPECT_THAT(facts[5].samples, Contains("rowid 2: 'soon'"));
}

// How the rowids of a table lie, as an expression of a counter i from 1 to 60000.
class SqliteScanOfRowids : public testing::TestWithParam<const char*> {};

TEST_P(SqliteScanOfRowids, GivesTheSameFactsWithManyThreads) {
  const TestDatabase database(fmt::format(R"(
    CREATE TABLE t(id INTEGER PRIMARY KEY, a, pad TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
    INSERT INTO t SELECT {}, CASE i % 4 WHEN 0 THEN i WHEN 1 THEN i / 8.0
      WHEN 2 THEN 'text ' || i ELSE NULL END, hex(zeroblob(100)) FROM n;)",
                                          GetParam()));
  const auto one = database.Open(1);
  const auto many = database.Open(4);
  many->TakeSnapshot(Readers(4, 2));
  const std::vector<ColumnFacts> a = ScanAll(*one, "t");
  const std::vector<ColumnFacts> b = ScanAll(*many, "t");
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].rows, 60000u);
    EXPECT_EQ(a[i].rows, b[i].rows);
    EXPECT_EQ(a[i].counts, b[i].counts);
    EXPECT_EQ(a[i].minimum, b[i].minimum);
    EXPECT_EQ(a[i].maximum, b[i].maximum);
  }
  // What the scan has learnt cuts the table, and every row is in exactly one part.
  const SourceCatalogue catalogue = many->ReadCatalogue();
  const SourceTable& table = TableOf(catalogue, "t");
  const SplitPlan plan = many->Split(table, "", 1 << 20);
  EXPECT_GT(plan.ranges.size(), 1u);
  std::size_t rows = 0;
  for (const PartitionRange& range : plan.ranges) rows += ReadAll(*many, table, range).size();
  EXPECT_EQ(rows, 60000u);
}

INSTANTIATE_TEST_SUITE_P(
    Spread, SqliteScanOfRowids,
    testing::Values("i", "i * 1000003 % 9000000000000000", "-i * 150000000000000",
                    // a few far apart, then all in a row; the two ends of the range
                    "CASE WHEN i < 50 THEN i * 100000000000000 ELSE 9000000000000000000 + i END",
                    "CASE i WHEN 1 THEN -9223372036854775807 - 1 WHEN 2 THEN 9223372036854775807 "
                    "ELSE i END"));

}  // namespace
}  // namespace transload::sqlite
