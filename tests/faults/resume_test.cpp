// A run that was killed and is started again: with a source that moved meanwhile or not, with other
// options, or to be undone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/conformance/transload_run.h"
#include "tests/faults/live_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/slurp.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Resume : public testing::Test {
 protected:
  Resume() {
    Source(
        "create table t (id integer primary key, v text not null);"
        "create index by_v on t (v);"
        "with recursive seq(n) as (select 1 union all select n + 1 from seq where n < 5000)"
        "insert into t select n, 'value ' || n || ' of the first state' from seq;"
        "create table other (id integer primary key autoincrement, w text);"
        "insert into other values (1, 'a'), (2, 'b')");
  }
  void Source(const std::string& sql) { rig::MakeSqliteFile(path_, sql); }
  TransloadRun Run(const std::vector<std::string>& more = {}, const std::string& fault = "") {
    std::vector<std::string> arguments = {"run",
                                          "sqlite://" + path_,
                                          target_.Url(database_),
                                          "--partition-size",
                                          "16KiB",
                                          "-j",
                                          "2",
                                          "--report",
                                          report_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::map<std::string, std::string> environment;
    if (!fault.empty()) environment["TRANSLOAD_FAULT"] = fault;
    return RunTransload(arguments, environment);
  }
  // A run that dies with some partitions committed.
  void Kill(const std::vector<std::string>& more = {},
            const std::string& fault = "partition-committed:4:kill") {
    TransloadRun run = Run(more, fault);
    ASSERT_EQ(run.exit_code, kKilledExit) << run.out << run.err;
  }
  void ExpectDone(const TransloadRun& run) {
    EXPECT_EQ(run.exit_code, 0) << run.command << "\n" << run.out << run.err;
  }
  std::string Value(const std::string& sql) { return target_.QueryValue(sql, database_); }

  rig::TemporaryDir dir_;
  std::string path_ = dir_ / "shop.db";
  std::string report_ = dir_ / "report";
  rig::PostgresServer& target_ = rig::SharedPostgres();
  std::string database_ = rig::FreshDatabase(target_);
};

TEST_F(Resume, FindsASourceThatHasNotMovedEvenWhenStrict) {
  ASSERT_NO_FATAL_FAILURE(Kill());
  TransloadRun run = Run({"--consistency", "strict"});
  ExpectDone(run);
  EXPECT_THAT(run.out, HasSubstr("the source had not moved since the run began"));
  EXPECT_EQ(Value("select count(*) from t"), "5000");
}

TEST_F(Resume, ReportsEveryStartAndNoRateOfRowsThatAnotherOneMoved) {
  ASSERT_NO_FATAL_FAILURE(Kill());
  ASSERT_NO_FATAL_FAILURE(Kill({}, "partition-committed:1:kill"));
  ExpectDone(Run());
  EXPECT_THAT(rig::Slurp(report_ + "/report.json"), HasSubstr("\"starts\": 3"));
  EXPECT_THAT(rig::Slurp(report_ + "/report.html"),
              AllOf(HasSubstr("wall time of the last start"), Not(HasSubstr("of source data"))));
}

TEST_F(Resume, ReconcilesASourceThatHasMovedIntoOneState) {
  ASSERT_NO_FATAL_FAILURE(Kill());
  Source(
      "update t set v = 'changed' where id in (1, 4999); delete from t where id = 2;"
      "insert into t values (6000, 'new'); delete from other where id = 1");
  TransloadRun run = Run();
  ExpectDone(run);
  EXPECT_THAT(run.out, HasSubstr("the source had moved"));
  EXPECT_EQ(Value("select count(*) || ' ' || count(*) filter (where v = 'changed') || ' ' || "
                  "count(*) filter (where id = 2) || ' ' || max(id) from t"),
            "5000 2 0 6000");
  EXPECT_EQ(Value("select string_agg(w, ' ') from other"), "b");
}

