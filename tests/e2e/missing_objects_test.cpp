// What a run could not make: when the cause is mended, the same command makes it, and touches
// neither the rows, which may be in use by then, nor what an administrator has changed since.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/conformance/transload_run.h"
#include "tests/e2e/postgres_pair.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr char kEnd[] =
    "select concat_ws(' ', state, finished_at, finished_xid) from transload.run";

class MissingObjects : public testing::Test {
 protected:
  TransloadRun Run(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"run", source_, target_.Url(database_)});
    return RunTransload(more);
  }
  std::string Value(const std::string& sql) const { return target_.QueryValue(sql, database_); }
  std::string Failures() const {
    return Value(
        "select coalesce(string_agg(concat_ws(' ', kind, name, action), ', ' order by id), 'none') "
        "from transload.object where action in ('failed', 'unvalidated')");
  }

  rig::PostgresServer& target_ = rig::SharedPostgres();
  const std::string database_ = rig::FreshDatabase(target_);
  const rig::TemporaryDir folder_;
  std::string source_;
};

TEST_F(MissingObjects, OfSqliteAreMadeByTheSameCommand) {
  const std::string file = folder_ / "s.db";
  rig::MakeSqliteFile(
      file,
      "create table p (id integer primary key); create table c (id integer primary key, p int "
      "references p, v text unique); insert into p values (1); insert into c values "
      "(1, 1, 'a'), (2, 7, 'b'), (3, 1, 'c')");
  source_ = "sqlite://" + file;
  // Others' objects in the way of an index, and rows that break a key.
  target_.Execute("create table c_v_key (n int)", database_);
  const TransloadRun first = Run();
  EXPECT_EQ(first.exit_code, 7) << first.out << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("objects that could not be created (1)"),
                               HasSubstr("constraints that stand NOT VALID (1)"),
                               HasSubstr("the same command makes it, and moves no rows")));
  const std::string end = Value(kEnd);

  // In use, on both sides.
  target_.Execute(
      "update c set v = 'of the application' where id = 1; alter table p set "
      "(autovacuum_enabled = off)",
      database_);
  rig::MakeSqliteFile(file, "insert into c values (4, 1, 'late')");
  const TransloadRun second = Run();
  EXPECT_EQ(second.exit_code, 7) << second.out << second.err;
  EXPECT_THAT(second.out, HasSubstr("match: found when the rows were moved"));
  EXPECT_THAT(second.err, HasSubstr("only what it could not make is tried again"));
  EXPECT_EQ(Value("select count(*) from transload.object where action = 'failed'"), "1");

  target_.Execute("drop table c_v_key; insert into p values (7)", database_);
  const TransloadRun third = Run();
  EXPECT_EQ(third.exit_code, 0) << third.out << third.err;
  EXPECT_EQ(Failures(), "none");
  EXPECT_EQ(Value("select indisunique from pg_index where indexrelid = 'c_v_key'::regclass"), "t");
  EXPECT_EQ(Value("select bool_and(convalidated) from pg_constraint where contype = 'f'"), "t");
  EXPECT_EQ(Value("select string_agg(v, ',' order by id) from c"), "of the application,b,c");
  EXPECT_EQ(Value("select reloptions from pg_class where oid = 'p'::regclass"),
            "{autovacuum_enabled=off}");
  EXPECT_EQ(Value("select analyze_count from pg_stat_user_tables where relname = 'p'"), "1");
  EXPECT_EQ(Value(kEnd), end);
  const TransloadRun fourth = Run();
  EXPECT_EQ(fourth.exit_code, 3);
  EXPECT_THAT(fourth.err, HasSubstr("already finished"));
}

TEST_F(MissingObjects, AreOnesThatStoodInTheTargetToo) {
  const std::string file = folder_ / "s.db";
  rig::MakeSqliteFile(file,
                      "create table c (id integer primary key, p int); insert into c values (1, "
                      "1), (2, 7)");
  source_ = "sqlite://" + file;
  target_.Execute(
      "create table p (id int primary key); insert into p values (1); create table c (id bigint "
      "primary key, p bigint constraint of_p references p)",
      database_);
  const std::vector<std::string> data_only = {"--data-only", "--include", "c"};
  ASSERT_EQ(Run(data_only).exit_code, 7);
  EXPECT_EQ(Failures(), "foreign key of_p unvalidated");
  ASSERT_EQ(Run(data_only).exit_code, 7);
  EXPECT_EQ(Failures(), "foreign key of_p unvalidated");
  const std::string key = Value("select oid from pg_constraint where conname = 'of_p'");
  target_.Execute("insert into p values (7)", database_);
  const TransloadRun again = Run(data_only);
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
  EXPECT_EQ(Failures(), "none");
  EXPECT_EQ(Value("select oid from pg_constraint where conname = 'of_p' and convalidated"), key);
  EXPECT_EQ(Value("select analyze_count from pg_stat_user_tables where relname = 'c'"), "1");
}

