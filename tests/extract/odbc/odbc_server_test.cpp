// The ODBC adapter on real drivers and servers: what goes wrong, and what must not.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "core/error.h"
#include "extract/source.h"
#include "tests/conformance/transload_run.h"
#include "tests/extract/odbc/server_source.h"
#include "tests/rig/proxy.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

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

TEST(OdbcServer, AMissingSqliteFileIsRefusedAndNotMade) {
  const rig::TemporaryDir dir;
  const std::string path = dir / "missing.db";
  EXPECT_EQ(Refusal("odbc:Driver=SQLite3;Database=" + path).exit_code, ExitCode::kRefused);
  EXPECT_FALSE(std::filesystem::exists(path));
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

TEST(OdbcServer, TablesOfMariaDbWithoutTransactionsAreToldAndThoseOfOthersRowsLeftOut) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  const std::string database = rig::FreshDatabase(server);
  server.Execute(
      "create table isam (id int primary key) engine=MyISAM;"
      "create table merged (id int primary key) engine=MERGE union=(isam);"
      "create table plain (id int primary key) engine=InnoDB",
      database);
  auto source = Open(MariaDbUrl(database));
  const SourceCatalogue catalogue = source->ReadCatalogue();
  ASSERT_EQ(catalogue.tables.size(), 2u);
  EXPECT_EQ(catalogue.tables[0].name, "isam");
  EXPECT_EQ(catalogue.tables[0].engine, "MyISAM");
  EXPECT_FALSE(catalogue.tables[0].transactional);
  EXPECT_TRUE(catalogue.tables[1].transactional);
  ASSERT_EQ(catalogue.not_migrated.size(), 1u);
  EXPECT_EQ(catalogue.not_migrated[0].name, database + ".merged");
  std::string warned;
  for (const PreflightItem& item : source->Preflight({})) {
    if (item.subject == "storage engines" && item.result == CheckResult::kWarning) {
      warned = item.text;
    }
  }
  EXPECT_THAT(warned, testing::HasSubstr("isam (MyISAM)"));
}

TEST(OdbcServer, KeysAndColumnsOfMariaDbAreAsItsOwnCatalogueTells) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  const std::string database = rig::FreshDatabase(server);
  server.Execute(
      "create table t (a int, b int, ts timestamp not null default '2020-01-01', free timestamp "
      "null, v varchar(9) default 'a\\\\b\\n''', x varbinary(9) default x'005c', y varbinary(9) "
      "default x'ff', z bit(3) default b'101', primary key (ts, b, a))",
      database);
  auto source = Open(MariaDbUrl(database));
  const SourceCatalogue catalogue = source->ReadCatalogue();
  const SourceTable& table = catalogue.tables.at(0);
  ASSERT_EQ(table.indexes.size(), 1u);
  std::string key;
  for (const SourceIndexPart& part : table.indexes[0].parts) key += part.column + " ";
  EXPECT_EQ(key, "ts b a ");
  EXPECT_FALSE(table.columns[2].nullable);
  EXPECT_TRUE(table.columns[3].nullable);
  EXPECT_EQ(table.columns[4].default_value->text, "a\\b\n'");
  EXPECT_EQ(table.columns[5].default_value->text, std::string("\0\\", 2));
  EXPECT_FALSE(table.columns[6].default_value);
  EXPECT_FALSE(table.columns[7].default_value);
  std::string left_out;
  for (const NotMigrated& item : catalogue.not_migrated) left_out += item.name + " ";
  EXPECT_EQ(left_out, "t.z t.y ");
}

TEST(OdbcServer, UniqueIndexesOfThePrimaryKeysColumnsAreMade) {
  const rig::TemporaryDir dir;
  const std::string path = dir / "keys.db";
  const std::string source = rig::FreshDatabase(rig::SharedMariaDb());
  const std::string tables =
      "create table t (id integer primary key, a int);create unique index again on t (id);"
      "create table u (k varchar(9) primary key);create unique index more on u (k)";
  rig::MakeSqliteFile(path, tables);
  rig::SharedMariaDb().Execute(tables, source);
  const std::string postgres = rig::FreshDatabase(rig::SharedPostgres());
  rig::SharedPostgres().Execute(tables, postgres);
  for (const std::string& url :
       {"odbc:Driver=SQLite3;Database=" + path, MariaDbUrl(source), PostgresUrl(postgres)}) {
    const SourceCatalogue catalogue = Open(url)->ReadCatalogue();
    ASSERT_EQ(catalogue.tables.size(), 2u) << url;
    for (const SourceTable& table : catalogue.tables) {
      ASSERT_EQ(table.indexes.size(), 2u) << url << table.name;
      EXPECT_EQ(table.indexes[0].kind, IndexKind::kPrimary) << url;
      EXPECT_EQ(table.indexes[1].name, table.name == "t" ? "again" : "more") << url;
    }
  }
}

