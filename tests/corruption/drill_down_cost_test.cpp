// What it costs to find differing rows once both sides' checksums are known, on real servers.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/conformance/transload_run.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

struct Case {
  std::string source;
  rig::PostgresServer& target;
  std::string database;

  void Migrate() const {
    const TransloadRun run = RunTransload({"run", source, target.Url(database)});
    ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  }
  // One table, whose differences must be exactly `rows` different ones.
  void ExpectFoundCheaply(std::uint64_t rows, std::uint64_t most_ranges,
                          const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"verify", source, target.Url(database), "--format",
                                          "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const TransloadRun verify = RunTransload(arguments);
    ASSERT_EQ(verify.exit_code, 6) << verify.out << verify.err;
    const nlohmann::json table = nlohmann::json::parse(verify.out)["tables"].at(0);
    EXPECT_NE(table["reason"].get<std::string>().find("0 rows missing in the target, 0 only "
                                                      "there, " +
                                                      std::to_string(rows) + " different"),
              std::string::npos)
        << table["reason"];
    const nlohmann::json cost = table["drill_down"];
    ASSERT_FALSE(cost.is_null());
    EXPECT_LE(cost["read_bytes"].get<std::uint64_t>(),
              3 * cost["range_bytes"].get<std::uint64_t>());
    EXPECT_GT(cost["range_bytes"].get<std::uint64_t>(), 0u);
    EXPECT_LE(cost["ranges"].get<std::uint64_t>(), most_ranges);
    // "About 1 MiB" of a table whose rows were sampled.
    EXPECT_LE(cost["range_bytes"].get<std::uint64_t>(), 2 * kMiB * most_ranges);
    EXPECT_LE(verify.peak_bytes, 128 * kMiB);
  }
};

// Put right and verified again, by the ranges that differed.
void ExpectRepairedCheaply(const Case& here) {
  const TransloadRun repair = RunTransload(
      {"verify", here.source, here.target.Url(here.database), "--repair", "--format", "json"});
  ASSERT_EQ(repair.exit_code, 0) << repair.out << repair.err;
  const nlohmann::json report = nlohmann::json::parse(repair.out);
  const nlohmann::json& table = report["tables"].at(0);
  EXPECT_EQ(table["verdict"], "match");
  EXPECT_EQ(table["checksum"], table["target_checksum"]);
  const nlohmann::json& cost = table["drill_down"];
  ASSERT_FALSE(cost.is_null());
  EXPECT_LE(cost["read_bytes"].get<std::uint64_t>(), 4 * cost["range_bytes"].get<std::uint64_t>());
  const TransloadRun after = RunTransload({"verify", here.source, here.target.Url(here.database)});
  EXPECT_EQ(after.exit_code, 0) << after.out << after.err;
}

// 300,000 rows of some 110 bytes.
const char* const kMariaDbRows =
    "create table big ({key}, a int, b varchar(80));"
    "insert into big select {values}, seq, concat(repeat('x', 60), seq) from seq_1_to_300000";

std::string MariaDbRows(const std::string& key, const std::string& values) {
  std::string sql = kMariaDbRows;
  sql.replace(sql.find("{key}"), 5, key);
  sql.replace(sql.find("{values}"), 8, values);
  return sql;
}

TEST(DrillDownCost, OfAnIntegerKeyIsThatOfTheSubRangesAtFault) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string source = rig::FreshDatabase(server);
  server.Execute(MariaDbRows("id int primary key", "seq * 3"), source);
  const Case here{server.Url(source), target, rig::FreshDatabase(target)};
  here.Migrate();
  // 100 rows, in five places.
  target.Execute("update big set a = a + 1 where a % 60000 between 10000 and 10019", here.database);
  here.ExpectFoundCheaply(100, 10);
  // The rows changed lie at the table's end now; so they do after every row was written anew.
  target.Execute("update big set b = b where a % 3 = 0", here.database);
  here.ExpectFoundCheaply(100, 10, {"-j", "1"});
  target.Execute("delete from big where a = 70000; insert into big values (7, 7, 'new')",
                 here.database);
  ExpectRepairedCheaply(here);
}

