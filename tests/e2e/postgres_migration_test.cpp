// PostgreSQL to PostgreSQL through the executable: everything pg_dump carries arrives, whatever the
// two versions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/conformance/transload_run.h"
#include "tests/e2e/postgres_pair.h"
#include "tests/faults/live_run.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/process.h"
#include "tests/rig/programs.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Rows and order-free sums of every table, by the server's own text forms; a partitioned table as a
// whole: its rows may lie in other partitions.
std::string RowsOf(const rig::PostgresServer& server, const std::string& database) {
  std::string text;
  for (const rig::Row& row : server.Query(
           "select case c.relkind when 'p' then '' else 'only ' end || quote_ident(n.nspname) || "
           "'.' || quote_ident(c.relname) from pg_class c join "
           "pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'm') and "
           "c.relispopulated and not c.relispartition and n.nspname !~ '^pg_' and n.nspname not in "
           "('information_schema', "
           "'transload') order by 1",
           database)) {
    text += *row[0] + " " +
            server.QueryValue(
                "select count(*) || ' ' || coalesce(sum(('x' || substr(md5(t::text), "
                "1, 8))::bit(32)::bigint), 0) from " +
                    *row[0] + " t",
                database) +
            "\n";
  }
  return text;
}

std::string SequencesOf(const rig::PostgresServer& server, const std::string& database) {
  std::string text;
  for (const rig::Row& row : server.Query(
           "select schemaname, sequencename, last_value, cache_size from pg_sequences where "
           "schemaname <> 'transload' order by 1, 2",
           database)) {
    for (const auto& value : row) text += value.value_or("NULL") + " ";
    text += "\n";
  }
  return text;
}

std::string NewestClient() { return rig::ServerCache() + "/postgres-client-18/bin"; }

// Lines of one text that another lacks, each as often as it is missing.
std::vector<std::string> LinesOnlyIn(const std::string& text, const std::string& other) {
  auto sorted = [](const std::string& of) {
    std::vector<std::string> lines;
    std::istringstream stream(of);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
  };
  const std::vector<std::string> mine = sorted(text), others = sorted(other);
  std::vector<std::string> only;
  std::set_difference(mine.begin(), mine.end(), others.begin(), others.end(),
                      std::back_inserter(only));
  return only;
}

// Where pg_dump (the same for both ends) tells the two ends apart because their versions do.
struct Difference {
  std::vector<std::string> source, target;
};

void MoveEverything(const std::string& from, const std::string& to, const std::string& bin_dir,
                    const std::string& script, const char* tables, const Difference& allowed = {}) {
  rig::PostgresServer& source = rig::SharedPostgres(from);
  rig::PostgresServer& target = rig::SharedPostgres(to);
  const std::string source_database = rig::FreshDatabase(source);
  const std::string target_database = rig::FreshDatabase(target);
  for (const char* role : {"pgs_app", "pgs_read"}) {
    target.Execute(std::string("do $$ begin create role ") + role +
                   "; exception when duplicate_object then null; end $$");
  }
  source.Execute(rig::Slurp(std::string(TRANSLOAD_E2E) + "/" + script), source_database);
  const TransloadRun run = RunTransload(
      {"run", source.Url(source_database), target.Url(target_database), "--pg-bin", bin_dir});
  ASSERT_EQ(run.exit_code, 0) << run.command << "\n" << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr(std::string("done and verified: ") + tables));
  const std::string before = SchemaOf(source, source_database, bin_dir);
  const std::string after = SchemaOf(target, target_database, bin_dir);
  EXPECT_EQ(LinesOnlyIn(before, after), allowed.source);
  EXPECT_EQ(LinesOnlyIn(after, before), allowed.target);
  if (from == to) {
    EXPECT_EQ(before, after);
  }
  EXPECT_EQ(RowsOf(source, source_database), RowsOf(target, target_database));
  EXPECT_EQ(SequencesOf(source, source_database), SequencesOf(target, target_database));
}

