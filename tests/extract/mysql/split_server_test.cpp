// Cutting tables along every kind of key, on the real servers: no row lost, none twice.
#include <gtest/gtest.h>

#include <set>

#include "tests/extract/mysql/mysql_source_test.h"

namespace transload {
namespace {

struct SplitCase {
  const char* name;
  const char* columns;  // of the table's key and what else it has
  const char* rows;     // expressions over n.i, 0 .. 1999
  bool mariadb_only = false;
};

constexpr SplitCase kKeys[] = {
    {"integer", "id int primary key, pad varchar(200)", "i * 7 - 500, repeat('x', 100)"},
    {"unsigned beyond 63 bits", "id bigint unsigned primary key, pad varchar(200)",
     "18446744073709551615 - i * 3, repeat('x', 100)"},
    {"composite", "a smallint, b varchar(20), pad varchar(200), primary key (a, b)",
     "i % 7, concat('k', i), repeat('x', 100)"},
    {"collated text", "k varchar(40) primary key, pad varchar(200)",
     "concat(if(i % 2, 'Key\\'', 'kEY\\''), char(65 + i % 26), i), repeat('x', 100)"},
    {"latin1 text", "k varchar(40) character set latin1 primary key, pad varchar(200)",
     "concat(convert(_utf8mb4 0xC3A9 using latin1), i % 100, convert(_utf8mb4 0xC39F using "
     "latin1), i), repeat('x', 100)"},
    // ED40 comes back from UTF-8 as FA5C.
    {"text that UTF-8 changes", "k varchar(40) character set cp932 primary key, pad varchar(200)",
     "convert(concat(if(i % 2, x'E0', x'ED'), char(64 + i % 32), i) using cp932), repeat('x', "
     "100)"},
    {"binary", "k varbinary(16) primary key, pad varchar(200)",
     "concat(char(i % 256), 0x00FF275C, char(i div 256)), repeat('x', 100)"},
    {"decimal", "k decimal(20,4) primary key, pad varchar(200)",
     "(i - 1000) / 16, repeat('x', 100)"},
    {"datetime", "k datetime(3) primary key, pad varchar(200)",
     "'2020-01-01' + interval i minute, repeat('x', 100)"},
    {"nullable", "k int, pad varchar(200), unique key (k)",
     "if(i % 10 = 0, null, i), repeat('x', 100)"},
    {"uuid", "k uuid primary key, pad varchar(200)",
     "concat('00000000-0000-4000-8000-', lpad(hex(crc32(i)), 12, '0')), repeat('x', 100)", true},
    {"inet6", "k inet6 primary key, pad varchar(200)", "concat('::', hex(i)), repeat('x', 100)",
     true},
};

class MySqlSplitTest : public MySqlSourceTest {
 protected:
  // All rows by the plan's ranges, a remainder cut as lanes cut it. No range may hold more than
  // `most` rows.
  std::multiset<std::string> ReadByRanges(RowReader& reader, const SourceTable& table,
                                          const SplitPlan& plan, std::size_t most) {
    std::multiset<std::string> rows;
    ReadRequest request = RequestFor(table);
    auto read = [&](const PartitionRange& range) {
      request.range = range;
      std::vector<std::string> part = ReadAll(reader, request);
      EXPECT_LE(part.size(), most) << range.Describe();
      rows.insert(part.begin(), part.end());
    };
    for (const PartitionRange& planned : plan.ranges) {
      PartitionRange range = planned;
      while (plan.rows_per_partition > 0 && !range.upper && !range.only_nulls) {
        range.upper =
            reader.BoundaryAfter(table.schema, table.name, range, plan.rows_per_partition);
        if (!range.upper) break;
        read(range);
        range.lower = range.upper;
        range.upper.reset();
      }
      read(range);
    }
    return rows;
  }
};

TEST_P(MySqlSplitTest, EveryKindOfKeyIsCutIntoEvenRangesThatHoldEveryRowOnce) {
  for (const SplitCase& key : kKeys) {
    if (key.mariadb_only && !mariadb()) continue;
    SCOPED_TRACE(key.name);
    Execute("drop table if exists t; create table t (" + std::string(key.columns) +
            ") engine=InnoDB; insert into t select " + key.rows + " from " + Numbers(4) +
            " where i < 2000; analyze table t");
    std::unique_ptr<Source> source = Open();
    source->TakeSnapshot({});
    const SourceTable table = TableNamed(*source, "t");
    std::unique_ptr<RowReader> reader = source->NewReader();
    ReadRequest whole = RequestFor(table);
    const std::vector<std::string> all = ReadAll(*reader, whole);
    ASSERT_EQ(all.size(), 2000U);

    SplitPlan plan = source->Split(table, "", table.estimated_bytes / 10);
    std::multiset<std::string> rows = ReadByRanges(*reader, table, plan, 700);
    EXPECT_EQ(rows, std::multiset<std::string>(all.begin(), all.end()));
    if (plan.rows_per_partition == 0) {
      EXPECT_GE(plan.ranges.size(), 6U) << plan.explanation;
      EXPECT_LE(plan.ranges.size(), 40U) << plan.explanation;
    }
    source->Release(std::move(reader));
  }
}

TEST_P(MySqlSplitTest, IdsAtBothEndsOfTheirTypeMakeNoEmptyRanges) {
  Execute(
      "create table s (id bigint primary key) engine=InnoDB;"
      "insert into s values (1), (2), (9223372036854775807);"
      "create table u (id bigint unsigned primary key) engine=InnoDB;"
      "insert into u values (0), (1), (18446744073709551615);"
      "analyze table s; analyze table u");
  std::unique_ptr<Source> source = Open();
  source->TakeSnapshot({});
  std::unique_ptr<RowReader> reader = source->NewReader();
  for (const char* name : {"s", "u"}) {
    SourceTable table = TableNamed(*source, name);
    // As if each row filled a partition, then as if all went into one.
    table.estimated_rows = 3;
    table.estimated_bytes = 3 << 20;
    SplitPlan plan = source->Split(table, "", 1 << 20);
    EXPECT_LE(plan.ranges.size(), 4U) << plan.explanation;
    EXPECT_EQ(ReadByRanges(*reader, table, plan, 3).size(), 3U);
    EXPECT_EQ(source->Split(table, "", 4 << 20).ranges.size(), 1U);
  }
  source->Release(std::move(reader));
}

TEST_P(MySqlSplitTest, AnOpenPartitionEndsWhereItStandsAndTheRestBeginsThere) {
  for (const SplitCase& key : kKeys) {
    if ((key.mariadb_only && !mariadb()) || std::string(key.name) == "nullable") continue;
    SCOPED_TRACE(key.name);
    Execute("drop table if exists t; create table t (" + std::string(key.columns) +
            ") engine=InnoDB; insert into t select " + key.rows + " from " + Numbers(4) +
            " where i < 6000");
    std::unique_ptr<Source> source = Open();
    source->TakeSnapshot({});
    SourceTable table = TableNamed(*source, "t");
    table.estimated_bytes = 1;  // as wrong as it can be
    std::unique_ptr<RowReader> reader = source->NewReader();
    ReadRequest request = RequestFor(table);
    request.range = source->Split(table, "", 1 << 20).ranges.at(0);
    request.in_key_order = true;
    request.where = "crc32(pad) <> 1";

    reader->Open(request);
    RowBatch batch;
    ASSERT_TRUE(reader->Read(batch));
    const std::size_t first = batch.rows();
    const std::optional<KeyBound> bound = reader->CutAfter(first);
    ASSERT_TRUE(bound.has_value());
    request.range.upper = bound;
    EXPECT_EQ(ReadAll(*reader, request).size(), first);
    request.range.lower = bound;
    request.range.upper.reset();
    EXPECT_EQ(ReadAll(*reader, request).size(), 6000 - first);
    source->Release(std::move(reader));
  }
}

TEST_P(MySqlSplitTest, CuttingBehindTheLastRowIsTheEnd) {
  Execute(
      "create table t (id int primary key, v mediumtext) engine=InnoDB;"
      "insert into t values (1, repeat('x', 300000)), (2, repeat('y', 300000))");
  std::unique_ptr<Source> source = Open();
  source->TakeSnapshot({});
  const SourceTable table = TableNamed(*source, "t");
  std::unique_ptr<RowReader> reader = source->NewReader();
  ReadRequest request = RequestFor(table);
  request.range.by = SplitBy::kKey;
  request.range.columns = {"id"};
  request.in_key_order = true;
  reader->Open(request);
  RowBatch batch;
  ASSERT_TRUE(reader->Read(batch));
  ASSERT_TRUE(reader->Read(batch));
  EXPECT_FALSE(reader->CutAfter(2).has_value());
  batch.Clear();
  EXPECT_FALSE(reader->Read(batch));
  EXPECT_EQ(batch.rows(), 0U);

  // Without the order there is no place to cut, and reading goes on.
  request.in_key_order = false;
  reader->Open(request);
  ASSERT_TRUE(reader->Read(batch));
  EXPECT_FALSE(reader->CutAfter(1).has_value());
  batch.Clear();
  ASSERT_TRUE(reader->Read(batch));
  EXPECT_EQ(batch.rows(), 1U);
  reader->Abandon();
  source->Release(std::move(reader));
}

TEST_P(MySqlSplitTest, RowsThatDoNotLieInTheirKeysOrderAreNotReadInIt) {
  Execute("create table t (id int primary key, v int) engine=MyISAM; insert into t values (1, 1)");
  std::unique_ptr<Source> source = Open();
  source->TakeSnapshot({});
  EXPECT_TRUE(source->Split(TableNamed(*source, "t"), "", 1 << 20).ranges.at(0).whole_table());
}

INSTANTIATE_TEST_SUITE_P(MariaDb, MySqlSplitTest, ::testing::Values("mariadb"));
INSTANTIATE_TEST_SUITE_P(Matrix, MySqlSplitTest, ::testing::Values("9", "5.6"));

}  // namespace
}  // namespace transload
