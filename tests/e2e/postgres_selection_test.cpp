// Which tables of a PostgreSQL source are moved, into what, and in how many pieces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/e2e/postgres_pair.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class PostgresSelection : public PostgresPair {
 protected:
  TransloadRun Plan(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"plan", server_.Url(source_), server_.Url(target_)};
    words.insert(words.end(), more.begin(), more.end());
    return RunTransload(words);
  }
};

constexpr char kPartitioned[] =
    "create type mood as enum ('sad', 'ok');"
    "create table event (id int, at date, m mood not null, primary key (at, id, m)) partition by "
    "range (at);"
    "create table old partition of event for values from ('2020-01-01') to ('2021-01-01');"
    "create table new partition of event for values from ('2021-01-01') to ('2022-01-01') "
    "partition by hash (m);"
    "create table new_0 partition of new for values with (modulus 2, remainder 0);"
    "create table new_1 partition of new for values with (modulus 2, remainder 1);"
    "create table other (id int primary key);"
    "insert into event select i, date '2020-01-01' + i % 700, (array['sad', 'ok'])[1 + i % "
    "2]::mood from generate_series(1, 20000) i; insert into other values (1); analyze";

TEST_F(PostgresSelection, APartitionedTablesNameStandsForItsPartitions) {
  server_.Execute(kPartitioned, source_);
  const TransloadRun run = Run({"--include", "event"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("done and verified: 2 tables"));
  EXPECT_EQ(Value("select count(*) || ' ' || count(distinct id) from event"), "20000 20000");
  EXPECT_EQ(Value("select to_regclass('other') is null"), "t");
  const TransloadRun rest =
      RunTransload({"run", server_.Url(source_), server_.Url(rig::FreshDatabase(server_)),
                    "--exclude", "event"});
  ASSERT_EQ(rest.exit_code, 0) << rest.out << rest.err;
  EXPECT_THAT(rest.out, HasSubstr("done and verified: 1 table"));
  EXPECT_THAT(Run({"--include", "nothing", "--restart"}).err, HasSubstr("nothing"));
}

TEST_F(PostgresSelection, TheLedgerOfARunIntoTheSourceStaysThere) {
  server_.Execute("create table t (id int primary key); insert into t values (1), (2)", source_);
  const std::string last = rig::FreshDatabase(server_);
  ASSERT_EQ(Run({"--ledger-schema", "books of 'runs'"}).exit_code, 0);
  const TransloadRun run = RunTransload({"run", server_.Url(target_), server_.Url(last)});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("done and verified: 1 table, 2 rows"));
  EXPECT_THAT(run.out, HasSubstr("books of 'runs'"));
  EXPECT_EQ(server_.QueryValue("select count(*) from pg_namespace where nspname ~ 'books'", last),
            "0");
  EXPECT_EQ(RunTransload({"verify", server_.Url(target_), server_.Url(last)}).exit_code, 0);
}

TEST_F(PostgresSelection, ATableReadThroughItsRootIsCutByItsKey) {
  server_.Execute(kPartitioned, source_);
  const TransloadRun plan = Plan({"--partition-size", "64kB"});
  EXPECT_THAT(plan.out, HasSubstr("ranges by percentiles of a sample")) << plan.err;
  const TransloadRun run = Run({"--partition-size", "64kB"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select count(*) > 4 from transload.partition p join transload.\"table\" t on "
                  "t.id = p.table_id where t.name = 'new'"),
            "t");
  EXPECT_EQ(Value("select count(*) || ' ' || count(distinct id) from event"), "20000 20000");
}

TEST_F(PostgresSelection, LoadsIntoTablesThatStandAsItIsTold) {
  server_.Execute(
      "create table p (id int primary key); create table c (id int primary key, p int references "
      "p); insert into p select generate_series(1, 50); insert into c select i, i from "
      "generate_series(1, 50) i; create view v as select * from c",
      source_);
  const std::string tables =
      "create table p (id int primary key); create table c (id int primary key, p int references "
      "p on delete cascade); insert into p values (900); insert into c values (900, 900)";
  server_.Execute(tables, target_);
  const TransloadRun refused = Run();
  EXPECT_EQ(refused.exit_code, 3) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("exists already"));

  const TransloadRun truncated = Run({"--on-existing", "truncate"});
  ASSERT_EQ(truncated.exit_code, 0) << truncated.out << truncated.err;
  EXPECT_EQ(Value("select count(*) || ' ' || max(id) from c"), "50 50");
  EXPECT_EQ(Value("select confdeltype from pg_constraint where conname = 'c_p_fkey'"), "c");

  target_ = rig::FreshDatabase(server_);
  server_.Execute(tables, target_);
  const TransloadRun appended = Run({"--on-existing", "append", "--allow-unverified"});
  ASSERT_EQ(appended.exit_code, 0) << appended.out << appended.err;
  EXPECT_EQ(Value("select count(*) || ' ' || max(id) from c"), "51 900");

  target_ = rig::FreshDatabase(server_);
  server_.Execute(tables, target_);
  const TransloadRun dropped = Run({"--on-existing", "drop"});
  ASSERT_EQ(dropped.exit_code, 0) << dropped.out << dropped.err;
  EXPECT_EQ(Value("select count(*) || ' ' || max(id) from v"), "50 50");
  ExpectSameSchemas();
}

