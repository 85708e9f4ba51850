// Servers and networks that fail under a run: what the user sees, and that nothing hangs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <future>
#include <thread>

#include "tests/conformance/transload_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/process.h"
#include "tests/rig/proxy.h"
#include "tests/rig/shared_servers.h"

namespace transload {
namespace {

using std::chrono::seconds;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class Network : public testing::Test {
 protected:
  Network() {
    source_.Execute(
        "create table big (id int auto_increment primary key, v varchar(200));"
        "insert into big select seq, repeat('x', 150) from seq_1_to_60000; analyze table big",
        schema_);
  }

  std::vector<std::string> Arguments(const std::string& source, const std::string& target) const {
    return {"run",    source,
            target,   "--partition-size",
            "256KiB", "-j",
            "2",      "--stall-timeout",
            "2s",     "--connect-timeout",
            "2s"};
  }
  std::future<TransloadRun> Start(const std::vector<std::string>& arguments) {
    return std::async(std::launch::async, [arguments] { return RunTransload(arguments); });
  }
  // The same command, over a sound network: ends the run, and everything is there.
  void ExpectResumes() {
    TransloadRun again =
        RunTransload(Arguments(source_.TcpUrl(schema_), target_.TcpUrl(database_)));
    EXPECT_THAT(again.exit_code, AnyOf(0, 3)) << again.err;
    EXPECT_EQ(target_.QueryValue("select count(*) from big", database_), "60000");
  }

  rig::MariaDbServer& source_ = rig::SharedMariaDb();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  std::string schema_ = rig::FreshDatabase(source_);
  std::string database_ = rig::FreshDatabase(target_);
};

TEST_F(Network, CutToTheTargetIsSurvivedByTheLanes) {
  rig::Proxy proxy = rig::Proxy::ToTcp(target_.port());
  proxy.CutAfter(3'000'000);
  TransloadRun run = RunTransload(
      Arguments(source_.TcpUrl(schema_), target_.TcpUrl(database_, "postgres", proxy.port())));
  // All rows arrive in this start; what was cut outside of the data phase may leave the rest to the
  // next one.
  EXPECT_THAT(run.exit_code, AnyOf(0, 4)) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("trying again"));
  EXPECT_EQ(proxy.cuts(), 1u);
  EXPECT_EQ(target_.QueryValue("select count(*) from big", database_), "60000");
  ExpectResumes();
}

TEST_F(Network, CutToTheSourceEndsInAStateThatResumes) {
  rig::Proxy proxy = rig::Proxy::ToTcp(source_.port());
  proxy.CutAfter(3'000'000);
  TransloadRun run = RunTransload(
      Arguments(source_.TcpUrl(schema_, "root", proxy.port()), target_.TcpUrl(database_)));
  EXPECT_THAT(run.exit_code, AnyOf(0, 4)) << run.out << run.err;
  ExpectResumes();
}

TEST_F(Network, StalledTargetIsGivenUpAndTheRunResumes) {
  rig::Proxy proxy = rig::Proxy::ToTcp(target_.port());
  proxy.StallAfter(3'000'000);
  auto arguments =
      Arguments(source_.TcpUrl(schema_), target_.TcpUrl(database_, "postgres", proxy.port()));
  arguments.insert(arguments.end(), {"--retries", "1"});
  auto run = Start(arguments);
  ASSERT_EQ(run.wait_for(seconds(90)), std::future_status::ready) << "hangs on a stalled target";
  EXPECT_EQ(run.get().exit_code, 4);
  proxy.Cut();  // else the server goes on believing in the session that holds the run's lock
  ExpectResumes();
}

TEST_F(Network, StalledSourceIsGivenUpAndTheRunResumes) {
  rig::Proxy proxy = rig::Proxy::ToTcp(source_.port());
  proxy.StallAfter(3'000'000);
  auto arguments =
      Arguments(source_.TcpUrl(schema_, "root", proxy.port()), target_.TcpUrl(database_));
  arguments.insert(arguments.end(), {"--retries", "1"});
  auto run = Start(arguments);
  ASSERT_EQ(run.wait_for(seconds(90)), std::future_status::ready) << "hangs on a stalled source";
  EXPECT_EQ(run.get().exit_code, 4);
  proxy.Cut();  // else the server goes on believing in the session that holds the run's lock
  ExpectResumes();
}

// Early enough to hit what comes before the rows: connecting, the catalogue, the ledger, the
// schema.
TEST_F(Network, StallsBeforeTheRowsEndTheRunInTime) {
  for (const std::uint64_t bytes : {0, 2'000, 20'000}) {
    for (const bool of_source : {true, false}) {
      SCOPED_TRACE(testing::Message() << (of_source ? "source" : "target") << " after " << bytes);
      const std::string database = rig::FreshDatabase(target_);
      rig::Proxy proxy = rig::Proxy::ToTcp(of_source ? source_.port() : target_.port());
      if (bytes == 0) {
        proxy.Stall();
      } else {
        proxy.StallAfter(bytes);
      }
      auto arguments = of_source ? Arguments(source_.TcpUrl(schema_, "root", proxy.port()),
                                             target_.TcpUrl(database))
                                 : Arguments(source_.TcpUrl(schema_),
                                             target_.TcpUrl(database, "postgres", proxy.port()));
      arguments.insert(arguments.end(), {"--retries", "0"});
      auto run = Start(arguments);
      ASSERT_EQ(run.wait_for(seconds(60)), std::future_status::ready) << "hangs";
      EXPECT_THAT(run.get().exit_code, AnyOf(3, 4));
      proxy.Cut();
    }
  }
}

TEST_F(Network, SlowIsNotStalled) {
  rig::Proxy source_proxy = rig::Proxy::ToTcp(source_.port());
  rig::Proxy target_proxy = rig::Proxy::ToTcp(target_.port());
  source_proxy.Slow(3'000'000);
  target_proxy.Slow(4'000'000);
  TransloadRun run =
      RunTransload(Arguments(source_.TcpUrl(schema_, "root", source_proxy.port()),
                             target_.TcpUrl(database_, "postgres", target_proxy.port())));
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.err, Not(HasSubstr("trying again")));
}

