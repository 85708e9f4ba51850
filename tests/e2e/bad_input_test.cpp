// What a user gets wrong, and what is in the way: a clear message, the documented exit code, and
// nothing changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <fstream>

#include "tests/conformance/transload_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/process.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Environment = std::map<std::string, std::string>;

class BadInput : public testing::Test {
 protected:
  rig::MySqlFamilyServer& server_ = rig::SharedMariaDb();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  std::string schema_ = rig::FreshDatabase(server_);
  std::string database_ = rig::FreshDatabase(target_);

  std::string Source() const { return server_.Url(schema_); }
  std::string TargetUrl() const { return target_.Url(database_); }
  void MakeTable() const {
    server_.Execute("create table t (id int primary key, v int); insert into t values (1,1),(2,2)",
                    schema_);
  }
  std::string Tables() const {
    return target_.QueryValue("select count(*) from pg_tables where schemaname = 'public'",
                              database_);
  }
  void Expect(const std::vector<std::string>& arguments, int code, const std::string& text,
              const Environment& environment = {}) const {
    const std::string before = Tables();
    TransloadRun run = RunTransload(arguments, environment);
    EXPECT_EQ(run.exit_code, code) << run.command << "\n" << run.err;
    EXPECT_THAT(run.err, HasSubstr(text)) << run.command;
    EXPECT_THAT(run.out + run.err, Not(HasSubstr("sesame"))) << "a password was shown";
    EXPECT_EQ(Tables(), before) << run.command;
  }
};

TEST_F(BadInput, UrlsAndServersThatAreNotThere) {
  MakeTable();
  Expect({"run", "oracle://x/y", TargetUrl()}, 2, "oracle");
  Expect({"run", "mysql://root@127.0.0.1:1/x", TargetUrl()}, 3, "127.0.0.1");
  Expect({"run", "mysql://root@no-such-host.invalid/x", TargetUrl()}, 3, "no-such-host.invalid");
  Expect({"run", server_.Url("no_such_db"), TargetUrl()}, 3, "no_such_db");
  Expect({"run", Source(), target_.Url("no_such_db")}, 3, "no_such_db");
  Expect({"run", Source(), "postgresql://nobody@127.0.0.1:1/x"}, 3, "127.0.0.1");
}

TEST_F(BadInput, PasswordsThatAreWrongAreNeverShown) {
  MakeTable();
  server_.CreateUser("locked_out", "open sesame");
  Expect({"run", server_.TcpUrl(schema_, "locked_out"), TargetUrl()}, 3, "password",
         {{"TRANSLOAD_SOURCE_PASSWORD", "wrong sesame"}});
  Expect({"run", server_.TcpUrl(schema_, "locked_out:wrong%20sesame"), TargetUrl()}, 3, "password");
}

// Stars in the words of an error would tell a short password; odbc-mariadb cuts blanks off a long
// one.
TEST_F(BadInput, APasswordByOdbcLeavesTheErrorAsItIs) {
  const std::string source = "odbc:Driver={MariaDB Unicode};UID=s;Socket=" + server_.socket();
  Expect({"plan", source, TargetUrl()}, 3, "Access denied for user 's'@",
         {{"TRANSLOAD_SOURCE_PASSWORD", "s"}});
  Expect({"plan", source, TargetUrl()}, 3, "begins or ends with a blank",
         {{"TRANSLOAD_SOURCE_PASSWORD", " padded"}});
}

TEST_F(BadInput, PrivilegesThatAreMissingAreNamed) {
  MakeTable();
  server_.Execute("create table secret (id int primary key)", schema_);
  server_.CreateUser("narrow", "pw");
  server_.Execute("grant insert on `" + schema_ + "`.* to narrow@'%'");
  server_.Execute("grant binlog monitor on *.* to narrow@'%'");
  const std::string source = server_.TcpUrl(schema_, "narrow");
  const Environment password = {{"MYSQL_PWD", "pw"}};
  Expect({"run", source, TargetUrl()}, 3, "SELECT is missing on " + schema_ + ".secret", password);
  server_.Execute("grant select on `" + schema_ + "`.t to narrow@'%'");
  Expect({"run", source, TargetUrl()}, 3, schema_ + ".secret", password);
  TransloadRun run = RunTransload({"run", source, TargetUrl(), "--exclude", "secret"}, password);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  // A target where nothing may be made, and one whose ledger is somebody else's.
  target_.Execute("create role guest login password 'open sesame'");
  for (const std::string& database : {rig::FreshDatabase(target_), database_}) {
    target_.Execute("revoke create on schema public from public", database);
    std::string url = target_.Url(database);
    url.replace(url.find("postgres@"), 9, "guest@");
    Expect({"run", Source(), url}, 3, "privilege", {{"PGPASSWORD", "open sesame"}});
  }
  target_.Execute("drop role guest");
}

