// Tables cut along their keys through ODBC, on real drivers and servers.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/extract/odbc/server_source.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

TEST(OdbcServer, BoundariesFollowTheRowsNotTheSpanOfTheKey) {
  const std::string database = rig::FreshDatabase(rig::SharedPostgres());
  rig::SharedPostgres().Execute(
      "create table t (id bigint primary key);"
      "insert into t select g from generate_series(1, 100) g;"
      "insert into t values (9223372036854775807)",
      database);
  auto source = Open(PostgresUrl(database));
  const SourceTable table = OnlyTable(*source);
  source->TakeSnapshot({});
  auto reader = source->NewReader();
  PartitionRange range;
  range.by = SplitBy::kKey;
  range.columns = {"id"};
  const auto first = reader->BoundaryAfter(table.schema, table.name, range, 100);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, KeyBound{"9223372036854775807"});
  range.lower = first;
  EXPECT_FALSE(reader->BoundaryAfter(table.schema, table.name, range, 100));
}

PartitionRange KeyRange(std::vector<std::string> columns) {
  PartitionRange range;
  range.by = SplitBy::kKey;
  range.columns = std::move(columns);
  return range;
}

// Reads a table range by range of so many rows, and returns how many rows each had.
std::vector<std::uint64_t> ReadByRanges(Source& source, const SourceTable& table,
                                        std::uint64_t rows) {
  auto reader = source.NewReader();
  std::vector<std::uint64_t> counts;
  PartitionRange range = source.Split(table, "", 1).ranges.at(0);
  for (bool more = true; more && counts.size() < 100;) {
    const auto bound = reader->BoundaryAfter(table.schema, table.name, range, rows);
    more = bound.has_value();
    range.upper = bound;
    ReadRequest request = WholeTable(table);
    request.range = range;
    request.in_key_order = true;
    RowsRead read;
    reader->Open(request);
    ReadAll(*reader, read);
    counts.push_back(read.rows);
    range.upper.reset();
    range.lower = bound;
  }
  source.Release(std::move(reader));
  return counts;
}

TEST(OdbcServer, KeysAndIndexesOfSqliteAreWhatTheyAre) {
  const rig::TemporaryDir dir;
  const std::string path = dir / "keys.db";
  rig::MakeSqliteFile(path, R"(
    CREATE TABLE alias(id INTEGER PRIMARY KEY, x INT, y INT);
    CREATE UNIQUE INDEX alias_some ON alias(x) WHERE y = 1;
    CREATE INDEX alias_x ON alias(x DESC);
    CREATE TABLE child(p INT, q INT, FOREIGN KEY(p, q) REFERENCES Several);
    CREATE TABLE nullable(x INT UNIQUE);
    INSERT INTO nullable VALUES (1), (NULL), (2), (NULL);
    CREATE TABLE integers(x BIGINT PRIMARY KEY, v);
    INSERT INTO integers VALUES (1, NULL), (2, 'x');
    CREATE TABLE several(a INT, b INT, PRIMARY KEY(b, a));
    CREATE TABLE typeless(x INT PRIMARY KEY);
    INSERT INTO typeless VALUES (1), (2), (2.5), ('text'), (NULL);)");
  auto source = Open("odbc:Driver=SQLite3;Database=" + path);
  const SourceCatalogue catalogue = source->ReadCatalogue();
  ASSERT_EQ(catalogue.tables.size(), 6u);
  source->TakeSnapshot({});
  std::map<std::string, const SourceTable*> tables;
  for (const SourceTable& table : catalogue.tables) {
    tables[table.name] = &table;
    // By whatever is an integer in each row, and never NULL.
    const SplitPlan plan = source->Split(table, "", 1);
    EXPECT_EQ(plan.ranges.at(0).by == SplitBy::kKey, table.name == "integers")
        << table.name << ": " << plan.explanation;
  }
  const SourceTable& alias = *tables.at("alias");
  EXPECT_TRUE(alias.columns[0].auto_increment);
  ASSERT_EQ(alias.indexes.size(), 2u);
  EXPECT_TRUE(alias.indexes[1].parts[0].descending);
  EXPECT_EQ(catalogue.not_migrated.at(0).name, "alias.alias_some");
  EXPECT_EQ(tables.at("nullable")->PrimaryKey(), nullptr);
  EXPECT_FALSE(tables.at("typeless")->columns[0].auto_increment);
  const SourceTable& several = *tables.at("several");
  ASSERT_EQ(several.indexes.size(), 1u);
  EXPECT_EQ(several.indexes[0].parts[0].column, "b");
  EXPECT_EQ(tables.at("child")->foreign_keys.at(0).parent_columns,
            (std::vector<std::string>{"b", "a"}));
}

