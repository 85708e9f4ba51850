// What is in the way on a server: a clear message, the documented exit code, and nothing changed.
#include "tests/e2e/bad_input.h"

#include <fstream>

#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;

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

// What is granted when all rows are in is looked at before any is moved.
TEST_F(BadInput, GrantsThatCannotBeGivenAreNamed) {
  MakeTable();
  Expect({"run", Source(), TargetUrl(), "--grant", "SELECT TO nobody"}, 3,
         "there is no role nobody");
  Expect({"run", Source(), TargetUrl(), "--grant", "SELEKT, INSERT TO postgres"}, 3,
         "unrecognized privilege type: \"SELEKT\"");
  Expect({"run", Source(), TargetUrl(), "--grant", "sélect TO r"}, 2,
         "expected PRIVILEGES TO ROLE");
  EXPECT_EQ(target_.QueryValue("select to_regclass('t') is null", database_), "t");
  const TransloadRun run =
      RunTransload({"run", Source(), TargetUrl(), "--grant", "all privileges TO public", "--grant",
                    "select , insert TO postgres"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
}

TEST_F(BadInput, AServerThatIsTooOldIsNamedWithWhatIsRead) {
  rig::ServerOptions options;
  options.settings["version"] = "10.1.48-MariaDB";
  rig::MariaDbServer old = rig::MariaDbServer::Start(options);
  Expect({"run", old.Url("test"), TargetUrl()}, 3, "10.1.48");
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
  for (const char* grant : {"select 1", "grant select on transload.version to heir"}) {
    target_.Execute(grant, database_);
    for (const char* command : {"status", "undo"}) {
      Expect({command, target_.TcpUrl(database_, "heir:pw")}, 3, "no privilege to read the ledger");
    }
  }
  target_.Execute("grant select on all tables in schema transload to heir", database_);
  Expect({"undo", target_.TcpUrl(database_, "heir:pw")}, 3,
         "no privilege to read and write the ledger");
  target_.Execute("reassign owned by heir to postgres; drop owned by heir; drop role heir",
                  database_);
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

}  // namespace
}  // namespace transload