TEST_F(BadInput, AServerThatIsTooOldIsNamedWithWhatIsRead) {
  rig::ServerOptions options;
  options.settings["version"] = "10.1.48-MariaDB";
  rig::MariaDbServer old = rig::MariaDbServer::Start(options);
  Expect({"run", old.Url("test"), TargetUrl()}, 3, "10.1.48");
}

TEST_F(BadInput, NothingToDo) {
  Expect({"run", Source(), TargetUrl()}, 3, "no tables");
  Expect({"plan", Source(), TargetUrl()}, 3, "no tables");
  const std::string without_database =
      "odbc:Driver={MariaDB Unicode};UID=root;Socket=" + server_.socket();
  Expect({"plan", without_database, TargetUrl()}, 3, "no tables; check the name of the database");
  MakeTable();
  Expect({"run", Source(), TargetUrl(), "--include", "nope*"}, 2, "nope*");
  Expect({"run", Source(), TargetUrl(), "--exclude", "nope*"}, 2, "nope*");
  Expect({"run", Source(), TargetUrl(), "--exclude", "*"}, 3, "no tables");
}

TEST_F(BadInput, OptionsAndFiles) {
  MakeTable();
  Expect({"run", Source(), TargetUrl(), "--jbos", "3"}, 2, "--jobs");
  Expect({"run", Source(), TargetUrl(), "--deadline", "2020-01-01 06:00"}, 2, "has passed");
  Expect({"run", Source(), TargetUrl(), "--policy", "zero_date=maybe"}, 2, "neg_infinity");
  Expect({"run", Source(), TargetUrl(), "--map", "col:t.nope=text"}, 2, "nope");
  Expect({"run", Source(), TargetUrl(), "--map", "col:t.v=no_such_type"}, 2, "no_such_type");
  rig::TemporaryDir dir;
  const std::string file = dir / "c.toml";
  std::ofstream(file) << "jobs = 2\n\n[table.t\n";
  Expect({"run", Source(), TargetUrl(), "-c", file}, 2, "c.toml:3");
  std::ofstream(file) << "jobs = 2\njbos = 3\n";
  Expect({"run", Source(), TargetUrl(), "-c", file}, 2, "c.toml:2: unknown key 'jbos'");
}

TEST_F(BadInput, AResultThatCannotBeWrittenEndsWithFour) {
  MakeTable();
  ASSERT_EQ(RunTransload({"run", Source(), TargetUrl()}).exit_code, 0);
  for (const char* stdout_is : {">/dev/full", ">&-"}) {
    rig::Process status =
        rig::Process::Start({.argv = {"sh", "-c", std::string("exec \"$0\" \"$@\" ") + stdout_is,
                                      TRANSLOAD_BINARY, "status", TargetUrl(), "--format", "json"},
                             .as_server_account = false});
    ASSERT_TRUE(status.WaitFor(std::chrono::seconds(30))) << stdout_is;
    EXPECT_EQ(WEXITSTATUS(status.status()), 4) << stdout_is;
  }
}

TEST_F(BadInput, WhatIsSaidToClosedStreamsReachesNoServer) {
  MakeTable();
  rig::Process run =
      rig::Process::Start({.argv = {"sh", "-c", "exec \"$0\" \"$@\" 0<&- >/dev/null 2>&-",
                                    TRANSLOAD_BINARY, "run", Source(), TargetUrl(), "-v", "-v"},
                           .as_server_account = false});
  ASSERT_TRUE(run.WaitFor(std::chrono::seconds(60)));
  EXPECT_EQ(WEXITSTATUS(run.status()), 0);
}