TEST_F(Resume, RefusesASourceThatHasMovedWhenStrict) {
  ASSERT_NO_FATAL_FAILURE(Kill());
  Source("update t set v = 'changed' where id = 1");
  TransloadRun refused = Run({"--consistency", "strict"});
  EXPECT_EQ(refused.exit_code, 4) << refused.out << refused.err;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("the source has moved"), HasSubstr("--restart")));
  ExpectDone(Run());
  EXPECT_EQ(Value("select v from t where id = 1"), "changed");
}

TEST_F(Resume, MixesTwoStatesWhenRelaxedAndSaysSo) {
  ASSERT_NO_FATAL_FAILURE(Kill());
  // One row of a partition that is done, one of a partition that is not.
  const std::string done = Value("select min(id) from t");
  const std::string open = Value(
      "select g from generate_series(1, 5000) g where not exists "
      "(select from t where id = g) order by g limit 1");
  Source("update t set v = 'changed' where id in (" + done + ", " + open + ")");
  TransloadRun run = Run({"--consistency", "relaxed"});
  ExpectDone(run);
  EXPECT_THAT(run.out, HasSubstr("mixes two states"));
  EXPECT_EQ(Value("select string_agg(id::text, ' ') from t where v = 'changed'"), open);
}

TEST_F(Resume, RefusesAnotherPlanAndNamesTheDifference) {
  ASSERT_NO_FATAL_FAILURE(Kill());
  TransloadRun options = Run({"--policy", "nul_byte=strip"});
  EXPECT_EQ(options.exit_code, 3) << options.out;
  EXPECT_THAT(options.err, AllOf(HasSubstr("nul_byte"), HasSubstr("--restart")));
  Source("alter table other add column extra text");
  TransloadRun column = Run();
  EXPECT_EQ(column.exit_code, 3) << column.out;
  EXPECT_THAT(column.err, AllOf(HasSubstr("other"), HasSubstr("extra")));
  ExpectDone(Run({"--restart"}));
  EXPECT_EQ(Value("select count(*) from t"), "5000");
  EXPECT_EQ(Value("select count(*) from information_schema.columns where column_name = 'extra'"),
            "1");
}

TEST_F(Resume, LoadsATableAgainAfterTheRunHasEnded) {
  ExpectDone(Run());
  Source("update t set v = 'changed' where id = 7; update other set w = 'changed'");
  ExpectDone(Run({"--reload", "t"}));
  EXPECT_EQ(Value("select v from t where id = 7"), "changed");
  EXPECT_EQ(Value("select count(*) from t"), "5000");
}

TEST_F(Resume, LoadsATableAgainThatOthersReferTo) {
  Source(
      "create table child (id integer primary key, t integer references t (id) on delete cascade);"
      "insert into child values (1, 7), (2, 8);"
      "create table bound (id integer primary key, o integer references other (id));"
      "insert into bound values (1, 1)");
  ExpectDone(Run());
  Source("update t set v = 'changed' where id = 7");
  ExpectDone(Run({"--reload", "t", "--reload", "other"}));
  EXPECT_EQ(Value("select v from t where id = 7"), "changed");
  EXPECT_EQ(Value("select string_agg(id || ':' || t, ' ' order by id) from child"), "1:7 2:8");
  EXPECT_EQ(Value("select count(*) from pg_constraint where contype = 'f' and convalidated and "
                  "connamespace = 'public'::regnamespace"),
            "2");
}