TEST(DrillDownCost, OfAKeyOfTwoColumnsAndOfAUuidIsTheSame) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  rig::PostgresServer& target = rig::SharedPostgres();
  for (const auto& [key, values] : std::vector<std::pair<std::string, std::string>>{
           {"tenant int, id bigint, primary key (tenant, id)", "seq % 3, seq"},
           {"id binary(16) primary key", "unhex(md5(seq))"}}) {
    const std::string source = rig::FreshDatabase(server);
    server.Execute(MariaDbRows(key, values), source);
    const Case here{server.Url(source), target, rig::FreshDatabase(target)};
    here.Migrate();
    target.Execute("update big set a = -a where a in (1000, 100000, 200000)", here.database);
    here.ExpectFoundCheaply(3, 3);
  }
}

TEST(DrillDownCost, FromSqliteAndPostgresIsTheSame) {
  const rig::TemporaryDir folder;
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string file = folder / "source.db";
  rig::MakeSqliteFile(
      file,
      "create table big (id integer primary key, a int, b text); with recursive s(i) as (select 1 "
      "union all select i + 1 from s where i < 300000) insert into big select i * 3, i, "
      "printf('%060d', i) from s");
  const Case sqlite{"sqlite://" + file, target, rig::FreshDatabase(target)};
  sqlite.Migrate();
  target.Execute("update big set a = -a where a in (1000, 100000, 200000)", sqlite.database);
  sqlite.ExpectFoundCheaply(3, 3);

  const std::string source = rig::FreshDatabase(target);
  target.Execute(
      "create table big (id bigint primary key, a int, b text); insert into big select i * 3, i, "
      "repeat('x', 60) from generate_series(1, 300000) i",
      source);
  const Case postgres{target.Url(source), target, rig::FreshDatabase(target)};
  postgres.Migrate();
  target.Execute("update big set a = 7 where a in (1001, 100001, 200001)", postgres.database);
  postgres.ExpectFoundCheaply(3, 3);
}

// Rows that can't be cut by their key, all of them different, and more than memory is to hold.
TEST(DrillDownCost, OfATextKeyIsBoundedInMemoryHoweverManyRowsDiffer) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string source = rig::FreshDatabase(server);
  server.Execute(MariaDbRows("id varchar(40) primary key", "concat('Key', seq)"), source);
  const Case here{server.Url(source), target, rig::FreshDatabase(target)};
  here.Migrate();
  target.Execute("update big set a = -a", here.database);
  const rig::TemporaryDir folder;
  const TransloadRun verify = RunTransload(
      {"verify", here.source, target.Url(here.database), "-j", "1", "--report", folder / "report"});
  EXPECT_EQ(verify.exit_code, 6) << verify.err;
  EXPECT_NE(verify.out.find("0 rows missing in the target, 0 only there, 300000 different"),
            std::string::npos)
      << verify.out;
  EXPECT_LE(verify.peak_bytes, 96 * kMiB);
  RecordProperty("peak_mib", static_cast<int>(verify.peak_bytes / kMiB));
}

// A run knows the sums of its partitions: only those that differ are read again.
TEST(DrillDownCost, AtTheEndOfARunIsThatOfThePartitionsAtFault) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string source = rig::FreshDatabase(server);
  server.Execute(MariaDbRows("id int primary key", "seq * 3") + "; analyze table big", source);
  const rig::TemporaryDir folder;
  std::ofstream(folder / "damage.sql") << "update big set a = -1 where a in (1000, 150000, 290000)";
  std::ofstream(folder / "c.toml")
      << "[[step]]\nwhen = \"after-data\"\nfile = \"" + (folder / "damage.sql") + "\"\n";
  const TransloadRun run =
      RunTransload({"run", server.Url(source), target.Url(rig::FreshDatabase(target)), "-c",
                    folder / "c.toml", "--partition-size", "2MiB", "--format", "json"});
  ASSERT_EQ(run.exit_code, 6) << run.out << run.err;
  const nlohmann::json report = nlohmann::json::parse(run.out);
  EXPECT_EQ(report["differences"].size(), 3u);
  const nlohmann::json& table = report["tables"].at(0);
  EXPECT_GT(table["partitions"].get<int>(), 8);
  const nlohmann::json& cost = table["drill_down"];
  ASSERT_FALSE(cost.is_null());
  EXPECT_EQ(cost["ranges"], 3u);
  EXPECT_LE(cost["read_bytes"].get<std::uint64_t>(), 3 * cost["range_bytes"].get<std::uint64_t>());
}

}  // namespace
}  // namespace transload
