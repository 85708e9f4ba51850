// A process that stood still while another start brought its run to the end.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/faults/live_run.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

TEST(Overtaken, LeavesTheRunAsItsSuccessorEndedIt) {
  rig::TemporaryDir dir;
  const std::string path = dir / "t.db";
  rig::MakeSqliteFile(path,
                      "create table t (id integer primary key, v text not null);"
                      "with recursive seq(n) as (select 1 union all select n + 1 from seq where n "
                      "< 20000) insert into t select n, hex(zeroblob(50)) from seq");
  rig::PostgresServer& server = rig::SharedPostgres();
  const std::string database = rig::FreshDatabase(server);
  auto value = [&](const std::string& sql) { return server.QueryValue(sql, database); };
  std::vector<std::string> arguments = {"run",
                                        "sqlite://" + path,
                                        server.Url(database),
                                        "-j",
                                        "2",
                                        "--partition-size",
                                        "64KiB",
                                        "--max-rate",
                                        "500KB/s"};
  LiveRun slow(arguments);
  ASSERT_TRUE(slow.WaitUntil([&] {
    return value("select to_regclass('transload.partition') is not null") == "t" &&
           std::stoi(value("select count(*) from transload.partition where state = 'done'")) >= 2;
  }));
  slow.process().Signal(SIGSTOP);
  value(
      "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = "
      "current_database() and application_name like 'transload%'");
  arguments.resize(arguments.size() - 2);
  const TransloadRun successor = RunTransload(arguments);
  EXPECT_EQ(successor.exit_code, 0) << successor.out << successor.err;
  slow.process().Signal(SIGCONT);
  const TransloadRun overtaken = slow.Finish();
  EXPECT_EQ(overtaken.exit_code, 4) << overtaken.err;
  EXPECT_THAT(overtaken.err, testing::HasSubstr("taken up by somebody else"));
  EXPECT_EQ(value("select state from transload.run"), "done");
  EXPECT_EQ(value("select count(*) || ' ' || count(distinct id) from t"), "20000 20000");
}

}  // namespace
}  // namespace transload