TEST_F(Network, TerminatedBackendsAreReplacedWithinTheRun) {
  auto arguments = Arguments(source_.TcpUrl(schema_), target_.TcpUrl(database_));
  arguments.insert(arguments.end(), {"--max-rate", "4MB/s"});
  auto run = Start(arguments);
  int ended = 0;
  for (int i = 0; i < 200 && run.wait_for(seconds(0)) != std::future_status::ready; ++i) {
    if (ended < 3) {
      ended += std::stoi(target_.QueryValue(
          "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '" +
              database_ + "' and application_name like 'transload lane%' and query like 'COPY%'",
          database_));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  TransloadRun done = run.get();
  EXPECT_GT(ended, 0);
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_EQ(target_.QueryValue("select count(*) from big", database_), "60000");
}

TEST_F(Network, IsInterruptedWhileTheTargetStalls) {
  rig::Proxy proxy = rig::Proxy::ToTcp(target_.port());
  proxy.StallAfter(3'000'000);
  rig::Command command;
  command.argv = {TRANSLOAD_BINARY,        "run",
                  source_.TcpUrl(schema_), target_.TcpUrl(database_, "postgres", proxy.port()),
                  "--partition-size",      "256KiB"};
  command.as_server_account = false;
  rig::Process process = rig::Process::Start(command);
  while (proxy.bytes_forwarded() < 3'000'000 && process.Running()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  process.Signal(SIGINT);
  EXPECT_TRUE(process.WaitFor(seconds(30))) << "waits for the target";
  EXPECT_EQ(WEXITSTATUS(process.status()), 130);
  proxy.Cut();
  ExpectResumes();
}

}  // namespace
}  // namespace transload
