// Servers that end a query, a connection or themselves under a run, or have no room for it: the
// rows arrive all the same, each retry is told, and what persists ends with exit code 4.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "tests/conformance/transload_run.h"
#include "tests/faults/live_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/proxy.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

constexpr char kBigRows[] =
    "create table big (id int auto_increment primary key, v varchar(200));"
    "insert into big select seq, repeat('x', 150) from seq_1_to_40000; analyze table big";
constexpr char kPostgresRows[] =
    "create table big (id int primary key, v text);"
    "insert into big select i, repeat('x', 150) from generate_series(1, 40000) i; analyze big";

class ServerFaults : public testing::Test {
 protected:
  // Slow enough for a fault to come in the middle of the rows.
  std::vector<std::string> Arguments(const std::string& source, const std::string& target,
                                     const std::string& partition_size = "128KiB") const {
    return {"run", source,     target,  "--partition-size", partition_size, "-j",
            "2",   "--report", report_, "--max-rate",       "3MB/s",        "--connect-timeout",
            "2s"};
  }
  bool RowsAreMoving(const rig::PostgresServer& target, const std::string& database) const {
    return target.QueryValue("select to_regclass('transload.partition') is not null", database) ==
               "t" &&
           std::stoi(target.QueryValue(
               "select count(*) from transload.partition where state = 'done'", database)) >= 3;
  }
  void ExpectAllRows(const rig::PostgresServer& target, const std::string& database) const {
    EXPECT_EQ(target.QueryValue("select count(*) || ' ' || count(distinct id) from big", database),
              "40000 40000");
  }
  nlohmann::json Report() const {
    std::ifstream file(report_ + "/report.json");
    return nlohmann::json::parse(file);
  }
  // A run over rows that are on their way when `fault` strikes; it gets over it.
  TransloadRun Survives(const std::string& source, const rig::PostgresServer& target,
                        const std::string& database, const std::function<void(LiveRun&)>& fault,
                        const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = Arguments(source, target.Url(database));
    arguments.insert(arguments.end(), more.begin(), more.end());
    LiveRun run(arguments);
    EXPECT_TRUE(run.WaitUntil([&] { return RowsAreMoving(target, database); }));
    fault(run);
    TransloadRun done = run.Finish();
    EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
    EXPECT_THAT(done.err, HasSubstr("trying again"));
    ExpectAllRows(target, database);
    return done;
  }

  // The same with the table as one partition, whose rows don't fit into the network's buffers.
  TransloadRun SurvivesInOnePartition(const std::string& source, const rig::PostgresServer& target,
                                      const std::string& database,
                                      const std::function<void(LiveRun&)>& fault) {
    LiveRun run(Arguments(source, target.Url(database), "1GiB"));
    fault(run);
    TransloadRun done = run.Finish();
    EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
    EXPECT_THAT(done.err, HasSubstr("trying again"));
    ExpectAllRows(target, database);
    return done;
  }

  rig::TemporaryDir dir_;
  std::string report_ = dir_ / "report";
};

class MariaDbSource : public ServerFaults {
 protected:
  MariaDbSource() { source_.Execute(kBigRows, schema_); }
  // The connections on which rows are being sent.
  rig::Rows Readers() const {
    return source_.Query("select id from information_schema.processlist where db = '" + schema_ +
                         "' and info like 'SELECT `id`%' and id <> connection_id()");
  }
  // Sends the statement for queries that are sending rows, so often.
  void Each(LiveRun& run, const std::string& statement, int times) const {
    int done = 0;
    EXPECT_TRUE(run.WaitUntil([&] {
      for (const rig::Row& row : Readers()) {
        try {
          source_.Execute(statement + row[0].value());
          ++done;
        } catch (const std::runtime_error&) {
          continue;  // its query has ended meanwhile
        }
      }
      return done >= times;
    }));
  }

  rig::MariaDbServer& source_ = rig::SharedMariaDb();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  std::string schema_ = rig::FreshDatabase(source_);
  std::string database_ = rig::FreshDatabase(target_);
};

