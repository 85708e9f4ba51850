#include "load/local_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "core/error.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using ::testing::HasSubstr;
using PgConnection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

// Stops the cluster whatever becomes of the test.
struct StoppedAtEnd {
  std::string folder;
  ~StoppedAtEnd() {
    if (std::filesystem::exists(folder + "/transload-local")) LocalCluster::Stop(folder);
  }
};

std::string Ask(const std::string& url, const char* sql) {
  const PgConnection connection(PQconnectdb(url.c_str()), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) return PQerrorMessage(connection.get());
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql),
                                                             &PQclear);
  if (PQntuples(result.get()) != 1) return PQerrorMessage(connection.get());
  return PQgetvalue(result.get(), 0, 0);
}

Error StartFails(const std::string& folder, const std::string& pg_bin = {}) {
  try {
    LocalCluster::EnsureStarted(folder, pg_bin);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << folder << " was taken";
  return Error("");
}

TEST(LocalCluster, IsMadeStartedStoppedAndStartedAgain) {
  const rig::TemporaryDir dir;
  ::chmod(dir.path().c_str(), 0755);
  const StoppedAtEnd cluster{dir / "pg"};
  EXPECT_THROW(LocalCluster::Url(cluster.folder), Error);
  const std::string url = LocalCluster::EnsureStarted(cluster.folder);
  EXPECT_EQ(Ask(url, "CREATE TABLE kept AS SELECT 7 AS a; SELECT a FROM kept"), "7");
  EXPECT_EQ(Ask(url, "SELECT current_database()"), "transload");
  EXPECT_EQ(Ask(url, "SHOW listen_addresses"), "");
  EXPECT_EQ(Ask(url, "SHOW server_encoding"), "UTF8");
  EXPECT_EQ(LocalCluster::EnsureStarted(cluster.folder), url);
  EXPECT_EQ(LocalCluster::Url(cluster.folder), url);
  EXPECT_EQ(std::filesystem::status(cluster.folder).permissions(),
            std::filesystem::perms::owner_all);
  EXPECT_TRUE(LocalCluster::Stop(cluster.folder));
  EXPECT_FALSE(LocalCluster::Stop(cluster.folder));
  EXPECT_THAT(Ask(url, "SELECT 1"), HasSubstr("failed"));
  EXPECT_EQ(LocalCluster::EnsureStarted(cluster.folder), url);
  EXPECT_EQ(Ask(url, "SELECT a FROM kept"), "7");
}

TEST(LocalCluster, WithALongPathHasItsSocketElsewhere) {
  const rig::TemporaryDir dir;
  ::chmod(dir.path().c_str(), 0755);
  const StoppedAtEnd cluster{dir / std::string(110, 'x')};
  const std::string url = LocalCluster::EnsureStarted(cluster.folder);
  EXPECT_EQ(Ask(url, "SELECT 1"), "1");
}

TEST(LocalCluster, RefusesAFolderThatIsSomethingElse) {
  const rig::TemporaryDir dir;
  std::filesystem::create_directory(dir / "home");
  std::ofstream(dir / "home/letter.txt") << "dear";
  const Error full = StartFails(dir / "home");
  EXPECT_THAT(full.what(), HasSubstr("letter.txt"));
  EXPECT_EQ(full.exit_code, ExitCode::kRefused);
  EXPECT_THAT(StartFails(dir / "home/letter.txt").what(), HasSubstr("is a file"));
  EXPECT_TRUE(std::filesystem::exists(dir / "home/letter.txt"));
}

TEST(LocalCluster, WithoutServerProgramsNamesThePlaceAndTouchesNothing) {
  const rig::TemporaryDir dir;
  const Error error = StartFails(dir / "pg", "/nonexistent/bin");
  EXPECT_THAT(error.what(), HasSubstr("/nonexistent/bin"));
  EXPECT_EQ(error.exit_code, ExitCode::kRefused);
  EXPECT_FALSE(std::filesystem::exists(dir / "pg"));
}

}  // namespace
}  // namespace transload