TEST(OdbcServer, KeysOfTextAndOfSeveralColumnsAreCutByRows) {
  const std::string tables =
      "create table several (a varchar(40) not null, b int not null, v int, primary key (a, b));"
      "create table one (a varchar(60) not null primary key);"
      "create table ids (a uuid not null primary key)";
  const std::string maria = rig::FreshDatabase(rig::SharedMariaDb());
  rig::SharedMariaDb().Execute(
      tables +
          R"(;insert into several select concat('it''s \\ ? { ', _utf8mb4 x'F09F9982', seq % 7),
             seq, seq from seq_1_to_1000;
             insert into one select concat('K\\''', md5(seq)) from seq_1_to_1000;
             insert into ids select insert(insert(md5(seq), 13, 1, '4'), 17, 1, 'a')
             from seq_1_to_1000)",
      maria);
  const std::string postgres = rig::FreshDatabase(rig::SharedPostgres());
  rig::SharedPostgres().Execute(
      tables +
          R"(;insert into several select 'it''s \ ? { ' || chr(128578) || i % 7, i, i from
             generate_series(1, 1000) i;
             insert into one select 'K\''' || md5(i::text) from generate_series(1, 1000) i;
             insert into ids select md5(i::text)::uuid from generate_series(1, 1000) i)",
      postgres);
  const std::vector<std::uint64_t> even(5, 200);
  for (const std::string& url : {MariaDbUrl(maria), PostgresUrl(postgres)}) {
    auto source = Open(url);
    source->TakeSnapshot({});
    const SourceCatalogue catalogue = source->ReadCatalogue();
    ASSERT_EQ(catalogue.tables.size(), 3u);
    for (const SourceTable& table : catalogue.tables) {
      EXPECT_EQ(ReadByRanges(*source, table, 200), even) << url << " " << table.name;
    }
  }
}

TEST(OdbcServer, AReaderCutsItsRangeBehindTheRowsItGave) {
  const std::string database = rig::FreshDatabase(rig::SharedMariaDb());
  rig::SharedMariaDb().Execute(
      "create table t (a varchar(20) not null, b int not null, p text, primary key (a, b));"
      "insert into t select seq % 10, seq, repeat('x', 1000) from seq_1_to_5000",
      database);
  auto source = Open(MariaDbUrl(database));
  source->TakeSnapshot({});
  const SourceTable table = OnlyTable(*source);
  auto reader = source->NewReader();
  ReadRequest request = WholeTable(table);
  request.range = KeyRange({"a", "b"});
  request.in_key_order = true;
  request.where = "b > 100";
  reader->Open(request);
  RowBatch batch;
  ASSERT_TRUE(reader->Read(batch));
  const std::uint64_t first = batch.rows();
  const auto bound = reader->CutAfter(first);
  ASSERT_TRUE(bound);
  request.range.lower = bound;
  reader->Open(request);
  RowsRead rest;
  ReadAll(*reader, rest);
  EXPECT_EQ(first + rest.rows, 4900u);

  // Behind the last row nothing is left, which is an end like any other.
  request.where = "b > 100 and p like 'x%'";
  request.range.lower = KeyBound{"9", "4999"};
  reader->Open(request);
  batch.Clear();
  bool more = reader->Read(batch);
  EXPECT_EQ(batch.rows(), 1u);
  if (more) {
    EXPECT_FALSE(reader->CutAfter(batch.rows()).has_value());
    EXPECT_FALSE(reader->Read(batch));
  }
  EXPECT_EQ(batch.rows(), 1u);
}

}  // namespace
}  // namespace transload