TEST_F(MariaDbSource, KilledQueriesNeverLookLikeTheEndOfTheTable) {
  SurvivesInOnePartition(source_.Url(schema_), target_, database_,
                         [&](LiveRun& run) { Each(run, "kill query ", 2); });
  const nlohmann::json report = Report();
  ASSERT_FALSE(report["retries"].empty());
  const nlohmann::json& retry = report["retries"][0];
  EXPECT_EQ(retry["what"], schema_ + ".big");
  EXPECT_THAT(retry["reason"].get<std::string>(), HasSubstr("interrupted"));
  EXPECT_EQ(retry["attempt"], 2);
  EXPECT_GT(retry["wait_seconds"].get<double>(), 0);
  for (const char* file : {"report.html", "report.md"}) {
    std::ostringstream text;
    text << std::ifstream(report_ + "/" + file).rdbuf();
    EXPECT_THAT(text.str(), HasSubstr("Tried again")) << file;
  }
}

TEST_F(MariaDbSource, LostConnectionsAreReplacedOutOfTheSnapshot) {
  TransloadRun run =
      SurvivesInOnePartition(source_.Url(schema_), target_, database_,
                             [&](LiveRun& live) { Each(live, "kill connection ", 2); });
  EXPECT_THAT(run.err, Not(HasSubstr("run: "))) << "a new snapshot was taken";
}

TEST_F(MariaDbSource, ImpatientServerSettingsDoNotCutReadersOff) {
  source_.Execute(
      "set global wait_timeout = 1; set global interactive_timeout = 1;"
      "set global net_write_timeout = 1; set global max_statement_time = 0.3");
  TransloadRun run = RunTransload(Arguments(source_.Url(schema_), target_.Url(database_)));
  source_.Execute(
      "set global wait_timeout = 28800; set global interactive_timeout = 28800;"
      "set global net_write_timeout = 60; set global max_statement_time = 0");
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.err, Not(HasSubstr("trying again")));
  ExpectAllRows(target_, database_);
}