// From 16 on a view over one table shows its columns without the table's name; from 14 on ranges
// have multiranges, and procedures show IN.
const Difference kBefore14 = {{"    base.a",
                               "    customer.age,",
                               "    customer.h,",
                               "    customer.home,",
                               "    customer.homes,",
                               "    customer.hs,",
                               "    customer.mood,",
                               "    customer.moods",
                               "    customer.name,",
                               "    customer.name_len,",
                               "    customer.tags,",
                               "    subtype = double precision",
                               "    sum(orders.amount) AS s",
                               "    totals.s",
                               "  GROUP BY orders.customer_id",
                               "  WHERE (customer.mood = 'happy'::app.mood);",
                               "  WHERE (totals.s > (100)::numeric)",
                               " SELECT base.id,",
                               " SELECT customer.id,",
                               " SELECT orders.customer_id,",
                               " SELECT totals.customer_id,",
                               "ALTER PROCEDURE app.doit(a integer) OWNER TO postgres;",
                               "CREATE PROCEDURE app.doit(a integer)"},
                              {"    a",
                               "    age,",
                               "    h,",
                               "    home,",
                               "    homes,",
                               "    hs,",
                               "    mood,",
                               "    moods",
                               "    multirange_type_name = app.floatmultirange",
                               "    name,",
                               "    name_len,",
                               "    s",
                               "    subtype = double precision,",
                               "    sum(amount) AS s",
                               "    tags,",
                               "  GROUP BY customer_id",
                               "  WHERE (mood = 'happy'::app.mood);",
                               "  WHERE (s > (100)::numeric)",
                               " SELECT customer_id,",
                               " SELECT customer_id,",
                               " SELECT id,",
                               " SELECT id,",
                               "ALTER PROCEDURE app.doit(IN a integer) OWNER TO postgres;",
                               "CREATE PROCEDURE app.doit(IN a integer)"}};

// From 11 on triggers execute functions.
constexpr char kOldTrigger[] =
    "CREATE TRIGGER touch BEFORE UPDATE ON app.orders FOR EACH ROW EXECUTE PROCEDURE app.touch();";
constexpr char kNewTrigger[] =
    "CREATE TRIGGER touch BEFORE UPDATE ON app.orders FOR EACH ROW EXECUTE FUNCTION app.touch();";

TEST(PostgresMigration, CarriesEverythingThatPgDumpCarries) {
  MoveEverything("15", "15", kDebianBin, "postgres_features.sql", "12 tables");
}

TEST(PostgresMigrationMatrix, GoesFrom13To17) {
  MoveEverything("13", "17", NewestClient(), "postgres_features.sql", "12 tables", kBefore14);
}

TEST(PostgresMigrationMatrix, GoesFrom13To18) {
  MoveEverything("13", "18", NewestClient(), "postgres_features.sql", "12 tables", kBefore14);
}

TEST(PostgresMigrationMatrix, GoesFrom18To18) {
  MoveEverything("18", "18", NewestClient(), "postgres_features.sql", "12 tables");
}

TEST(PostgresMigrationMatrix, GoesFrom10To15) {
  MoveEverything("10", "15", kDebianBin, "postgres_features_10.sql", "6 tables",
                 {{kOldTrigger}, {kNewTrigger}});
}

TEST(PostgresMigrationMatrix, GoesFrom10To18) {
  MoveEverything(
      "10", "18", NewestClient(), "postgres_features_10.sql", "6 tables",
      {{"    customer.age,", "    customer.home,", "    customer.homes,", "    customer.mood,",
        "    customer.moods", "    customer.name,", "    sum(orders.amount) AS s",
        "  GROUP BY orders.customer_id", "  WHERE (customer.mood = 'ok'::app.mood);",
        " SELECT customer.id,", " SELECT orders.customer_id,", kOldTrigger},
       {"    age,", "    home,", "    homes,", "    mood,", "    moods", "    name,",
        "    sum(amount) AS s", "  GROUP BY customer_id", "  WHERE (mood = 'ok'::app.mood);",
        " SELECT customer_id,", " SELECT id,", kNewTrigger}});
}

