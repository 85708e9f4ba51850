// transload run SOURCE local:DIR, as a user types it: a cluster of one's own, made, filled, used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/conformance/transload_run.h"
#include "tests/rig/process.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr char kShop[] =
    "create table customer (id integer primary key autoincrement, name text not null);"
    "create table orders (id integer primary key, customer integer references customer (id), "
    "total decimal(10,2));"
    "insert into customer (name) values ('Ada'), ('Bob');"
    "insert into orders values (1, 1, 9.99), (2, 2, 0.01), (3, 1, 100);";

class LocalTarget : public testing::Test {
 protected:
  LocalTarget() {
    ::chmod(dir_.path().c_str(), 0777);
    rig::MakeSqliteFile(dir_ / "shop.db", kShop);
    ::chmod((dir_ / "shop.db").c_str(), 0644);
  }
  ~LocalTarget() override { RunTransload({"local", "stop", dir_ / "pg"}); }

  rig::TemporaryDir dir_;
};

TEST_F(LocalTarget, IsMadeFilledVerifiedAndLeftUsable) {
  const std::string source = "sqlite://" + dir_ / "shop.db";
  const std::string target = "local:" + dir_ / "pg";
  const TransloadRun first = RunTransload({"run", source, target});
  ASSERT_EQ(first.exit_code, 0) << first.out << first.err;
  EXPECT_EQ(RunTransload({"verify", source, target}).exit_code, 0);
  const TransloadRun url = RunTransload({"local", "url", dir_ / "pg"});
  EXPECT_THAT(url.out, HasSubstr("postgresql://"));
  ASSERT_EQ(RunTransload({"local", "stop", dir_ / "pg"}).exit_code, 0);
  // It is started again when it is needed, and what it holds is still there.
  const TransloadRun again = RunTransload({"run", source, target});
  EXPECT_EQ(again.exit_code, 3) << again.out << again.err;
  EXPECT_THAT(again.err, HasSubstr("finished"));
  EXPECT_EQ(RunTransload({"undo", target}).exit_code, 0);
}

TEST_F(LocalTarget, BelongsToAnUnprivilegedUserToo) {
  // Somewhere that user may go; the build folder need not be such a place.
  fs::copy_file(TRANSLOAD_BINARY, dir_ / "transload");
  ::chmod((dir_ / "transload").c_str(), 0755);
  rig::Command command;
  command.argv = {dir_ / "transload", "run", "sqlite://" + dir_ / "shop.db",
                  "local:" + dir_ / "pg"};
  EXPECT_THAT(rig::RunToEnd(command), HasSubstr("done and verified: 2 tables, 5 rows"));
  struct stat info {};
  ASSERT_EQ(::stat((dir_ / "pg").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, rig::ServerAccount().uid);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
  command.argv = {dir_ / "transload", "local", "stop", dir_ / "pg"};
  EXPECT_THAT(rig::RunToEnd(command), HasSubstr("stopped"));
}

}  // namespace
}  // namespace transload
