// Networks that stall, call by call: whatever blocks is given up in time, and the same command goes
// on over a sound network.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "tests/faults/live_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/proxy.h"
#include "tests/rig/shared_servers.h"

namespace transload {
namespace {

using std::chrono::seconds;
using testing::AnyOf;

constexpr int kStallRows = 20'000;

// A source that is reached over TCP, through a proxy or not.
class StallSource {
 public:
  explicit StallSource(const std::string& engine) : engine_(engine) {
    if (engine == "postgres" || engine == "odbc-postgres") {
      postgres_ = &rig::SharedPostgres();
      database_ = rig::FreshDatabase(*postgres_);
      postgres_->Execute(
          fmt::format("create table big (id int primary key, v text, parent int);"
                      "insert into big select i, repeat('x', 150), 1 from generate_series(1, {}) i;"
                      "create index by_v on big (v); analyze big",
                      kStallRows),
          database_);
      return;
    }
    mariadb_ = &rig::SharedMariaDb();
    database_ = rig::FreshDatabase(*mariadb_);
    mariadb_->Execute(
        fmt::format("create table parent (id int primary key); insert into parent values (1);"
                    "create table big (id int auto_increment primary key, v varchar(200), "
                    "parent int, key by_v (v), foreign key (parent) references parent (id));"
                    "insert into big select seq, repeat('x', 150), 1 from seq_1_to_{};"
                    "analyze table big",
                    kStallRows),
        database_);
    mariadb_->CreateUser(User(), "right");
    mariadb_->Execute("grant all on *.* to " + User());
  }

  std::uint16_t port() const { return mariadb_ != nullptr ? mariadb_->port() : postgres_->port(); }
  std::string Url(std::uint16_t port) const {
    if (engine_ == "odbc-postgres") {
      return fmt::format(
          "odbc:Driver={{PostgreSQL Unicode}};Server=127.0.0.1;Port={};UID=postgres;Database={}",
          port, database_);
    }
    if (engine_ == "odbc-mariadb") {
      return fmt::format(
          "odbc:Driver={{MariaDB Unicode}};Server=127.0.0.1;Port={};UID={};PWD=right;"
          "Database={}",
          port, User(), database_);
    }
    return mariadb_ != nullptr ? mariadb_->TcpUrl(database_, "root", port)
                               : postgres_->TcpUrl(database_, "postgres", port);
  }

 private:
  std::string User() const { return "staller_" + database_; }

  std::string engine_;
  rig::MariaDbServer* mariadb_ = nullptr;
  rig::PostgresServer* postgres_ = nullptr;
  std::string database_;
};

class Stall : public testing::Test {
 protected:
  std::vector<std::string> Arguments(const std::string& source, const std::string& target) const {
    return {"run", source,      target, "--partition-size",  "256KiB", "-j",
            "2",   "--retries", "0",    "--connect-timeout", "2s",     "--stall-timeout",
            "2s"};
  }
  // Ends by itself, in time, with a code that says why.
  void ExpectGivenUp(LiveRun& run, const std::string& what) {
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_TRUE(run.process().WaitFor(seconds(60))) << "hangs: " << what << run.Output();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::printf("  %s: given up after %.1f s\n", what.c_str(), took.count());
    TransloadRun ended = run.Finish();
    EXPECT_THAT(ended.exit_code, AnyOf(3, 4)) << what << ended.err;
  }
  void ExpectResumes(const StallSource& source, const std::string& database) {
    TransloadRun again =
        RunTransload(Arguments(source.Url(source.port()), target_.TcpUrl(database)));
    EXPECT_THAT(again.exit_code, AnyOf(0, 3)) << again.out << again.err;
    EXPECT_EQ(target_.QueryValue("select count(*) from big", database), std::to_string(kStallRows));
  }

