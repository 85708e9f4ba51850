// --sample: a run moves some of the rows, and a verification finds the same ones again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/conformance/transload_run.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::HasSubstr;

constexpr int kSampleRows = 20'000;

class Sample : public testing::Test {
 protected:
  void MovesVerifiesAndFindsDamage(const std::string& source) {
    const std::string url = target_.Url(database_);
    const TransloadRun run = RunTransload({"run", source, url, "--sample", "20%"});
    ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
    const int moved = std::stoi(target_.QueryValue("select count(*) from t", database_));
    EXPECT_GT(moved, kSampleRows / 10);
    EXPECT_LT(moved, kSampleRows * 3 / 10);

    const TransloadRun verify = RunTransload({"verify", source, url});
    EXPECT_EQ(verify.exit_code, 0) << verify.out << verify.err;
    EXPECT_THAT(verify.out, HasSubstr("compared is a sample of 20% of the source's rows"));

    target_.Execute("update t set v = -1 where id = (select min(id) from t)", database_);
    const TransloadRun damaged = RunTransload({"verify", source, url, "--format", "json"});
    EXPECT_EQ(damaged.exit_code, 6) << damaged.out << damaged.err;
    const nlohmann::json report = nlohmann::json::parse(damaged.out);
    ASSERT_EQ(report["differences"].size(), 1u);
    EXPECT_EQ(report["differences"][0]["target"], "-1");

    // The ledger gone, only the user knows.
    target_.Execute("update t set v = id % 7 where v = -1; drop schema transload cascade",
                    database_);
    EXPECT_EQ(RunTransload({"verify", source, url}).exit_code, 6);
    const TransloadRun told = RunTransload({"verify", source, url, "--sample", "20%"});
    EXPECT_EQ(told.exit_code, 0) << told.out << told.err;
  }

  rig::PostgresServer& target_ = rig::SharedPostgres();
  const std::string database_ = rig::FreshDatabase(target_);
};

TEST_F(Sample, OfMariaDbIsFoundAgain) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  const std::string source = rig::FreshDatabase(server);
  server.Execute(
      "create table t (id int primary key, v int); insert into t select seq, seq % 7 from "
      "seq_1_to_20000",
      source);
  MovesVerifiesAndFindsDamage(server.Url(source));
}

TEST_F(Sample, OfSqliteIsFoundAgain) {
  const rig::TemporaryDir folder;
  const std::string file = folder / "source.db";
  rig::MakeSqliteFile(file,
                      "create table t (id integer primary key, v int); with recursive s(i) as "
                      "(select 1 union all select i + 1 from s where i < 20000) insert into t "
                      "select i, i % 7 from s");
  MovesVerifiesAndFindsDamage("sqlite://" + file);
}

TEST_F(Sample, OfPostgresIsFoundAgain) {
  const std::string source = rig::FreshDatabase(target_);
  target_.Execute(
      "create table t (id int primary key, v int); insert into t select i, i % 7 from "
      "generate_series(1, 20000) i",
      source);
  MovesVerifiesAndFindsDamage(target_.Url(source));
}

}  // namespace
}  // namespace transload