TEST(OdbcServer, InstantsMayBeMappedToTimestamps) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string source = rig::FreshDatabase(server), database = rig::FreshDatabase(target);
  server.Execute(
      "set time_zone = '+02:00';create table t (id int primary key, at timestamp(3) null, d "
      "datetime);insert into t values (1, '2024-05-06 07:08:09.123', '2024-05-06 07:08:09'), (2, "
      "null, null)",
      source);
  for (const char* level : {"checksum", "full"}) {
    const TransloadRun run = RunTransload({"run", MariaDbUrl(source), target.Url(database), "--map",
                                           "timestamp=timestamp", "--restart", "--verify", level});
    EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
    EXPECT_EQ(target.QueryValue("select string_agg(at::text, ' ') from t", database),
              "2024-05-06 05:08:09.123");
  }
}

TEST(OdbcServerMatrix, VectorsAndDefaultsOfMySqlArrive) {
  rig::MySqlServer& server = rig::SharedMySql("9");
  const std::string database = rig::FreshDatabase(server);
  server.Execute(
      "create table t (id int primary key, v vector(2), k int, d varchar(9) default 'a\\\\b''', e "
      "varchar(40) default (concat('a', 'b')), x varbinary(9) default x'005c');"
      "insert into t (id, v, k) values (1, to_vector('[1,2]'), 7), (2, null, 8)",
      database);
  auto source = Open(fmt::format("odbc:Driver={{MariaDB Unicode}};Socket={};UID=root;Database={}",
                                 server.socket(), database));
  const SourceCatalogue catalogue = source->ReadCatalogue();
  const SourceTable& table = catalogue.tables.at(0);
  EXPECT_EQ(table.columns[3].default_value->text, "a\\b'");
  EXPECT_FALSE(table.columns[3].default_value->is_expression);
  EXPECT_TRUE(table.columns[4].default_value->is_expression);
  EXPECT_FALSE(table.columns[5].default_value);
  source->TakeSnapshot({});
  auto reader = source->NewReader();
  reader->Open(WholeTable(table));
  RowBatch batch;
  EXPECT_FALSE(reader->Read(batch));
  ASSERT_EQ(batch.rows(), 2u);
  CellCursor first(batch.Row(0)), second(batch.Row(1));
  first.Next();
  EXPECT_EQ(first.Next().view(), std::string("\0\0\x80\x3f\0\0\0\x40", 8));
  first.Next();
  second.Next();
  EXPECT_TRUE(second.Next().null);
}

TEST(OdbcServer, AnInstantThatMayNotBeNullYieldsToAZeroDate) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  const std::string database = rig::FreshDatabase(server);
  server.Execute(
      "set sql_mode = ''; create table t (id int primary key, ts timestamp not null default 0);"
      "insert into t values (1, 0), (2, '2020-01-01')",
      database);
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string arrived = rig::FreshDatabase(target);
  const TransloadRun run = RunTransload({"run", MariaDbUrl(database), target.Url(arrived)});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(target.QueryValue("select count(*) || ' ' || count(ts) from t", arrived), "2 1");
}

TEST(OdbcServer, KeysOfBytesAndTextsAreMeasuredWithoutReadingThem) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  const std::string database = rig::FreshDatabase(server);
  server.Execute(
      "create table t (id int primary key, b longblob, v text, key (b(8)), key (v(8)));"
      "insert into t values (1, x'1bff', repeat('\xC3\xA9', 2000)), (2, x'ff00ff', null)",
      database);
  auto source = Open(MariaDbUrl(database));
  const SourceTable table = OnlyTable(*source);
  const std::vector<ColumnFacts> facts = source->Scan(table, {"id", "b", "v"});
  EXPECT_EQ(facts.at(0).maximum, "2");
  EXPECT_TRUE(facts.at(1).known);
  EXPECT_EQ(facts.at(1).max_bytes, 3u);
  EXPECT_EQ(facts.at(2).max_bytes, 4000u);
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