  rig::PostgresServer& target_ = rig::SharedPostgres();
};

class StallOfSource : public Stall, public testing::WithParamInterface<const char*> {};

// --stall-timeout stays at its five minutes: making a connection has a deadline of its own.
TEST_P(StallOfSource, AtConnectIsGivenUp) {
  StallSource source(GetParam());
  const std::string database = rig::FreshDatabase(target_);
  rig::Proxy proxy = rig::Proxy::ToTcp(source.port());
  proxy.Stall();
  std::vector<std::string> arguments =
      Arguments(source.Url(proxy.port()), target_.TcpUrl(database));
  arguments.back() = "5m";
  LiveRun run(arguments);
  ExpectGivenUp(run, std::string(GetParam()) + " at connect");
}

TEST_P(StallOfSource, InMidReadIsGivenUpAndTheRunResumes) {
  StallSource source(GetParam());
  const std::string database = rig::FreshDatabase(target_);
  rig::Proxy proxy = rig::Proxy::ToTcp(source.port());
  proxy.StallAfter(1'500'000);
  LiveRun run(Arguments(source.Url(proxy.port()), target_.TcpUrl(database)));
  ASSERT_TRUE(run.WaitUntil([&] { return proxy.stalled(); })) << run.Output();
  ExpectGivenUp(run, std::string(GetParam()) + " in mid-read");
  proxy.Cut();
  ExpectResumes(source, database);
}

// What comes before the rows: the catalogue, the snapshot, the types.
TEST_P(StallOfSource, InTheCatalogueIsGivenUp) {
  StallSource source(GetParam());
  const std::string database = rig::FreshDatabase(target_);
  rig::Proxy proxy = rig::Proxy::ToTcp(source.port());
  proxy.StallAfter(6'000);
  LiveRun run(Arguments(source.Url(proxy.port()), target_.TcpUrl(database)));
  ASSERT_TRUE(run.WaitUntil([&] { return proxy.stalled(); })) << run.Output();
  ExpectGivenUp(run, std::string(GetParam()) + " in the catalogue");
}

INSTANTIATE_TEST_SUITE_P(Engines, StallOfSource,
                         testing::Values("mariadb", "postgres", "odbc-mariadb", "odbc-postgres"),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

class StallOfTarget : public Stall, public testing::WithParamInterface<const char*> {};

// The server hears what is said, and nothing comes back.
TEST_P(StallOfTarget, IsGivenUpAndTheRunResumes) {
  StallSource source("mariadb");
  const std::string database = rig::FreshDatabase(target_);
  rig::Proxy proxy = rig::Proxy::ToTcp(target_.port());
  proxy.StallAt(GetParam());
  LiveRun run(
      Arguments(source.Url(source.port()), target_.TcpUrl(database, "postgres", proxy.port())));
  ASSERT_TRUE(run.WaitUntil([&] { return proxy.stalled(); })) << run.Output();
  ExpectGivenUp(run, std::string("target at ") + GetParam());
  proxy.Cut();  // else the server goes on believing in the session that holds the run's lock
  ExpectResumes(source, database);
}

INSTANTIATE_TEST_SUITE_P(Statements, StallOfTarget,
                         testing::Values("CREATE TABLE", "COPY \"public\"", "commit",
                                         "CREATE INDEX", "ANALYZE"),
                         [](const auto& parameter) {
                           std::string name;
                           for (const char c : std::string(parameter.param)) {
                             if (std::isalnum(static_cast<unsigned char>(c))) name += c;
                           }
                           return name;
                         });

TEST_F(Stall, OfTheTargetAtConnectIsGivenUp) {
  StallSource source("mariadb");
  const std::string database = rig::FreshDatabase(target_);
  rig::Proxy proxy = rig::Proxy::ToTcp(target_.port());
  proxy.Stall();
  std::vector<std::string> arguments =
      Arguments(source.Url(source.port()), target_.TcpUrl(database, "postgres", proxy.port()));
  arguments.back() = "5m";
  LiveRun run(arguments);
  ExpectGivenUp(run, "target at connect");
}

}  // namespace
}  // namespace transload