TEST_F(PostgresPair, UndoDropsWhatTheRunMade) {
  server_.Execute(rig::Slurp(TRANSLOAD_E2E "/postgres_features.sql"), source_);
  // The numbers of large objects are the target's own affair otherwise.
  ASSERT_EQ(Run().exit_code, 0);
  const TransloadRun undo = RunTransload({"undo", server_.Url(target_)});
  ASSERT_EQ(undo.exit_code, 0) << undo.out << undo.err;
  EXPECT_EQ(Value("select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                  "where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', "
                  "'transload')"),
            "0");
  EXPECT_EQ(Value("select count(*) from pg_namespace where nspname !~ '^pg_' and nspname not in "
                  "('information_schema', 'transload', 'public')"),
            "0");
  EXPECT_EQ(Value("select count(*) from pg_largeobject_metadata"), "0");
  EXPECT_EQ(Value("select string_agg(extname, ',') from pg_extension"), "plpgsql");
}

TEST_F(PostgresPair, OneFailingObjectIsReportedAndTheOthersGoOn) {
  server_.Execute(
      "create table p (id int primary key); create table c (id int primary key, p int);"
      "insert into c values (1, 99);"
      "alter table c add foreign key (p) references p not valid;"
      "create function boom() returns int language plpgsql immutable as $$ begin if "
      "current_database() <> '" +
          source_ +
          "' then raise 'not here'; end if; return 1; end $$;"
          "create index bad on c (boom()); create index good on c (p)",
      source_);
  const TransloadRun run = Run();
  EXPECT_EQ(run.exit_code, 7) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("not here"));
  EXPECT_EQ(Value("select to_regclass('public.good') is not null"), "t");
  EXPECT_EQ(Value("select convalidated from pg_constraint where conrelid = 'c'::regclass and "
                  "contype = 'f'"),
            "f");
}

TEST_F(PostgresPair, ResumesAfterAKill) {
  server_.Execute(
      "create table big as select i as id, repeat('x', 200) as v from generate_series(1, 300000) "
      "i; alter table big add primary key (id); create index on big (v, id); analyze big",
      source_);
  rig::Process child =
      rig::Process::Start({.argv = {TRANSLOAD_BINARY, "run", server_.Url(source_),
                                    server_.Url(target_), "--max-rate", "8MB/s", "-j", "2"},
                           .as_server_account = false});
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  auto done = [&] {
    if (Value("select to_regclass('transload.partition') is null") == "t") return 0;
    return std::stoi(Value("select count(*) from transload.partition where state = 'running'"));
  };
  while (done() < 1 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  child.Signal(SIGKILL);
  child.WaitFor(std::chrono::seconds(10));
  const TransloadRun again = Run();
  ASSERT_EQ(again.exit_code, 0) << again.out << again.err;
  EXPECT_THAT(again.err, HasSubstr("going on with run"));
  EXPECT_EQ(Value("select count(*) || ' ' || count(distinct id) from big"), "300000 300000");
}

TEST_F(PostgresPair, GetsOverAFaultWhilePgDumpIsAtWork) {
  server_.Execute("create table t (id int primary key); insert into t values (1)", source_);
  const TransloadRun run = Run({}, {{"TRANSLOAD_FAULT", "run-recorded:1:error"}});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("made on purpose at run-recorded; trying again"));
  EXPECT_EQ(Value("select count(*) from t"), "1");
}

TEST_F(PostgresPair, RefusesAFilteredCopyOfATableWithPolicies) {
  server_.CreateUser("pgs_reader", "secret");
  server_.Execute(
      "create table guarded (id int primary key, who text); insert into guarded values (1, 'a'), "
      "(2, 'pgs_reader'); alter table guarded enable row level security;"
      "create policy own on guarded using (who = current_user); grant select on guarded to "
      "pgs_reader; create table free (id int); insert into free values (1); grant select on free "
      "to pgs_reader",
      source_);
  const std::string url = server_.TcpUrl(source_, "pgs_reader");
  const TransloadRun all =
      RunTransload({"run", url, server_.Url(target_)}, {{"TRANSLOAD_SOURCE_PASSWORD", "secret"}});
  EXPECT_EQ(all.exit_code, 3) << all.out << all.err;
  EXPECT_THAT(all.err, HasSubstr("row-level security: policies would hide rows of public.guarded"));
  EXPECT_EQ(Value("select to_regclass('public.guarded') is null"), "t");
  const std::string other = rig::FreshDatabase(server_);
  const TransloadRun some = RunTransload({"run", url, server_.Url(other), "--exclude", "guarded"},
                                         {{"TRANSLOAD_SOURCE_PASSWORD", "secret"}});
  EXPECT_EQ(some.exit_code, 0) << some.out << some.err;
}