constexpr char kAllKinds[] =
    "create schema a; create type a.mood as enum ('x', 'y'); create domain a.pos as int check "
    "(value > 0); create type a.pair as (x int, y a.pos); create function a.f(int) returns int "
    "language sql immutable as 'select $1 + 1'; create sequence a.loose start 5; create table a.p "
    "(id int not null, m a.mood, q a.pair, primary key (id)) partition by range (id); create table "
    "a.p1 partition of a.p for values from (0) to (100); create index p_m on a.p (m); create table "
    "a.t (id serial primary key, v a.pos); create index on a.t (a.f(v));";

TEST_F(PostgresSelection, TakesWhatStandsInTheTargetAsItIs) {
  server_.Execute(std::string(kAllKinds) +
                      "create table a.p2 partition of a.p for values from (100) to (200); comment "
                      "on table a.t is 'new'; insert into a.p select i, 'x', row(i, i)::a.pair "
                      "from generate_series(1, 150) i; insert into a.t (v) select "
                      "generate_series(1, 50); select setval('a.loose', 77)",
                  source_);
  const std::string there = std::string(kAllKinds) +
                            "create table a.keep (m a.mood); grant usage on type a.mood to public";
  for (const char* how : {"truncate", "append", "drop"}) {
    target_ = rig::FreshDatabase(server_);
    server_.Execute(there, target_);
    const TransloadRun run = Run({"--on-existing", how, "--allow-unverified"});
    ASSERT_EQ(run.exit_code, 0) << how << run.out << run.err;
    EXPECT_THAT(run.out, HasSubstr("the same as at the source, and are used: "));
    EXPECT_EQ(Value("select (select count(*) from a.p) || ' ' || (select count(*) from a.t) || ' ' "
                    "|| (select last_value from a.loose)"),
              "150 50 77");
    EXPECT_EQ(Value("select count(*) from pg_index where indrelid = 'a.p2'::regclass"), "2");
  }
  server_.Execute("drop table a.keep", target_);
  ExpectSameSchemas();
}

TEST_F(PostgresSelection, NamesWhatStandsInTheTargetAndDiffers) {
  server_.Execute(std::string(kAllKinds) + "insert into a.p values (1, 'x', null)", source_);
  server_.Execute(std::string(kAllKinds) +
                      "alter type a.mood add value 'z'; drop index a.p_m; create or replace "
                      "function a.f(int) returns int language sql immutable as 'select 3'",
                  target_);
  const TransloadRun run = Run({"--on-existing", "truncate"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("type a.mood: another of this name stood"),
                             HasSubstr("function a.f(integer): another of this name stood"),
                             HasSubstr("index a.p_m: belongs to what stood")));
  EXPECT_EQ(Value("select a.f(1)"), "3");
}

