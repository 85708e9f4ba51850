// What another source's run has filled is not repaired from this one, unless the user says that it
// is the same data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/transload_run.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class OtherSource : public testing::Test {
 protected:
  void SetUp() override {
    rig::MakeSqliteFile(filled_by_,
                        "create table t (id integer primary key, flag tinyint(1));"
                        "insert into t values (1, 1), (2, 0)");
    rig::MakeSqliteFile(other_,
                        "create table t (id integer primary key, flag tinyint(1));"
                        "insert into t values (7, 1)");
    const TransloadRun run = RunTransload(
        {"run", "sqlite://" + filled_by_, target_.Url(database_), "--map", "tinyint(1)=smallint"});
    ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
    run_id_ = Value("select id from transload.run");
  }
  std::string Value(const std::string& sql) { return target_.QueryValue(sql, database_); }
  TransloadRun FromOther(std::vector<std::string> command) {
    command.insert(command.begin() + 1, {"sqlite://" + other_, target_.Url(database_)});
    return RunTransload(command);
  }
  void ExpectRows(const std::string& rows) {
    EXPECT_EQ(Value("select string_agg(id || ':' || flag, ' ' order by id) from t"), rows);
  }

  rig::TemporaryDir dir_;
  const std::string filled_by_ = dir_ / "filled_by.db";
  const std::string other_ = dir_ / "other.db";
  rig::PostgresServer& target_ = rig::SharedPostgres();
  const std::string database_ = rig::FreshDatabase(target_);
  std::string run_id_;
};

TEST_F(OtherSource, ReplacesNoRowsOfTheOneThatFilledTheTable) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"sync"},
        {"verify", "--repair"},
        {"verify", "--repair=sql", "--report", dir_ / "repair"}}) {
    const TransloadRun refused = FromOther(command);
    EXPECT_EQ(refused.exit_code, 3) << refused.command << refused.out << refused.err;
    EXPECT_THAT(refused.err, AllOf(HasSubstr("public.t was filled by run " + run_id_),
                                   HasSubstr("filled_by.db"), HasSubstr("--run " + run_id_)));
  }
  ExpectRows("1:1 2:0");
}

TEST_F(OtherSource, IsComparedAllTheSame) {
  const TransloadRun verify = FromOther({"verify"});
  EXPECT_EQ(verify.exit_code, 6) << verify.out << verify.err;
}

// The data was moved to another server: its run's mapping holds.
TEST_F(OtherSource, IsTheSameDataWhereTheRunIsNamed) {
  const TransloadRun repair = FromOther({"verify", "--repair", "--run", run_id_});
  EXPECT_EQ(repair.exit_code, 0) << repair.out << repair.err;
  EXPECT_THAT(repair.out, AllOf(HasSubstr("of another source"), HasSubstr("filled_by.db")));
  ExpectRows("7:1");
}

TEST_F(OtherSource, RepairsWhatItHasFilledSince) {
  const TransloadRun run =
      FromOther({"run", "--on-existing", "truncate", "--map", "tinyint(1)=smallint"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  target_.Execute("delete from t", database_);
  const TransloadRun repair = FromOther({"verify", "--repair"});
  EXPECT_EQ(repair.exit_code, 0) << repair.out << repair.err;
  ExpectRows("7:1");
}

}  // namespace
}  // namespace transload
