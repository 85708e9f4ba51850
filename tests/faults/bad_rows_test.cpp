// Rows that do not go in: by their values, or because the target says no.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/conformance/transload_run.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class BadRows : public testing::Test {
 protected:
  BadRows() {
    rig::MakeSqliteFile(
        path_,
        "create table t (id integer primary key, v integer, u text);"
        "with recursive seq(n) as (select 1 union all select n + 1 from seq where n < 3000)"
        "insert into t select n, case n when 500 then -1 else n end,"
        " 'u' || case n when 700 then 699 else n end from seq;");
  }
  TransloadRun Run(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"run", "sqlite://" + path_, target_.Url(database_),
                                          "--data-only"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunTransload(arguments);
  }
  std::string Value(const std::string& sql) { return target_.QueryValue(sql, database_); }

  rig::TemporaryDir dir_;
  std::string path_ = dir_ / "a.db";
  rig::PostgresServer& target_ = rig::SharedPostgres();
  std::string database_ = rig::FreshDatabase(target_);
};

constexpr char kStrict[] =
    "create table t (id bigint primary key, v bigint check (v >= 0), "
    "u text unique deferrable initially deferred)";

TEST_F(BadRows, ThatTheTargetRefusesAreFoundAndTheOthersArrive) {
  target_.Execute(kStrict, database_);
  TransloadRun run = Run({"--on-bad-row", "reject"});
  EXPECT_EQ(run.exit_code, 5) << run.out << run.err;
  EXPECT_EQ(Value("select count(*) from t"), "2998");
  EXPECT_EQ(Value("select string_agg(key, ' ' order by id) from transload.reject"),
            "id=500 id=700");
  EXPECT_THAT(Value("select reason from transload.reject where key = 'id=500'"),
              HasSubstr("t_v_check"));
}

TEST_F(BadRows, ThatATriggerRefusesAreFound) {
  target_.Execute(
      "create table t (id bigint primary key, v bigint, u text);"
      "create function no() returns trigger language plpgsql as $$ begin if new.id % 1000 = 0 then "
      "raise exception 'not this one'; end if; return new; end $$;"
      "create trigger no before insert on t for each row execute function no()",
      database_);
  TransloadRun run = Run({"--on-bad-row", "reject"});
  EXPECT_EQ(run.exit_code, 5) << run.out << run.err;
  EXPECT_EQ(Value("select string_agg(key, ' ' order by id) from transload.reject"),
            "id=1000 id=2000 id=3000");
}

TEST_F(BadRows, ThatAreTooWideForThePageAreFound) {
  std::string columns, values;
  for (int i = 0; i < 1100; ++i) {
    columns += ", c" + std::to_string(i) + " integer";
    values += ", 1000000000000";
  }
  rig::MakeSqliteFile(dir_ / "wide.db",
                      "create table w (id integer primary key" + columns +
                          "); insert into w (id) values (1), (2), (4); insert into w values (3" +
                          values + ")");
  const std::vector<std::string> command = {"run", "sqlite://" + (dir_ / "wide.db"),
                                            target_.Url(database_)};
  const TransloadRun stopped = RunTransload(command);
  EXPECT_EQ(stopped.exit_code, 4) << stopped.err;
  EXPECT_THAT(
      stopped.err,
      HasSubstr(
          "w: the target refused a row, id=3: row is too big: size 8832, maximum size 8160; mend"));
  std::vector<std::string> rejecting = command;
  rejecting.insert(rejecting.end(), {"--on-bad-row", "reject"});
  const TransloadRun run = RunTransload(rejecting);
  EXPECT_EQ(run.exit_code, 5) << run.out << run.err;
  EXPECT_EQ(Value("select key || ': ' || reason from transload.reject"),
            "id=3: refused by the target: row is too big: size 8832, maximum size 8160");
  EXPECT_EQ(Value("select count(*) from w"), "3");
}

TEST_F(BadRows, ThatAreTooWideForAnIndexAreFound) {
  target_.Execute(
      "create table t (id bigint primary key, v bigint, u text); "
      "create function long(v bigint) returns text immutable language sql as $$ select "
      "string_agg(md5(i::text), '') from generate_series(1, case v when -1 then 300 else 1 end) i "
      "$$; create index on t (long(v))",
      database_);
  const TransloadRun run = Run({"--on-bad-row", "reject"});
  EXPECT_EQ(run.exit_code, 5) << run.out << run.err;
  EXPECT_EQ(Value("select key from transload.reject where reason like '%index row%'"), "id=500");
}