// What the run has still to load would come twice.
TEST_F(BadInput, NoRepairBeforeARunHasLoadedItsTables) {
  MakeTable();
  server_.Execute(
      "create table bad (id int primary key, v varchar(9)); "
      "insert into bad values (1, concat('a', char(0)))",
      schema_);
  ASSERT_EQ(RunTransload({"run", Source(), TargetUrl()}).exit_code, 4);
  Expect({"verify", Source(), TargetUrl(), "--repair"}, 3, "has not loaded all of its tables");
  Expect({"sync", Source(), TargetUrl()}, 3, "has not loaded all of its tables");
  EXPECT_EQ(target_.QueryValue("select count(*) from bad", database_), "0");
  server_.Execute("update bad set v = 'a'", schema_);
  EXPECT_EQ(RunTransload({"run", Source(), TargetUrl()}).exit_code, 0);
  Expect({"verify", Source(), TargetUrl(), "--repair"}, 0, "");
}

TEST_F(BadInput, ATableThatIsGoneBetweenTwoStartsIsNamed) {
  server_.Execute(
      "create table bad (id int primary key, v varchar(9)); "
      "insert into bad values (1, concat('a', char(0)))",
      schema_);
  ASSERT_EQ(RunTransload({"run", Source(), TargetUrl()}).exit_code, 4);
  target_.Execute("drop table bad", database_);
  Expect({"run", Source(), TargetUrl()}, 4, "public.bad is gone");
  server_.Execute("update bad set v = 'a'", schema_);
  EXPECT_EQ(RunTransload({"run", Source(), TargetUrl(), "--restart"}).exit_code, 0);
}

TEST_F(BadInput, ALedgerOfAnotherRoleIsRefusedInAnyCommand) {
  MakeTable();
  ASSERT_EQ(RunTransload({"run", Source(), TargetUrl()}).exit_code, 0);
  // The schema was handed over, and the tables were not.
  target_.CreateUser("heir", "pw");
  target_.Execute("alter schema transload owner to heir", database_);
  for (const char* command : {"status", "undo"}) {
    Expect({command, target_.TcpUrl(database_, "heir:pw")}, 3, "no privilege to read the ledger");
  }
  target_.Execute("reassign owned by heir to postgres; drop role heir", database_);
}

TEST_F(BadInput, APatternThatFitsNothingAnyMoreIsNoMistakeOfTheUser) {
  MakeTable();
  server_.Execute(
      "create table secret (id int primary key); create table bad (id int primary key, v "
      "varchar(9)); insert into bad values (1, concat('a', char(0)))",
      schema_);
  ASSERT_EQ(RunTransload({"run", Source(), TargetUrl(), "--exclude", "secret"}).exit_code, 4);
  server_.Execute("rename table secret to hidden", schema_);
  Expect({"run", Source(), TargetUrl(), "--exclude", "secret"}, 3, "renamed");
  Expect({"run", Source(), TargetUrl(), "--exclude", "secret", "--restart"}, 2, "no table");
}

// Instead of an end by SIGXFSZ, without a word.
TEST_F(BadInput, ALimitOnFileSizesIsAFullDisk) {
  MakeTable();
  const rig::TemporaryDir folder;
  rig::Process run = rig::Process::Start(
      {.argv = {"sh", "-c", "ulimit -f 1; exec \"$0\" \"$@\" >/dev/null 2>&1", TRANSLOAD_BINARY,
                "run", Source(), TargetUrl(), "--report", folder / "report"},
       .as_server_account = false});
  ASSERT_TRUE(run.WaitFor(std::chrono::seconds(60)));
  ASSERT_TRUE(WIFEXITED(run.status()));
  EXPECT_EQ(WEXITSTATUS(run.status()), 4);
  EXPECT_EQ(RunTransload({"run", Source(), TargetUrl()}).exit_code, 0);
}

TEST_F(BadInput, ALocalTargetInAFolderThatIsGoneIsAUsageError) {
  MakeTable();
  const rig::TemporaryDir folder;
  rig::Process run = rig::Process::Start(
      {.argv = {"sh", "-c",
                "mkdir \"$1\" && cd \"$1\" && rmdir \"$1\" && exec \"$0\" run \"$2\" local:pg "
                ">/dev/null 2>&1",
                TRANSLOAD_BINARY, folder / "gone", Source()},
       .as_server_account = false});
  ASSERT_TRUE(run.WaitFor(std::chrono::seconds(60)));
  EXPECT_EQ(WEXITSTATUS(run.status()), 2);
}

TEST_F(BadInput, AMistakeInTheCommandLineIsALineOfTheLogAsWell) {
  for (const char* format : {"--log-format=json", "--log-format"}) {
    TransloadRun run = RunTransload({"run", Source(), TargetUrl(), "--jbos", format, "json"});
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.err, testing::MatchesRegex("\\{.*\"level\":\"error\".*--jbos.*\\}\n"));
  }
}

