// Rows of a PostgreSQL source that are loaded again after everything around them was made: by
// --reload, by --retry-rejects, and because the source had moved.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/postgres_pair.h"

namespace transload {
namespace {

using testing::HasSubstr;

class PostgresReload : public PostgresPair {
 protected:
  void Source(const std::string& sql) const { server_.Execute(sql, source_); }
  void Target(const std::string& sql) const { server_.Execute(sql, target_); }
  void ExpectDone(const std::vector<std::string>& more = {}) const {
    const TransloadRun run = Run(more);
    EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  }
};

constexpr char kFamily[] =
    "create table p (id int primary key, v text); insert into p select i, 'v' || i from "
    "generate_series(1, 100) i;"
    "create table t (id int primary key, pid int references p on delete cascade);"
    "insert into t select i, i from generate_series(1, 50) i;"
    "comment on constraint t_pid_fkey on t is 'to its parent';"
    "create table log (id int);"
    "create function mark() returns trigger language plpgsql as $$ begin new.v := new.v || '!'; "
    "return new; end $$;"
    "create function note() returns trigger language plpgsql as $$ begin insert into log values "
    "(old.id); return old; end $$;"
    "create trigger marked before insert on p for each row execute function mark();"
    "create trigger noted after delete on p for each row execute function note();"
    "alter table p enable always trigger noted;"
    "create trigger silent before insert on p for each row execute function mark();"
    "alter table p disable trigger silent;"
    "create rule keep as on delete to p where old.id = 3 do instead nothing;"
    "create materialized view sums as select count(*) as n, max(v) as v from p;"
    "create materialized view of_sums as select n, v from sums";

TEST_F(PostgresReload, KeepsKeysTriggersRulesAndViewsAsTheyWere) {
  const std::string before = TargetSchema();
  Source(kFamily);
  ExpectDone();
  Source("update p set v = 'zz' where id = 3");
  Source("refresh materialized view sums; refresh materialized view of_sums");
  ExpectDone({"--reload", "public.p"});
  EXPECT_EQ(Value("select v from p where id = 3") + Value("select v from of_sums"), "zzzz");
  EXPECT_EQ(Value("select (select count(*) from t) || ' ' || (select count(*) from log)"), "50 0");
  ExpectSameSchemas();
  ExpectDone({"--reload", "t", "--reload", "p"});
  ExpectSameSchemas();
  UndoesTo(before);
}

TEST_F(PostgresReload, KeepsThemWhenTheSourceMovedAfterTheyWereMade) {
  Source(kFamily);
  const TransloadRun killed = Run({}, {{"TRANSLOAD_FAULT", "verify-begun:1:kill"}});
  ASSERT_EQ(killed.exit_code, kKilledExit) << killed.out << killed.err;
  Source("update p set v = 'zz' where id = 3; delete from t where id = 1");
  // And once more, with everything set aside.
  const TransloadRun again = Run({}, {{"TRANSLOAD_FAULT", "partition-committed:1:kill"}});
  ASSERT_EQ(again.exit_code, kKilledExit) << again.out << again.err;
  ExpectDone();
  EXPECT_EQ(Value("select v from p where id = 3") + Value("select v from of_sums"), "zzzz");
  EXPECT_EQ(Value("select (select count(*) from t) || ' ' || (select count(*) from log)"), "49 0");
  ExpectSameSchemas();
}

TEST_F(PostgresReload, LoadsRejectedRowsPastTriggersThatTheRunMade) {
  Source(kFamily);
  Source(
      "create schema b; create table b.left_out (id int);"
      "create table r (id int primary key, c regclass, v text) partition by range (id);"
      "create table r1 partition of r for values from (0) to (100);"
      "insert into r values (1, 'p', 'a'), (2, 'b.left_out', 'b');"
      "create trigger marked before insert on r1 for each row execute function mark();"
      "create function seen() returns trigger language plpgsql as $$ begin insert into public.log "
      "values (new.id); return new; end $$;"
      "create trigger seen after insert on r for each row execute function seen();");
  EXPECT_EQ(Run({"--exclude", "b.*", "--on-bad-row", "reject"}).exit_code, 5);
  Target("create schema b; create table b.left_out (id int)");
  const std::string made = TargetSchema();
  ExpectDone({"--exclude", "b.*", "--on-bad-row", "reject", "--retry-rejects"});
  EXPECT_EQ(Value("select string_agg(id || v, ',' order by id) from r"), "1a,2b");
  EXPECT_EQ(Value("select count(*) from log"), "0");
  EXPECT_EQ(TargetSchema(), made);
}

TEST_F(PostgresReload, BringsWhatFollowsRejectedRowsUpToDate) {
  Source(
      "create table r (id int primary key, c regclass); create table of_r (id int references r);"
      "create schema b; create table b.left_out (id int);"
      "insert into r values (1, 'r'), (2, 'b.left_out'); insert into of_r values (1), (2);"
      "create sequence ahead; create materialized view counted as select count(*) as n from r;"
      "create materialized view of_counted as select n from counted");
  const std::string config = testing::TempDir() + "retry_steps.toml";
  std::ofstream(config) << "[[step]]\nwhen = 'after-data'\n"
                           "sql = 'create table if not exists seen (rows int); insert into seen "
                           "select count(*) from r'\n";
  std::vector<std::string> words = {"--exclude", "b.*",          "--config",
                                    config,      "--on-bad-row", "reject"};
  EXPECT_EQ(Run(words).exit_code, 7);  // the key stays NOT VALID without its parent's row
  Target("create schema b; create table b.left_out (id int); select setval('ahead', 50)");
  words.emplace_back("--retry-rejects");
  ExpectDone(words);
  EXPECT_EQ(Value("select n from of_counted"), "2");
  EXPECT_EQ(Value("select string_agg(rows::text, ' ' order by rows) from seen"), "1 2");
  EXPECT_EQ(Value("select convalidated from pg_constraint where conname = 'of_r_id_fkey'"), "t");
  EXPECT_EQ(Value("select last_value from ahead"), "50");  // in use since
}

TEST_F(PostgresReload, LeavesTablesOutThatCameToTheSourceLater) {
  Source(kFamily);
  ExpectDone();
  Source(
      "create table later (id int primary key); insert into later values (1);"
      "insert into p values (101, 'new')");
  const TransloadRun run = Run({"--reload", "p"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("table public.later: came to the source after the run"));
  EXPECT_EQ(Value("select to_regclass('later') is null"), "t");
  EXPECT_EQ(Value("select n from of_sums"), "101");
}

TEST_F(PostgresReload, LeavesOutWhatTheRunLeftOut) {
  Source(kFamily);
  Source(
      "create table other (id int primary key); create view of_other as select id from other;"
      "select lo_from_bytea(4711, 'x')");
  ExpectDone({"--exclude", "other"});
  ExpectDone({"--reload", "p"});
  EXPECT_EQ(Value("select count(*) from pg_largeobject_metadata"), "0");
  EXPECT_EQ(Value("select to_regclass('other') is null and to_regclass('of_other') is null"), "t");
  const TransloadRun narrowed = Run({"--reload", "p", "--include", "p"});
  EXPECT_EQ(narrowed.exit_code, 0) << narrowed.out << narrowed.err;
  EXPECT_THAT(narrowed.out, testing::Not(HasSubstr("to_p")));
  EXPECT_EQ(Value("select count(*) from t join p on p.id = pid"), "50");
}

TEST_F(PostgresReload, SetsNoSequenceBack) {
  Source(kFamily);
  Source(
      "create sequence up; select setval('up', 10); create sequence more; select setval('more', 5);"
      "create sequence down increment -1; select setval('down', -10);"
      "create sequence fresh start 100 minvalue 1; select setval('fresh', 7)");
  ExpectDone();
  EXPECT_EQ(Value("select last_value from fresh"), "7");
  Target("select setval('up', 50); select setval('down', -50); select setval('more', 5, false)");
  Source("select setval('more', 60)");
  ExpectDone({"--reload", "p"});
  EXPECT_EQ(Value("select concat((select last_value from up), (select last_value from down), "
                  "(select last_value from more))"),
            "50-5060");
}

TEST_F(PostgresReload, ListsDefinitionsThatChangedSinceTheyWereMade) {
  Source(kFamily);
  Source(
      "create view v as select 1 as a; create view w as select 1 as a; create view same as select "
      "1;"
      "create function f() returns int language sql as 'select 1';"
      "create table r (id int primary key) partition by range (id);"
      "create table r1 partition of r for values from (0) to (10); insert into r values (1)");
  const TransloadRun killed = Run({}, {{"TRANSLOAD_FAULT", "partition-committed:1:kill"}});
  EXPECT_EQ(killed.exit_code, kKilledExit) << killed.out << killed.err;
  Source(
      "alter table r detach partition r1; drop view v; create or replace view w as select 1 as a, "
      "2 "
      "as b; create or replace function f() returns int language sql as 'select 2'");
  const TransloadRun run = Run();
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  for (const char* line :
       {"function public.f(): changed at the source", "view public.w: changed at the source",
        "view public.v: gone from the source", "r1: gone from the source"}) {
    EXPECT_THAT(run.out, HasSubstr(line));
  }
  EXPECT_THAT(run.out, HasSubstr("not migrated (4)"));
}

TEST_F(PostgresReload, MakesThemUnderNewSchemaNames) {
  Source(kFamily);
  ExpectDone({"--rename-schema", "public=shop"});
  Source("update p set v = 'zz' where id = 3");
  ExpectDone({"--rename-schema", "public=shop", "--reload", "p"});
  EXPECT_EQ(Value("select v from shop.p where id = 3") + Value("select v from shop.of_sums"),
            "zzzz");
  EXPECT_EQ(Value("select count(*) from pg_constraint where contype = 'f' and convalidated and "
                  "conrelid = 'shop.t'::regclass"),
            "1");
}

TEST_F(PostgresReload, LeavesRowsOfTablesThatInheritAlone) {
  Source(
      "create table base (id int primary key, v text); create table more (w int) inherits (base);"
      "insert into base values (1, 'a'); insert into more values (2, 'b', 3);"
      "create table parts (id int primary key, v text) partition by range (id);"
      "create table part_1 partition of parts for values from (0) to (10);"
      "create table refers (id int primary key, part int references parts on delete cascade);"
      "insert into parts values (1, 'a'); insert into refers values (1, 1);"
      "create function mark() returns trigger language plpgsql as $$ begin new.v := new.v || '!'; "
      "return new; end $$;"
      "create trigger marked before insert on parts for each row execute function mark()");
  ExpectDone();
  Source("update only base set v = 'c'; update parts set v = 'c'");
  ExpectDone({"--reload", "base", "--reload", "part_1"});
  EXPECT_EQ(Value("select string_agg(v, '' order by id) from base"), "cb");
  EXPECT_EQ(Value("select v from parts join refers on part = parts.id"), "c");
  ExpectSameSchemas();
}

// There the copies of a partitioned table's trigger are internal ones.
TEST(PostgresReloadMatrix, SetsTriggersOfPartitionsAsideInVersion12) {
  rig::PostgresServer old = rig::PostgresServer::Start({.version = "12"});
  old.Execute("create database target");
  old.Execute(
      "create table log (id int); create table p (id int) partition by range (id); create table p1 "
      "partition of p for values from (0) to (100); insert into p values (1), (2);"
      "create function note() returns trigger language plpgsql as $$ begin insert into public.log "
      "values (new.id); return null; end $$;"
      "create trigger noted after insert on p for each row execute function note()");
  const std::vector<std::string> words = {"run", old.Url(), old.Url("target")};
  ASSERT_EQ(RunTransload(words).exit_code, 0);
  std::vector<std::string> again = words;
  again.insert(again.end(), {"--reload", "public.p1"});
  const TransloadRun run = RunTransload(again);
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(old.QueryValue("select count(*) from log", "target"), "0");
  EXPECT_EQ(old.QueryValue("select string_agg(tgenabled::text, '') from pg_trigger where tgname = "
                           "'noted'",
                           "target"),
            "OO");
}

TEST_F(PostgresReload, RefusesToTakeRowsOfTablesAlongThatAreNotTheRuns) {
  Source(kFamily);
  ExpectDone();
  Target(
      "create table mine (id int primary key, pid int constraint to_p references p on delete set "
      "null); insert into mine values (1, 1)");
  Source("update p set v = 'zz' where id = 1");
  const TransloadRun refused = Run({"--reload", "p"});
  EXPECT_EQ(refused.exit_code, 3) << refused.out << refused.err;
  EXPECT_THAT(refused.err,
              HasSubstr("foreign key to_p of table public.mine refers to public.p ON DELETE SET "
                        "NULL"));
  EXPECT_EQ(Value("select v from p where id = 1") + Value("select pid from mine"), "v11");
  Target("drop table mine");
  ExpectDone({"--reload", "p"});
}

TEST_F(PostgresReload, RefusesTheSameWhenTheSourceMoved) {
  Source(
      "create table parts (id int primary key, v text) partition by range (id);"
      "create table part_1 partition of parts for values from (0) to (10);"
      "insert into parts values (1, 'a')");
  const TransloadRun killed = Run({}, {{"TRANSLOAD_FAULT", "verify-begun:1:kill"}});
  ASSERT_EQ(killed.exit_code, kKilledExit) << killed.out << killed.err;
  Target(
      "create table mine (id int primary key, pid int references parts on delete cascade);"
      "insert into mine values (1, 1)");
  Source("update parts set v = 'b'");
  const TransloadRun refused = Run();
  EXPECT_EQ(refused.exit_code, 4) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("of table public.mine refers to public.part_1 ON DELETE "
                                     "CASCADE"));
  EXPECT_EQ(Value("select v || pid from parts join mine on pid = parts.id"), "a1");
  Target("drop table mine");
  ExpectDone();
  EXPECT_EQ(Value("select v from parts"), "b");
}

}  // namespace
}  // namespace transload
