// Ctrl-C wherever a command can block: how long it takes until the process has ended. Two seconds
// are promised; a busy machine has ten here, and the time is printed.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "tests/faults/live_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/proxy.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using std::chrono::seconds;
using testing::AnyOf;

constexpr seconds kBound{10};
constexpr int kStopRows = 5'000;

class StopTime : public testing::Test {
 protected:
  StopTime() {
    source_.Execute(
        fmt::format("create table parent (id int primary key); insert into parent values (1);"
                    "create table big (id int auto_increment primary key, v varchar(200), "
                    "parent int, key by_v (v), foreign key (parent) references parent (id));"
                    "insert into big select seq, repeat('x', 150), 1 from seq_1_to_{};"
                    "analyze table big",
                    kStopRows),
        schema_);
  }

  std::vector<std::string> Words(const std::string& command, const std::vector<std::string>& more,
                                 std::uint16_t source_port = 0,
                                 std::uint16_t target_port = 0) const {
    std::vector<std::string> words = {command, source_.TcpUrl(schema_, "root", source_port),
                                      target_.TcpUrl(database_, "postgres", target_port)};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  // What a run needs to block for long; none of its own deadlines helps.
  static std::vector<std::string> Patient() {
    return {
        "--partition-size", "64KiB", "-j", "2", "--connect-timeout", "1h", "--lock-timeout", "1h",
        "--stall-timeout",  "1h"};
  }
  // Once the condition holds, Ctrl-C; the time until the end.
  TransloadRun Stop(LiveRun& run, const std::string& where, const std::function<bool()>& blocked) {
    EXPECT_TRUE(run.WaitUntil(blocked)) << where << " was not reached: " << run.Output();
    run.WaitUntil([rest = 10]() mutable { return --rest == 0; });  // some 200 ms
    const auto begun = std::chrono::steady_clock::now();
    run.process().Signal(SIGINT);
    EXPECT_TRUE(run.process().WaitFor(kBound)) << where;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::printf("  %s: ended after %.2f s\n", where.c_str(), took.count());
    TransloadRun ended = run.Finish();
    EXPECT_EQ(ended.exit_code, 130) << where << ended.err;
    EXPECT_THAT(ended.err, testing::HasSubstr("interrupted")) << where;
    return ended;
  }
  void ExpectRuns() {
    TransloadRun again = RunTransload(Words("run", {"--partition-size", "64KiB"}));
    EXPECT_THAT(again.exit_code, AnyOf(0, 3)) << again.out << again.err;
    EXPECT_EQ(target_.QueryValue("select count(*) from big", database_), std::to_string(kStopRows));
  }
  std::function<bool()> TargetSleeps() const {
    return [this] {
      return target_.QueryValue(
                 "select count(*) from pg_stat_activity where wait_event = "
                 "'PgSleep' and datname = '" +
                 database_ + "'") != "0";
    };
  }
  std::function<bool()> WaitsForLock(const std::string& database) const {
    return [this, database] {
      return target_.QueryValue(
                 "select count(*) from pg_locks where not granted and locktype = "
                 "'relation' and database = (select oid from pg_database where "
                 "datname = '" +
                 database + "')") != "0";
    };
  }

  rig::MariaDbServer& source_ = rig::SharedMariaDb();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  std::string schema_ = rig::FreshDatabase(source_);
  std::string database_ = rig::FreshDatabase(target_);
};

TEST_F(StopTime, InConnectingToASourceOrATargetThatStalls) {
  for (const bool of_source : {true, false}) {
    rig::Proxy proxy = rig::Proxy::ToTcp(of_source ? source_.port() : target_.port());
    proxy.Stall();
    const std::vector<const char*> commands =
        of_source ? std::vector{"run", "plan", "preflight"} : std::vector{"run", "verify", "sync"};
    for (const char* command : commands) {
      const std::uint64_t before = proxy.connections_accepted();
      LiveRun run(Words(command, {"--connect-timeout", "1h"}, of_source ? proxy.port() : 0,
                        of_source ? 0 : proxy.port()));
      Stop(run, fmt::format("{} connecting to the {}", command, of_source ? "source" : "target"),
           [&] { return proxy.connections_accepted() > before; });
    }
    proxy.Cut();
  }
}

TEST_F(StopTime, WhereTheTargetDoesNotAnswer) {
  for (const char* text : {"COPY \"public\"", "commit", "CREATE INDEX", "ANALYZE", "to stdout"}) {
    database_ = rig::FreshDatabase(target_);
    rig::Proxy proxy = rig::Proxy::ToTcp(target_.port());
    proxy.StallAt(text);
    LiveRun run(Words("run", Patient(), 0, proxy.port()));
    Stop(run, fmt::format("run, target stalled at {}", text), [&] { return proxy.stalled(); });
    proxy.Cut();
    ExpectRuns();
  }
}

TEST_F(StopTime, WhereTheSourceDoesNotAnswer) {
  for (const std::uint64_t bytes : {2'000, 300'000}) {
    database_ = rig::FreshDatabase(target_);
    rig::Proxy proxy = rig::Proxy::ToTcp(source_.port());
    proxy.StallAfter(bytes);
    LiveRun run(Words("run", Patient(), proxy.port()));
    Stop(run, fmt::format("run, source stalled after {} bytes", bytes),
         [&] { return proxy.stalled(); });
    proxy.Cut();
    ExpectRuns();
  }
}

// DDL that the target is at work on: it is cancelled there, too.
TEST_F(StopTime, InWorkOfTheTarget) {
  for (const char* pattern : {"CREATE INDEX", "FOREIGN KEY", "VALIDATE"}) {
    database_ = rig::FreshDatabase(target_);
    target_.Execute(fmt::format("create function public.wait() returns event_trigger language "
                                "plpgsql as $$ begin if current_query() like '%{}%' then perform "
                                "pg_sleep(600); end if; end $$;"
                                "create event trigger wait on ddl_command_start "
                                "execute function public.wait()",
                                pattern),
                    database_);
    LiveRun run(Words("run", Patient()));
    Stop(run, fmt::format("run, in {}", pattern), TargetSleeps());
    EXPECT_TRUE(Patiently([&] { return !TargetSleeps()(); })) << "the server goes on with it";
    target_.Execute("drop event trigger wait", database_);
    ExpectRuns();
  }
}

TEST_F(StopTime, InAStepOfTheUser) {
  rig::TemporaryDir dir;
  const std::string config = dir / "transload.toml";
  std::ofstream(config) << "[[step]]\nwhen = \"after-constraints\"\nsql = \"select "
                           "pg_catalog.pg_sleep(600)\"\n";
  std::vector<std::string> more = Patient();
  more.insert(more.end(), {"-c", config});
  LiveRun run(Words("run", more));
  Stop(run, "run, in a step of the user", TargetSleeps());
}

TEST_F(StopTime, InTheRestBeforeTheNextTry) {
  LiveRun run(Words("run", {"--retries", "100", "-j", "1"}),
              {{"TRANSLOAD_FAULT", "partition-begun:0:error"}});
  Stop(run, "run, resting before the next try", [&] { return run.Said("(attempt 5 of"); });
  ExpectRuns();
}

TEST_F(StopTime, InPgDump) {
  const std::string shop = rig::FreshDatabase(target_);
  target_.Execute("create table big (id int primary key); insert into big select 1", shop);
  OpenSession other(target_.LibpqConninfo(shop));
  LiveRun run({"run", target_.Url(shop), target_.Url(database_), "--lock-timeout", "1h"},
              {{"TRANSLOAD_FAULT", "tables-recorded:1:trace"}});
  // Without a lock on the table until then: the catalogue is read before. Where the snapshot has
  // locked it by now, this one waits too, and pg_dump behind it.
  EXPECT_TRUE(run.WaitUntil([&] { return run.Said("phase: snapshot"); }));
  std::thread locker([&] { other.Exec("begin; lock table big in access exclusive mode"); });
  Stop(run, "run, in pg_dump or the schema", WaitsForLock(shop));
  locker.join();
  other.Exec("commit");
}

TEST_F(StopTime, InVerifyRepairAndSync) {
  ExpectRuns();
  target_.Execute("update big set v = 'other' where id = 17", database_);
  OpenSession other(target_.LibpqConninfo(database_));
  const std::vector<std::string> patient = {"--lock-timeout", "1h", "--stall-timeout", "1h"};
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"verify"}, {"verify", "--repair"}, {"sync"}}) {
    std::vector<std::string> more(words.begin() + 1, words.end());
    more.insert(more.end(), patient.begin(), patient.end());
    other.Exec("begin; lock table big in access exclusive mode");
    LiveRun reading(Words(words[0], more));
    Stop(reading, words[0] + " reading a locked table", WaitsForLock(database_));
    other.Exec("rollback");
    rig::Proxy proxy = rig::Proxy::ToTcp(target_.port());
    proxy.StallAt("to stdout");
    LiveRun stalled(Words(words[0], more, 0, proxy.port()));
    Stop(stalled, words[0] + ", target stalled", [&] { return proxy.stalled(); });
    proxy.Cut();
    if (more.front() != "--repair" && words[0] != "sync") continue;
    // Readers pass; the repair's writes do not.
    other.Exec("begin; lock table big in share mode");
    LiveRun repairing(Words(words[0], more));
    EXPECT_TRUE(repairing.WaitUntil(WaitsForLock(database_)));
    EXPECT_EQ(RunTransload({"undo", target_.TcpUrl(database_)}).exit_code, 3) << "while it repairs";
    Stop(repairing, words[0] + " repairing a locked table", WaitsForLock(database_));
    other.Exec("rollback");
  }
  EXPECT_EQ(target_.QueryValue("select v from big where id = 17", database_), "other");
}