// As after SIGSTOP, or a moved virtual machine: the lane that comes too late gives way.
TEST_F(MariaDbSource, LeasesThatRanOutCostNoOtherLaneItsWork) {
  rig::Proxy proxy = rig::Proxy::ToTcp(source_.port());
  proxy.Slow(600'000);
  LiveRun run({"run", source_.TcpUrl(schema_, "root", proxy.port()), target_.Url(database_),
               "--partition-size", "1GiB", "-j", "2"});
  EXPECT_TRUE(run.WaitUntil([&] {
    return target_.QueryValue("select to_regclass('transload.partition') is not null", database_) ==
               "t" &&
           target_.QueryValue("select count(*) from transload.lane where rows > 0", database_) !=
               "0";
  }));
  target_.Execute("update transload.partition set lease = now() - interval '1 s'", database_);
  EXPECT_TRUE(run.WaitUntil([&] {
    return target_.QueryValue("select max(epoch) from transload.partition", database_) == "2";
  }));
  std::this_thread::sleep_for(std::chrono::seconds(6));  // by then the lanes were looked after
  proxy.Resume();
  TransloadRun done = run.Finish();
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_THAT(done.err, Not(HasSubstr("trying again")));
  ExpectAllRows(target_, database_);
}

// A standby that takes the target's place, without the target's latest commits.
TEST_F(MariaDbSource, WhatTheTargetLosesOfATableThatWasThroughIsMadeAgain) {
  source_.Execute(
      "create table early (id int primary key, v varchar(200), key early_v (v));"
      "insert into early select seq, repeat('y', 190) from seq_1_to_50000; analyze table early",
      schema_);
  LiveRun run(Arguments(source_.Url(schema_), target_.Url(database_)));
  const std::string through =
      "select count(*) from transload.\"table\" where phases ->> 'indexes' = 'done'";
  EXPECT_TRUE(run.WaitUntil([&] {
    return RowsAreMoving(target_, database_) && target_.QueryValue(through, database_) == "1";
  }));
  const std::string index = target_.QueryValue(
      "select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = "
      "'early'::regclass and not i.indisprimary",
      database_);
  target_.Execute(fmt::format("drop index {0}; delete from transload.object where name = '{0}';"
                              "update transload.\"table\" set phases = '{{}}' where name = 'early'",
                              index),
                  database_);
  TransloadRun done = run.Finish();
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_THAT(done.err, HasSubstr("has lost what was committed"));
  EXPECT_EQ(target_.QueryValue("select to_regclass('" + index + "') is not null", database_), "t");
  ExpectAllRows(target_, database_);
}

TEST(MariaDbSourceServer, RestartedInTheMiddleOfARunIsReadFromAgain) {
  class Run : public ServerFaults {
    void TestBody() override {}

   public:
    void Try() {
      rig::MariaDbServer source = rig::MariaDbServer::Start();
      // The rig's servers write their log once a second: a killed one would lose its rows.
      source.Execute("set global innodb_flush_log_at_trx_commit = 1");
      source.Execute(kBigRows, "test");
      rig::PostgresServer& target = rig::SharedPostgres();
      const std::string database = rig::FreshDatabase(target);
      Survives(source.Url("test"), target, database,
               [&](LiveRun&) { source.Restart(rig::StopMode::kImmediate); });
    }
  };
  Run().Try();
}

class PostgresSource : public ServerFaults {
 protected:
  PostgresSource() { source_.Execute(kPostgresRows, schema_); }
  void Each(LiveRun& run, const std::string& function, int times) const {
    int done = 0;
    EXPECT_TRUE(run.WaitUntil([&] {
      done += std::stoi(source_.QueryValue(fmt::format(
          "select count({}(pid)) from pg_stat_activity where datname = '{}' and state = 'active' "
          "and query like 'COPY (%' and pid <> pg_backend_pid()",
          function, schema_)));
      return done >= times;
    }));
  }

  rig::PostgresServer& source_ = rig::SharedPostgres();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  std::string schema_ = rig::FreshDatabase(source_);
  std::string database_ = rig::FreshDatabase(target_);
};

TEST_F(PostgresSource, CancelledQueriesNeverLookLikeTheEndOfTheTable) {
  SurvivesInOnePartition(source_.Url(schema_), target_, database_,
                         [&](LiveRun& run) { Each(run, "pg_cancel_backend", 2); });
}

TEST_F(PostgresSource, TerminatedBackendsAreReplacedInTheSameSnapshot) {
  TransloadRun run =
      SurvivesInOnePartition(source_.Url(schema_), target_, database_,
                             [&](LiveRun& live) { Each(live, "pg_terminate_backend", 2); });
  EXPECT_THAT(run.err, Not(HasSubstr("run: "))) << "a new snapshot was taken";
}

TEST_F(PostgresSource, ImpatientServerSettingsDoNotCutAnybodyOff) {
  for (const std::string& database : {schema_, database_}) {
    for (const char* setting : {"statement_timeout", "idle_in_transaction_session_timeout",
                                "idle_session_timeout", "lock_timeout"}) {
      source_.Execute(fmt::format("alter database {} set {} = '200ms'", database, setting));
    }
  }
  TransloadRun run = RunTransload(Arguments(source_.Url(schema_), target_.Url(database_)));
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.err, Not(HasSubstr("trying again")));
  target_.Execute(fmt::format("alter database {} reset all", database_));
  ExpectAllRows(target_, database_);
}

TEST(PostgresServers, RestartedInTheMiddleOfARunAreGotOver) {
  class Run : public ServerFaults {
    void TestBody() override {}

   public:
    void Try() {
      rig::PostgresServer source = rig::PostgresServer::Start({.own_identity = true});
      rig::PostgresServer target = rig::PostgresServer::Start();
      source.Execute("create database shop");
      target.Execute("create database shop");
      source.Execute(kPostgresRows, "shop");
      Survives(source.Url("shop"), target, "shop",
               [&](LiveRun&) { target.Restart(rig::StopMode::kImmediate); });
      target.Execute("drop database shop");
      target.Execute("create database shop");
      Survives(source.Url("shop"), target, "shop",
               [&](LiveRun&) { source.Restart(rig::StopMode::kImmediate); });
    }
  };
  Run().Try();
}

class FullTarget : public MariaDbSource {
 protected:
  ~FullTarget() override {
    target_.Execute("drop database " + database_ + " with (force)");
    target_.Execute("drop role if exists mover_" + database_);
  }
};