TEST_F(BadInput, OptionsThatTakeUpARunWantOne) {
  MakeTable();
  auto expect_refused = [&] {
    Expect({"run", Source(), TargetUrl(), "--refresh-sequences"}, 3, "no finished run");
    Expect({"run", Source(), TargetUrl(), "--retry-rejects"}, 3, "no run of this source");
    Expect({"run", Source(), TargetUrl(), "--reload", "t"}, 3, "--reload");
    Expect({"run", Source(), TargetUrl(), "--run", "nope"}, 3, "--run nope");
    Expect({"verify", Source(), TargetUrl(), "--run", "nope"}, 3, "--run nope");
  };
  expect_refused();
  EXPECT_EQ(RunTransload({"run", Source(), TargetUrl()}).exit_code, 0);
  // A name that is none leaves the finished run as it is.
  Expect({"run", Source(), TargetUrl(), "--reload", "t", "--reload", "tt"}, 2, "no such table");
  Expect({"run", Source(), TargetUrl(), "--reload", "t", "--data-only"}, 3, "without --data-only");
  EXPECT_THAT(RunTransload({"status", TargetUrl()}).out,
              AllOf(HasSubstr("done and verified"), HasSubstr("2 rows")));
  EXPECT_EQ(RunTransload({"undo", TargetUrl()}).exit_code, 0);
  expect_refused();
  Expect({"status", TargetUrl(), "--run", "nope"}, 3, "no run nope");
}

TEST_F(BadInput, TablesAreMadeByOneRunAndFilledByTheNext) {
  MakeTable();
  server_.Execute("create sequence numbers start with 7", schema_);
  EXPECT_EQ(RunTransload({"run", Source(), TargetUrl(), "--schema-only"}).exit_code, 0);
  Expect({"run", Source(), TargetUrl(), "--schema-only"}, 3, "already finished");
  const TransloadRun rows = RunTransload({"run", Source(), TargetUrl(), "--data-only"});
  EXPECT_EQ(rows.exit_code, 0) << rows.err;
  EXPECT_EQ(target_.QueryValue("select sum(v) from t", database_), "3");
  Expect({"run", Source(), TargetUrl(), "--data-only"}, 3, "already finished");
}

TEST_F(BadInput, AStepThatFailedIsMendedAndTheRunGoesOn) {
  MakeTable();
  rig::TemporaryDir dir;
  const std::string file = dir / "c.toml";
  auto run = [&](const std::string& first, const std::string& second) {
    std::ofstream(file) << "[[step]]\nwhen = 'after-schema'\nsql = \"" << first
                        << "\"\n[[step]]\nwhen = 'after-data'\nsql = \"" << second << "\"\n";
    return RunTransload({"run", Source(), TargetUrl(), "-c", file});
  };
  const std::string first = "create table mine (v int); insert into mine values (1)";
  EXPECT_EQ(run(first, "select 1/0").exit_code, 4);
  // One that has run is part of what was planned from; the other may be mended twice.
  const TransloadRun changed = run("select 1", "select 1/0");
  EXPECT_EQ(changed.exit_code, 3);
  EXPECT_THAT(changed.err, HasSubstr("step 1"));
  EXPECT_EQ(run(first, "select 2/0").exit_code, 4);
  const TransloadRun mended = run(first, "update mine set v = (select sum(v) from t)");
  EXPECT_EQ(mended.exit_code, 0) << mended.err;
  EXPECT_EQ(target_.QueryValue("select string_agg(v::text, ' ') from mine", database_), "3");
  EXPECT_EQ(target_.QueryValue("select count(*) from transload.run where input::text like "
                               "'%update mine%' and state = 'done'",
                               database_),
            "1");
}

TEST_F(BadInput, TablesThatAreToBeFilledAreThereBeforeTheRunBegins) {
  MakeTable();
  server_.Execute("create table gone (id int primary key)", schema_);
  target_.Execute("create table t (id int primary key, v int)", database_);
  Expect({"run", Source(), TargetUrl(), "--data-only"}, 3, "public.gone: --data-only");
  EXPECT_EQ(target_.QueryValue("select to_regnamespace('transload') is null", database_), "t");
}

