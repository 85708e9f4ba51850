// The second witness against real servers: equal data is never reported different, and what the
// checksum can't see is.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/conformance/transload_run.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::HasSubstr;

constexpr const char* kEdges = R"sql(
create table edges (id int primary key, ti tinyint(1), si smallint, bi bigint, bu bigint unsigned,
  n numeric(65,30), f float, d double, bt bit(64), b1 bit(1), y year, c char(5), v varchar(40)
  character set latin1, t longtext, bn binary(5), bl longblob, dt date, dm datetime(6),
  ts timestamp(6) null, tm time(6), e enum('a','','é'), s set('x','y','z'), j json);
insert into edges values
 (1, 1, -32768, -9223372036854775808, 18446744073709551615, -12345678901234567890123456789012345.123456789012345678901234567891,
  16777217, 5e-324, 18446744073709551615, b'1', 2155, 'ab ', 'ÿé', 'a b', 'x', x'00ff', '0001-01-01',
  '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999999', '23:59:59.999999', 'é', 'x,z', '{}'),
 (2, 0, 32767, 9223372036854775807, 0, 0.000000000000000000000000000001, -3.4028234e38,
  1.7976931348623157e308, 1, b'0', 1901, '', '', '', '', '', '2020-02-29', '0001-01-01 00:00:00',
  '1970-01-01 00:00:01', '00:00:00', '', '', '[1]'),
 (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
  null, null, null, null, null, null),
 (4, 1, 0, 0, 9223372036854775808, 0, 0.1, 0.1, 0, b'1', 2000, ' a', repeat('é', 40),
  repeat('ü', 70000), repeat('y', 5), repeat(x'8081', 40000), '1999-12-31', '2000-02-29 12:34:56.000001',
  '2021-10-31 01:30:00', '12:00:00.5', 'a', 'y', 'null');
insert into edges (id, dm, dt, d, f) values (5, 0, 0, -123456789.123456789, 123456.789),
  (6, null, null, 9007199254740993, -1e-10);
)sql";

class Witness : public testing::Test {
 protected:
  void NeverDiffers(rig::MySqlFamilyServer& server, rig::PostgresServer& target) {
    const std::string source = rig::FreshDatabase(server);
    server.Execute("set sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00';" + std::string(kEdges),
                   source);
    const std::string database = rig::FreshDatabase(target);
    const TransloadRun run =
        RunTransload({"run", server.Url(source), target.Url(database), "--verify", "full"});
    EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
    const TransloadRun verify = RunTransload({"verify", server.Url(source), target.Url(database),
                                              "--verify", "full", "--format", "json"});
    EXPECT_EQ(verify.exit_code, 0) << verify.err;
    EXPECT_THAT(verify.out, HasSubstr("\"digest\""));
  }
};

TEST_F(Witness, AgreesOnEdgesFromMariaDb) {
  NeverDiffers(rig::SharedMariaDb(), rig::SharedPostgres());
}

class WitnessMatrix : public Witness {};

