#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <thread>

#include "core/error.h"
#include "extract/sqlite/connection.h"
#include "tests/extract/sqlite/test_database.h"

namespace transload::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SqliteReader, GivesEveryValueItsStorageClassAndAllItsBytes) {
  const TestDatabase database(R"(
    CREATE TABLE t(a INTEGER, b REAL, c TEXT, d BLOB);
    INSERT INTO t VALUES (9223372036854775807, 1e999, CAST(x'610062' AS TEXT), x'');
    INSERT INTO t VALUES ('5x', 5, '', x'00ff');
    INSERT INTO t VALUES (x'00', -0.5, NULL, 'text');)");
  const auto source = database.Open();
  source->TakeSnapshot({});
  const SourceCatalogue catalogue = source->ReadCatalogue();
  using namespace std::string_literals;
  EXPECT_THAT(ReadAll(*source, TableOf(catalogue, "t")),
              ElementsAre(ElementsAre("i:9223372036854775807", "r:inf", "t:a\0b"s, "b:"),
                          ElementsAre("t:5x", "r:5", "t:", "b:00ff"),
                          ElementsAre("b:00", "r:-0.5", "NULL", "t:text")));
}

std::multiset<std::string> FirstCells(const Rows& rows) {
  std::multiset<std::string> cells;
  for (const auto& row : rows) cells.insert(row[0]);
  return cells;
}

// Every row of a table is in exactly one of the ranges, however it is cut.
void ExpectCover(Source& source, const SourceTable& table, std::uint64_t bytes,
                 std::size_t least_ranges) {
  const SplitPlan plan = source.Split(table, "", bytes);
  EXPECT_GE(plan.ranges.size(), least_ranges) << plan.explanation;
  std::multiset<std::string> parts;
  for (const PartitionRange& range : plan.ranges) {
    parts.merge(FirstCells(ReadAll(source, table, range)));
  }
  EXPECT_EQ(parts, FirstCells(ReadAll(source, table))) << table.name;
  EXPECT_EQ(parts.size(), source.NewReader()->CountRows("", table.name, ""));
}

TEST(SqliteSplit, CoversEveryRowOnceWhateverTheKey) {
  const TestDatabase database(R"(
    CREATE TABLE sparse(id INTEGER PRIMARY KEY, a);
    INSERT INTO sparse VALUES (-9223372036854775808, 0), (1, 1), (2, 2), (9223372036854775807, 3);
    CREATE TABLE shadowed(rowid TEXT, a);
    INSERT INTO shadowed VALUES ('x', 1), ('y', 2), ('z', 3);
    CREATE TABLE all_shadowed(rowid TEXT, oid TEXT, _rowid_ TEXT);
    INSERT INTO all_shadowed VALUES ('x', 'a', 'b'), ('y', 'a', 'b');
    CREATE TABLE named_rowid(rowid INTEGER PRIMARY KEY, a);
    INSERT INTO named_rowid VALUES (10, 1), (20, 2), (30, 3);
    CREATE TABLE clustered(a TEXT COLLATE NOCASE, b INTEGER, PRIMARY KEY(a, b)) WITHOUT ROWID;
    INSERT INTO clustered VALUES ('A', 1), ('a', 2), ('b', 1), ('B', 2), ('', 1), ('it''s', 5),
      (x'00', 7), (5, 8), ('c', 'text');
    CREATE TABLE blobs(k BLOB PRIMARY KEY) WITHOUT ROWID;
    INSERT INTO blobs VALUES (x''), (x'00'), (x'00ff'), (x'ff'), ('text'), (1), (2.5);
    CREATE TABLE descending(k TEXT, n INT, PRIMARY KEY(k, n DESC)) WITHOUT ROWID;
    INSERT INTO descending VALUES ('a', 1), ('a', 2), ('b', 1);
    CREATE TABLE empty(id INTEGER PRIMARY KEY);)");
  const auto source = database.Open();
  source->TakeSnapshot(Readers(30, 0));
  const SourceCatalogue catalogue = source->ReadCatalogue();
  const std::map<std::string, std::size_t> least_ranges = {
      {"sparse", 4},    {"shadowed", 3}, {"all_shadowed", 1}, {"named_rowid", 3},
      {"clustered", 5}, {"blobs", 4},    {"descending", 1},   {"empty", 1}};
  for (const SourceTable& table : catalogue.tables) {
    ExpectCover(*source, table, 1, least_ranges.at(table.name));
  }
}