// A row is a row, also where no value of it is sent.
TEST_F(PostgresPair, MovesRowsOfTablesThatHaveNoColumnsToCopy) {
  server_.Execute(
      "create table bare (); insert into bare select from generate_series(1, 5); create table "
      "derived (a int generated always as (1) stored); insert into derived select from "
      "generate_series(1, 7)",
      source_);
  const TransloadRun run = Run();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select (select count(*) from bare) || ' ' || (select sum(a) from derived)"),
            "5 7");
  auto verify = [&] {
    return RunTransload({"verify", server_.Url(source_), server_.Url(target_), "--verify", "full"});
  };
  EXPECT_EQ(verify().exit_code, 0);
  server_.Execute("insert into bare default values", target_);
  const TransloadRun differ = verify();
  EXPECT_EQ(differ.exit_code, 6) << differ.out << differ.err;
}

TEST_F(PostgresPair, RefusesWhatMayNotBeReadAndLeavesItOutWhenTold) {
  server_.CreateUser("pgs_narrow", "secret");
  server_.Execute(
      "create table mine (id serial primary key); insert into mine select from generate_series(1, "
      "7); grant select on mine, mine_id_seq to pgs_narrow; create table theirs (id serial primary "
      "key); create table cut (id int) partition by range (id); create table cut_1 partition of "
      "cut for values from (0) to (9); grant select on cut to pgs_narrow",
      source_);
  const std::string url = server_.TcpUrl(source_, "pgs_narrow");
  auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"run", url, server_.Url(target_)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunTransload(arguments, {{"TRANSLOAD_SOURCE_PASSWORD", "secret"}});
  };
  const TransloadRun all = run({});
  EXPECT_EQ(all.exit_code, 3) << all.out << all.err;
  EXPECT_THAT(all.err, HasSubstr("privilege SELECT: missing on public.cut_1, public.theirs, "
                                 "sequence public.theirs_id_seq"));
  const TransloadRun plan = RunTransload({"plan", url, server_.Url(target_), "--ddl"},
                                         {{"TRANSLOAD_SOURCE_PASSWORD", "secret"}});
  EXPECT_EQ(plan.exit_code, 3) << plan.out << plan.err;
  const TransloadRun some = run({"--exclude", "theirs"});
  EXPECT_EQ(some.exit_code, 3) << some.out << some.err;
  EXPECT_THAT(some.err, HasSubstr("missing on public.cut_1: grant it"));
  EXPECT_EQ(Value("select count(*) from pg_namespace where nspname = 'transload'"), "0");

  const TransloadRun rest = run({"--exclude", "theirs", "--exclude", "cut_1"});
  EXPECT_EQ(rest.exit_code, 0) << rest.out << rest.err;
  EXPECT_THAT(rest.out, HasSubstr("table public.theirs: the login may not read it"));
  EXPECT_EQ(Value("select count(*) || ' ' || nextval('mine_id_seq') from mine"), "7 8");
}

TEST_F(PostgresPair, TellsOfASequenceThatMayNotBeReadAndSetsItLater) {
  server_.CreateUser("pgs_partly", "secret");
  server_.Execute(
      "create table a (id int primary key); create table b (id int); create sequence loose; grant "
      "select on a to pgs_partly",
      source_);
  server_.Execute("create table a (id int primary key); create sequence loose", target_);
  const std::string url = server_.TcpUrl(source_, "pgs_partly");
  auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"run",         url,         server_.Url(target_),
                                          "--data-only", "--exclude", "b"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunTransload(arguments, {{"TRANSLOAD_SOURCE_PASSWORD", "secret"}});
  };
  const TransloadRun first = run({});
  EXPECT_EQ(first.exit_code, 7) << first.out << first.err;
  EXPECT_THAT(first.out, HasSubstr("sequence public.loose: the source's login may not read"));
  server_.Execute("select setval('loose', 42); grant select on loose to pgs_partly", source_);
  const TransloadRun again = run({"--refresh-sequences"});
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
  EXPECT_EQ(Value("select last_value from loose"), "42");
}