TEST_F(PostgresSelection, DropsAPartitionedTableOnlyWithAllOfItsPartitions) {
  server_.Execute(std::string(kAllKinds) + "insert into a.p values (1, 'x', null)", source_);
  server_.Execute(
      std::string(kAllKinds) +
          "create table a.other partition of a.p for values from (500) to (600); insert "
          "into a.p values (7, 'x', null), (555, 'y', null)",
      target_);
  const TransloadRun run = Run({"--on-existing", "drop"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select string_agg(id::text, ',' order by id) from a.p"), "1,555");
}

TEST_F(PostgresSelection, NamesBeforehandWhatKeepsTablesFromBeingDropped) {
  server_.Execute(std::string(kAllKinds) + "insert into a.p values (1, 'x', null)", source_);
  server_.Execute(std::string(kAllKinds) +
                      "create view a.v as select id from a.t; create materialized view a.m as "
                      "select id from a.p1; create table a.c (t int references a.t, n int default "
                      "nextval('a.t_id_seq')); create table a.child () inherits (a.t)",
                  target_);
  const TransloadRun held = Run({"--on-existing", "drop"});
  EXPECT_EQ(held.exit_code, 3) << held.out << held.err;
  EXPECT_THAT(held.err, AllOf(HasSubstr("view a.v"), HasSubstr("materialized view a.m"),
                              HasSubstr("constraint c_t_fkey on table a.c"),
                              HasSubstr("default value for column n of table a.c"),
                              HasSubstr("table a.child"), HasSubstr("drop that first")));
  EXPECT_EQ(Value("select to_regnamespace('transload') is null"), "t");
  server_.Execute("drop view a.v; drop materialized view a.m; drop table a.c, a.child", target_);
  // With its partitions goes the table that they are of.
  const std::vector<std::string> words = {"preflight", server_.Url(source_), server_.Url(target_),
                                          "--on-existing", "drop"};
  const TransloadRun fit = RunTransload(words);
  EXPECT_EQ(fit.exit_code, 0) << fit.out << fit.err;
  EXPECT_THAT(fit.out, HasSubstr("a.p: will be dropped"));
  EXPECT_EQ(Run({"--on-existing", "drop"}).exit_code, 0);
}

TEST_F(PostgresSelection, AsksForOwnershipOfWhatIsToBeDropped) {
  server_.Execute("create table t (id int primary key)", source_);
  server_.Execute(
      "create table t (id int primary key); do $$ begin create role pgs_dropper login password "
      "'secret'; exception when duplicate_object then null; end $$; grant create on schema public "
      "to pgs_dropper; do $$ begin execute format('grant create on database %I to pgs_dropper', "
      "current_database()); end $$; grant all on t to pgs_dropper",
      target_);
  const TransloadRun run =
      RunTransload({"preflight", server_.Url(source_), server_.TcpUrl(target_, "pgs_dropper"),
                    "--on-existing", "drop"},
                   {{"TRANSLOAD_TARGET_PASSWORD", "secret"}});
  EXPECT_EQ(run.exit_code, 3) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("only its owner, or its schema's, may drop it"));
}

TEST_F(PostgresSelection, RefusesDefinitionsWhoseBackslashesWouldBecomeOthers) {
  server_.Execute(
      R"(create table t (id int primary key, v text default 'a\b' check (v <> 'c\d')); do $$ begin
      execute format('alter database %I set standard_conforming_strings = off',
      current_database()); end $$)",
      source_);
  const TransloadRun refused = Run();
  EXPECT_EQ(refused.exit_code, 3) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("standard_conforming_strings"));
  const std::string url = server_.Url(source_) + "&options=-c%20standard_conforming_strings%3Don";
  const TransloadRun run = RunTransload({"run", url, server_.Url(target_)});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  const std::string default_of =
      "select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 't'::regclass";
  EXPECT_EQ(Value(default_of), R"('a\b'::text)");
}

TEST_F(PostgresSelection, MakesTheSchemasOfASubsetAlone) {
  MakeRole("pgs_keeper");
  server_.Execute(
      "create schema one; create schema two; create schema three; create schema four; create table "
      "one.t (id int primary key); insert into one.t values (1); create table two.t (id int); "
      "create type three.mood as enum ('x'); comment on schema two is 'two'; grant usage on schema "
      "two, four to public; alter default privileges in schema four grant select on tables to "
      "public; alter schema one owner to pgs_keeper; alter schema two owner to pgs_keeper",
      source_);
  const TransloadRun run = Run({"--include", "one.t"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(
      Value("select string_agg(nspname || ' ' || (nspowner = 'pgs_keeper'::regrole), ', ' "
            "order by nspname) from pg_namespace where nspname in ('one', 'two', 'three', 'four')"),
      "one true, three false");
}

TEST_F(PostgresSelection, AsksBeforehandForWhatLoadingIntoTablesTakes) {
  server_.Execute(
      "create table p (id serial primary key, v int); create table c (id int references p); create "
      "sequence alone; create sequence gone",
      source_);
  server_.Execute(
      "create table p (id serial primary key, v int); create table c (id int references p); create "
      "sequence alone; create schema transload; do $$ begin create role pgs_filler login password "
      "'secret'; exception when duplicate_object then null; end $$; grant usage, create on schema "
      "transload to pgs_filler; grant select on p, c to pgs_filler",
      target_);
  auto preflight = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"preflight", server_.Url(source_),
                                      server_.TcpUrl(target_, "pgs_filler"), "--data-only"};
    words.insert(words.end(), more.begin(), more.end());
    return RunTransload(words, {{"TRANSLOAD_TARGET_PASSWORD", "secret"}});
  };
  const TransloadRun refused = preflight({"--on-existing", "truncate"});
  EXPECT_EQ(refused.exit_code, 3) << refused.out << refused.err;
  EXPECT_THAT(refused.out,
              AllOf(HasSubstr("GRANT INSERT, TRUNCATE ON \"public\".\"p\""),
                    HasSubstr("be owner of public.c"), HasSubstr("\"public\".\"alone\""),
                    HasSubstr("GRANT UPDATE ON SEQUENCE"), HasSubstr("lacks public.gone")));
  server_.Execute(
      "grant insert on p, c to pgs_filler; grant update on all sequences in schema public to "
      "pgs_filler; alter table c owner to pgs_filler; grant references on p to pgs_filler",
      target_);
  const TransloadRun fit = preflight({});
  EXPECT_EQ(fit.exit_code, 0) << fit.out << fit.err;
}