// Bounds, ranges and the order of rows go by the collation of the key, whatever the column's is.
TEST(SqliteSplit, CoversEveryRowOnceWhereTheKeyHasAnotherCollationThanItsColumn) {
  TestDatabase database;
  std::map<std::string, std::size_t> least_ranges;
  constexpr std::array kCollations = {"BINARY", "NOCASE", "RTRIM"};
  for (const char* of_column : kCollations) {
    for (const char* of_key : kCollations) {
      for (const char* order : {"", " DESC"}) {
        const std::string table = fmt::format("{}_{}{}", of_column, of_key, *order ? "_desc" : "");
        database.Execute(fmt::format(
            "CREATE TABLE {0}(a TEXT COLLATE {1}, b TEXT COLLATE {1}, c INT, "
            "PRIMARY KEY(b COLLATE {2}{3}, c, a COLLATE {2})) WITHOUT ROWID;"
            "WITH part(p) AS (VALUES ('ab'), ('aB'), ('AB'), ('ab '), ('AB  '), ('a'), ('_'), "
            "('')), pair(a, b) AS (SELECT x.p, y.p FROM part AS x, part AS y) "
            "INSERT OR IGNORE INTO {0} SELECT b || '/' || a, b, c.p = 'a' FROM pair, part AS c;",
            table, of_column, of_key, order));
        least_ranges[table] = *order ? 1 : 40;
      }
    }
  }
  database.Execute(
      "CREATE TABLE twice(a TEXT COLLATE NOCASE, b INT, PRIMARY KEY(a COLLATE BINARY, a, b)) "
      "WITHOUT ROWID; INSERT INTO twice VALUES ('a', 1), ('A', 1), ('B', 1), ('b', 1), ('b', 2);");
  least_ranges["twice"] = 5;
  database.Close();
  const auto source = database.Open();
  source->TakeSnapshot(Readers(30, 0));
  const SourceCatalogue catalogue = source->ReadCatalogue();
  ASSERT_EQ(catalogue.tables.size(), least_ranges.size());
  for (const SourceTable& table : catalogue.tables) {
    ExpectCover(*source, table, 1, least_ranges.at(table.name));
  }
}

// In the order in which it is stored no two rows need to be compared.
TEST(SqliteSplit, LeavesATableWholeThatOnlyTheApplicationCanCompare) {
  for (const char* encoding : {"UTF-8", "UTF-16le"}) {
    TestDatabase database;
    database.DefineApplication();
    database.Execute(fmt::format("PRAGMA encoding = '{}';", encoding) + R"(
      CREATE TABLE t(k TEXT COLLATE APP, n INT, v, PRIMARY KEY(k, n)) WITHOUT ROWID;
      WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 1000)
      INSERT INTO t SELECT 'key' || i, i, i * 2 FROM s;)");
    database.Close();
    const auto source = database.Open();
    source->TakeSnapshot(Readers(3, 0));
    const SourceCatalogue catalogue = source->ReadCatalogue();
    const SourceTable& table = TableOf(catalogue, "t");
    EXPECT_EQ(table.estimated_rows, 1000u);
    EXPECT_EQ(CountOf(source->Scan(table, {"k"}).front(), "text"), 1000u);
    EXPECT_EQ(source->Split(table, "", 100).ranges.size(), 1u);
    EXPECT_EQ(ReadAll(*source, table).size(), 1000u);
    const auto reader = source->NewReader();
    EXPECT_EQ(reader->CountRows("", "t", "n > 10"), 990u);
    try {
      reader->CountRows("", "t", "k = 'key1'");
      FAIL();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("table t of"));
      EXPECT_THAT(error.what(), HasSubstr("collation APP, which only the application"));
    }
    EXPECT_EQ(reader->CountRows("", "t", ""), 1000u);
  }
}