TEST_F(PostgresPair, StopsAtTextThatIsNotUtf8AndObeysThePolicy) {
  const std::string ascii = source_ + "_ascii";
  server_.Execute("create database " + ascii +
                  " encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'");
  server_.Execute("create table t (id int primary key, v text)", ascii);
  server_.Execute("insert into t values (1, 'plain'), (17, E'caf\\xe9')", ascii);
  TransloadRun run = RunTransload({"run", server_.Url(ascii), server_.Url(target_)});
  EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("id=17"));
  run = RunTransload({"run", server_.Url(ascii), server_.Url(target_), "--restart", "--policy",
                      "bad_utf8=latin1"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select v from t where id = 17"), "café");
}

TEST_F(PostgresPair, PlanTellsOfLargeObjects) {
  server_.Execute("create table t (id int primary key)", source_);
  const std::vector<std::string> plan = {"plan", server_.Url(source_), server_.Url(target_)};
  EXPECT_THAT(RunTransload(plan).out, Not(HasSubstr("large objects")));
  server_.Execute("select lo_from_bytea(0, 'abc'), lo_from_bytea(0, 'def')", source_);
  EXPECT_THAT(RunTransload(plan).out, HasSubstr("large objects: 2, moved over one"));
}

TEST_F(PostgresPair, NamesATableThatWentWhileItsLockWasWaitedFor) {
  server_.Execute("create table kept (id int); create table \"Gone\" (id int)", source_);
  for (const std::string change : {"drop table \"Gone\"", "alter table kept rename to other"}) {
    OpenSession holder(server_.LibpqConninfo(source_));
    holder.Exec("begin;" + change);
    LiveRun run({"run", server_.Url(source_), server_.Url(target_)});
    EXPECT_TRUE(run.WaitUntil([&] {
      return server_.QueryValue(
                 "select count(*) from pg_locks l join pg_database d on d.oid = l.database where "
                 "not granted and mode = 'AccessShareLock' and datname = '" +
                     source_ + "'",
                 source_) == "1";
    })) << run.Output();
    holder.Exec("commit");
    const TransloadRun ended = run.Finish();
    EXPECT_EQ(ended.exit_code, 4) << ended.err;
    EXPECT_THAT(ended.err,
                HasSubstr(change.starts_with("drop") ? "\"public\".\"Gone\" of the source"
                                                     : "\"public\".\"kept\" of the source"));
    EXPECT_THAT(ended.err, HasSubstr("was dropped or renamed before the snapshot"));
    EXPECT_THAT(ended.err, HasSubstr("give the same command again"));
  }
  const TransloadRun again = Run();
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
}

TEST_F(PostgresPair, SetsSequencesToWhatTheyAreAfterTheCopy) {
  server_.Execute(
      "create table t (id serial primary key, v text); insert into t (v) select repeat('x', 100) "
      "from generate_series(1, 20000)",
      source_);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) server_.Execute("insert into t (v) values ('late')", source_);
  });
  const TransloadRun run = Run();
  stop = true;
  writer.join();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select last_value >= (select max(id) from t) from t_id_seq"), "t");
  const TransloadRun refresh = Run({"--refresh-sequences"});
  EXPECT_EQ(refresh.exit_code, 0) << refresh.out << refresh.err;
  EXPECT_EQ(Value("select last_value from t_id_seq"),
            server_.QueryValue("select last_value from t_id_seq", source_));
}

