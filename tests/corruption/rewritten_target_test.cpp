// Tables of the target that somebody rewrites while they are compared: ALTER TABLE and TRUNCATE
// leave nothing that a snapshot from before could see, and what is not seen is not lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/transload_run.h"
#include "tests/faults/live_run.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::HasSubstr;
using testing::Not;

class RewrittenTarget : public testing::Test {
 protected:
  void SetUp() override {
    rig::MakeSqliteFile(
        file_,
        "create table big (id integer primary key, note text);"
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) "
        "insert into big select i, printf('%200d', i) from n;"
        "create table keyed (id integer primary key, a text not null);"
        "insert into keyed values (1, 'a'), (2, 'b'), (3, 'c');"
        "create table keyless (a text);insert into keyless values ('x'), ('x'), ('y');"
        "create table child (id integer primary key, keyed_id integer references keyed (id));"
        "insert into child values (1, 1), (2, 3)");
    const TransloadRun run = RunTransload({"run", source_, url_});
    ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  }

  // With `sql` done after the target's snapshot was taken, and before a row was read.
  TransloadRun While(const std::string& sql, const std::vector<std::string>& arguments) {
    OpenSession holder(target_.LibpqConninfo(database_));
    holder.Exec("begin;lock table big in access exclusive mode");
    std::vector<std::string> all = {arguments.front(), source_, url_, "-j", "1"};
    all.insert(all.end(), arguments.begin() + 1, arguments.end());
    LiveRun run(all);
    EXPECT_TRUE(run.WaitUntil([&] {
      return target_.QueryValue(
                 "select count(*) from pg_locks where not granted and relation = 'big'::regclass",
                 database_) == "1";
    })) << run.Output();
    target_.Execute(sql, database_);
    holder.Exec("rollback");
    return run.Finish();
  }
  std::string Rows() {
    return target_.QueryValue(
        "select (select string_agg(id || a, ',' order by id) from keyed) || ' ' || "
        "(select string_agg(a, ',' order by a) from keyless)",
        database_);
  }

  rig::PostgresServer& target_ = rig::SharedPostgres();
  const std::string database_ = rig::FreshDatabase(target_);
  const std::string url_ = target_.Url(database_);
  rig::TemporaryDir dir_;
  const std::string file_ = dir_ / "shop.db";
  const std::string source_ = "sqlite://" + file_;
};

// The conversion of a value makes a table be written anew, though it changes nothing.
constexpr const char* kRewrite =
    "alter table keyed alter a type text using a || '';"
    "alter table keyless alter a type text using a || '';"
    "alter table child alter keyed_id type bigint using keyed_id + 0";

TEST_F(RewrittenTarget, IsNotVerifiedInsteadOfMissingRows) {
  for (const char* level : {"count", "checksum", "full"}) {
    const TransloadRun run =
        While("alter table keyless set unlogged;alter table keyless set logged",
              {"verify", "--verify", level});
    EXPECT_EQ(run.exit_code, 7) << run.err;
    EXPECT_THAT(run.err, HasSubstr("somebody rewrote, emptied or replaced")) << level;
    EXPECT_THAT(run.err, Not(HasSubstr("MISMATCH"))) << level;
  }
  EXPECT_EQ(RunTransload({"verify", source_, url_}).exit_code, 0);
}

TEST_F(RewrittenTarget, IsNotRepaired) {
  const TransloadRun run = While(kRewrite, {"verify", "--repair"});
  EXPECT_EQ(run.exit_code, 7) << run.err;
  EXPECT_EQ(Rows(), "1a,2b,3c x,x,y");
}

TEST_F(RewrittenTarget, IsLeftAloneByASync) {
  const TransloadRun run = While(kRewrite, {"sync", "--rounds", "3"});
  EXPECT_EQ(run.exit_code, 7) << run.err;
  EXPECT_EQ(Rows(), "1a,2b,3c x,x,y");
}

TEST_F(RewrittenTarget, AnotherTableUnderItsNameIsNotComparedWithASnapshotFromBefore) {
  const TransloadRun run = While(
      "create table other (like keyless);insert into other select * from keyless;drop table "
      "keyless;alter table other rename to keyless",
      {"verify"});
  EXPECT_EQ(run.exit_code, 7) << run.err;
  EXPECT_THAT(run.err, HasSubstr("somebody rewrote, emptied or replaced"));
}

}  // namespace
}  // namespace transload
