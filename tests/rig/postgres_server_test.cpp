#include "tests/rig/postgres_server.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "tests/rig/shared_servers.h"

namespace transload::rig {
namespace {

TEST(PostgresServer, AnswersAndKeepsDataOverRestarts) {
  PostgresServer server = PostgresServer::Start();
  EXPECT_TRUE(server.running());
  server.Execute("create table t (id int); insert into t values (1), (2)");
  for (StopMode mode : {StopMode::kClean, StopMode::kImmediate}) {
    server.Restart(mode);
    EXPECT_EQ(server.QueryValue("select count(*) from t"), "2");
  }
  server.Kill();
  EXPECT_FALSE(server.running());
  EXPECT_THROW(server.Query("select 1"), std::runtime_error);
  server.Restart();
  EXPECT_EQ(server.QueryValue("select count(*) from t"), "2");
}

TEST(PostgresServer, LeavesNothingBehind) {
  std::string folder;
  pid_t pid = -1;
  {
    PostgresServer server = PostgresServer::Start({.listen = Listen::kSocketOnly});
    folder = server.data_dir();
    pid = server.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_NE(::kill(pid, 0), 0);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(PostgresServer, NeverRunsAsRoot) {
  PostgresServer& server = SharedPostgres();
  struct stat info;
  ASSERT_EQ(::stat(("/proc/" + std::to_string(server.pid())).c_str(), &info), 0);
  EXPECT_NE(info.st_uid, 0U);
}

TEST(PostgresServer, TakesSettings) {
  PostgresServer server =
      PostgresServer::Start({.settings = {{"wal_level", "logical"}, {"max_connections", "17"}}});
  EXPECT_EQ(server.QueryValue("show wal_level"), "logical");
  EXPECT_EQ(server.QueryValue("show max_connections"), "17");
}

TEST(PostgresServer, GivesFreshDatabasesThatAreEmpty) {
  PostgresServer& server = SharedPostgres();
  const std::string first = FreshDatabase(server);
  const std::string second = FreshDatabase(server);
  EXPECT_NE(first, second);
  server.Execute("create table t (id int)", first);
  EXPECT_TRUE(server.Query("select 1 from pg_tables where tablename = 't'", second).empty());
}

TEST(PostgresServer, CanHaveAnIdentityOfItsOwn) {
  const std::string query = "select system_identifier::text from pg_control_system()";
  PostgresServer server = PostgresServer::Start({.own_identity = true});
  EXPECT_NE(server.QueryValue(query), SharedPostgres().QueryValue(query));
}

TEST(PostgresServer, UnknownVersionIsAnError) {
  EXPECT_THROW(PostgresServer::Start({.version = "3"}), std::runtime_error);
}

class PostgresMatrix : public testing::TestWithParam<const char*> {};

TEST_P(PostgresMatrix, ServesEveryVersion) {
  PostgresServer& server = SharedPostgres(GetParam());
  EXPECT_EQ(server.major_version(), std::stoi(GetParam()));
  EXPECT_TRUE(server.QueryValue("show server_version").starts_with(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Versions, PostgresMatrix,
                         testing::Values("10", "11", "12", "13", "14", "16", "17", "18"),
                         [](const auto& param) { return "v" + std::string(param.param); });

}  // namespace
}  // namespace transload::rig