TEST_F(BadRows, StopTheRunUnlessToldOtherwise) {
  target_.Execute(kStrict, database_);
  TransloadRun run = Run({});
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_THAT(run.err, AllOf(HasSubstr("t: the target refused a row, id=500: "),
                             HasSubstr("t_v_check"), HasSubstr("--on-bad-row reject")));
  EXPECT_EQ(Value("select count(*) from t"), "0");
}

TEST_F(BadRows, StopTheRunWhenThereAreMoreThanAllowed) {
  target_.Execute(kStrict, database_);
  TransloadRun run = Run({"--on-bad-row", "reject", "--max-rejects", "1"});
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_THAT(run.err, HasSubstr("--max-rejects"));
  EXPECT_EQ(Value("select count(*) from transload.reject"), "0");  // rolled back
  EXPECT_EQ(Run({"--on-bad-row", "reject"}).exit_code, 5);
}

TEST_F(BadRows, AreLoadedAloneOnceTheTargetTakesThem) {
  target_.Execute(kStrict, database_);
  ASSERT_EQ(Run({"--on-bad-row", "reject"}).exit_code, 5);
  target_.Execute("alter table t drop constraint t_v_check", database_);
  TransloadRun retried = Run({"--on-bad-row", "reject", "--retry-rejects"});
  EXPECT_EQ(retried.exit_code, 5) << retried.out << retried.err;
  EXPECT_EQ(Value("select count(*) from t"), "2999");
  EXPECT_EQ(Value("select string_agg(key, ' ') from transload.reject"), "id=700");
  EXPECT_EQ(Value("select verdict from transload.\"table\""), "match");
  target_.Execute("alter table t drop constraint t_u_key", database_);
  EXPECT_EQ(Run({"--on-bad-row", "reject", "--retry-rejects"}).exit_code, 0);
  EXPECT_EQ(Value("select count(*) from t"), "3000");
  EXPECT_EQ(Run({"--on-bad-row", "reject", "--retry-rejects"}).exit_code, 3);  // none are left
}

TEST_F(BadRows, AreLoadedAloneUnderAnotherPolicy) {
  rig::MakeSqliteFile(path_, "update t set u = 'a' || char(0) || 'b' where id in (7, 2999)");
  const std::vector<std::string> first = {"run", "sqlite://" + path_, target_.Url(database_),
                                          "--on-bad-row", "reject"};
  ASSERT_EQ(RunTransload(first).exit_code, 5);
  std::vector<std::string> again = first;
  again.insert(again.end(), {"--retry-rejects", "--policy", "nul_byte=strip"});
  TransloadRun retried = RunTransload(again);
  EXPECT_EQ(retried.exit_code, 0) << retried.out << retried.err;
  EXPECT_EQ(Value("select count(*) from t where u = 'ab'"), "2");
  EXPECT_EQ(Value("select sum(rows) from transload.coercion"), "2");
  TransloadRun verified = RunTransload({"verify", "sqlite://" + path_, target_.Url(database_)});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
}

TEST_F(BadRows, TellWhyTheyStillAreRejected) {
  target_.Execute(kStrict, database_);
  rig::MakeSqliteFile(path_, "update t set u = 'a' || char(0) || 'b' where id = 7");
  ASSERT_EQ(Run({"--on-bad-row", "reject"}).exit_code, 5);
  ASSERT_THAT(Value("select reason from transload.reject where key = 'id=7'"),
              HasSubstr("NUL byte"));
  target_.Execute("alter table t add check (u <> 'ab')", database_);
  EXPECT_EQ(
      Run({"--on-bad-row", "reject", "--retry-rejects", "--policy", "nul_byte=strip"}).exit_code,
      5);
  EXPECT_THAT(Value("select \"column\" || reason from transload.reject where key = 'id=7'"),
              AllOf(HasSubstr("refused by the target"), HasSubstr("t_u_check")));
  EXPECT_EQ(Run({"--on-bad-row", "reject", "--retry-rejects"}).exit_code, 5);
  EXPECT_THAT(Value("select \"column\" || reason from transload.reject where key = 'id=7'"),
              StartsWith("uNUL byte"));
  target_.Execute("alter table t drop constraint t_u_check", database_);
  Run({"--on-bad-row", "reject", "--retry-rejects", "--policy", "nul_byte=strip"});
  EXPECT_EQ(Value("select u from t where id = 7"), "ab");
}

