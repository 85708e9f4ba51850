// A target whose disk is full: for rows, and for the write-ahead log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/faults/live_run.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/process.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::HasSubstr;

class FullDisk : public testing::Test {
 protected:
  FullDisk() {
    std::filesystem::permissions(dir_.path(), std::filesystem::perms::all);
    rig::MakeSqliteFile(
        path_,
        "create table big (id integer primary key, v text not null);"
        "with recursive seq(n) as (select 1 union all select n + 1 from seq where n < 30000)"
        "insert into big select n, hex(zeroblob(150)) from seq");
    StartTarget();
  }
  ~FullDisk() override {
    MakeRoom();
    if (!process_.Running()) StartTarget();
    process_.Signal(SIGQUIT);
    process_.WaitFor(std::chrono::seconds(30));
  }
  // The rig's cluster, with a disk that can be filled.
  void StartTarget() {
    if (target_.running()) target_.Stop();
    rig::Command command;
    command.argv = {target_.bin_dir() + "/postgres", "-D", target_.data_dir()};
    command.environment = {{"LD_PRELOAD", TRANSLOAD_FULL_DISK},
                           {"TRANSLOAD_FULL_DISK_SWITCH", switch_}};
    command.output_file = target_.log_file();
    process_ = rig::Process::Start(command);
    ASSERT_TRUE(Patiently([&] {
      try {
        return target_.QueryValue("select 1") == "1";
      } catch (const std::runtime_error&) {
        return false;
      }
    }));
  }
  void Fill(const std::string& paths) {
    std::ofstream(switch_ + ".new") << paths;
    std::filesystem::permissions(switch_ + ".new", std::filesystem::perms::all);
    std::filesystem::rename(switch_ + ".new", switch_);
  }
  void MakeRoom() { std::filesystem::remove(switch_); }
  std::vector<std::string> Arguments(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"run",
                                          "sqlite://" + path_,
                                          target_.Url("postgres"),
                                          "--partition-size",
                                          "128KiB",
                                          "-j",
                                          "2",
                                          "--max-rate",
                                          "1500KB/s"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  bool Moving() const {
    return target_.QueryValue("select to_regclass('transload.partition') is not null") == "t" &&
           std::stoi(target_.QueryValue(
               "select count(*) from transload.partition where state = 'done'")) >= 1;
  }
  void ExpectAllRows() const {
    EXPECT_EQ(target_.QueryValue("select count(*) || ' ' || count(distinct id) from big"),
              "30000 30000");
  }

  rig::TemporaryDir dir_;
  std::string path_ = dir_ / "big.db";
  std::string switch_ = dir_ / "full";
  rig::PostgresServer target_ = rig::PostgresServer::Start();
  rig::Process process_;
};

TEST_F(FullDisk, ForRowsIsWaitedOutWhileRoomIsMade) {
  LiveRun run(Arguments());
  ASSERT_TRUE(run.WaitUntil([&] { return Moving(); }));
  Fill("/base/");
  EXPECT_TRUE(run.WaitUntil([&] { return run.Said("No space left on device"); }));
  MakeRoom();
  TransloadRun done = run.Finish();
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("trying again"));
  ExpectAllRows();
}

TEST_F(FullDisk, ForRowsThatStaysFullEndsWithExitCodeFourAndIsGotOverLater) {
  LiveRun run(Arguments({"--retries", "1"}));
  ASSERT_TRUE(run.WaitUntil([&] { return Moving(); }));
  Fill("/base/");
  TransloadRun stopped = run.Finish();
  EXPECT_EQ(stopped.exit_code, 4) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("No space left on device"));
  MakeRoom();
  TransloadRun again = RunTransload(Arguments());
  EXPECT_EQ(again.exit_code, 0) << again.err;
  ExpectAllRows();
}

// PostgreSQL panics when it cannot write its log; what it had confirmed is there after its restart.
TEST_F(FullDisk, ForTheLogTakesTheServerDownAndLosesNothing) {
  LiveRun run(Arguments({"--retries", "1"}));
  ASSERT_TRUE(run.WaitUntil([&] { return Moving(); }));
  Fill("/pg_wal/");
  TransloadRun stopped = run.Finish();
  EXPECT_EQ(stopped.exit_code, 4) << stopped.err;
  MakeRoom();
  if (process_.Running()) {
    process_.Signal(SIGQUIT);
    EXPECT_TRUE(process_.WaitFor(std::chrono::seconds(60)));
  }
  StartTarget();
  TransloadRun again = RunTransload(Arguments());
  EXPECT_EQ(again.exit_code, 0) << again.err;
  ExpectAllRows();
}

}  // namespace
}  // namespace transload
