// The ODBC adapter on real drivers and servers: what goes wrong, and what must not.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "core/error.h"
#include "extract/source.h"
#include "tests/rig/proxy.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

std::unique_ptr<Source> Open(const std::string& url) {
  Options options;
  options.source_url = url;
  return OpenSource(options);
}

std::string MariaDbUrl(const std::string& database) {
  return fmt::format("odbc:Driver={{MariaDB Unicode}};Socket={};UID=root;Database={}",
                     rig::SharedMariaDb().socket(), database);
}
std::string PostgresUrl(const std::string& database) {
  const rig::PostgresServer& server = rig::SharedPostgres();
  return fmt::format(
      "odbc:Driver={{PostgreSQL Unicode}};Server={};Port={};UID=postgres;Database={}",
      server.socket_dir(), server.port(), database);
}

SourceTable OnlyTable(Source& source) { return source.ReadCatalogue().tables.at(0); }

ReadRequest WholeTable(const SourceTable& table) {
  ReadRequest request;
  request.schema = table.schema;
  request.table = table.name;
  for (const SourceColumn& column : table.columns) {
    request.columns.push_back({column.name, column.select_expression, column.format});
  }
  return request;
}

struct RowsRead {
  std::uint64_t rows = 0;
  std::uint64_t longest = 0;  // bytes of a cell
  std::string last;           // cell of the last column
};

void ReadAll(RowReader& reader, RowsRead& read) {
  RowBatch batch;
  for (bool more = true; more;) {
    batch.Clear();
    more = reader.Read(batch);
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      CellCursor cursor(batch.Row(row));
      while (!cursor.done()) {
        const Cell cell = cursor.Next();
        read.longest = std::max<std::uint64_t>(read.longest, cell.size);
        read.last = std::string(cell.view());
      }
    }
    read.rows += batch.rows();
  }
}

Error Refusal(const std::string& url) {
  try {
    Open(url);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << url << " connected";
  return Error("");
}

TEST(OdbcServer, AWrongPasswordIsARefusalThatDoesNotRepeatIt) {
  rig::SharedMariaDb().CreateUser("odbc_user", "right");
  const std::string url = fmt::format(
      "odbc:Driver={{MariaDB Unicode}};Server=127.0.0.1;Port={};UID=odbc_user;PWD=geheim;"
      "Database=test",
      rig::SharedMariaDb().port());
  const Error error = Refusal(url);
  EXPECT_EQ(error.exit_code, ExitCode::kRefused);
  EXPECT_NE(std::string(error.what()).find("1045"), std::string::npos) << error.what();
  EXPECT_EQ(std::string(error.what()).find("geheim"), std::string::npos) << error.what();
}

TEST(OdbcServer, ThePasswordMayComeFromTheEnvironment) {
  rig::SharedMariaDb().CreateUser("odbc_env", "r;i}ght");
  rig::SharedMariaDb().Execute("GRANT SELECT ON test.* TO odbc_env");
  setenv("TRANSLOAD_SOURCE_PASSWORD", "r;i}ght", 1);
  EXPECT_EQ(Open(fmt::format("odbc:Driver={{MariaDB Unicode}};Server=127.0.0.1;Port={};"
                             "UID=odbc_env;Database=test",
                             rig::SharedMariaDb().port()))
                ->Info()
                .engine,
            "MariaDB");
  unsetenv("TRANSLOAD_SOURCE_PASSWORD");
}

// psqlodbc 13.02 itself crashes when TCP breaks in the middle of a result, so the server ends it.
TEST(OdbcServer, ABackendThatEndsWhileReadingIsALostConnection) {
  const std::string database = rig::FreshDatabase(rig::SharedPostgres());
  rig::SharedPostgres().Execute(
      "create table t (id int primary key, p text);"
      "insert into t select g, repeat('x', 500) from generate_series(1, 30000) g",
      database);
  auto source = Open(PostgresUrl(database));
  const SourceTable table = OnlyTable(*source);
  source->TakeSnapshot({});
  auto reader = source->NewReader();
  reader->Open(WholeTable(table));
  RowBatch batch;
  ASSERT_TRUE(reader->Read(batch));
  rig::SharedPostgres().Query(
      "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and "
      "datname = '" +
      database + "'");
  RowsRead read;
  try {
    ReadAll(*reader, read);
    FAIL() << read.rows;
  } catch (const Error& error) {
    EXPECT_TRUE(error.connection_lost) << error.what();
    EXPECT_TRUE(error.retryable) << error.what();
  }
  EXPECT_THROW(reader->Abandon(), Error);  // and its snapshot is gone
}

TEST(OdbcServer, AConnectionCutWhileReadingIsLostAndRetryable) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  const std::string database = rig::FreshDatabase(server);
  server.Execute("create table t as select seq id, repeat('x', 500) p from seq_1_to_60000",
                 database);
  server.CreateUser("odbc_cut", "right");
  server.Execute("GRANT ALL ON *.* TO odbc_cut");
  rig::Proxy proxy = rig::Proxy::ToTcp(server.port());
  auto source = Open(fmt::format(
      "odbc:Driver={{MariaDB Unicode}};Server=127.0.0.1;Port={};UID=odbc_cut;PWD=right;Database={}",
      proxy.port(), database));
  const SourceTable table = OnlyTable(*source);
  source->TakeSnapshot({});
  auto reader = source->NewReader();
  proxy.CutAfter(3'000'000);
  RowsRead read;
  try {
    reader->Open(WholeTable(table));
    ReadAll(*reader, read);
    FAIL() << read.rows;
  } catch (const Error& error) {
    EXPECT_TRUE(error.connection_lost) << error.what();
    EXPECT_TRUE(error.retryable) << error.what();
  }
  EXPECT_LT(read.rows, 60000u);
}