TEST_F(StopTime, OfARepairThatLostItsLock) {
  ExpectRuns();
  target_.Execute("update big set v = 'other' where id = 17", database_);
  OpenSession other(target_.LibpqConninfo(database_));
  for (const std::string command : {"verify", "sync"}) {
    other.Exec("begin; lock table big in share mode");
    LiveRun repairing(Words(command, command == "verify" ? std::vector<std::string>{"--repair"}
                                                         : std::vector<std::string>()));
    EXPECT_TRUE(repairing.WaitUntil(WaitsForLock(database_)));
    target_.Execute(
        "select pg_terminate_backend(pid, 60000) from pg_locks where locktype = 'advisory' and "
        "database = (select oid from pg_database where datname = '" +
        database_ + "')");
    other.Exec("rollback");  // that backend has gone, and with it its lock
    const TransloadRun done = repairing.Finish();
    EXPECT_EQ(done.exit_code, 4) << done.out;
    EXPECT_THAT(done.out + done.err, testing::HasSubstr("beside it was lost with its connection"));
    EXPECT_EQ(target_.QueryValue("select v from big where id = 17", database_), "other");
  }
  EXPECT_EQ(RunTransload(Words("verify", {"--repair"})).exit_code, 0);
}

TEST_F(StopTime, InUndo) {
  ExpectRuns();
  OpenSession other(target_.LibpqConninfo(database_));
  other.Exec("begin; lock table big in access share mode");
  LiveRun run({"undo", target_.TcpUrl(database_), "--lock-timeout", "1h"});
  Stop(run, "undo of a locked table", WaitsForLock(database_));
  other.Exec("rollback");
  EXPECT_EQ(target_.QueryValue("select count(*) from big", database_), std::to_string(kStopRows));
  EXPECT_EQ(RunTransload({"undo", target_.TcpUrl(database_)}).exit_code, 0);
}

TEST_F(StopTime, OfASecondSignalIsNone) {
  rig::Proxy proxy = rig::Proxy::ToTcp(source_.port());
  proxy.Stall();
  LiveRun run(Words("run", {"--connect-timeout", "1h"}, proxy.port()));
  ASSERT_TRUE(run.WaitUntil([&] { return proxy.connections_accepted() > 0; }));
  run.process().Signal(SIGINT);
  run.process().WaitFor(std::chrono::milliseconds(200));  // two signals at once are one
  const auto begun = std::chrono::steady_clock::now();
  run.process().Signal(SIGINT);
  EXPECT_TRUE(run.process().WaitFor(kBound));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("  a second signal: ended after %.2f s\n", took.count());
  EXPECT_EQ(run.Finish().exit_code, 130);
  proxy.Cut();
}

}  // namespace
}  // namespace transload