TEST(SqliteReader, NamesTheTableWhoseRowsCannotBeComputed) {
  const TestDatabase database(R"(
    CREATE TABLE t(doc TEXT);
    INSERT INTO t VALUES ('{"x": 1}'), ('no json');
    ALTER TABLE t ADD COLUMN x TEXT AS (json_extract(doc, '$.x'));)");
  const auto source = database.Open();
  source->TakeSnapshot(Readers(1, 0));
  const SourceCatalogue catalogue = source->ReadCatalogue();
  try {
    source->Scan(TableOf(catalogue, "t"), {"doc", "x"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("table t of"));
  }
}

TEST(SqliteReader, FindsTheNextBoundaryOfAnOpenRange) {
  const TestDatabase database(R"(
    CREATE TABLE t(id INTEGER PRIMARY KEY);
    INSERT INTO t VALUES (1), (2), (5), (9223372036854775807);)");
  const auto source = database.Open();
  source->TakeSnapshot({});
  const auto reader = source->NewReader();
  PartitionRange range;
  range.by = SplitBy::kRowid;
  EXPECT_EQ(reader->BoundaryAfter("", "t", range, 2), KeyBound{"5"});
  range.lower = KeyBound{"5"};
  EXPECT_EQ(reader->BoundaryAfter("", "t", range, 1), KeyBound{"9223372036854775807"});
  EXPECT_EQ(reader->BoundaryAfter("", "t", range, 2), std::nullopt);
}

TEST(SqliteReader, AppliesFilterOrderAndSample) {
  const TestDatabase database(R"(
    CREATE TABLE t(id INTEGER PRIMARY KEY, a INT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
    INSERT INTO t SELECT i, i % 2 FROM n;)");
  const auto source = database.Open();
  source->TakeSnapshot({});
  const auto reader = source->NewReader();
  EXPECT_EQ(reader->CountRows("", "t", "a = 1 OR a = 5"), 5000u);
  ReadRequest request;
  request.table = "t";
  request.columns = {{"id", "", CellFormat::kDynamic}, {"b", "a + 1", CellFormat::kDynamic}};
  request.where = "a = 1 OR a = 5";
  request.range.by = SplitBy::kRowid;
  request.range.upper = KeyBound{"6"};
  request.in_key_order = true;
  reader->Open(request);
  RowBatch batch;
  EXPECT_FALSE(reader->Read(batch));
  EXPECT_THAT(RowsOf(batch, 2), ElementsAre(ElementsAre("i:1", "i:2"), ElementsAre("i:3", "i:2"),
                                            ElementsAre("i:5", "i:2")));
  request.range = {};
  request.where.clear();
  request.sample_percent = 10;
  std::size_t rows = 0;
  reader->Open(request);
  for (bool more = true; more; rows += batch.rows()) {
    batch.Clear();
    more = reader->Read(batch);
  }
  EXPECT_GT(rows, 800u);
  EXPECT_LT(rows, 1200u);
}

TEST(SqliteReader, StopsSoonWhenCancelledAndKeepsItsSnapshot) {
  const TestDatabase database(R"(
    CREATE TABLE t(id INTEGER PRIMARY KEY);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    INSERT INTO t SELECT i FROM n;)");
  const auto source = database.Open();
  source->TakeSnapshot({});
  const auto reader = source->NewReader();
  std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    reader->Cancel();
  });
  try {
    reader->CountRows("", "t", "(SELECT count(*) FROM t a, t b, t c) > 0");
    FAIL() << "the count was not interrupted";
  } catch (const Error& error) {
    EXPECT_TRUE(error.interrupted);
  }
  canceller.join();
  // It stays cancelled until it is told to go on.
  EXPECT_THROW(reader->CountRows("", "t", ""), Error);
  reader->Abandon();
  EXPECT_EQ(reader->CountRows("", "t", ""), 2000u);
}

constexpr char kManyRows[] = R"(
    CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO t SELECT i, printf('%500d', i) FROM n;)";