TEST(OdbcServer, AKilledQueryIsAnErrorAndNoEnd) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  const std::string database = rig::FreshDatabase(server);
  server.Execute("create table t as select seq id from seq_1_to_2000", database);
  auto source = Open(MariaDbUrl(database));
  const SourceTable table = OnlyTable(*source);
  source->TakeSnapshot({});
  auto reader = source->NewReader();
  ReadRequest request = WholeTable(table);
  request.where = "sleep(0.01) = 0";
  const std::string find =
      "select id from information_schema.processlist where info like '%sleep(0.01)%' and "
      "info not like '%processlist%'";
  std::thread killer([&] {
    rig::Rows rows;
    while (rows.empty()) rows = server.Query(find);
    server.Execute("kill query " + rows[0][0].value_or(""));
  });
  RowsRead read;
  try {
    reader->Open(request);
    ReadAll(*reader, read);
    ADD_FAILURE() << read.rows;
  } catch (const Error& error) {
    EXPECT_TRUE(error.retryable) << error.what();
  }
  killer.join();
  // The reader and its snapshot are as good as before.
  reader->Abandon();
  request.where.clear();
  reader->Open(request);
  read = {};
  ReadAll(*reader, read);
  EXPECT_EQ(read.rows, 2000u);
}

// A driver that describes columns as shorter than their values: told to, psqlodbc is one.
TEST(OdbcServer, ValuesLongerThanDescribedAreReadWhole) {
  const std::string database = rig::FreshDatabase(rig::SharedPostgres());
  rig::SharedPostgres().Execute(
      "create table t (id int primary key, v varchar);"
      "insert into t select g, case when g = 700 then repeat('y', 9000) else 'x' end "
      "from generate_series(1, 1000) g",
      database);
  auto source = Open(PostgresUrl(database) + ";MaxVarcharSize=10");
  const SourceTable table = OnlyTable(*source);
  source->TakeSnapshot({});
  auto reader = source->NewReader();
  reader->Open(WholeTable(table));
  RowsRead read;
  ReadAll(*reader, read);
  EXPECT_EQ(read.rows, 1000u);
  EXPECT_EQ(read.longest, 9000u);
}