TEST_F(FullTarget, ConnectionLimitIsWaitedOutByTheLanes) {
  const std::string role = "mover_" + database_;
  target_.CreateUser(role, "secret");
  target_.Execute(fmt::format("grant all on database {0} to {1}", database_, role));
  target_.Execute("grant create, usage on schema public to " + role, database_);
  std::vector<std::string> arguments =
      Arguments(source_.Url(schema_), target_.TcpUrl(database_, role));
  LiveRun run(arguments, {{"TRANSLOAD_TARGET_PASSWORD", "secret"}});
  ASSERT_TRUE(run.WaitUntil([&] { return RowsAreMoving(target_, database_); }));
  // Superusers alone get in, as when max_connections is reached.
  target_.Execute("alter role " + role + " connection limit 0");
  EXPECT_TRUE(run.WaitUntil([&] {
    target_.Execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = '" +
                    database_ +
                    "' and application_name like 'transload lane%' and query like 'COPY%'");
    return run.Said("too many connections");
  }));
  target_.Execute("alter role " + role + " connection limit -1");
  TransloadRun done = run.Finish();
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  ExpectAllRows(target_, database_);
}

class TargetLocks : public MariaDbSource {};

TEST_F(TargetLocks, ThatAreHeldTooLongAreTriedAgain) {
  TransloadRun run = Survives(
      source_.Url(schema_), target_, database_,
      [&](LiveRun& live) {
        OpenSession other(target_.LibpqConninfo(database_));
        other.Exec("begin; lock table big in access exclusive mode");
        EXPECT_TRUE(live.WaitUntil([&] { return live.Said("due to lock timeout; trying"); }));
        other.Exec("commit");
      },
      {"--lock-timeout", "300ms"});
  EXPECT_THAT(run.err, HasSubstr("lock timeout"));
}

TEST_F(TargetLocks, ThatBecomeADeadlockAreTriedAgain) {
  // The server looks for a deadlock once per wait; there is time to make one until then.
  target_.Execute("alter database " + database_ + " set deadlock_timeout = '3s'");
  target_.Execute(
      "create table big (id int primary key, v varchar(200));"
      "create function both_locks() returns trigger language plpgsql as $$ begin "
      "if new.id = 30000 then perform pg_advisory_xact_lock(2); perform pg_advisory_xact_lock(1); "
      "end if; return new; end $$;"
      "create trigger both_locks before insert on big for each row execute function both_locks()",
      database_);
  OpenSession other(target_.LibpqConninfo(database_));
  other.Exec("set deadlock_timeout = '1h'; begin; select pg_advisory_xact_lock(1)");
  std::vector<std::string> arguments = Arguments(source_.Url(schema_), target_.Url(database_));
  arguments.push_back("--data-only");
  LiveRun run(arguments);
  EXPECT_TRUE(run.WaitUntil([&] {
    return target_.QueryValue(
               "select count(*) from pg_locks where locktype = 'advisory' and "
               "not granted and database = (select oid from pg_database where "
               "datname = current_database())",
               database_) != "0";
  }));
  other.Exec("select pg_advisory_xact_lock(2); commit");
  TransloadRun done = run.Finish();
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_THAT(done.err, HasSubstr("deadlock detected"));
  ExpectAllRows(target_, database_);
}

TEST_F(MariaDbSource, FaultsThatPersistEndWithExitCodeFourAndWhatToDo) {
  std::vector<std::string> arguments = Arguments(source_.Url(schema_), target_.Url(database_));
  arguments.insert(arguments.end(), {"--lock-timeout", "200ms", "--retries", "1"});
  OpenSession other(target_.LibpqConninfo(database_));
  LiveRun run(arguments);
  ASSERT_TRUE(run.WaitUntil([&] { return RowsAreMoving(target_, database_); }));
  other.Exec("begin; lock table big in access exclusive mode");
  TransloadRun stopped = run.Finish();
  EXPECT_EQ(stopped.exit_code, 4) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("the same command goes on from here"));
  other.Exec("commit");
  TransloadRun again = RunTransload(arguments);
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
  ExpectAllRows(target_, database_);
}

}  // namespace
}  // namespace transload
