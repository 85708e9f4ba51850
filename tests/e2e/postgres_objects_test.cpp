// Objects of a PostgreSQL database that belong to no schema, and what can only be told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/e2e/postgres_pair.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using PostgresObjects = PostgresPair;

TEST_F(PostgresObjects, BringsEventTriggersPublicationsAndSubscriptionsAndUndoesThem) {
  server_.Execute(
      "create schema a; create table a.t (id int primary key); insert into a.t values (1);"
      "create table a.log (what text);"
      "create function a.note() returns event_trigger language plpgsql as $$ begin insert into "
      "a.log values (tg_tag); end $$;"
      "create event trigger noted on ddl_command_end execute function a.note();"
      "create publication one for table a.t; create publication every for tables in schema a;"
      "create subscription sub connection 'dbname=nowhere host=/nowhere' publication one with "
      "(connect = false)",
      source_);
  const TransloadRun run = Run();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  ExpectSameSchemas();
  EXPECT_EQ(Value("select count(*) from pg_publication") + Value("select subenabled from "
                                                                 "pg_subscription where subdbid = "
                                                                 "(select oid from pg_database "
                                                                 "where datname = "
                                                                 "current_database())"),
            "2f");
  // What the source logged, and nothing that the run did.
  EXPECT_EQ(Value("select string_agg(what, ',') from a.log"),
            server_.QueryValue("select string_agg(what, ',') from a.log", source_));
  const TransloadRun undo = RunTransload({"undo", server_.Url(target_)});
  EXPECT_EQ(undo.exit_code, 0) << undo.out << undo.err;
  EXPECT_EQ(Value("select (select count(*) from pg_event_trigger) + (select count(*) from "
                  "pg_publication) + (select count(*) from pg_subscription where subdbid = (select "
                  "oid from pg_database where datname = current_database()))"),
            "0");
  // Or the server would go on trying.
  server_.Execute("alter subscription sub set (slot_name = none)", source_);
  server_.Execute("drop subscription sub", source_);
}

TEST_F(PostgresObjects, MovesManyLargeObjectsPastOneWhoseNumberIsTaken) {
  MakeRole("object_keeper");
  server_.Execute(
      "create table t (id int); select lo_from_bytea(i, convert_to('v' || i, 'UTF8')) from "
      "generate_series(50001, 50450) i;"
      "select lo_from_bytea(60001, decode(repeat('00ff', 300000), 'hex')), lo_create(60002);"
      "comment on large object 50002 is 'it''s'; grant select on large object 50003 to public;"
      "alter large object 50004 owner to object_keeper;"
      "grant update on large object 50004 to object_keeper, public",
      source_);
  server_.Execute("select lo_from_bytea(50250, 'mine')", target_);
  const TransloadRun preflight =
      RunTransload({"preflight", server_.Url(source_), server_.Url(target_)});
  EXPECT_THAT(preflight.out, HasSubstr("452, moved over one source connection"));
  const TransloadRun run = Run();
  EXPECT_EQ(run.exit_code, 7) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("large object 50250:"));
  EXPECT_THAT(run.out, HasSubstr("objects that could not be created (1)"));
  const std::string all =
      "select md5(string_agg(concat(m.oid, md5(lo_get(m.oid)), pg_get_userbyid(m.lomowner), "
      "m.lomacl, obj_description(m.oid, 'pg_largeobject')), ',' order by m.oid)) from "
      "pg_largeobject_metadata m where m.oid <> 50250";
  EXPECT_EQ(Value(all), server_.QueryValue(all, source_));
  EXPECT_EQ(Value("select convert_from(lo_get(50250), 'UTF8')"), "mine");
  EXPECT_EQ(RunTransload({"undo", server_.Url(target_)}).exit_code, 0);
  EXPECT_EQ(Value("select string_agg(oid::text, ',') from pg_largeobject_metadata"), "50250");
}

TEST_F(PostgresObjects, NamesTriggersThatFireOnStandingTables) {
  server_.Execute("create table t (id int primary key); insert into t values (1)", source_);
  server_.Execute(
      "create table t (id int primary key); create function f() returns trigger language plpgsql "
      "as 'begin return new; end'; create trigger fires before insert on t for each row execute "
      "function f(); create trigger off before insert on t for each row execute function f(); "
      "alter table t disable trigger off; create trigger other after delete on t for each row "
      "execute function f()",
      target_);
  const TransloadRun preflight = RunTransload(
      {"preflight", server_.Url(source_), server_.Url(target_), "--on-existing", "append"});
  EXPECT_THAT(preflight.out,
              HasSubstr("public.t: its triggers fire while rows are loaded: fires; disable"));
}