TEST(OdbcServer, MoneyAndBitsOfPostgresComeWhole) {
  const std::string database = rig::FreshDatabase(rig::SharedPostgres());
  rig::SharedPostgres().Execute(
      "create table t (m money, b bit varying(10));"
      "insert into t values ('-92233720368547758.07', B'1010101011')",
      database);
  auto source = Open(PostgresUrl(database));
  const SourceTable table = OnlyTable(*source);
  EXPECT_EQ(table.columns[0].type, "money");
  EXPECT_EQ(table.columns[1].length, -1);
  source->TakeSnapshot({});
  auto reader = source->NewReader();
  reader->Open(WholeTable(table));
  RowBatch batch;
  EXPECT_FALSE(reader->Read(batch));
  ASSERT_EQ(batch.rows(), 1u);
  CellCursor cells(batch.Row(0));
  EXPECT_EQ(cells.Next().view(), "-92233720368547758.07");
  EXPECT_EQ(cells.Next().view(), "1010101011");
}

TEST(OdbcServer, ObjectNumbersOfPostgresAreWiderThanDescribed) {
  const std::string database = rig::FreshDatabase(rig::SharedPostgres());
  rig::SharedPostgres().Execute(
      "create table t (o oid primary key, x xid); insert into t values (4294967295, '4294967295')",
      database);
  auto source = Open(PostgresUrl(database));
  const SourceTable table = OnlyTable(*source);
  EXPECT_EQ(table.columns[0].type, "bigint");
  EXPECT_EQ(table.columns[1].type, "bigint");
  source->TakeSnapshot({});
  auto reader = source->NewReader();
  ReadRequest request = WholeTable(table);
  request.range.by = SplitBy::kKey;
  request.range.columns = {"o"};
  request.range.lower = KeyBound{"4294967295"};
  reader->Open(request);
  RowBatch batch;
  EXPECT_FALSE(reader->Read(batch));
  ASSERT_EQ(batch.rows(), 1u);
  CellCursor cells(batch.Row(0));
  for (int i = 0; i < 2; ++i) {
    std::int64_t value = 0;
    const Cell cell = cells.Next();
    ASSERT_EQ(cell.size, 8u);
    std::memcpy(&value, cell.data, 8);
    EXPECT_EQ(value, 4294967295);
  }
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

TEST(OdbcServer, RowsOfPartitionsComeOnceAndWhatIsNoTableIsNamed) {
  const std::string database = rig::FreshDatabase(rig::SharedPostgres());
  rig::SharedPostgres().Execute(
      "create table whole (id int) partition by range (id);"
      "create table part partition of whole for values from (0) to (10) partition by range (id);"
      "create table leaf partition of part for values from (0) to (5);"
      "create table base (id int); create table derived (more int) inherits (base);"
      "create materialized view seen as select 1 as one; create view looked as select 1 as one",
      database);
  const SourceCatalogue catalogue = Open(PostgresUrl(database))->ReadCatalogue();
  std::vector<std::string> tables, others;
  for (const SourceTable& table : catalogue.tables) tables.push_back(table.name);
  for (const NotMigrated& object : catalogue.not_migrated) {
    others.push_back(object.kind + " " + object.name + ": " + object.reason);
  }
  EXPECT_THAT(tables, testing::UnorderedElementsAre("whole", "base", "derived"));
  EXPECT_THAT(others, testing::UnorderedElementsAre(
                          "partition public.part: its rows come with public.whole",
                          "partition public.leaf: its rows come with public.part",
                          "matview public.seen: ODBC does not tell its definition",
                          "view public.looked: ODBC does not tell its definition"));
  EXPECT_THAT(
      catalogue.notes,
      testing::Contains(testing::HasSubstr("rows of public.derived are rows of public.base too")));
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

TEST(OdbcServer, AReplicaOfMySqlHasNoPositionThatProvesAnything) {
  const rig::MariaDbServer server = rig::MariaDbServer::Start();
  const std::unique_ptr<Source> source = Open(fmt::format(
      "odbc:Driver={{MariaDB Unicode}};Socket={};UID=root;Database=test", server.socket()));
  EXPECT_FALSE(source->CurrentPosition().empty());
  for (const std::string name : {"", "'another'"}) {
    SCOPED_TRACE(name);
    server.Execute("change master " + name + " to master_host = '127.0.0.1', master_port = 1");
    EXPECT_TRUE(source->CurrentPosition().empty());
    server.Execute("reset slave " + name + " all");
    EXPECT_FALSE(source->CurrentPosition().empty());
  }
}

TEST(OdbcServer, ALogThatLeavesDatabasesOutHasNoPositionThatProvesAnything) {
  const rig::MariaDbServer server =
      rig::MariaDbServer::Start({.settings = {{"binlog_do_db", "other"}}});
  EXPECT_TRUE(Open(fmt::format("odbc:Driver={{MariaDB Unicode}};Socket={};UID=root;Database=test",
                               server.socket()))
                  ->CurrentPosition()
                  .empty());
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