// Rows of others stand in the tables that these runs append to.
class ResumeAppending : public Resume {
 protected:
  ResumeAppending() {
    target_.Execute(
        "create table t (id bigint, v text); insert into t values (-1, 'theirs'), (1, 'theirs');"
        "create table other (id bigint generated by default as identity (start with 7000), w text);"
        "insert into other (w) values ('theirs')",
        database_);
  }
  const std::vector<std::string> append_ = {"--on-existing", "append", "--allow-unverified"};
  std::vector<std::string> Append(const std::vector<std::string>& more) {
    std::vector<std::string> all = append_;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  void ExpectRows(const std::string& rows) {
    EXPECT_EQ(Value("select count(*) || ' ' || count(*) filter (where v = 'theirs') || ' ' || "
                    "count(*) filter (where v = 'changed') from t"),
              rows);
    EXPECT_EQ(Value("select string_agg(w, ' ' order by id) from other"), "a b theirs");
  }
};

TEST_F(ResumeAppending, KeepsTheirRowsWhenTheSourceHasMoved) {
  ASSERT_NO_FATAL_FAILURE(Kill(append_));
  Source("update t set v = 'changed' where id in (1, 2500, 4999)");
  ExpectDone(Run(append_));
  ExpectRows("5002 2 3");
  target_.Execute("insert into other (w) values ('new')", database_);
  EXPECT_EQ(Value("select max(id) from other"), "7001");
}

TEST_F(ResumeAppending, RefusesRowsThatItCannotTellFromTheirs) {
  ASSERT_NO_FATAL_FAILURE(Kill(append_));
  target_.Execute("update t set v = v where ctid = (select max(ctid) from t)", database_);
  Source("update t set v = 'changed'");
  const std::string rows = Value("select count(*) from t");
  const TransloadRun refused = Run(append_);
  EXPECT_EQ(refused.exit_code, 4) << refused.out << refused.err;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("public.t"), HasSubstr("--consistency relaxed")));
  EXPECT_EQ(Value("select count(*) from t"), rows);
  ExpectDone(Run(Append({"--consistency", "relaxed"})));
}

TEST_F(ResumeAppending, NeitherReloadsNorRepairsAmongTheirRows) {
  ExpectDone(Run(append_));
  const TransloadRun reload = Run({"--reload", "t"});
  EXPECT_EQ(reload.exit_code, 3) << reload.out << reload.err;
  EXPECT_THAT(reload.err, HasSubstr("rows were appended to public.t"));
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"sync"},
        {"verify", "--repair"},
        {"verify", "--repair=sql", "--report", dir_ / "repair"}}) {
    std::vector<std::string> arguments = {command.front(), "sqlite://" + path_,
                                          target_.Url(database_)};
    arguments.insert(arguments.end(), command.begin() + 1, command.end());
    const TransloadRun repair = RunTransload(arguments);
    EXPECT_EQ(repair.exit_code, 3) << repair.command << repair.out << repair.err;
    EXPECT_THAT(repair.err, HasSubstr("rows were appended to public.t, public.other"));
  }
  ExpectRows("5002 2 0");
  EXPECT_EQ(Value("select state from transload.run"), "done");
}

TEST_F(Resume, KeepsWhatAnotherSourceAppendedToItsTables) {
  ExpectDone(Run());
  const std::string other = dir_ / "other.db";
  rig::MakeSqliteFile(other,
                      "create table t (id integer primary key, v text not null);"
                      "insert into t values (9000, 'theirs')");
  const std::string target = target_.Url(database_);
  const TransloadRun appended = RunTransload(
      {"run", "sqlite://" + other, target, "--on-existing", "append", "--allow-unverified"});
  EXPECT_EQ(appended.exit_code, 0) << appended.out << appended.err;
  EXPECT_EQ(Run({"--reload", "t"}).exit_code, 3);
  EXPECT_EQ(RunTransload({"sync", "sqlite://" + path_, target}).exit_code, 3);
  ExpectDone(RunTransload({"sync", "sqlite://" + path_, target, "--exclude", "t"}));
  EXPECT_EQ(Value("select count(*) || ' ' || max(id) from t"), "5001 9000");
}