TEST_F(BadInput, UndoDoesNotTakeRowsOutOfTablesThatStoodThere) {
  MakeTable();
  target_.Execute("create table t (id int primary key, v int)", database_);
  ASSERT_EQ(RunTransload({"run", Source(), TargetUrl(), "--data-only"}).exit_code, 0);
  Expect({"undo", TargetUrl()}, 3, "appended to table public.t, which was there before: --force");
  const TransloadRun forced = RunTransload({"undo", TargetUrl(), "--force"});
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  EXPECT_THAT(forced.out, HasSubstr("public.t, which was there before: left as it is now"));
  EXPECT_EQ(target_.QueryValue("select count(*) from t", database_), "2");
}

// What an administrator leaves to a role that is to fill tables, and no more.
TEST_F(BadInput, ARoleThatMayOnlyInsertFillsTables) {
  MakeTable();
  const Environment password = {{"PGPASSWORD", "open sesame"}};
  const std::string role = "filler_" + database_;
  target_.Execute(
      "create role " + role +
          " login password 'open sesame'; revoke create on schema public from public; "
          "create table t (id int primary key, v int); grant select, insert on t to " +
          role + "; create schema transload; grant usage, create on schema transload to " + role,
      database_);
  std::string url = target_.Url(database_);
  url.replace(url.find("postgres@"), 9, role + "@");
  const TransloadRun made = RunTransload({"run", Source(), url}, password);
  EXPECT_EQ(made.exit_code, 3);
  EXPECT_THAT(made.err, HasSubstr("GRANT USAGE, CREATE ON SCHEMA \"public\""));
  const TransloadRun run = RunTransload({"run", Source(), url, "--data-only"}, password);
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(target_.QueryValue("select sum(v) from t", database_), "3");
  target_.Execute("drop owned by " + role + "; drop role " + role, database_);
}

TEST_F(BadInput, ATargetThatMayNotBeWrittenIsRefused) {
  MakeTable();
  const std::string alter = "alter database \"" + database_ + "\" ";
  target_.Execute(alter + "set default_transaction_read_only = on");
  Expect({"run", Source(), TargetUrl()}, 3, "default_transaction_read_only is on");
  target_.Execute(alter + "reset default_transaction_read_only");
  Expect({"run", Source(), TargetUrl(), "--ledger-schema", "public"}, 3,
         "schema public is to hold tables");
}

TEST_F(BadInput, StatusShowsTheVerdictAsItWasGiven) {
  MakeTable();
  ASSERT_EQ(RunTransload({"run", Source(), TargetUrl()}).exit_code, 0);
  EXPECT_THAT(RunTransload({"status", TargetUrl()}).out, Not(HasSubstr("\"")));
  EXPECT_THAT(RunTransload({"status", TargetUrl()}).out, HasSubstr("from " + Source()));
  EXPECT_THAT(RunTransload({"status", TargetUrl(), "--format", "json"}).out,
              Not(HasSubstr("\\\"")));
}

TEST_F(BadInput, HelpIsThereForCommandsWithoutUrlsToo) {
  for (const char* command : {"local", "drivers"}) {
    const TransloadRun help = RunTransload({command, "--help"});
    EXPECT_EQ(help.exit_code, 0) << help.err;
    EXPECT_THAT(help.out, HasSubstr(std::string("transload ") + command));
  }
  Expect({"local", "start"}, 2, "transload local start|stop|url DIR");
}

TEST_F(BadInput, AnErrorOfTheCommandLineIsAJsonDocumentToo) {
  for (const char* command : {"run", "drivers"}) {
    const TransloadRun run = RunTransload({command, "--bogus", "--format", "json"});
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.out, HasSubstr("\"code\": 2")) << command;
  }
}

TEST_F(BadInput, TablesThatStandInTheWay) {
  MakeTable();
  target_.Execute(
      "create table t (id int primary key, v bigint); insert into t values (9, 9);"
      "create table other (id int references t)",
      database_);
  auto sum = [&] { return target_.QueryValue("select sum(v) from t", database_); };
  Expect({"run", Source(), TargetUrl()}, 3, "public.t");
  // Neither emptying nor dropping reaches what is not the run's.
  TransloadRun drop = RunTransload({"run", Source(), TargetUrl(), "--on-existing", "drop"});
  EXPECT_EQ(drop.exit_code, 3);
  EXPECT_THAT(drop.err, HasSubstr("other"));
  EXPECT_EQ(sum(), "9");
  EXPECT_EQ(target_.QueryValue("select count(*) from pg_constraint where contype = 'f' and "
                               "connamespace = 'public'::regnamespace",
                               database_),
            "1");
}

