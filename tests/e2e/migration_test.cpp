// Whole migrations through the executable: what a user sees, and what is in the target afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "tests/conformance/transload_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/process.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/slurp.h"

namespace transload {
namespace {

using testing::HasSubstr;
using testing::Not;

// 200,000 rows in a table that is cut into many partitions.
std::string MakeLargeTable(rig::MySqlFamilyServer& server) {
  const std::string database = rig::FreshDatabase(server);
  server.Execute(
      "create table big (id int auto_increment primary key, v varchar(100), d datetime(6));"
      "insert into big select seq, repeat('x', seq % 100), '2020-01-01' + interval seq second "
      "from seq_1_to_200000;"
      "analyze table big",
      database);
  return database;
}

std::string Checksum(rig::PostgresServer& target, const std::string& database) {
  return target.QueryValue("select count(*) || ' ' || sum(hashtext(b::text)::bigint) from big b",
                           database);
}

class Migration : public testing::Test {
 protected:
  rig::PostgresServer& target_ = rig::SharedPostgres();
  std::string database_ = rig::FreshDatabase(target_);

  std::string TargetUrl() const { return target_.Url(database_); }
  // Partitions that the ledger has as done.
  int Done() const {
    if (target_.QueryValue("select to_regclass('transload.partition') is null", database_) == "t") {
      return 0;
    }
    return std::stoi(target_.QueryValue(
        "select count(*) from transload.partition where state = 'done'", database_));
  }
};

void MoveEveryFeature(rig::MySqlFamilyServer& server) {
  const std::string source = rig::FreshDatabase(server);
  server.Execute(rig::Slurp(TRANSLOAD_E2E "/every_feature.sql"), source);
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string database = rig::FreshDatabase(target);
  const std::string url = target.Url(database);

  TransloadRun run = RunTransload({"run", server.Url(source), url});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("done and verified: 34 tables"));
  EXPECT_THAT(run.out, HasSubstr("active"));  // the view, listed
  auto value = [&](const std::string& sql) { return target.QueryValue(sql, database); };
  EXPECT_EQ(value("select count(*) from pg_tables where schemaname = 'public'"), "34");
  EXPECT_EQ(value("select count(*) from pg_constraint c join pg_namespace n on n.oid = "
                  "c.connamespace where n.nspname = 'public' and contype = 'f' and convalidated"),
            std::to_string(4 + 17));
  EXPECT_EQ(value("insert into customer (email, name) values ('n', 'n') returning id"), "5000");
  EXPECT_EQ(value("insert into empty_table (v) values (1) returning id"), "77");
  EXPECT_EQ(value("select obj_description('customer'::regclass)"), "people; \"quoted\"");
  EXPECT_EQ(value("select c from gen"), "20");
  EXPECT_EQ(value("select lu from everything where id = 1"), "9223372036854775807");

