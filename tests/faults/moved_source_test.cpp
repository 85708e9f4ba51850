// A run whose source is at another place by now goes on with it only when it is told so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/conformance/transload_run.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class MovedSource : public testing::Test {
 protected:
  MovedSource() {
    rig::MakeSqliteFile(
        before_,
        "create table t (id integer primary key autoincrement, v text not null);"
        "with recursive seq(n) as (select 1 union all select n + 1 from seq where n < 5000)"
        "insert into t select n, 'value ' || n || ' of the first state' from seq;");
  }
  TransloadRun Run(const std::string& path, const std::vector<std::string>& more = {},
                   const std::string& fault = "") {
    std::vector<std::string> arguments = {
        "run", "sqlite://" + path, target_.Url(database_), "--partition-size", "16KiB", "-j", "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::map<std::string, std::string> environment;
    if (!fault.empty()) environment["TRANSLOAD_FAULT"] = fault;
    return RunTransload(arguments, environment);
  }
  void Move() { std::filesystem::rename(before_, after_); }
  std::string Value(const std::string& sql) { return target_.QueryValue(sql, database_); }
  std::string RunId() { return Value("select id from transload.run"); }

  rig::TemporaryDir dir_;
  const std::string before_ = dir_ / "before.db";
  const std::string after_ = dir_ / "after.db";
  rig::PostgresServer& target_ = rig::SharedPostgres();
  const std::string database_ = rig::FreshDatabase(target_);
};

TEST_F(MovedSource, IsTakenUpWhereTheRunIsNamed) {
  ASSERT_EQ(Run(before_, {}, "partition-committed:4:kill").exit_code, kKilledExit);
  Move();
  rig::MakeSqliteFile(after_, "update t set v = 'changed' where id in (1, 2500, 4999)");
  const std::string rows = Value("select count(*) from t");

  const TransloadRun refused = Run(after_);
  EXPECT_EQ(refused.exit_code, 3) << refused.out << refused.err;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("before.db"), HasSubstr("--run " + RunId())));
  EXPECT_EQ(Value("select count(*) from t"), rows);

  const TransloadRun resumed = Run(after_, {"--run", RunId()});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.out << resumed.err;
  EXPECT_THAT(resumed.out, AllOf(HasSubstr("resumed from"), HasSubstr("before.db")));
  EXPECT_EQ(Value("select count(*) || ' ' || count(*) filter (where v = 'changed') from t"),
            "5000 3");

  const TransloadRun again = Run(after_);
  EXPECT_EQ(again.exit_code, 3) << again.out << again.err;
  EXPECT_THAT(again.err, HasSubstr("already finished: run " + RunId()));
}

// The file holds what it held, but that is not known of a file at another place.
TEST_F(MovedSource, IsComparedWithWhatIsLoadedAlready) {
  ASSERT_EQ(Run(before_, {}, "partition-committed:4:kill").exit_code, kKilledExit);
  Move();
  const TransloadRun resumed = Run(after_, {"--run", RunId()});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.out << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("finished partitions were compared with it, 0 of them"));
}

// Cut off before the run was that source's, it is named once more; after that, no longer.
TEST_F(MovedSource, MayBeCutOffWhileItIsTakenUp) {
  ASSERT_EQ(Run(before_, {}, "partition-committed:4:kill").exit_code, kKilledExit);
  Move();
  ASSERT_EQ(Run(after_, {"--run", RunId()}, "snapshot-taken:1:kill").exit_code, kKilledExit);
  EXPECT_EQ(Run(after_).exit_code, 3);
  ASSERT_EQ(Run(after_, {"--run", RunId()}, "snapshot-recorded:1:kill").exit_code, kKilledExit);
  const TransloadRun resumed = Run(after_);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.out << resumed.err;
  EXPECT_EQ(Value("select count(*) from t"), "5000");
}

TEST_F(MovedSource, SetsTheSequencesOfANamedRun) {
  ASSERT_EQ(Run(before_).exit_code, 0);
  Move();
  rig::MakeSqliteFile(after_,
                      "insert into t values (7000, 'later'); delete from t where id = 7000");
  const TransloadRun unnamed = Run(after_, {"--refresh-sequences"});
  EXPECT_EQ(unnamed.exit_code, 3) << unnamed.out << unnamed.err;
  const TransloadRun named = Run(after_, {"--refresh-sequences", "--run", RunId()});
  EXPECT_EQ(named.exit_code, 0) << named.out << named.err;
  EXPECT_EQ(Value("select nextval(pg_get_serial_sequence('t', 'id'))"), "7001");
}

TEST_F(MovedSource, IsNotTakenUpIntoOtherSchemas) {
  ASSERT_EQ(Run(before_).exit_code, 0);
  Move();
  const TransloadRun other = Run(after_, {"--schema", "elsewhere", "--run", RunId()});
  EXPECT_EQ(other.exit_code, 3) << other.out << other.err;
  EXPECT_THAT(other.err, HasSubstr("no such run into this target"));
}

// A restored copy: the same rows, in other blocks.
TEST_F(MovedSource, MayBeARestoredCopyOfAPostgresDatabase) {
  const std::string table = "create table t (id int primary key, v text not null); insert into t ";
  const std::string rows =
      "select n, 'value ' || n || ' of the first state' from generate_series(1, 5000) n";
  const std::string first = rig::FreshDatabase(target_);
  const std::string copy = rig::FreshDatabase(target_);
  target_.Execute(table + rows, first);
  target_.Execute(table + rows + " order by n % 7, n; update t set v = 'changed' where id = 77",
                  copy);
  auto run = [&](const std::string& source, std::vector<std::string> more,
                 const std::map<std::string, std::string>& environment) {
    more.insert(more.begin(), {"run", target_.Url(source), target_.Url(database_), "-j", "2",
                               "--partition-size", "16KiB"});
    return RunTransload(more, environment);
  };
  ASSERT_EQ(run(first, {}, {{"TRANSLOAD_FAULT", "partition-committed:4:kill"}}).exit_code,
            kKilledExit);
  EXPECT_EQ(run(copy, {}, {}).exit_code, 3);
  const TransloadRun resumed = run(copy, {"--run", RunId()}, {});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.out << resumed.err;
  EXPECT_EQ(Value("select count(*) || ' ' || sum(id) || ' ' || count(*) filter (where v = "
                  "'changed') from t"),
            "5000 12502500 1");
}

}  // namespace
}  // namespace transload