TEST_F(PostgresObjects, ListsWhatUsersAddedToExtensions) {
  server_.Execute("create extension hstore; create extension postgis_topology cascade", source_);
  server_.Execute(
      "create table t (id int); create index mine on spatial_ref_sys (auth_srid);"
      "create function note() returns trigger language plpgsql as 'begin return new; end';"
      "create trigger noted before insert on spatial_ref_sys for each row execute function note();"
      "alter table spatial_ref_sys add constraint small check (srid < 1000000);"
      "alter table spatial_ref_sys add column more text;"
      "create rule kept as on delete to topology.layer do instead nothing;"
      "alter table topology.layer enable row level security;"
      "create policy seen on topology.layer using (true);"
      "create statistics two on srid, auth_srid from spatial_ref_sys;"
      "comment on extension hstore is 'ours'; comment on table topology.layer is 'ours too';"
      // As pg_upgrade leaves it: written by another transaction than the extension.
      "alter index topology.topology_pkey rename to held; alter index topology.held rename to "
      "topology_pkey",
      source_);
  const TransloadRun preflight =
      RunTransload({"preflight", server_.Url(source_), server_.Url(target_)});
  EXPECT_THAT(preflight.out, HasSubstr("index mine on public.spatial_ref_sys"));
  const TransloadRun run = Run();
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  for (const char* line :
       {"index mine on public.spatial_ref_sys:", "trigger noted on public.spatial_ref_sys:",
        "constraint small on public.spatial_ref_sys:", "column public.spatial_ref_sys.more:",
        "rule kept on topology.layer:", "row-level security on topology.layer:",
        "policy seen on topology.layer:", "statistics two on public.spatial_ref_sys:",
        "comment on extension hstore:", "comment on table topology.layer:"}) {
    EXPECT_THAT(run.out, HasSubstr(line));
  }
  EXPECT_THAT(run.out, Not(HasSubstr("topology_pkey")));
}

TEST_F(PostgresObjects, BringsRowsThatAnExtensionKeepsForItsUser) {
  server_.Execute(
      "create extension postgis; create table t (id int primary key, g geometry(point, 990001));"
      "insert into spatial_ref_sys values (990001, 'mine', 990001, 'LOCAL_CS[\"x\"]', '+proj=lcc "
      "\"q\"'); insert into t select i, st_setsrid(st_point(i, i), 990001) from generate_series(1, "
      "50) i",
      source_);
  const TransloadRun run = Run();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  const std::string sums =
      "select count(*) || ' ' || sum(hashtext(s::text)) from spatial_ref_sys s";
  EXPECT_EQ(Value(sums), server_.QueryValue(sums, source_));
  EXPECT_EQ(Value("select count(*) from t where st_srid(g) = 990001"), "50");
  EXPECT_EQ(RunTransload({"undo", server_.Url(target_)}).exit_code, 0);
  EXPECT_EQ(Value("select string_agg(extname, ',') from pg_extension"), "plpgsql");
}

TEST_F(PostgresObjects, AppendsRowsToAnExtensionThatStood) {
  server_.Execute(
      "create extension postgis; create table t (id int primary key);"
      "insert into spatial_ref_sys values (990002, 'mine', 990002, 'LOCAL_CS[\"x\"]', 'p')",
      source_);
  server_.Execute("create extension postgis", target_);
  const TransloadRun run = Run();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select auth_name from spatial_ref_sys where srid = 990002"), "mine");
  const TransloadRun undo = RunTransload({"undo", server_.Url(target_)});
  EXPECT_EQ(undo.exit_code, 3);
  EXPECT_THAT(undo.out + undo.err, HasSubstr("spatial_ref_sys"));
}