  // The rows just added are no part of the run: undo says so, and takes them along when forced.
  EXPECT_EQ(RunTransload({"undo", url}).exit_code, 3);
  TransloadRun undo = RunTransload({"undo", url, "--force"});
  EXPECT_EQ(undo.exit_code, 0) << undo.err;
  EXPECT_EQ(value("select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                  "where n.nspname = 'public'"),
            "0");
  EXPECT_EQ(value("select count(*) from pg_type t join pg_namespace n on n.oid = t.typnamespace "
                  "where n.nspname = 'public'"),
            "0");
}

TEST(EveryFeature, ArrivesFromMariaDb) { MoveEveryFeature(rig::SharedMariaDb()); }

TEST(EveryFeatureMatrix, ArrivesFromMySql9) { MoveEveryFeature(rig::SharedMySql("9")); }

TEST_F(Migration, GoesOnAfterItWasKilledAndEndsInTheSameState) {
  rig::MySqlFamilyServer& server = rig::SharedMariaDb();
  const std::string source = server.Url(MakeLargeTable(server));
  const std::string undisturbed = rig::FreshDatabase(target_);
  ASSERT_EQ(RunTransload({"run", source, target_.Url(undisturbed)}).exit_code, 0);

  const std::vector<std::string> arguments = {
      "run", source, TargetUrl(), "--partition-size", "200KiB", "--max-rate", "2MB/s"};
  for (int signal : {SIGKILL, SIGTERM, SIGINT}) {
    rig::Command command;
    command.argv = {TRANSLOAD_BINARY};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.as_server_account = false;
    rig::Process process = rig::Process::Start(command);
    // Until this start has committed something, and has something under way.
    const int before = Done();
    for (int i = 0; i < 1000 && process.Running() && Done() < before + 3; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_THAT(RunTransload({"status", TargetUrl()}).out, Not(HasSubstr("nobody is at work")));
    process.Signal(signal);
    ASSERT_TRUE(process.WaitFor(std::chrono::seconds(30)));
    if (signal == SIGKILL) {
      TransloadRun status;  // the server may need a moment to see that nobody is there
      for (int i = 0; i < 500 && status.out.find("nobody is at work") == std::string::npos; ++i) {
        status = RunTransload({"status", TargetUrl()});
      }
      EXPECT_THAT(status.out, HasSubstr("nobody is at work"));
    } else if (signal == SIGTERM) {
      EXPECT_EQ(WEXITSTATUS(process.status()), 143);
    } else if (signal == SIGINT) {
      EXPECT_EQ(WEXITSTATUS(process.status()), 130);
    }
  }
  TransloadRun last = RunTransload({"run", source, TargetUrl(), "--partition-size", "200KiB"});
  ASSERT_EQ(last.exit_code, 0) << last.out << last.err;
  EXPECT_THAT(last.out, HasSubstr("had not moved"));
  EXPECT_EQ(Checksum(target_, database_), Checksum(target_, undisturbed));

  TransloadRun again = RunTransload({"run", source, TargetUrl(), "--partition-size", "200KiB"});
  EXPECT_EQ(again.exit_code, 3);
  EXPECT_THAT(again.err, HasSubstr("already finished"));
}

// The server believes the table to be empty, so that it is planned as one small partition.
TEST_F(Migration, APartitionFarLargerThanPlannedIsCutWhereItStandsAndGoesOnAfterAKill) {
  rig::MariaDbServer server = rig::MariaDbServer::Start();
  const std::string schema = rig::FreshDatabase(server);
  server.Execute(
      "create table big (a int, k varchar(20), v varchar(100), primary key (a, k)) engine=InnoDB "
      "stats_persistent=1 stats_auto_recalc=0;"
      "insert into big select seq % 100, concat('k', seq), repeat('x', seq % 100) "
      "from seq_1_to_100000;"
      "update mysql.innodb_table_stats set n_rows = 3, clustered_index_size = 1 where "
      "database_name = database()",
      schema);
  server.Restart();  // estimates are read once
  ASSERT_LT(std::stoi(server.QueryValue("select table_rows from information_schema.tables where "
                                        "table_schema = '" +
                                        schema + "'")),
            10);
  const std::string source = server.Url(schema);
  const std::string undisturbed = rig::FreshDatabase(target_);
  TransloadRun whole = RunTransload({"run", source, target_.Url(undisturbed)});
  ASSERT_EQ(whole.exit_code, 0) << whole.out << whole.err;
  EXPECT_EQ(target_.QueryValue("select count(*) from transload.partition", undisturbed), "1");

  rig::Command command;
  command.argv = {TRANSLOAD_BINARY, "run", source, TargetUrl(),        "--max-rate",
                  "2MB/s",          "-j",  "2",    "--partition-size", "200KiB"};
  command.as_server_account = false;
  rig::Process process = rig::Process::Start(command);
  for (int i = 0; i < 1000 && process.Running() && Done() < 4; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  process.Signal(SIGKILL);
  ASSERT_TRUE(process.WaitFor(std::chrono::seconds(30)));
  EXPECT_GE(Done(), 4);
  TransloadRun last =
      RunTransload({"run", source, TargetUrl(), "-j", "2", "--partition-size", "200KiB"});
  ASSERT_EQ(last.exit_code, 0) << last.out << last.err;
  EXPECT_EQ(Checksum(target_, database_), Checksum(target_, undisturbed));
  EXPECT_GT(Done(), 8);
  EXPECT_EQ(target_.QueryValue("select sum(rows_read) || ' ' || sum(rows_written) || ' ' || "
                               "count(distinct number) - count(*) from transload.partition",
                               database_),
            "100000 100000 0");
}

TEST_F(Migration, ReconcilesWhatWasLoadedWhenTheSourceMovedMeanwhile) {
  rig::MySqlFamilyServer& server = rig::SharedMariaDb();
  const std::string schema = MakeLargeTable(server);
  server.Execute(
      "create table bad (id int primary key, v varchar(9));"
      "insert into bad values (1, concat('a', char(0)))",
      schema);
  // The bad row stops the run when the large table is in already, or partly.
  const std::vector<std::string> arguments = {
      "run", server.Url(schema), TargetUrl(), "--partition-size", "200KiB", "-j", "1"};
  TransloadRun first = RunTransload(arguments);
  ASSERT_EQ(first.exit_code, 4) << first.out << first.err;
  server.Execute(
      "delete from bad; update big set v = 'changed' where id = 7;"
      "insert into big (v) values ('new')",
      schema);
  std::vector<std::string> strict = arguments;
  strict.insert(strict.end(), {"--consistency", "strict"});
  EXPECT_EQ(RunTransload(strict).exit_code, 4);
  TransloadRun second = RunTransload(arguments);
  ASSERT_EQ(second.exit_code, 0) << second.out << second.err;
  EXPECT_THAT(second.out, HasSubstr("the source had moved"));
  EXPECT_EQ(target_.QueryValue("select v from big where id = 7", database_), "changed");
  EXPECT_EQ(target_.QueryValue("select count(*) from big", database_), "200001");
}

TEST_F(Migration, RefusesASecondRunAtTheSameTime) {
  rig::MySqlFamilyServer& server = rig::SharedMariaDb();
  const std::string source = server.Url(MakeLargeTable(server));
  rig::Command command;
  command.argv = {TRANSLOAD_BINARY,   "run",   source, TargetUrl(), "--max-rate", "1MB/s",
                  "--partition-size", "200KiB"};
  command.as_server_account = false;
  rig::Process process = rig::Process::Start(command);
  for (int i = 0; i < 600; ++i) {
    if (target_.QueryValue("select count(*) from pg_tables where tablename = 'big'", database_) ==
        "1") {
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  TransloadRun second = RunTransload({"run", source, TargetUrl()});
  EXPECT_EQ(second.exit_code, 3) << second.err;
  process.Signal(SIGTERM);
  EXPECT_TRUE(process.WaitFor(std::chrono::seconds(30)));
}

TEST_F(Migration, FailsOnExistingTablesUnlessToldOtherwise) {
  rig::MySqlFamilyServer& server = rig::SharedMariaDb();
  const std::string schema = rig::FreshDatabase(server);
  server.Execute("create table t (id int primary key, v int); insert into t values (1,1),(2,2)",
                 schema);
  target_.Execute("create table t (id int primary key, v bigint); insert into t values (9,9)",
                  database_);
  TransloadRun refused = RunTransload({"run", server.Url(schema), TargetUrl()});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, HasSubstr("t"));
  EXPECT_EQ(target_.QueryValue("select count(*) from t", database_), "1");
  TransloadRun truncated =
      RunTransload({"run", server.Url(schema), TargetUrl(), "--on-existing", "truncate"});
  EXPECT_EQ(truncated.exit_code, 0) << truncated.out << truncated.err;
  EXPECT_EQ(target_.QueryValue("select sum(v) from t", database_), "3");
}

// Neither side's log holds errors, or clients that went away without a goodbye.
TEST_F(Migration, LeavesNothingInTheLogsOfTheServers) {
  rig::PostgresServer server = rig::PostgresServer::Start();
  server.Execute("create database source");
  server.Execute("create database target");
  server.Execute(
      "create table t (id int primary key, v text); insert into t select n, repeat('x', n) from "
      "generate_series(1, 1000) n; create view v as select id from t",
      "source");
  const std::vector<std::string> sides = {server.Url("source"), server.Url("target")};
  const std::size_t start = rig::Slurp(server.log_file()).size();
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"run", sides[0], sides[1], "--verify", "full"},
        {"verify", sides[0], sides[1], "--verify", "full"},
        {"verify", sides[0], sides[1], "--repair"},
        {"sync", sides[0], sides[1]},
        {"status", sides[1]},
        {"undo", sides[1]}}) {
    const TransloadRun run = RunTransload(command);
    EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  }
  server.Stop();  // after which all sessions have said what they have to say
  EXPECT_THAT(rig::Slurp(server.log_file()).substr(start),
              Not(testing::AnyOf(HasSubstr("unexpected EOF"), HasSubstr("ERROR:"),
                                 HasSubstr("FATAL:"), HasSubstr("WARNING:"))));
}

TEST_F(Migration, DropsWithATableWhatWasMadeBesideIt) {
  rig::MySqlFamilyServer& server = rig::SharedMariaDb();
  const std::string schema = rig::FreshDatabase(server);
  server.Execute(
      "create table t (id int primary key, e enum('a','b'), at timestamp not null default "
      "current_timestamp on update current_timestamp); insert into t (id, e) values (1, 'b')",
      schema);
  ASSERT_EQ(RunTransload({"run", server.Url(schema), TargetUrl()}).exit_code, 0);
  server.Execute("alter table t modify e enum('a','b','c'); insert into t (id, e) values (2, 'c')",
                 schema);
  target_.Execute("create table other (e t_e)", database_);
  const auto again = [&](const std::string& ledger, const std::string& on_existing) {
    return RunTransload({"run", server.Url(schema), TargetUrl(), "--ledger-schema", ledger,
                         "--on-existing", on_existing});
  };
  const TransloadRun held = again("held", "drop");
  EXPECT_EQ(held.exit_code, 3) << held.out << held.err;
  EXPECT_THAT(held.err, HasSubstr("cannot be dropped while column e of table"));
  target_.Execute("drop table other", database_);
  const TransloadRun dropped = again("second", "drop");
  EXPECT_EQ(dropped.exit_code, 0) << dropped.out << dropped.err;
  EXPECT_EQ(target_.QueryValue("select string_agg(e::text, '' order by id) from t", database_),
            "bc");

  target_.Execute("drop table t", database_);
  const TransloadRun left = again("third", "fail");
  EXPECT_EQ(left.exit_code, 3) << left.out << left.err;
  EXPECT_THAT(left.err, HasSubstr("DROP TYPE \"public\".\"t_e\""));
  EXPECT_THAT(left.err, HasSubstr("DROP FUNCTION \"public\".\"t_at_touch\"()"));
}

}  // namespace
}  // namespace transload