// Whichever of them refers to the other, and all of them or none.
TEST_F(BadInput, TablesThatReferToOneAnotherAreDroppedTogether) {
  server_.Execute(
      "create table a (id int primary key); create table b (id int primary key, a int references "
      "a (id)); create table c (id int primary key); insert into a values (1)",
      schema_);
  target_.Execute(
      "create table a (id int primary key); create table b (id int references a);"
      "create table c (id int references a); create table other (id int references a)",
      database_);
  const std::vector<std::string> drop = {"run", Source(), TargetUrl(), "--on-existing", "drop"};
  const TransloadRun held = RunTransload(drop);
  EXPECT_EQ(held.exit_code, 3) << held.out << held.err;
  EXPECT_THAT(held.err, HasSubstr("other"));
  EXPECT_EQ(Tables(), "4");
  target_.Execute("drop table other", database_);
  const TransloadRun run = RunTransload(drop);
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(target_.QueryValue("select count(*) from a", database_), "1");
}

TEST_F(BadInput, AppendedRowsAreNotVerified) {
  MakeTable();
  target_.Execute("create table t (id int primary key, v bigint); insert into t values (9, 9)",
                  database_);
  TransloadRun append = RunTransload({"run", Source(), TargetUrl(), "--on-existing", "append"});
  EXPECT_EQ(append.exit_code, 7) << append.out << append.err;
  EXPECT_THAT(append.out, HasSubstr("not verified"));
  EXPECT_EQ(target_.QueryValue("select sum(v) from t", database_), "12");
  TransloadRun undo = RunTransload({"undo", TargetUrl()});
  EXPECT_EQ(undo.exit_code, 3);
  EXPECT_THAT(undo.err + undo.out, HasSubstr("--force"));
}

TEST_F(BadInput, StatisticsThatCannotBeMadeAreReported) {
  MakeTable();
  // ANALYZE asks the index's function about the rows it has drawn.
  target_.Execute(
      "create function f(x int) returns int immutable language plpgsql as $$ begin "
      "if pg_catalog.current_query() like 'ANALYZE%' then raise exception 'not now'; end if; "
      "return x; end $$; create table t (id int primary key, v int); create index on t (f(id))",
      database_);
  TransloadRun run = RunTransload({"run", Source(), TargetUrl(), "--on-existing", "truncate"});
  EXPECT_EQ(run.exit_code, 7) << run.out << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("statistics public.t could not be made"),
                             HasSubstr("not now"), HasSubstr("run ANALYZE")));
  EXPECT_THAT(run.out, AllOf(HasSubstr("statistics"), HasSubstr("not now")));
  EXPECT_EQ(target_.QueryValue("select count(*) from t", database_), "2");
}

TEST_F(BadInput, UndoOfATruncateRefuses) {
  MakeTable();
  target_.Execute("create table t (id int primary key, v bigint); insert into t values (9, 9)",
                  database_);
  ASSERT_EQ(RunTransload({"run", Source(), TargetUrl(), "--on-existing", "truncate"}).exit_code, 0);
  TransloadRun undo = RunTransload({"undo", TargetUrl()});
  EXPECT_EQ(undo.exit_code, 3);
  EXPECT_THAT(undo.err + undo.out, AllOf(HasSubstr("truncated"), HasSubstr("--force")));
  const TransloadRun forced = RunTransload({"undo", TargetUrl(), "--force", "--format", "json"});
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  EXPECT_THAT(forced.out, HasSubstr("which was there before: left as it is now"));
  EXPECT_EQ(target_.QueryValue("select count(*) from t", database_), "2");
}

TEST_F(BadInput, CredentialsComeFromTheUsersOptionFile) {
  MakeTable();
  server_.CreateUser("from_file", "open sesame");
  server_.Execute("grant all on *.* to from_file@'%'");
  rig::TemporaryDir home;
  std::ofstream(home / ".my.cnf")
      << "[client]\nuser = from_file\npassword = \"open sesame\"\nport = " << server_.port()
      << "\nhost = 127.0.0.1\n";
  const Environment environment = {{"HOME", home.path().string()}};
  TransloadRun run = RunTransload({"run", "mysql:///" + schema_, TargetUrl()}, environment);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out + run.err, Not(HasSubstr("sesame")));
}

}  // namespace
}  // namespace transload