// Killed after all of them are in, and before the run has ended again.
TEST_F(BadRows, AreKnownByTheirPolicyWhenTheRetryWasKilled) {
  rig::MakeSqliteFile(path_, "update t set u = 'a' || char(0) || 'b' where id in (7, 2999)");
  const std::vector<std::string> first = {"run", "sqlite://" + path_, target_.Url(database_),
                                          "--on-bad-row", "reject"};
  ASSERT_EQ(RunTransload(first).exit_code, 5);
  std::vector<std::string> again = first;
  again.insert(again.end(), {"--retry-rejects", "--policy", "nul_byte=strip"});
  EXPECT_EQ(RunTransload(again, {{"TRANSLOAD_FAULT", "table-loaded:1:kill"}}).exit_code,
            kKilledExit);
  EXPECT_EQ(Value("select count(*) from t where u = 'ab'"), "2");
  const TransloadRun verified =
      RunTransload({"verify", "sqlite://" + path_, target_.Url(database_)});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  const TransloadRun undone = RunTransload({"undo", target_.Url(database_)});
  EXPECT_EQ(undone.exit_code, 0) << undone.out << undone.err;
}

// The target may be in use by then, and its source may have gone on.
TEST_F(BadRows, AreGoneOnWithAloneWhenTheRetryWasKilled) {
  rig::MakeSqliteFile(path_, "update t set u = 'a' || char(0) || 'b' where id in (7, 2999)");
  const std::vector<std::string> first = {"run", "sqlite://" + path_, target_.Url(database_),
                                          "--on-bad-row", "reject"};
  ASSERT_EQ(RunTransload(first).exit_code, 5);
  rig::MakeSqliteFile(path_, "update t set v = 0 where id = 10; delete from t where id = 11");
  std::vector<std::string> again = first;
  again.insert(again.end(), {"--retry-rejects", "--policy", "nul_byte=strip"});
  ASSERT_EQ(RunTransload(again, {{"TRANSLOAD_FAULT", "table-loaded:1:kill"}}).exit_code,
            kKilledExit);
  const TransloadRun ended = RunTransload(first);
  EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("only its rejected rows are tried again"));
  EXPECT_EQ(Value("select sum(v) from t where id in (10, 11)"), "21");
  EXPECT_EQ(Value("select count(*) from t where u = 'ab'"), "2");
  EXPECT_EQ(RunTransload(first).exit_code, 3);
}

TEST_F(BadRows, WaitUntilTheirRunHasEnded) {
  rig::MakeSqliteFile(path_, "update t set u = 'a' || char(0) || 'b' where id = 7");
  std::vector<std::string> command = {"run", "sqlite://" + path_, target_.Url(database_),
                                      "--on-bad-row", "reject"};
  ASSERT_EQ(RunTransload(command, {{"TRANSLOAD_FAULT", "table-loaded:1:kill"}}).exit_code,
            kKilledExit);
  command.emplace_back("--retry-rejects");
  const TransloadRun refused = RunTransload(command);
  EXPECT_EQ(refused.exit_code, 3) << refused.out;
  EXPECT_THAT(refused.err, HasSubstr("has not ended yet; let it end first"));
  command.pop_back();
  EXPECT_EQ(RunTransload(command).exit_code, 5);
}

TEST_F(BadRows, AreLoadedAloneAfterTheRejectedRowsThatTheyReferTo) {
  const std::string path = dir_ / "keys.db";
  rig::MakeSqliteFile(
      path,
      "create table a (id integer primary key, z integer references z (id), up integer references "
      "a (id), v text); create table z (id integer primary key, v text);"
      "insert into z values (1, 'z'), (2, 'z' || char(0));"
      "insert into a values (1, 1, null, 'a'), (2, 2, null, 'a' || char(0)), (3, 1, 2, char(0))");
  const std::vector<std::string> first = {"run", "sqlite://" + path, target_.Url(database_),
                                          "--on-bad-row", "reject"};
  ASSERT_EQ(RunTransload(first).exit_code, 5);
  std::vector<std::string> again = first;
  again.insert(again.end(), {"--retry-rejects", "--policy", "nul_byte=strip"});
  const TransloadRun retried = RunTransload(again);
  EXPECT_EQ(retried.exit_code, 0) << retried.out << retried.err;
  EXPECT_EQ(Value("select (select count(*) from a) || ' ' || (select count(*) from z)"), "3 2");
}

TEST_F(BadRows, StandInTheReportFolderToo) {
  target_.Execute(kStrict, database_);
  const std::string report = dir_ / "report";
  EXPECT_EQ(Run({"--on-bad-row", "reject", "--report", report}).exit_code, 5);
  EXPECT_TRUE(std::filesystem::exists(report + "/rejects.jsonl.zst"));
  EXPECT_EQ(std::filesystem::status(report + "/rejects.jsonl.zst").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace transload