// pg_dump needs it too, and has no variable for it.
TEST(PostgresEncryptedKey, HandsItsPasswordToPgDumpUnseen) {
  rig::PostgresServer server = rig::PostgresServer::Start({.tls = true});
  const rig::TemporaryDir folder;
  const std::string key = folder / "key.pem";
  rig::RunToEnd({.argv = {"openssl", "pkey", "-in", server.tls().client_key, "-aes256", "-passout",
                          "pass:of the=key", "-out", key},
                 .as_server_account = false});
  std::filesystem::permissions(key, std::filesystem::perms::owner_read);
  const std::string source = rig::FreshDatabase(server), target = rig::FreshDatabase(server);
  server.Execute("create table t (id int primary key); insert into t values (1)", source);
  const std::string conninfo =
      "host=127.0.0.1 user=postgres sslmode=require port=" + std::to_string(server.port()) +
      " dbname=" + source + " sslcert=" + server.tls().client_cert + " sslkey=" + key +
      " sslpassword='of the=key'";
  const TransloadRun run = RunTransload({"run", conninfo, server.Url(target)});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(server.QueryValue("select count(*) from t", target), "1");
}

TEST(PostgresOidsMatrix, AreSaidToStayBehind) {
  rig::PostgresServer old = rig::PostgresServer::Start({.version = "10"});
  old.Execute("create table t (i int) with oids; create table u (i int)");
  const TransloadRun plan = RunTransload(
      {"plan", old.Url(), rig::SharedPostgres().Url(rig::FreshDatabase(rig::SharedPostgres()))});
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
  EXPECT_THAT(plan.out, AllOf(HasSubstr("public.t.oid"), testing::Not(HasSubstr("public.u.oid"))));
}

TEST_F(PostgresSelection, RestsWhileTheSourceIsBusy) {
  server_.Execute(
      "create table t (id int primary key, v text); insert into t select i, repeat('v', 200) from "
      "generate_series(1, 60000) i",
      source_);
  std::vector<std::thread> others;
  for (int i = 0; i < 3; ++i) {
    others.emplace_back([&] { server_.Execute("select pg_sleep(7)", source_); });
  }
  const TransloadRun run =
      Run({"--max-load", "2", "--partition-size", "1MB", "--max-rate", "4MB/s", "-j", "1"});
  for (std::thread& other : others) other.join();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("--max-load allows 2: reading rests"));
  EXPECT_THAT(run.err, HasSubstr("reading goes on"));
}

TEST_F(PostgresSelection, TellsOfPartsThatNeedATableThatIsLeftOut) {
  server_.Execute(
      "create schema a; create table a.allowed (id int primary key); create table a.t (id int "
      "primary key); insert into a.t values (1); alter table a.t enable row level security; create "
      "policy mine on a.t using (exists (select from a.allowed)); create rule noted as on insert "
      "to "
      "a.t do also insert into a.allowed values (new.id); create index on a.allowed (id)",
      source_);
  const TransloadRun run = Run({"--exclude", "a.allowed"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("policy a.t mine: needs a table that is left out"),
                             HasSubstr("rule a.t noted: needs a table that is left out"),
                             HasSubstr("not migrated (2)")));
}

TEST_F(PostgresSelection, NamesWhatATableNeedsThatIsLeftOut) {
  server_.Execute(
      "create schema a; create table a.base (id int); create table a.child (v int) inherits "
      "(a.base); insert into a.child values (1, 2)",
      source_);
  const TransloadRun run = Run({"--exclude", "a.base"});
  EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("table a.child needs table a.base, which is left out"));
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
  // With one lane: another one may just get through its commit before the process is dead.
  const TransloadRun killed =
      Run({"--data-only", "-j", "1"}, {{"TRANSLOAD_FAULT", "partition-uncommitted:1:kill"}});
  ASSERT_EQ(killed.exit_code, 128 + SIGKILL) << killed.out << killed.err;
  EXPECT_NE(TargetSchema(), before);
  EXPECT_EQ(RunTransload({"undo", server_.Url(target_), "--force"}).exit_code, 0);
  EXPECT_EQ(TargetSchema(), before);
  const TransloadRun run = Run({"--data-only"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(TargetSchema(), before);
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

}  // namespace
}  // namespace transload
