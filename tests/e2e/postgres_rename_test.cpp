// --rename-schema for whole migrations between PostgreSQL servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/postgres_pair.h"

namespace transload {
namespace {

using testing::HasSubstr;

class PostgresRename : public PostgresPair {
 protected:
  std::string Schemas() const {
    return Value(
        "select coalesce(string_agg(nspname, ' ' order by nspname), '') from pg_namespace where "
        "nspname !~ '^pg_' and nspname not in ('information_schema', 'transload')");
  }
};

constexpr char kSmall[] =
    "create schema a; create schema kept; create table kept.k (id int primary key);"
    "create type a.mood as enum ('ok', 'sad');"
    "create table a.p (id serial primary key, m a.mood default 'ok');"
    "create table a.c (id int primary key, p int references a.p, k int references kept.k, "
    "check (id > 0)); create index on a.c (p); create view a.v as select * from a.p;"
    "create function a.size() returns bigint language sql as 'select count(*) from a.p';"
    "create function a.plain() returns int language sql as 'select 1';"
    "insert into kept.k values (1); insert into a.p (m) select 'sad' from generate_series(1, 500);"
    "insert into a.c select i, i, 1 from generate_series(1, 300) i";

TEST_F(PostgresRename, MovesEverythingUnderTheNewName) {
  server_.Execute(
      "do $$ begin create role pgs_app; exception when duplicate_object then null; "
      "end $$");
  server_.Execute(rig::Slurp(TRANSLOAD_E2E "/postgres_features.sql"), source_);
  const std::vector<std::string> words = {"--rename-schema", "app=shop", "--rename-schema",
                                          "Odd Schema=Even \"Schema"};
  const TransloadRun run = Run(words);
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select count(*) from shop.orders"), "20000");
  EXPECT_EQ(Schemas(), "Even \"Schema public shop");
  EXPECT_EQ(Run(words).exit_code, 3);
  // Values that name tables show by their new names now.
  std::vector<std::string> verify = {"verify", server_.Url(source_), server_.Url(target_)};
  verify.insert(verify.end(), words.begin(), words.end());
  verify.insert(verify.end(), {"--exclude", "app.odd"});
  const TransloadRun verified = RunTransload(verify);
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  server_.Execute(
      "alter schema shop rename to app; alter schema \"Even \"\"Schema\" rename to "
      "\"Odd Schema\"",
      target_);
  ExpectSameSchemas();
  const TransloadRun undo = RunTransload({"undo", server_.Url(target_), "--force"});
  ASSERT_EQ(undo.exit_code, 0) << undo.out << undo.err;
  EXPECT_EQ(Schemas(), "public");
}

TEST_F(PostgresRename, SaysWhichFunctionsStillNameTheOldOne) {
  server_.Execute(kSmall, source_);
  const TransloadRun run = Run({"--rename-schema", "a=b"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("still names it as it was: b.size()\n"));
  EXPECT_EQ(Schemas(), "b kept public");
  EXPECT_EQ(Value("insert into b.p (m) values ('ok') returning id"), "501");
  EXPECT_EQ(RunTransload({"undo", server_.Url(target_)}).exit_code, 3) << "a row is not the run's";
}

TEST_F(PostgresRename, MovesPublicOutOfTheWay) {
  server_.Execute("create table t (id int primary key); insert into t values (1), (2)", source_);
  server_.Execute("grant create on schema public to public; comment on schema public is 'mine'",
                  target_);
  const TransloadRun run = Run({"--rename-schema", "public=shop"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select count(*) from shop.t"), "2");
  EXPECT_EQ(Value("select has_schema_privilege('public', 'public', 'create') || "
                  "obj_description('public'::regnamespace)"),
            "truemine");
  const TransloadRun undo = RunTransload({"undo", server_.Url(target_)});
  ASSERT_EQ(undo.exit_code, 0) << undo.out << undo.err;
  EXPECT_EQ(Schemas(), "public");
}

TEST_F(PostgresRename, GoesOnFromEveryPointOfAKill) {
  server_.Execute(kSmall, source_);
  for (const char* fault :
       {"table-committed:2:kill", "table-loaded:2:kill", "index-committed:1:kill",
        "verify-begun:1:kill", "schema-uncommitted:3:kill", "schema-committed:3:kill"}) {
    SCOPED_TRACE(fault);
    target_ = rig::FreshDatabase(server_);
    ASSERT_EQ(Run({"--rename-schema", "a=b"}, {{"TRANSLOAD_FAULT", fault}}).exit_code, kKilledExit);
    const TransloadRun again = Run({"--rename-schema", "a=b"});
    ASSERT_EQ(again.exit_code, 0) << again.out << again.err;
    EXPECT_THAT(again.err, HasSubstr("going on with run"));
    EXPECT_EQ(Schemas(), "b kept public");
    server_.Execute("alter schema b rename to a", target_);
    ExpectSameSchemas();
    EXPECT_EQ(Value("select count(*) || ' ' || count(distinct id) from a.c"), "300 300");
  }
}

TEST_F(PostgresRename, RefusesWhatStandsInTheWay) {
  server_.Execute(kSmall, source_);
  server_.Execute("create schema a; create schema b", target_);
  const TransloadRun both = Run({"--rename-schema", "a=b"});
  EXPECT_EQ(both.exit_code, 3);
  EXPECT_THAT(both.err, HasSubstr("the target has a schema b already"));
  EXPECT_THAT(both.err, HasSubstr("the target has a schema a of its own"));
  server_.Execute("drop schema a; drop schema b", target_);
  const TransloadRun taken = Run({"--rename-schema", "a=kept"});
  EXPECT_EQ(taken.exit_code, 3);
  EXPECT_THAT(taken.err, HasSubstr("the source has a schema kept too"));
  EXPECT_EQ(Schemas(), "public");
}

}  // namespace
}  // namespace transload
