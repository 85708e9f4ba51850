// Ctrl-C and SIGTERM: the process ends by itself, also when a statement blocks, and the same
// command goes on. Bounds are wide: a busy machine is no failure.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/faults/live_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/proxy.h"
#include "tests/rig/shared_servers.h"

namespace transload {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

class Interrupt : public testing::Test {
 protected:
  Interrupt() {
    source_.Execute(
        "create table big (id int auto_increment primary key, v varchar(200));"
        "insert into big select seq, repeat('x', 150) from seq_1_to_20000; analyze table big",
        schema_);
  }
  std::vector<std::string> Arguments(const std::vector<std::string>& more,
                                     const std::string& source = "",
                                     const std::string& target = "") const {
    std::vector<std::string> arguments = {"run",
                                          source.empty() ? source_.TcpUrl(schema_) : source,
                                          target.empty() ? target_.TcpUrl(database_) : target,
                                          "--partition-size",
                                          "64KiB",
                                          "-j",
                                          "2",
                                          "--connect-timeout",
                                          "2s"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  bool Moving() const {
    return target_.QueryValue("select to_regclass('transload.partition') is not null", database_) ==
               "t" &&
           target_.QueryValue("select count(*) from transload.partition where state = 'done'",
                              database_) != "0";
  }
  void ExpectResumes() {
    TransloadRun again = RunTransload(Arguments({}));
    EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
    EXPECT_EQ(target_.QueryValue("select count(*) from big", database_), "20000");
  }

  rig::MariaDbServer& source_ = rig::SharedMariaDb();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  std::string schema_ = rig::FreshDatabase(source_);
  std::string database_ = rig::FreshDatabase(target_);
};

TEST_F(Interrupt, OnceEndsTheRunResumable) {
  LiveRun run(Arguments({"--max-rate", "100KB/s"}));
  ASSERT_TRUE(run.WaitUntil([&] { return Moving(); }));
  run.process().Signal(SIGINT);
  TransloadRun ended = run.Finish();
  EXPECT_EQ(ended.exit_code, 130) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("the same command resumes"));
  EXPECT_EQ(
      target_.QueryValue("select count(*) from transload.run where state = 'stopped'", database_),
      "1");
  ExpectResumes();
}

TEST_F(Interrupt, ByTermEndsTheRunWithItsOwnCode) {
  LiveRun run(Arguments({"--max-rate", "100KB/s"}));
  ASSERT_TRUE(run.WaitUntil([&] { return Moving(); }));
  run.process().Signal(SIGTERM);
  EXPECT_EQ(run.Finish().exit_code, 143);
  ExpectResumes();
}

TEST_F(Interrupt, CancelsAStatementThatBlocksOnALock) {
  LiveRun run(Arguments({"--max-rate", "1MB/s", "--lock-timeout", "1h"}));
  ASSERT_TRUE(run.WaitUntil([&] { return Moving(); }));
  OpenSession other(target_.LibpqConninfo(database_));
  other.Exec("begin; lock table big in access exclusive mode");
  ASSERT_TRUE(run.WaitUntil([&] {
    return target_.QueryValue(
               "select count(*) from pg_locks where not granted and relation = 'big'::regclass",
               database_) != "0";
  }));
  run.process().Signal(SIGINT);
  EXPECT_TRUE(run.process().WaitFor(seconds(30))) << "waits for the lock";
  EXPECT_EQ(run.Finish().exit_code, 130);
  other.Exec("commit");
  ExpectResumes();
}

TEST_F(Interrupt, CancelsAReadFromASourceThatStalls) {
  rig::Proxy proxy = rig::Proxy::ToTcp(source_.port());
  proxy.StallAfter(1'500'000);
  LiveRun run(Arguments({"--stall-timeout", "1h"}, source_.TcpUrl(schema_, "root", proxy.port())));
  ASSERT_TRUE(run.WaitUntil([&] { return proxy.bytes_forwarded() >= 1'500'000; }));
  run.process().Signal(SIGINT);
  EXPECT_TRUE(run.process().WaitFor(seconds(30))) << "waits for the source";
  EXPECT_EQ(run.Finish().exit_code, 130);
  proxy.Cut();
  ExpectResumes();
}

TEST_F(Interrupt, TwiceEndsTheProcessAtOnce) {
  rig::Proxy proxy = rig::Proxy::ToTcp(target_.port());
  proxy.StallAfter(1'500'000);
  LiveRun run(Arguments({"--stall-timeout", "1h"}, "",
                        target_.TcpUrl(database_, "postgres", proxy.port())));
  ASSERT_TRUE(run.WaitUntil([&] { return proxy.bytes_forwarded() >= 1'500'000; }));
  run.process().Signal(SIGINT);
  run.process().WaitFor(std::chrono::milliseconds(200));  // two signals at once are one
  run.process().Signal(SIGINT);
  EXPECT_TRUE(run.process().WaitFor(seconds(30)));
  EXPECT_EQ(run.Finish().exit_code, 130);
  proxy.Cut();
  ExpectResumes();
}

}  // namespace
}  // namespace transload
