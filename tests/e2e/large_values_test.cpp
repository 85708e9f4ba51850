// Values as large as PostgreSQL holds, and larger; and the memory that moving them takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/transload_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/shared_servers.h"

namespace transload {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kValueMiB = std::uint64_t{1} << 20;

// 64 MiB per lane, 64 MiB for the rest, and three times the largest row.
std::uint64_t MemoryBound(int lanes, std::uint64_t largest_row) {
  return (static_cast<std::uint64_t>(lanes) + 1) * 64 * kValueMiB + 3 * largest_row;
}

TEST(Memory, DoesNotDependOnTheSizeOfTheTable) {
  rig::MySqlFamilyServer& server = rig::SharedMariaDb();
  const std::string schema = rig::FreshDatabase(server);
  server.Execute(
      "create table t (id int primary key, v varchar(1000), w varchar(1000)) engine=MyISAM;"
      "insert into t select seq, repeat('x', 1000), repeat(char(65 + seq % 26), 500) from "
      "seq_1_to_150000",
      schema);
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string database = rig::FreshDatabase(target);
  TransloadRun run = RunTransload({"run", server.Url(schema), target.Url(database), "-j", "2"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_LT(run.peak_bytes, MemoryBound(2, 2000)) << run.peak_bytes / kValueMiB << " MiB";
}

// The server's own limit for a value is 1 GiB; MyISAM spares it a redo log ten times that size.
TEST(LargeValuesMatrix, PassUpToWhatPostgresHoldsAndAreRejectedByNameBeyond) {
  rig::ServerOptions options;
  options.settings["max_allowed_packet"] = "1G";
  rig::MariaDbServer server = rig::MariaDbServer::Start(options);
  server.Execute(
      "set sql_log_bin = 0; create table one (id int primary key, v longblob) engine=MyISAM;"
      "insert into one values (1, repeat('x', 1073741000));"
      "insert into one values (2, repeat('y', 1073741818));"
      "insert into one values (3, 'small');"
      "create table two (id int primary key, a longblob, b longblob) engine=MyISAM;"
      "insert into two values (1, repeat('a', 600000000), repeat('b', 600000000)), (2, 'a', 'b')",
      "test");
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string database = rig::FreshDatabase(target);
  TransloadRun run = RunTransload(
      {"run", server.Url("test"), target.Url(database), "-j", "1", "--on-bad-row", "reject"});
  ASSERT_EQ(run.exit_code, 5) << run.out << run.err;
  auto value = [&](const std::string& sql) { return target.QueryValue(sql, database); };
  EXPECT_EQ(value("select string_agg(id || ':' || octet_length(v), ' ' order by id) from one"),
            "1:1073741000 3:5");
  EXPECT_EQ(value("select string_agg(id || encode(a, 'escape') || encode(b, 'escape'), ' ') from "
                  "two"),
            "2ab");
  EXPECT_EQ(value("select string_agg(key || ' ' || \"column\", ', ' order by table_id, key) from "
                  "transload.reject"),
            "id=2 v, id=1 a");
  EXPECT_THAT(value("select min(reason) from transload.reject"), HasSubstr("PostgreSQL can hold"));
  EXPECT_LT(run.peak_bytes, MemoryBound(1, 1'200'000'000)) << run.peak_bytes / kValueMiB << " MiB";
}

// Held at once: what libpq received, its copy of the row and the batch, then batch and block.
TEST(LargeValuesMatrix, PassBetweenPostgresServersWithoutAFourthCopy) {
  rig::PostgresServer& server = rig::SharedPostgres();
  const std::string source = rig::FreshDatabase(server), target = rig::FreshDatabase(server);
  server.Execute(
      "create table b (id int primary key, v bytea); alter table b alter v set storage external;"
      "insert into b select i, decode(repeat('4' || i, 500000000), 'hex') from generate_series(1, "
      "2) i; insert into b values (3, 'x')",
      source);
  const TransloadRun run = RunTransload({"run", server.Url(source), server.Url(target), "-j", "1"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_LT(run.peak_bytes, MemoryBound(1, 500'000'000)) << run.peak_bytes / kValueMiB << " MiB";
}

}  // namespace
}  // namespace transload
