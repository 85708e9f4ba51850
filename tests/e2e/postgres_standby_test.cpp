// A hot standby as a source.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/conformance/transload_run.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/process.h"
#include "tests/rig/shared_servers.h"

namespace transload {
namespace {

using testing::HasSubstr;

class PostgresStandby : public testing::Test {
 protected:
  // The primary with a database `shop`, and its standby, which is let go at the end.
  void Start(const std::string& sql, const std::string& standby_settings) {
    primary_.Execute("create database shop");
    primary_.Execute(sql, "shop");
    rig::RunToEnd({.argv = {Program("pg_basebackup"), "-h", primary_.socket_dir(), "-p",
                            std::to_string(primary_.port()), "-U", "postgres", "-D", data_, "-R",
                            "--checkpoint=fast"}});
    rig::RunToEnd({.argv = {Program("pg_ctl"), "-D", data_, "-w", "-l", data_ + ".log", "-o",
                            "-c port=" + port_ + " -c unix_socket_directories=" +
                                primary_.socket_dir() + " -c listen_addresses= " + standby_settings,
                            "start"},
                   .output_file = data_ + ".start"});
    started_ = true;
  }
  void TearDown() override {
    if (!started_) return;
    rig::RunToEnd({.argv = {Program("pg_ctl"), "-D", data_, "-m", "immediate", "-w", "stop"}});
  }
  std::string Program(const std::string& name) const { return primary_.bin_dir() + "/" + name; }

  rig::PostgresServer primary_ = rig::PostgresServer::Start(
      {.settings = {{"wal_level", "replica"}, {"max_wal_senders", "4"}, {"autovacuum", "off"}}});
  // Beside the primary's folder, which belongs to the account that servers run as.
  std::string data_ = primary_.data_dir() + "_standby";
  std::string port_ = std::to_string(primary_.port() + 1);
  std::string url_ =
      "postgresql:///shop?user=postgres&host=" + primary_.socket_dir() + "&port=" + port_;
  rig::PostgresServer& target_ = rig::SharedPostgres();
  std::string database_ = rig::FreshDatabase(target_);
  bool started_ = false;
};

TEST_F(PostgresStandby, IsASourceLikeItsPrimary) {
  Start(
      "create table t (id int primary key, v text); insert into t select i, 'v' || i from "
      "generate_series(1, 5000) i; create unlogged table u (x int)",
      "");
  const TransloadRun refused = RunTransload({"run", url_, target_.Url(database_)});
  EXPECT_EQ(refused.exit_code, 4) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("unlogged"));
  const TransloadRun run =
      RunTransload({"run", url_, target_.Url(database_), "--restart", "--exclude", "u"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("standby"));
  EXPECT_EQ(target_.QueryValue("select count(*) from t", database_), "5000");
}

TEST_F(PostgresStandby, GoesOnWithANewSnapshotWhenReplayEndsTheOldOne) {
  Start(
      "create table t (id int primary key, v text); insert into t select i, repeat('v', 400) from "
      "generate_series(1, 40000) i; create table small (id int primary key); insert into small "
      "select generate_series(1, 1000)",
      "-c max_standby_streaming_delay=300ms -c hot_standby_feedback=off");
  std::thread cleaner([&] {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < until &&
           (target_.QueryValue("select to_regclass('transload.partition') is null", database_) ==
                "t" ||
            target_.QueryValue("select count(*) from transload.partition where state = 'running'",
                               database_) == "0")) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    primary_.Execute("delete from t where id % 4 = 0; delete from small where id > 900", "shop");
    primary_.Execute("vacuum t", "shop");
    primary_.Execute("vacuum small", "shop");
  });
  const TransloadRun run = RunTransload(
      {"run", url_, target_.Url(database_), "--max-rate", "5MB/s", "--partition-size", "2MB"});
  cleaner.join();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("run: "));
  EXPECT_EQ(target_.QueryValue("select count(*) || ' ' || count(distinct id) from t", database_),
            "30000 30000");
  EXPECT_EQ(target_.QueryValue("select count(*) from small", database_), "900");
}

}  // namespace
}  // namespace transload