TEST(OdbcServer, ALongValueBehindRowsHandedOutStartsThePartitionAgain) {
  const std::string database = rig::FreshDatabase(rig::SharedPostgres());
  rig::SharedPostgres().Execute(
      "create table t (id int primary key, v varchar);"
      "insert into t select g, case when g = 50000 then repeat('y', 9000) else 'x' end "
      "from generate_series(1, 50000) g",
      database);
  auto source = Open(PostgresUrl(database) + ";MaxVarcharSize=10");
  const SourceTable table = OnlyTable(*source);
  source->TakeSnapshot({});
  auto reader = source->NewReader();
  RowsRead read;
  reader->Open(WholeTable(table));
  try {
    ReadAll(*reader, read);
    FAIL() << read.rows;
  } catch (const Error& error) {
    EXPECT_TRUE(error.retryable);
    EXPECT_FALSE(error.connection_lost);
  }
  reader->Abandon();
  read = {};
  reader->Open(WholeTable(table));
  ReadAll(*reader, read);
  EXPECT_EQ(read.rows, 50000u);
  EXPECT_EQ(read.longest, 9000u);
}

TEST(OdbcServer, LongValuesComeInPiecesThroughEveryDriver) {
  struct Case {
    std::string url;
    std::uint64_t bytes;
  };
  const std::string maria = rig::FreshDatabase(rig::SharedMariaDb());
  rig::SharedMariaDb().Execute(
      "create table t (id int primary key, b longblob, v longtext);"
      "insert into t values (1, repeat('b', 1000000), 'x'), (2, null, null), (3, '', 'last')",
      maria);
  const std::string postgres = rig::FreshDatabase(rig::SharedPostgres());
  rig::SharedPostgres().Execute(
      "create table t (id int primary key, b bytea, v text);"
      "insert into t values (1, convert_to(repeat('b', 1000000), 'UTF8'), 'x'), (2, null, null), "
      "(3, '', 'last')",
      postgres);
  rig::TemporaryDir dir;
  const std::string path = dir / "s.db";
  rig::MakeSqliteFile(path,
                      "create table t (id integer primary key, b blob, v text);"
                      "insert into t values (1, zeroblob(1000000), 'x'), (2, null, null), "
                      "(3, x'', 'last')");
  for (const std::string& url :
       {MariaDbUrl(maria), PostgresUrl(postgres), "odbc:Driver=SQLite3;Database=" + path}) {
    auto source = Open(url);
    const SourceTable table = OnlyTable(*source);
    source->TakeSnapshot({});
    auto reader = source->NewReader();
    reader->Open(WholeTable(table));
    RowsRead read;
    ReadAll(*reader, read);
    EXPECT_EQ(read.rows, 3u) << url;
    EXPECT_EQ(read.longest, 1'000'000u) << url;
    EXPECT_EQ(read.last, "last") << url;
  }
}

TEST(OdbcServer, AllReadersSeeOnePointInTime) {
  const std::string maria = rig::FreshDatabase(rig::SharedMariaDb());
  const std::string sql = "create table t (id int primary key); insert into t values (1)";
  rig::SharedMariaDb().Execute(sql, maria);
  const std::string postgres = rig::FreshDatabase(rig::SharedPostgres());
  rig::SharedPostgres().Execute(sql, postgres);
  for (const bool is_maria : {true, false}) {
    auto source = Open(is_maria ? MariaDbUrl(maria) : PostgresUrl(postgres));
    const SourceTable table = OnlyTable(*source);
    SnapshotRequest request;
    request.readers = 2;
    const SnapshotInfo snapshot = source->TakeSnapshot(request);
    EXPECT_TRUE(snapshot.proven);
    const std::string more = "insert into t values (2)";
    is_maria ? rig::SharedMariaDb().Execute(more, maria)
             : rig::SharedPostgres().Execute(more, postgres);
    for (int i = 0; i < 2; ++i) {
      auto reader = source->NewReader();
      EXPECT_EQ(reader->CountRows(table.schema, table.name, ""), 1u) << snapshot.method;
    }
  }
}

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

TEST(OdbcServer, ACancelledReaderStops) {
  const std::string database = rig::FreshDatabase(rig::SharedPostgres());
  rig::SharedPostgres().Execute(
      "create table t (id int primary key);"
      "insert into t select g from generate_series(1, 200000) g",
      database);
  auto source = Open(PostgresUrl(database));
  const SourceTable table = OnlyTable(*source);
  source->TakeSnapshot({});
  auto reader = source->NewReader();
  reader->Open(WholeTable(table));
  RowBatch batch;
  ASSERT_TRUE(reader->Read(batch));
  reader->Cancel();
  RowsRead read;
  try {
    ReadAll(*reader, read);
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(error.interrupted);
  }
}

}  // namespace
}  // namespace transload