TEST_F(PostgresObjects, ListsSettingsOfTheDatabase) {
  server_.Execute(
      "create table t (id int); do $$ begin execute format('alter database %I set search_path = "
      "\"$user\", shop', current_database()); execute format('alter database %I set "
      "application_name = %L', current_database(), 'it''s'); end $$",
      source_);
  const TransloadRun run = Run({"--format", "json"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("SET search_path = \\\"$user\\\", shop;"));
  EXPECT_THAT(run.out, HasSubstr("SET application_name = 'it''s';"));
}

TEST_F(PostgresObjects, ListsWhatElseTheDatabaseHas) {
  MakeRole("may_connect");
  server_.Execute("create table t (id int)", source_);
  const std::string database = "database " + source_;
  EXPECT_THAT(Run({"--format", "json"}).out, Not(HasSubstr("on the database")));
  server_.Execute("revoke connect on " + database + " from public; grant connect on " + database +
                      " to may_connect with grant option; alter " + database +
                      " connection limit 90; comment on " + database + " is 'it''s'",
                  source_);
  const TransloadRun run = Run({"--restart", "--format", "json"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("REVOKE CONNECT ON DATABASE " + source_ + " FROM PUBLIC;"),
                             HasSubstr("GRANT CONNECT ON DATABASE " + source_ +
                                       " TO may_connect WITH GRANT OPTION;"),
                             HasSubstr("CONNECTION LIMIT 90;"), HasSubstr("IS 'it''s';"),
                             Not(HasSubstr("TEMPORARY"))));
}

TEST_F(PostgresObjects, PreflightNamesLocksThatKeepReadersOut) {
  server_.Execute("create table held (id int primary key); create table free (id int)", source_);
  const std::vector<std::string> words = {"preflight", server_.Url(source_), server_.Url(target_)};
  std::thread holder([&] {
    server_.Execute("begin; lock table held in access exclusive mode; select pg_sleep(4); commit",
                    source_);
  });
  const std::string locked =
      "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation = "
      "'held'::regclass";
  while (server_.QueryValue(locked, source_) != "1") {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const TransloadRun held = RunTransload(words);
  holder.join();
  EXPECT_THAT(held.out, AllOf(HasSubstr("ACCESS EXCLUSIVE is held on public.held (backend"),
                              Not(HasSubstr("public.free"))));
  EXPECT_THAT(RunTransload(words).out,
              AllOf(HasSubstr("none that keeps readers out"), HasSubstr(" MB are free")));
}

TEST_F(PostgresObjects, BringsCommentsOnWhatIsMadeLast) {
  server_.Execute(
      "create schema a; create table a.t (id int primary key, v text); insert into a.t values (1);"
      "create function a.note() returns event_trigger language plpgsql as $$ begin end $$;"
      "create event trigger late on ddl_command_end execute function a.note();"
      "comment on event trigger late is 'an event trigger';"
      "create publication pub for table a.t; comment on publication pub is 'a publication';"
      // It needs the key of its table, and so is no part of what stands before the rows.
      "create materialized view a.grouped as select id, v, count(*) from a.t group by id;"
      "create unique index grouped_id on a.grouped (id);"
      "comment on index a.grouped_id is 'an index of a view that needs a key'",
      source_);
  const TransloadRun run = Run();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  ExpectSameSchemas();
}

TEST_F(PostgresObjects, BringsOperatorsOfOneArgumentAndTransformsAndUndoesThem) {
  server_.Execute(
      "create operator !!! (rightarg = int, function = int4abs);"
      "comment on operator !!! (none, int) is 'before its argument';"
      "create transform for int language plpgsql (from sql with function prsd_lextype(internal), "
      "to "
      "sql with function int4recv(internal)); create table t (id int)",
      source_);
  const std::string before = TargetSchema();
  const TransloadRun run = Run();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  ExpectSameSchemas();
  UndoesTo(before);
}

TEST_F(PostgresObjects, TakesNamesForNamesWhateverTheyLookLike) {
  MakeRole("pgs_read");
  server_.Execute(
      "create table \"LARGE OBJECT s\" (id int primary key); insert into \"LARGE OBJECT s\" values "
      "(1);"
      "create table \"two\nlines; TO x;\n\" (id int primary key);"
      "grant select on \"two\nlines; TO x;\n\" to pgs_read; grant insert on \"LARGE OBJECT s\" to "
      "pgs_read",
      source_);
  const TransloadRun run = Run();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  ExpectSameSchemas();
}

TEST_F(PostgresObjects, GivesAwayWhatALoginThatIsNoSuperuserMade) {
  server_.CreateUser("pgs_loader", "secret");
  MakeRole("pgs_app");
  MakeRole("pgs_read");
  server_.Execute("grant pgs_app, pgs_read to pgs_loader");
  server_.Execute(
      "create schema a authorization pgs_app; create table a.t (id serial primary key);"
      "alter table a.t owner to pgs_app; create view a.v as select * from a.t; alter view a.v "
      "owner to pgs_read; grant usage on schema a to pgs_read;"
      "grant select on a.t to pgs_read with grant option; set role pgs_read; grant select on a.t "
      "to pgs_loader; reset role",
      source_);
  server_.Execute(
      "do $$ begin execute format('grant create on database %I to pgs_loader', "
      "current_database()); end $$",
      target_);
  const TransloadRun run =
      RunTransload({"run", server_.Url(source_), server_.TcpUrl(target_, "pgs_loader")},
                   {{"TRANSLOAD_TARGET_PASSWORD", "secret"}});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  ExpectSameSchemas();
}

TEST_F(PostgresObjects, ProvesRangesOfRowsAndTablesWithKeysThatGoAsText) {
  server_.Execute(
      "create schema a; create type a.pair as (n int, r regclass);"
      "create type a.pairs as range (subtype = a.pair);"
      "create table a.t (id a.pair primary key, during a.pairs, several a.pairs[]);"
      "insert into a.t select row(i, 'a.t')::a.pair, a.pairs(row(i, 'a.t')::a.pair, null), "
      "array[a.pairs(null, row(i, 'a.t')::a.pair)] from generate_series(1, 300) i",
      source_);
  const TransloadRun run = Run({"--verify", "full"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  server_.Execute("update a.t set during = null where (id).n = 7; delete from a.t where (id).n = 9",
                  target_);
  const std::vector<std::string> verify = {"verify", server_.Url(source_), server_.Url(target_)};
  const TransloadRun differs = RunTransload(verify);
  EXPECT_EQ(differs.exit_code, 6) << differs.out << differs.err;
  std::vector<std::string> repair = verify;
  repair.emplace_back("--repair");
  EXPECT_EQ(RunTransload(repair).exit_code, 0);
  EXPECT_EQ(RunTransload(verify).exit_code, 0);
}

TEST_F(PostgresObjects, GoesOnWithoutALargeObjectThatMayNotBeRead) {
  server_.CreateUser("large_object_reader", "secret");
  server_.Execute(
      "create table t (id int primary key); insert into t values (1); grant select on t to "
      "large_object_reader; select lo_from_bytea(8123, 'closed'), lo_from_bytea(8124, 'open'); "
      "grant select "
      "on large object 8124 to large_object_reader",
      source_);
  const TransloadRun run =
      RunTransload({"run", server_.TcpUrl(source_, "large_object_reader"), server_.Url(target_)},
                   {{"TRANSLOAD_SOURCE_PASSWORD", "secret"}});
  EXPECT_EQ(run.exit_code, 7) << run.out << run.err;
  EXPECT_THAT(run.out + run.err,
              HasSubstr("large object 8123: the source's login may not read it"));
  EXPECT_EQ(Value("select convert_from(lo_get(8124), 'UTF8') || count(*) from t"), "open1");
}

TEST_F(PostgresObjects, ProvesTheLastTimestampsAndIntervals) {
  server_.Execute(
      "create table t (id int primary key, b timestamptz, c timestamp, i interval);"
      "insert into t values (1, '294276-12-31 23:59:59.999999+00', '294276-12-31 23:59:59.999999', "
      "'178000000 years'), (2, '4714-11-24 00:00:00+00 BC', '4714-11-24 00:00:00 BC', "
      "'-178000000 years -2147483648 days -2562047788:00:54'), (3, 'infinity', '-infinity', '1 "
      "us')",
      source_);
  const TransloadRun run = Run({"--verify", "full", "--format", "json"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("294276-12-31 23:59:59.999999"),
                             HasSubstr("\"-4713-11-24 00:00:00.000000\"")));
}

TEST_F(PostgresObjects, ListsIndexesThatAreInvalid) {
  server_.Execute(
      "create table t (id int primary key, v int); insert into t values (1, 1), (2, 1);"
      "create table p (id int, v int) partition by range (id);"
      "create table p1 partition of p for values from (0) to (9); insert into p select * from t",
      source_);
  for (const char* table : {"t", "p1"}) {
    EXPECT_ANY_THROW(server_.Execute(
        std::string("create unique index concurrently ") + table + "_v on " + table + " (v)",
        source_));
  }
  const TransloadRun run = Run({"--format", "json"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("\"public.t_v\""), HasSubstr("\"public.p1_v\""),
                             HasSubstr("it is invalid at the source")));
}

TEST_F(PostgresObjects, LeavesOutDefaultPrivilegesOfRolesThatTheTargetLacks) {
  rig::PostgresServer elsewhere = rig::PostgresServer::Start();
  const std::string target = rig::FreshDatabase(elsewhere);
  MakeRole("pgs_gone");
  server_.Execute(
      "create table t (id int primary key); alter default privileges for role pgs_gone grant "
      "select on tables to public",
      source_);
  const TransloadRun run = RunTransload({"run", server_.Url(source_), elsewhere.Url(target)});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
}

TEST_F(PostgresObjects, MovesADatabaseWithoutTables) {
  const TransloadRun nothing = Run();
  EXPECT_EQ(nothing.exit_code, 3);
  EXPECT_THAT(nothing.err, HasSubstr("has no tables; check the name"));
  server_.Execute(
      "create function one() returns int language sql as 'select 1'; create view v as select "
      "one(); select lo_from_bytea(70001, 'abc')",
      source_);
  const TransloadRun run = Run();
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("done, not verified: there are no tables"));
  ExpectSameSchemas();
  EXPECT_EQ(Value("select lo_get(70001)"), "\\x616263");
  EXPECT_EQ(Run({"--restart", "--data-only"}).exit_code, 3);
}

TEST_F(PostgresObjects, SaysWhichGrantsTheLoginMayNotGive) {
  server_.CreateUser("pgs_granter", "secret");
  MakeRole("pgs_read");
  server_.Execute(
      "create extension hstore; create table t (id int primary key); revoke all on function "
      "hstore(text, text) from public; grant execute on function hstore(text, text) to pgs_read",
      source_);
  server_.Execute(
      "create extension hstore; grant create on schema public to pgs_granter; do $$ begin execute "
      "format('grant create on database %I to pgs_granter', current_database()); end $$",
      target_);
  const TransloadRun run =
      RunTransload({"run", server_.Url(source_), server_.TcpUrl(target_, "pgs_granter")},
                   {{"TRANSLOAD_TARGET_PASSWORD", "secret"}});
  EXPECT_EQ(run.exit_code, 7) << run.out << run.err;
  EXPECT_THAT(run.out + run.err, HasSubstr("no privileges could be revoked for \"hstore\""));
}

TEST_F(PostgresObjects, ProvesATableWhoseKeyIsAUniqueIndex) {
  server_.Execute(
      "create table t (id int not null unique, v text); insert into t select i, 'v' from "
      "generate_series(1, 100) i",
      source_);
  const TransloadRun run = Run({"--verify", "full"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  server_.Execute("alter table t drop constraint t_id_key", target_);
  const TransloadRun verify =
      RunTransload({"verify", server_.Url(source_), server_.Url(target_), "--verify", "full"});
  EXPECT_EQ(verify.exit_code, 6) << verify.out << verify.err;
  EXPECT_THAT(verify.out, HasSubstr("0 primary, 1 unique"));
}

TEST_F(PostgresObjects, TakesANameOfNothingOrOfSeveralThingsForABadRow) {
  server_.Execute(
      "create schema b; create table b.left_out (id int); create table t (id int primary key, f "
      "regproc, c regclass); insert into t values (1, 'now', 't'), (2, "
      "'upper(text)'::regprocedure::oid::regproc, null), (3, null, 'b.left_out'), (4, 'now', 't')",
      source_);
  const std::vector<std::string> part = {"--exclude", "b.*"};
  const TransloadRun stopped = Run(part);
  EXPECT_EQ(stopped.exit_code, 4);
  EXPECT_THAT(stopped.out + stopped.err,
              AllOf(HasSubstr("public.t: the target refused a row, id=2: column f: "),
                    HasSubstr("--on-bad-row reject")));
  const TransloadRun run = Run({"--exclude", "b.*", "--on-bad-row", "reject", "--restart"});
  EXPECT_EQ(run.exit_code, 5) << run.out << run.err;
  EXPECT_EQ(Value("select string_agg(id::text, ',' order by id) from t"), "1,4");
  EXPECT_EQ(Value("select string_agg(\"column\", ',' order by key) from transload.reject r join "
                  "transload.\"table\" t on t.id = r.table_id join transload.run on run.id = "
                  "t.run_id where state <> 'undone'"),
            "f,c");
}

TEST_F(PostgresObjects, LoadsIntoPartitionsWhoseForeignKeyIsTheirTables) {
  const std::string tables =
      "create schema a; create schema b; create table a.up (id int primary key) partition by range "
      "(id); create table a.up1 partition of a.up for values from (0) to (1000);"
      "create table b.p (id int generated always as identity, up int references a.up, at date) "
      "partition by range (at); create table b.p1 partition of b.p for values from ('2020-01-01') "
      "to ('2021-01-01'); create table b.p2 partition of b.p for values from ('2021-01-01') to "
      "('2022-01-01') partition by hash (up); create table b.p21 partition of b.p2 for values with "
      "(modulus 1, remainder 0);";
  server_.Execute(tables +
                      "insert into a.up select generate_series(1, 500); insert into b.p (up, at) "
                      "select i, date '2020-01-01' + i from generate_series(1, 500) i",
                  source_);
  server_.Execute(tables, target_);
  const std::string before = TargetSchema();
  const TransloadRun run = Run({"--data-only", "--verify", "full"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select (select count(*) from a.up) + (select count(*) from b.p)"), "1000");
  EXPECT_EQ(TargetSchema(), before);
}

}  // namespace
}  // namespace transload