// --reload is given to a run that is known: it need not say again how that one began.
TEST_F(Resume, LoadsATableAgainThatItHadEmptied) {
  target_.Execute("create table t (id bigint, v text); insert into t values (9000, 'theirs')",
                  database_);
  ExpectDone(Run({"--on-existing", "truncate"}));
  Source("update t set v = 'changed' where id = 7");
  ExpectDone(Run({"--reload", "t"}));
  EXPECT_EQ(Value("select count(*) || ' ' || count(*) filter (where v = 'changed') from t"),
            "5000 1");
}

TEST_F(Resume, ReloadsNothingUnderOtherNames) {
  const std::string config = dir_ / "c.toml";
  auto rules = [&](const std::string& table, const std::string& text) {
    std::ofstream(config) << "[table.t]\nrename = '" << table << "'\n[table.t.column.v]\nrename = '"
                          << text << "'\n";
  };
  rules("t2", "words");
  ExpectDone(Run({"-c", config}));
  for (const auto& [table, text] : {std::pair("t3", "words"), std::pair("t2", "text")}) {
    rules(table, text);
    const TransloadRun refused = Run({"-c", config, "--reload", "t"});
    EXPECT_EQ(refused.exit_code, 3) << refused.out << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("other names now"));
  }
  EXPECT_EQ(Value("select count(words) from t2"), "5000");
  rules("t2", "words");
  ExpectDone(Run({"-c", config, "--reload", "t"}));
}

TEST_F(Resume, ReloadsATableThatStoodWithoutAlteringIt) {
  target_.Execute("create table other (id int not null default 5, w varchar(20))", database_);
  ExpectDone(Run({"--on-existing", "truncate"}));
  ExpectDone(Run({"--reload", "other", "--map", "col:other.w=bytea"}));
  EXPECT_EQ(Value("select string_agg(format_type(atttypid, atttypmod), ' ' order by attnum) from "
                  "pg_attribute where attrelid = 'other'::regclass and attnum > 0"),
            "integer character varying(20)");
  EXPECT_EQ(Value("select string_agg(w, ' ') from other"), "a b");
}

TEST_F(Resume, UndoesARunThatIsHalfDone) {
  ASSERT_NO_FATAL_FAILURE(Kill());
  TransloadRun undone = RunTransload({"undo", target_.Url(database_)});
  EXPECT_EQ(undone.exit_code, 0) << undone.out << undone.err;
  EXPECT_EQ(Value("select count(*) from pg_tables where schemaname = 'public'"), "0");
  ExpectDone(Run());
  EXPECT_EQ(Value("select count(*) from t"), "5000");
}

TEST_F(Resume, RunsTheUsersStepsOnceAndAgainAfterAReload) {
  const std::string config = dir_ / "c.toml";
  std::ofstream(config)
      << "[[step]]\nwhen = 'before-schema'\nsql = 'create table marker (at text)'\n"
         "[[step]]\nwhen = 'after-data'\n"
         "sql = \"insert into marker values ('data')\"\n";
  ASSERT_NO_FATAL_FAILURE(Kill({"-c", config}, "sequence-uncommitted:1:kill"));
  ExpectDone(Run({"-c", config}));
  EXPECT_EQ(Value("select count(*) from marker"), "1");
  ExpectDone(Run({"-c", config, "--reload", "t"}));
  EXPECT_EQ(Value("select count(*) from marker"), "2");
}

TEST_F(Resume, EndsAtAStepThatEndsItsOwnTransaction) {
  const std::string config = dir_ / "c.toml";
  auto write = [&](const std::string& sql) {
    std::ofstream(config) << "[[step]]\nwhen = 'after-data'\nsql = '" << sql << "'\n";
  };
  for (const char* sql :
       {"create table a (i int); rollback", "create table a (i int); rollback; begin"}) {
    write(sql);
    const TransloadRun run = Run({"-c", config});
    EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
    EXPECT_THAT(run.err, AllOf(HasSubstr("it ended the transaction that it runs in"),
                               Not(HasSubstr("is done all the same"))));
    EXPECT_EQ(Value("select to_regclass('a') is null"), "t");
  }
  for (const char* sql : {"create table b (i int); commit; select 1/0",
                          "create table c (i int); "
                          "commit"}) {
    write(sql);
    const TransloadRun run = Run({"-c", config});
    EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
    EXPECT_THAT(run.err, HasSubstr("what stands before its own COMMIT is done all the same"));
  }
  write("drop table b, c; savepoint s; select 1; rollback to savepoint s");
  ExpectDone(Run({"-c", config}));
  EXPECT_EQ(Value("select to_regclass('b') is null"), "t");
}

