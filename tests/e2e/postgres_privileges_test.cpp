// PostgreSQL to PostgreSQL where the login may not read everything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/conformance/transload_run.h"
#include "tests/e2e/postgres_pair.h"
#include "tests/rig/shared_servers.h"

namespace transload {
namespace {

using testing::HasSubstr;

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

}  // namespace
}  // namespace transload