TEST_F(WitnessMatrix, AgreesOnEdgesFromMySql9) {
  NeverDiffers(rig::SharedMySql("9"), rig::SharedPostgres("18"));
}
TEST_F(WitnessMatrix, AgreesOnEdgesOnAnOldTarget) {
  const std::string old = "11";
  rig::MariaDbServer& server = rig::SharedMariaDb();
  rig::PostgresServer& target = rig::SharedPostgres(old);
  const std::string source = rig::FreshDatabase(server);
  server.Execute("set sql_mode='ALLOW_INVALID_DATES', time_zone='+00:00';" + std::string(kEdges),
                 source);
  const TransloadRun run = RunTransload(
      {"run", server.Url(source), target.Url(rig::FreshDatabase(target)), "--verify", "full"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
}

// Under the default policy such a date is NULL, also where nothing but values can be counted.
TEST_F(Witness, CountsNoZeroDateAsAValue) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  const std::string source = rig::FreshDatabase(server);
  server.Execute(
      "set sql_mode='ALLOW_INVALID_DATES'; create table t (id int primary key, d date, dm "
      "datetime(3), ts timestamp null); insert into t values (1, 0, 0, 0), (2, '2020-02-29', "
      "'2020-02-29 01:02:03.5', '2020-02-29 01:02:03')",
      source);
  rig::PostgresServer& target = rig::SharedPostgres();
  std::vector<std::vector<std::string>> sources = {
      {server.Url(source), "--map", "date=timestamp", "--map", "datetime=date", "--map",
       "timestamp=date"},
      {"odbc:Driver={MariaDB Unicode};Socket=" + server.socket() + ";UID=root;Database=" + source}};
  for (std::vector<std::string>& arguments : sources) {
    const std::string database = rig::FreshDatabase(target);
    arguments.insert(arguments.begin(), "run");
    arguments.insert(arguments.begin() + 2, {target.Url(database), "--verify", "full"});
    const TransloadRun run = RunTransload(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
    EXPECT_EQ(target.QueryValue("select count(d) + count(dm) + count(ts) from t", database), "3");
  }
}

// MariaDB's CAST to bytes makes NULL of such a text.
TEST_F(Witness, AgreesOnTextThatOnlyAsUtf8IsLongerThanMaxAllowedPacket) {
  const rig::MariaDbServer server =
      rig::MariaDbServer::Start({.settings = {{"max_allowed_packet", "1M"}}});
  server.Execute(
      "create table t (id int primary key, a longtext character set latin1, b longtext character "
      "set cp1251); insert into t values (1, repeat(convert(_utf8mb4 x'c3a9' using latin1), "
      "800000), repeat(convert(_utf8mb4 x'd18f' using cp1251), 800000))",
      "test");
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string database = rig::FreshDatabase(target);
  const TransloadRun run =
      RunTransload({"run", server.Url("test"), target.Url(database), "--verify", "full"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(target.QueryValue("select sum(length(a) + length(b))::text from t", database),
            "1600000");
}

TEST_F(Witness, AgreesOnEveryFeature) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  std::ifstream file(TRANSLOAD_E2E "/every_feature.sql");
  std::ostringstream sql;
  sql << file.rdbuf();
  const std::string source = rig::FreshDatabase(server);
  server.Execute(sql.str(), source);
  rig::PostgresServer& target = rig::SharedPostgres();
  const TransloadRun run = RunTransload(
      {"run", server.Url(source), target.Url(rig::FreshDatabase(target)), "--verify", "full"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
}

TEST_F(Witness, AgreesOnSqlite) {
  const rig::TemporaryDir folder;
  const std::string path = folder / "edges.db";
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(handle, R"sql(
create table edges (id integer primary key, i bigint, r real, t text, b blob, d date, ts datetime,
  tm time, u uuid, bo boolean, n decimal(10,2), mixed);
insert into edges values
 (1, 9223372036854775807, 0.1, 'é', x'00ff', '2020-02-29', '2020-02-29 12:34:56.123456', '12:34:56',
  '01234567-89AB-cdef-0123-456789abcdef', 1, 1.25, 1),
 (2, -9223372036854775808, -1e300, '', x'', '0001-01-01', '1969-12-31 23:59:59.9', '23:59:59.000001',
  '00000000-0000-0000-0000-000000000000', 0, -2, 'x'),
 (3, null, null, null, null, null, null, null, null, null, null, null),
 (4, 9223372036854775807, 123456789.5, 'a' || char(10) || 'b', x'80', '9999-12-31',
  '9999-12-31 00:00:00', '00:00:00', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 1, 0, x'41');
)sql",
                         nullptr, nullptr, nullptr),
            SQLITE_OK)
      << sqlite3_errmsg(handle);
  sqlite3_close(handle);
  rig::PostgresServer& target = rig::SharedPostgres();
  const TransloadRun run =
      RunTransload({"run", "sqlite://" + path, target.Url(rig::FreshDatabase(target)), "--verify",
                    "full", "--format", "json"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
}

// Both servers by their own SQL; "odd" holds what has no measure, infinities and NaN.
void AgreesOnPostgresFeatures(rig::PostgresServer& server, rig::PostgresServer& target,
                              const std::string& script) {
  std::ifstream file(TRANSLOAD_E2E "/" + script);
  std::ostringstream sql;
  sql << file.rdbuf();
  const std::string source = rig::FreshDatabase(server);
  server.Execute(sql.str(), source);
  const std::string database = rig::FreshDatabase(target);
  const TransloadRun run =
      RunTransload({"run", server.Url(source), target.Url(database), "--format", "json"});
  const TransloadRun verify =
      RunTransload({"verify", server.Url(source), target.Url(database), "--verify", "full",
                    "--checks", "none", "--format", "json"});
  EXPECT_EQ(verify.exit_code, 0) << verify.out << verify.err << run.out;
  std::uint64_t measures = 0;
  const nlohmann::json report = nlohmann::json::parse(verify.out);
  for (const nlohmann::json& table : report["tables"]) {
    ASSERT_FALSE(table["witness"].is_null()) << table["name"];
    EXPECT_EQ(table["witness"]["why_not"], "") << table["name"];
    measures += table["witness"]["measures"].size();
  }
  EXPECT_GT(measures, 50u);
}

TEST_F(Witness, AgreesOnPostgresAsASource) {
  AgreesOnPostgresFeatures(rig::SharedPostgres(), rig::SharedPostgres(), "postgres_features.sql");
}
TEST_F(WitnessMatrix, AgreesOnAnOldPostgresAsASource) {
  AgreesOnPostgresFeatures(rig::SharedPostgres("10"), rig::SharedPostgres("18"),
                           "postgres_features_10.sql");
}

TEST_F(Witness, NamesColumnAndMeasureOfAPostgresSource) {
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string source = rig::FreshDatabase(target);
  target.Execute(
      "create table t (id int primary key, f real, at timestamptz, b bit(40), note text);"
      "insert into t select i, i / 3.0, '2020-01-01'::timestamptz + i * interval '1 us', "
      "i::bit(40), 'n' || i from generate_series(1, 9) i",
      source);
  const std::string database = rig::FreshDatabase(target);
  ASSERT_EQ(RunTransload({"run", target.Url(source), target.Url(database)}).exit_code, 0);
  target.Execute(
      "update t set f = f + 0.5, at = at + interval '1 us', b = b'1' || substring(b from 2), note "
      "= 'm' || substr(note, 2) where id = 2",
      database);
  const TransloadRun verify = RunTransload(
      {"verify", target.Url(source), target.Url(database), "--verify", "full", "--format", "json"});
  EXPECT_EQ(verify.exit_code, 6) << verify.err;
  std::set<std::string> differing;
  const nlohmann::json report = nlohmann::json::parse(verify.out);
  for (const nlohmann::json& measure : report["tables"].at(0)["witness"]["measures"]) {
    if (!measure["agrees"])
      differing.insert(measure["column"].get<std::string>() + " " +
                       measure["measure"].get<std::string>());
  }
  EXPECT_EQ(differing, (std::set<std::string>{"at sum", "b maximum", "b sum", "f sum",
                                              "note digest", "note minimum"}));
}

// Answered in the snapshot, found as an application finds them; a failing one harms nothing.
TEST_F(Witness, APostgresSourceAnswersQueriesOfTheUser) {
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string source = rig::FreshDatabase(target);
  target.Execute("create table t (id int primary key); insert into t values (1), (2)", source);
  const rig::TemporaryDir folder;
  const std::string config = folder / "c.toml";
  std::ofstream(config) << "[[check]]\nname = \"broken\"\nsource_sql = \"select 1/0\"\n"
                           "target_sql = \"select 1\"\n[[check]]\nname = \"rows\"\n"
                           "source_sql = \"select count(*) from t\"\n"
                           "target_sql = \"select count(*) from t\"\n";
  const TransloadRun run =
      RunTransload({"run", target.Url(source), target.Url(rig::FreshDatabase(target)), "-c", config,
                    "--format", "json"});
  EXPECT_EQ(run.exit_code, 7) << run.out << run.err;
  const nlohmann::json checks = nlohmann::json::parse(run.out)["checks"];
  ASSERT_EQ(checks.size(), 2u);
  EXPECT_EQ(checks[0]["verdict"], "not verified");
  EXPECT_EQ(checks[1]["verdict"], "match");
}

// Codes are texts, whatever they look like; numbers are equal however they are written.
TEST_F(Witness, ACheckTakesTextsAsTextsOnEveryEngine) {
  rig::MariaDbServer& maria = rig::SharedMariaDb();
  rig::PostgresServer& server = rig::SharedPostgres();
  const std::string rows =
      "create table t (id int primary key, code varchar(9), price decimal(9,2), flag int);"
      "insert into t values (1, '0012', 1.50, 1)";
  const std::string shop = rig::FreshDatabase(maria);
  const std::string source = rig::FreshDatabase(server);
  maria.Execute(rows, shop);
  server.Execute(rows, source);
  const rig::TemporaryDir folder;
  const std::string file = folder / "s.db";
  rig::MakeSqliteFile(file, rows);
  const std::string config = folder / "c.toml";
  std::ofstream(config) << "[[check]]\nname = \"text\"\nsource_sql = \"select code from t\"\n"
                           "target_sql = \"select '12'::text\"\n"
                           "[[check]]\nname = \"same\"\nsource_sql = \"select code from t\"\n"
                           "target_sql = \"select code from t\"\n"
                           "[[check]]\nname = \"numbers\"\nsource_sql = \"select price, flag, "
                           "code from t\"\ntarget_sql = \"select '1.5'::text, true, 12\"\n";
  for (const std::string& url : {maria.Url(shop), server.Url(source), "sqlite:" + file}) {
    const TransloadRun run = RunTransload(
        {"run", url, server.Url(rig::FreshDatabase(server)), "-c", config, "--format", "json"});
    EXPECT_EQ(run.exit_code, 6) << run.out << run.err;
    const nlohmann::json checks = nlohmann::json::parse(run.out)["checks"];
    ASSERT_EQ(checks.size(), 3u) << url;
    EXPECT_EQ(checks[0]["verdict"], "mismatch") << url;
    EXPECT_EQ(checks[1]["verdict"], "match") << url;
    EXPECT_EQ(checks[2]["verdict"], "match") << url;
  }
}

// What would end the transaction, or leave a COPY behind, is refused and takes no other check
// along.
TEST_F(Witness, ACheckIsOneQueryOnEitherSide) {
  rig::PostgresServer& server = rig::SharedPostgres();
  const std::string source = rig::FreshDatabase(server);
  const std::string target = rig::FreshDatabase(server);
  server.Execute("create table t (id int primary key)", source);
  const rig::TemporaryDir folder;
  const std::string config = folder / "c.toml";
  {
    std::ofstream file(config);
    for (const char* sql : {"select 1; commit; create table made_by_a_check (i int)", "commit",
                            "copy (select 1) to stdout"}) {
      file << "[[check]]\nname = \"in the source\"\nsource_sql = \"" << sql
           << "\"\ntarget_sql = \"select 1\"\n[[check]]\nname = \"in the target\"\n"
           << "source_sql = \"select 1\"\ntarget_sql = \"" << sql << "\"\n";
    }
    file << "[[check]]\nname = \"good\"\nsource_sql = \"select 1\"\ntarget_sql = \"select 1\"\n";
  }
  const TransloadRun run = RunTransload(
      {"run", server.Url(source), server.Url(target), "-c", config, "--format", "json"});
  EXPECT_EQ(run.exit_code, 7) << run.out << run.err;
  const nlohmann::json checks = nlohmann::json::parse(run.out)["checks"];
  ASSERT_EQ(checks.size(), 7u);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(checks[i]["verdict"], "not verified") << checks[i];
  EXPECT_EQ(checks[6]["verdict"], "match") << checks[6];
  EXPECT_TRUE(
      server.Query("select 1 from pg_class where relname = 'made_by_a_check'", target).empty());
}

// Exact numbers are measured through any driver; what is not is listed, not called different.
void MeasuresNumbersThroughOdbc(const std::string& source) {
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string database = rig::FreshDatabase(target);
  const TransloadRun run =
      RunTransload({"run", source, target.Url(database), "--verify", "full", "-j", "1"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  target.Execute("update numbers set i = i + 1 where id = 2", database);
  const TransloadRun verify = RunTransload(
      {"verify", source, target.Url(database), "--verify", "full", "-j", "1", "--format", "json"});
  EXPECT_EQ(verify.exit_code, 6) << verify.out << verify.err;
  const nlohmann::json report = nlohmann::json::parse(verify.out);
  const nlohmann::json& witness = report["tables"].at(0)["witness"];
  EXPECT_EQ(witness["why_not"], "");
  std::set<std::string> differing;
  for (const nlohmann::json& measure : witness["measures"]) {
    if (!measure["agrees"])
      differing.insert(measure["column"].get<std::string>() + " " +
                       measure["measure"].get<std::string>());
  }
  EXPECT_TRUE(differing.contains("i sum"));
  EXPECT_FALSE(differing.contains("id sum"));
}

constexpr const char* kNumbers =
    "create table numbers (id int primary key, i bigint, n decimal(12,3), t varchar(20));"
    "insert into numbers values (1, 9223372036854775807, 0.1, 'x'), (2, -5, 0.2, null),"
    "(3, null, -123456789.125, 'z'), (4, 9223372036854775807, 0.3, '')";

TEST_F(Witness, MeasuresNumbersOfMariaDbThroughOdbc) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  const std::string source = rig::FreshDatabase(server);
  server.Execute(kNumbers, source);
  MeasuresNumbersThroughOdbc(
      fmt::format("odbc:Driver={{MariaDB Unicode}};Socket={};UID=root;"
                  "Database={}",
                  server.socket(), source));
}
TEST_F(Witness, MeasuresNumbersOfPostgresThroughOdbc) {
  rig::PostgresServer& server = rig::SharedPostgres();
  const std::string source = rig::FreshDatabase(server);
  server.Execute(kNumbers, source);
  MeasuresNumbersThroughOdbc(
      fmt::format("odbc:Driver={{PostgreSQL Unicode}};Server={};Port={};UID=postgres;Database={}",
                  server.socket_dir(), server.port(), source));
}
// Columns there hold values of any class.
TEST_F(Witness, CannotBeHeardWhereNoColumnHasAMeasure) {
  const rig::TemporaryDir folder;
  rig::MakeSqliteFile(folder / "n.db", kNumbers);
  rig::PostgresServer& target = rig::SharedPostgres();
  const TransloadRun run =
      RunTransload({"run", "odbc:Driver=SQLite3;Database=" + (folder / "n.db"),
                    target.Url(rig::FreshDatabase(target)), "--verify", "full", "-j", "1"});
  EXPECT_EQ(run.exit_code, 7) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("none of its columns has a measure"));
}

TEST_F(Witness, HearsTablesWhoseFilterEndsInAComment) {
  const rig::TemporaryDir folder;
  rig::PostgresServer& target = rig::SharedPostgres();
  rig::MariaDbServer& mariadb = rig::SharedMariaDb();
  const std::string in_mariadb = rig::FreshDatabase(mariadb);
  const std::string in_postgres = rig::FreshDatabase(target);
  mariadb.Execute(kNumbers, in_mariadb);
  target.Execute(kNumbers, in_postgres);
  rig::MakeSqliteFile(folder / "n.db", kNumbers);
  std::ofstream(folder / "c.toml") << "[table.numbers]\nwhere = \"id < 4 -- not the last\"\n";
  for (const std::string& source :
       {mariadb.Url(in_mariadb), target.Url(in_postgres), "sqlite:" + (folder / "n.db"),
        fmt::format("odbc:Driver={{MariaDB Unicode}};Socket={};UID=root;Database={}",
                    mariadb.socket(), in_mariadb)}) {
    const TransloadRun run = RunTransload({"run", source, target.Url(rig::FreshDatabase(target)),
                                           "-c", folder / "c.toml", "--verify", "full", "-j", "1"});
    EXPECT_EQ(run.exit_code, 0) << source << "\n" << run.out << run.err;
    EXPECT_THAT(run.out, HasSubstr("3 rows written")) << source;
  }
}

TEST_F(Witness, NamesColumnAndMeasureOfAnAlteredTarget) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  const std::string source = rig::FreshDatabase(server);
  server.Execute(
      "create table t (id int primary key, price decimal(10,2));"
      "insert into t values (1, 10), (2, 20)",
      source);
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string database = rig::FreshDatabase(target);
  ASSERT_EQ(RunTransload({"run", server.Url(source), target.Url(database)}).exit_code, 0);
  target.Execute("update t set price = 20.01 where id = 2", database);
  const TransloadRun run =
      RunTransload({"verify", server.Url(source), target.Url(database), "--verify", "full"});
  EXPECT_EQ(run.exit_code, 6) << run.err;
  EXPECT_THAT(run.out, HasSubstr("sum of price: source 30, target 30.01"));
}

}  // namespace
}  // namespace transload