// Reads on after the first batch until the end or an error.
std::optional<Error> ErrorOfTheRest(RowReader& reader) {
  RowBatch batch;
  try {
    for (bool more = true; more;) {
      batch.Clear();
      more = reader.Read(batch);
    }
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

ReadRequest WholeTable(const SourceTable& table, bool as_stored) {
  ReadRequest request;
  request.as_stored = as_stored;
  request.table = table.name;
  for (const SourceColumn& column : table.columns) {
    request.columns.push_back({column.name, column.select_expression, column.format});
  }
  return request;
}

TEST(SqliteReader, AnInterruptInMidTableIsAnErrorAndNoEnd) {
  const TestDatabase database(kManyRows);
  const auto source = database.Open();
  source->TakeSnapshot({});
  const auto reader = source->NewReader();
  for (bool as_stored : {false, true}) {
    reader->Open(WholeTable(TableOf(source->ReadCatalogue(), "t"), as_stored));
    RowBatch batch;
    ASSERT_TRUE(reader->Read(batch));
    reader->Cancel();
    const std::optional<Error> error = ErrorOfTheRest(*reader);
    ASSERT_TRUE(error);
    EXPECT_TRUE(error->interrupted) << error->what();
    reader->Abandon();
  }
}

TEST(SqliteReader, AFileCutShortInMidTableIsAnErrorAndNoEnd) {
  for (bool as_stored : {false, true}) {
    TestDatabase database(kManyRows);
    database.Close();
    const auto source = database.Open();
    source->TakeSnapshot({});
    const auto reader = source->NewReader();
    reader->Open(WholeTable(TableOf(source->ReadCatalogue(), "t"), as_stored));
    RowBatch batch;
    ASSERT_TRUE(reader->Read(batch));
    std::filesystem::resize_file(database.path(), std::uintmax_t{1} << 20);
    EXPECT_TRUE(ErrorOfTheRest(*reader));
  }
}

TEST(SqliteReader, ReadsRowsLargerThanABatch) {
  const TestDatabase database("CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(3000000)), (1);");
  const auto source = database.Open();
  source->TakeSnapshot({});
  const auto reader = source->NewReader();
  ReadRequest request;
  request.table = "t";
  request.columns = {{"a", "", CellFormat::kDynamic}};
  for (bool as_stored : {false, true}) {
    request.as_stored = as_stored;
    reader->Open(request);
    RowBatch batch;
    EXPECT_TRUE(reader->Read(batch));
    EXPECT_EQ(batch.rows(), 1u);
    EXPECT_EQ(batch.bytes(), 3000005u);
    batch.Clear();
    EXPECT_FALSE(reader->Read(batch));
    EXPECT_EQ(batch.rows(), 1u);
  }
}

// A function of SQL has fewer arguments than a table may have columns.
TEST(SqliteReader, ReadsAndScansAsManyColumnsAsATableMayHave) {
  constexpr int kColumns = 2000;
  std::string columns, values;
  for (int i = 0; i < kColumns; ++i) {
    columns += fmt::format("{}c{} INTEGER", i == 0 ? "" : ",", i);
    values += fmt::format("{}{}", i == 0 ? "" : ",", i);
  }
  const TestDatabase database(fmt::format(
      "CREATE TABLE t({}); INSERT INTO t VALUES ({}); INSERT INTO t(c1999) VALUES ('last');",
      columns, values));
  const auto source = database.Open();
  source->TakeSnapshot({});
  const SourceCatalogue catalogue = source->ReadCatalogue();
  const Rows rows = ReadAll(*source, TableOf(catalogue, "t"));
  ASSERT_EQ(rows.size(), 2u);
  for (std::size_t i = 0; i < kColumns; ++i) ASSERT_EQ(rows[0][i], fmt::format("i:{}", i));
  EXPECT_EQ(rows[1].front(), "NULL");
  EXPECT_EQ(rows[1].back(), "t:last");

  const std::vector<ColumnFacts> facts =
      source->Scan(TableOf(catalogue, "t"), {"c0", "c126", "c127", "c1999"});
  EXPECT_EQ(facts[1].maximum, "126");
  EXPECT_EQ(facts[2].maximum, "127");
  EXPECT_EQ(facts[2].nulls, 1u);
  EXPECT_THAT(facts[3].samples, ElementsAre("rowid 2: 'last'"));
  std::vector<std::string> all;
  for (int i = 0; i < kColumns; ++i) all.push_back(fmt::format("c{}", i));
  const std::vector<ColumnFacts> whole = source->Scan(TableOf(catalogue, "t"), all);
  for (std::size_t i = 0; i < kColumns; ++i) ASSERT_EQ(whole[i].minimum, std::to_string(i));
  EXPECT_THAT(whole.back().samples, ElementsAre("rowid 2: 'last'"));
}

TEST(SqliteConnection, ThrowsWhatTakingARowThrew) {
  const TestDatabase database("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2);");
  Connection connection(database.path(), false);
  connection.OnRow([](int, const Values&) { throw std::bad_alloc(); });
  Statement rows(connection, "SELECT " + connection.RowCalls({}, {"a"}) + " FROM t");
  EXPECT_THROW(rows.Step(), std::bad_alloc);
  connection.OnRow([](int, const Values&) {});
  Statement disordered(connection, "SELECT transload_row(1, a), transload_row(3, a) FROM t");
  EXPECT_THROW(disordered.Step(), Error);
}

// SQLite calls a function of the selected values before it sorts.
TEST(SqliteReader, KeepsTheOrderOfTheKeyWhereAnIndexHasAnother) {
  const TestDatabase database(R"(
    CREATE TABLE t(id INTEGER PRIMARY KEY, c TEXT);
    CREATE INDEX t_c ON t(c);
    INSERT INTO t VALUES (1, 'b'), (2, 'a'), (3, 'b'), (4, 'a');)");
  const auto source = database.Open();
  source->TakeSnapshot({});
  const auto reader = source->NewReader();
  ReadRequest request;
  request.table = "t";
  request.where = "c IN ('a', 'b')";
  request.in_key_order = true;
  request.columns = {{"id", "", CellFormat::kDynamic}};
  reader->Open(request);
  RowBatch batch;
  EXPECT_FALSE(reader->Read(batch));
  EXPECT_THAT(RowsOf(batch, 1), ElementsAre(ElementsAre("i:1"), ElementsAre("i:2"),
                                            ElementsAre("i:3"), ElementsAre("i:4")));
}

TEST(SqliteReader, ConvertsUtf16Databases) {
  const TestDatabase database(
      "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a TEXT); INSERT INTO t VALUES ('naïve 😀');");
  const auto source = database.Open();
  source->TakeSnapshot({});
  const SourceCatalogue catalogue = source->ReadCatalogue();
  EXPECT_THAT(ReadAll(*source, TableOf(catalogue, "t")), ElementsAre(ElementsAre("t:naïve 😀")));
  EXPECT_FALSE(catalogue.notes.empty());
}

}  // namespace
}  // namespace transload::sqlite