TEST_F(PostgresPair, LoadsASubsetIntoTablesThatExist) {
  server_.Execute(
      "create schema a; create table a.t (id int generated always as identity primary key, v text);"
      "insert into a.t (v) select 'v' || i from generate_series(1, 100) i; create table a.u (x "
      "int)",
      source_);
  server_.Execute(
      "create schema b; create table b.t (id int generated always as identity primary key, v text)",
      target_);
  rig::TemporaryDir dir;
  const std::string config = dir / "c.toml";
  std::ofstream(config) << "[table.\"a.t\"]\nwhere = \"id > 40\"\n";
  const TransloadRun run =
      Run({"--data-only", "--include", "a.t", "--rename-schema", "a=b", "-c", config});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select count(*) || ' ' || min(id) from b.t"), "60 41");
  EXPECT_EQ(Value("insert into b.t (v) values ('next') returning id"), "101");
}

TEST_F(PostgresPair, KeepsWhatIsSaidOfTheForeignKeysOfTablesThatExist) {
  const std::string tables =
      "create table p (id int primary key); create table c (id int primary key, p int constraint "
      "\"the key\" references p); comment on constraint \"the key\" on c is 'it''s a key';";
  server_.Execute(tables + "insert into p values (1); insert into c values (1, 1)", source_);
  server_.Execute(tables, target_);
  const std::string before = TargetSchema();
  const TransloadRun killed =
      Run({"--data-only"}, {{"TRANSLOAD_FAULT", "partition-uncommitted:1:kill"}});
  ASSERT_EQ(killed.exit_code, 128 + SIGKILL) << killed.out << killed.err;
  EXPECT_NE(TargetSchema(), before);
  EXPECT_EQ(RunTransload({"undo", server_.Url(target_), "--force"}).exit_code, 0);
  EXPECT_EQ(TargetSchema(), before);
  const TransloadRun run = Run({"--data-only"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(TargetSchema(), before);
}

TEST_F(PostgresPair, SaysThatTheFolderForTemporaryFilesIsNone) {
  server_.Execute("create table t (id int primary key)", source_);
  const TransloadRun run = Run({}, {{"TMPDIR", "/nowhere/at/all"}});
  EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("/nowhere/at/all"), HasSubstr("TMPDIR names another")));
  EXPECT_EQ(Run().exit_code, 0);
}

// As pg_dump does on a full disk: it says nothing and ends with 0.
TEST_F(PostgresPair, SaysWhereAnArchiveFoundNoRoom) {
  server_.Execute("create table t (id int primary key)", source_);
  rig::TemporaryDir bin;
  const std::string dump = bin / "pg_dump";
  std::ofstream(dump) << "#!/bin/sh\nfor word; do case $word in\n--version) exec " << kDebianBin
                      << "/pg_dump --version;;\n--file=*) : > \"${word#--file=}\";;\nesac; done\n";
  std::filesystem::permissions(dump, std::filesystem::perms::owner_all);
  std::filesystem::create_symlink(std::string(kDebianBin) + "/pg_restore", bin / "pg_restore");
  const TransloadRun run = Run({"--pg-bin", bin.path().string()});
  EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("could write nothing"), HasSubstr("TMPDIR names another")));
}

TEST_F(PostgresPair, LeavesOutWhatNeedsATableThatIsLeftOut) {
  server_.Execute(
      "create table keep (id int primary key); insert into keep values (1);"
      "create table skip (id int primary key references keep); create view both_v as select k.id "
      "from keep k join skip s using (id); create view one_v as select * from keep",
      source_);
  const TransloadRun run = Run({"--exclude", "skip"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(
      Value("select to_regclass('public.one_v') is not null and to_regclass('public.skip') is "
            "null and to_regclass('public.both_v') is null"),
      "t");
  EXPECT_THAT(run.out, HasSubstr("both_v"));
}

TEST_F(PostgresPair, SeesATableAsItIsAfterWhoEmptiedAndFilledItAnew) {
  server_.Execute(
      "create table t (id int primary key); insert into t select generate_series(1, "
      "1000)",
      source_);
  std::thread filler([&] {
    server_.Execute(
        "begin; truncate t; insert into t select generate_series(1, 1000); select pg_sleep(3); "
        "commit",
        source_);
  });
  const std::string locked =
      "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation = "
      "'t'::regclass";
  while (server_.QueryValue(locked, source_) == "0") {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const TransloadRun run = Run();
  filler.join();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select count(*) from t"), "1000");
}

}  // namespace
}  // namespace transload