TEST_F(MissingObjects, AStartThatIsCutOffLeavesTheRunAsItEnded) {
  const std::string file = folder_ / "s.db";
  rig::MakeSqliteFile(file,
                      "create table t (id integer primary key, v text unique); insert into t "
                      "values (1, 'a')");
  source_ = "sqlite://" + file;
  target_.Execute("create table t_v_key (n int)", database_);
  ASSERT_EQ(Run().exit_code, 7);
  const std::string end = Value(kEnd);
  rig::MakeSqliteFile(file, "insert into t values (2, 'b')");
  target_.Execute("drop table t_v_key; insert into t values (3, 'c')", database_);
  for (const char* point : {"index-uncommitted", "index-committed", "report-unwritten"}) {
    const TransloadRun cut = RunTransload({"run", source_, target_.Url(database_)},
                                          {{"TRANSLOAD_FAULT", std::string(point) + ":1:kill"}});
    EXPECT_NE(cut.exit_code, 0) << point << cut.out << cut.err;
    EXPECT_EQ(Value(kEnd), end) << point;
    if (Failures() == "none") break;
  }
  const TransloadRun last = Run();
  EXPECT_TRUE(last.exit_code == 0 || last.exit_code == 3) << last.out << last.err;
  EXPECT_EQ(Failures(), "none");
  EXPECT_EQ(Value("select string_agg(id::text, ',' order by id) from t"), "1,3");
  EXPECT_EQ(Value("select to_regclass('t_v_key') is not null"), "t");
}

class MissingPostgresObjects : public PostgresPair {
 protected:
  // No superuser, who may not make everything.
  void SetUp() override {
    MakeRole("missing_loader");
    server_.Execute("alter role missing_loader nosuperuser login password 'secret'");
    server_.Execute(
        "grant create on schema public to missing_loader; do $$ begin execute format('grant create "
        "on database %I to missing_loader', current_database()); end $$",
        target_);
  }
  TransloadRun RunAsLoader(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"run", server_.Url(source_),
                                      server_.TcpUrl(target_, "missing_loader")};
    words.insert(words.end(), more.begin(), more.end());
    return RunTransload(words, {{"TRANSLOAD_TARGET_PASSWORD", "secret"}});
  }
};

TEST_F(MissingPostgresObjects, AreMadeByTheSameCommand) {
  MakeRole("missing_reader");
  server_.Execute(
      "create table t (id int primary key, v text); insert into t values (1, 'a'); grant select "
      "on t to missing_reader; create function noted() returns event_trigger language plpgsql as "
      "$$ begin end $$; create event trigger note on ddl_command_end execute function noted(); "
      "create function dangerous() returns int language internal as 'pg_backend_pid'; grant "
      "execute on function dangerous() to missing_reader; create view pids as select dangerous(); "
      "grant select on pids to missing_reader",
      source_);
  const TransloadRun first = RunAsLoader();
  EXPECT_EQ(first.exit_code, 7) << first.out << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("event trigger note: permission denied"),
                               HasSubstr("dangerous"), HasSubstr("view public.pids")));
  const std::string end = Value(kEnd);
  // The source goes on, the target is in use, and its administrator is at work.
  server_.Execute("insert into t values (2, 'late')", source_);
  server_.Execute(
      "revoke select on t from missing_reader; alter table t owner to missing_reader; update t set "
      "v = 'of the application'; alter role missing_loader superuser",
      target_);
  const TransloadRun second = RunAsLoader();
  EXPECT_EQ(second.exit_code, 0) << second.out << second.err;
  EXPECT_EQ(Value("select string_agg(evtname, ',') from pg_event_trigger"), "note");
  EXPECT_EQ(Value("select dangerous() = pids.dangerous from pids"), "t");
  EXPECT_EQ(Value("select concat_ws(' ', has_table_privilege('missing_reader', 'pids', 'select'), "
                  "has_function_privilege('missing_reader', 'dangerous()', 'execute'))"),
            "t t");
  EXPECT_EQ(Value("select relowner::regrole from pg_class where oid = 't'::regclass"),
            "missing_reader");
  EXPECT_EQ(Value("select relacl::text like '%missing_loader%' from pg_class where oid = "
                  "'t'::regclass"),
            "f");
  EXPECT_EQ(Value("select string_agg(v, ',') from t"), "of the application");
  EXPECT_EQ(Value(kEnd), end);
  EXPECT_EQ(RunAsLoader().exit_code, 3);
}

TEST_F(MissingPostgresObjects, AreLeftToTheUserOnceTheirSchemaIsRenamed) {
  server_.Execute(
      "create schema old; create table old.t (id int primary key); create function "
      "old.dangerous() returns int language internal as 'pg_backend_pid'",
      source_);
  for (int start = 1; start <= 2; ++start) {
    const TransloadRun run = RunAsLoader({"--rename-schema", "old=new"});
    EXPECT_EQ(run.exit_code, 7) << run.out << run.err;
    EXPECT_THAT(run.out, AllOf(HasSubstr("objects that could not be created (1)"),
                               HasSubstr("name schemas that have been renamed")));
  }
}

}  // namespace
}  // namespace transload
