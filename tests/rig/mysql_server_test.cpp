#include "tests/rig/mysql_server.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <string>

#include "tests/rig/shared_servers.h"

namespace transload::rig {
namespace {

void ExpectRestartsKeepData(MySqlFamilyServer& server) {
  server.Execute("create table t (id int primary key) engine=innodb; insert into t values (1),(2)",
                 "test");
  for (StopMode mode : {StopMode::kClean, StopMode::kImmediate}) {
    server.Restart(mode);
    EXPECT_EQ(server.QueryValue("select count(*) from t", "test"), "2");
  }
  server.Kill();
  EXPECT_FALSE(server.running());
  server.Restart();
  EXPECT_EQ(server.QueryValue("select count(*) from t", "test"), "2");
}

void ExpectBinaryLogByRow(MySqlFamilyServer& server) {
  EXPECT_EQ(server.QueryValue("select @@log_bin"), "1");
  EXPECT_EQ(server.QueryValue("select @@binlog_format"), "ROW");
  const std::string database = FreshDatabase(server);
  EXPECT_TRUE(server.Query("show tables", database).empty());
}

TEST(MariaDbServer, KeepsDataOverRestarts) {
  MariaDbServer server = MariaDbServer::Start();
  EXPECT_TRUE(server.is_mariadb());
  ExpectRestartsKeepData(server);
}

TEST(MariaDbServer, WritesABinaryLog) { ExpectBinaryLogByRow(SharedMariaDb()); }

TEST(MariaDbServer, LeavesNothingBehind) {
  std::string folder;
  pid_t pid = -1;
  {
    MariaDbServer server = MariaDbServer::Start({.listen = Listen::kSocketOnly});
    EXPECT_EQ(server.port(), 0);
    folder = server.data_dir();
    pid = server.pid();
  }
  EXPECT_NE(::kill(pid, 0), 0);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(MariaDbServer, TakesSettings) {
  MariaDbServer server = MariaDbServer::Start({.settings = {{"lower_case_table_names", "1"}}});
  EXPECT_EQ(server.QueryValue("select @@lower_case_table_names"), "1");
}

class MySqlMatrix : public testing::TestWithParam<const char*> {};

TEST_P(MySqlMatrix, ServesEveryVersion) {
  MySqlServer& server = SharedMySql(GetParam());
  EXPECT_FALSE(server.is_mariadb());
  EXPECT_TRUE(server.version().starts_with(GetParam())) << server.version();
  ExpectBinaryLogByRow(server);
}

TEST_P(MySqlMatrix, KeepsDataOverRestarts) {
  MySqlServer server = MySqlServer::Start({.version = GetParam()});
  ExpectRestartsKeepData(server);
}

INSTANTIATE_TEST_SUITE_P(Versions, MySqlMatrix, testing::Values("9", "5.6"), [](const auto& param) {
  return "v" + std::string(param.param).substr(0, 1);
});

}  // namespace
}  // namespace transload::rig