TEST_F(Resume, KeepsWhatAStepSetsToTheStep) {
  const std::string config = dir_ / "c.toml";
  std::ofstream(config) << "[[step]]\nwhen = 'after-schema'\nsql = 'set session "
                           "default_transaction_read_only = on; set session lock_timeout = 1; set "
                           "role pg_monitor'\n"
                           "[[step]]\nwhen = 'after-data'\nsql = 'create table a as select "
                           "current_user::text as who'\n";
  ExpectDone(Run({"-c", config}));
  EXPECT_EQ(Value("select who = current_user from a"), "t");
}

TEST_F(Resume, EmptiesExistingTablesThatAKilledStartDidNot) {
  target_.Execute(
      "create table t (id bigint primary key, v text not null);"
      "create table other (id bigint primary key, w text);"
      "insert into t values (-1, 'old')",
      database_);
  const std::vector<std::string> truncate = {"--data-only", "--on-existing", "truncate"};
  ASSERT_NO_FATAL_FAILURE(Kill(truncate, "object-uncommitted:1:kill"));
  EXPECT_EQ(Value("select count(*) from t"), "1");
  TransloadRun run = Run(truncate);
  ExpectDone(run);
  EXPECT_THAT(run.out, HasSubstr("emptied before the load: 2 tables, which stood in the target: "));
  EXPECT_EQ(Value("select count(*) || ' ' || min(id) from t"), "5000 1");
}

TEST_F(Resume, EndsBackendsThatAKilledProcessLeftBehind) {
  ASSERT_NO_FATAL_FAILURE(Kill());
  // As a server process looks that is still making an index for a client that is gone.
  OpenSession left_behind(target_.LibpqConninfo(database_));
  left_behind.Exec("set application_name = 'transload schema " +
                   Value("select id from transload.run") + "'");
  left_behind.Exec("begin; lock table t in access exclusive mode");
  TransloadRun run = Run({"--lock-timeout", "10m"});
  ExpectDone(run);
  EXPECT_THROW(left_behind.Exec("commit"), std::runtime_error);
}

TEST_F(Resume, RefusesALedgerOfAnotherLayout) {
  ASSERT_NO_FATAL_FAILURE(Kill());
  target_.Execute("update transload.version set version = 2", database_);
  TransloadRun newer = Run();
  EXPECT_EQ(newer.exit_code, 3) << newer.out << newer.err;
  EXPECT_THAT(newer.err, HasSubstr("was made by a newer transload"));
  EXPECT_EQ(RunTransload({"status", target_.Url(database_)}).exit_code, 3);
  target_.Execute("update transload.version set version = 0", database_);
  TransloadRun older = Run();
  EXPECT_EQ(older.exit_code, 3) << older.out << older.err;
  EXPECT_THAT(older.err, HasSubstr("was made by an older transload"));
  target_.Execute("update transload.version set version = 1", database_);
  ExpectDone(Run());
}

