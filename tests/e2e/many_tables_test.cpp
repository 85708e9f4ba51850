// Many tables, and wide ones: nothing may take work that grows with the square of their number.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "tests/conformance/transload_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/process.h"
#include "tests/rig/shared_servers.h"

namespace transload {
namespace {

using testing::HasSubstr;

// t0, t1, ...: MyISAM tables are files, and copying those takes no log and no waiting for the disk.
std::string MakeTables(rig::MySqlFamilyServer& server, int count) {
  namespace fs = std::filesystem;
  const std::string schema = rig::FreshDatabase(server);
  server.Execute(
      "create table t0 (id int primary key, v varchar(20)) engine=MyISAM;"
      "create table t1 like t0; insert into t1 values (1, 'x'), (2, null); flush tables",
      schema);
  const fs::path folder = fs::path(server.data_dir()) / schema;
  for (int i = 2; i < count; ++i) {
    for (const char* ending : {".frm", ".MYD", ".MYI"}) {
      const fs::path copy = folder / fmt::format("t{}{}", i, ending);
      fs::copy_file(folder / fmt::format("t{}{}", i % 10 == 1 ? 1 : 0, ending), copy);
      const rig::Account& account = rig::ServerAccount();
      if (chown(copy.c_str(), account.uid, account.gid) != 0) throw std::runtime_error("chown");
    }
  }
  return schema;
}

TEST(ManyTablesMatrix, TenThousandArePlannedWithoutQuadraticWork) {
  rig::MySqlFamilyServer& server = rig::SharedMariaDb();
  const std::string schema = MakeTables(server, 10'000);
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string database = rig::FreshDatabase(target);
  auto plan = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"plan", server.Url(schema), target.Url(database)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    TransloadRun run = RunTransload(arguments);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run;
  };
  // 1,111 tables beside 10,000: the reading of the catalogue is the same.
  const TransloadRun some = plan({"--include", "t1*"});
  const TransloadRun all = plan({});
  EXPECT_THAT(all.out, HasSubstr("t9999"));
  EXPECT_LT(all.seconds, 9 * 4 * some.seconds) << some.seconds << " s for 1,111";
  EXPECT_LT(all.peak_bytes, std::uint64_t{512} << 20);
}

TEST(ManyTablesMatrix, RunningFourTimesAsManyTakesAboutFourTimesAsLong) {
  rig::MySqlFamilyServer& server = rig::SharedMariaDb();
  rig::PostgresServer& target = rig::SharedPostgres();
  double before = 0;
  for (int count : {400, 1600}) {
    const std::string schema = MakeTables(server, count);
    const std::string database = rig::FreshDatabase(target);
    TransloadRun run = RunTransload({"run", server.Url(schema), target.Url(database), "-j", "2"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_EQ(
        target.QueryValue("select count(*) from pg_tables where schemaname = 'public'", database),
        std::to_string(count));
    if (before > 0) {
      EXPECT_LT(run.seconds, 8 * before) << before << " s for a quarter of them";
    }
    before = run.seconds;
  }
}

TEST(WideTable, ArrivesWithAsManyColumnsAsPostgresHas) {
  rig::MySqlFamilyServer& server = rig::SharedMariaDb();
  const std::string schema = rig::FreshDatabase(server);
  auto make = [&](const std::string& name, int columns) {
    std::string list, values;
    for (int i = 0; i < columns; ++i) {
      list += fmt::format("{}c{} tinyint", i > 0 ? "," : "", i);
      values += fmt::format("{}{}", i > 0 ? "," : "", i % 100);
    }
    server.Execute(fmt::format("create table {0} ({1}) engine=MyISAM; insert into {0} values ({2})",
                               name, list, values),
                   schema);
  };
  make("wide", 1600);
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string database = rig::FreshDatabase(target);
  TransloadRun run = RunTransload({"run", server.Url(schema), target.Url(database)});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(target.QueryValue("select c0 || ' ' || c1599 from wide", database), "0 99");
  make("wider", 1601);
  TransloadRun refused = RunTransload(
      {"run", server.Url(schema), target.Url(rig::FreshDatabase(target)), "--include", "wider"});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, HasSubstr("1601 columns"));
}

}  // namespace
}  // namespace transload