// What a stopped run cannot have left out would else count as what there is not to do.
TEST_F(Resume, RefusesALedgerFromWhichRowsAreGone) {
  const std::pair<const char*, const char*> damages[] = {
      {"delete from transload.\"table\"", "2 of the run's 2 rows in its table \"table\" are gone"},
      {"delete from transload.\"table\" where name = 't'", "1 of the run's 2 rows"},
      {"delete from transload.partition", "rows of table t in its table partition are gone"},
      {"delete from transload.partition where state = 'done'", "rows of table t"},
      {"delete from transload.partition where state <> 'done'", "rows of table t"},
      {"delete from transload.partition where number = 2", "rows of table t"},
      {"delete from transload.object", "the row of table t in its table object is gone"}};
  for (const auto& [damage, named] : damages) {
    SCOPED_TRACE(damage);
    database_ = rig::FreshDatabase(target_);
    ASSERT_NO_FATAL_FAILURE(Kill());
    const std::string rows = Value("select count(*) from t");
    target_.Execute(damage, database_);
    const TransloadRun run = Run();
    EXPECT_EQ(run.exit_code, 3) << run.out << run.err;
    EXPECT_THAT(run.err, AllOf(HasSubstr(named), HasSubstr("transload undo --force")));
    EXPECT_EQ(Value("select count(*) from t"), rows);
    const TransloadRun undo = RunTransload({"undo", target_.Url(database_)});
    EXPECT_EQ(undo.exit_code, 3) << undo.out << undo.err;
    EXPECT_THAT(undo.err, HasSubstr(named));
    EXPECT_EQ(Value("select count(*) from t"), rows);
    const TransloadRun forced = RunTransload({"undo", target_.Url(database_), "--force"});
    EXPECT_EQ(forced.exit_code, 0) << forced.err;
    EXPECT_THAT(forced.out, HasSubstr(named));
  }
}

TEST_F(Resume, RefusesALedgerFromWhichATableIsGone) {
  ASSERT_NO_FATAL_FAILURE(Kill());
  target_.Execute("drop table transload.run cascade", database_);
  const TransloadRun run = Run();
  EXPECT_EQ(run.exit_code, 3) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("it has no table run"));
  target_.Execute("delete from transload.version", database_);
  EXPECT_THAT(Run().err, HasSubstr("its table version is empty"));
}

TEST_F(Resume, RestartsAfterATryThatDidNotComeToUndo) {
  ExpectDone(Run());
  Source("update t set v = 'changed' where id = 1");
  ExpectDone(Run({"--restart"}, "run-locked:1:error"));
  EXPECT_EQ(Value("select v from t where id = 1"), "changed");
  EXPECT_EQ(Value("select string_agg(state, ' ' order by started_at) from transload.run"),
            "undone done");
}

TEST_F(Resume, KeepsTheEarlierRunWhereARestartIsRefused) {
  ExpectDone(Run());
  const std::string rows = Value("select count(*) from t");
  const TransloadRun refused = Run({"--restart", "--owner", "nobody"});
  EXPECT_EQ(refused.exit_code, 3) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("there is no role nobody"));
  EXPECT_EQ(Value("select count(*) from t"), rows);
  EXPECT_EQ(Value("select state from transload.run"), "done");
}

// The one that waits for the lock finds a run that was not there when it looked.
TEST(TwoAtOnce, AppendTheRowsOnce) {
  rig::MariaDbServer& source = rig::SharedMariaDb();
  rig::PostgresServer& target = rig::SharedPostgres();
  const std::string schema = rig::FreshDatabase(source), database = rig::FreshDatabase(target);
  source.Execute("create table t (a int); insert into t values (1), (2)", schema);
  target.Execute("create table t (a int)", database);
  const std::vector<std::string> arguments = {
      "run",           source.Url(schema), target.Url(database),
      "--on-existing", "append",           "--allow-unverified"};
  LiveRun one(arguments), two(arguments);
  const std::vector<int> ends = {one.Finish().exit_code, two.Finish().exit_code};
  EXPECT_THAT(ends, testing::UnorderedElementsAre(0, 3));
  EXPECT_EQ(target.QueryValue("select count(*) from t", database), "2");
}

}  // namespace
}  // namespace transload
