// What undo takes back, and puts back, of a run between PostgreSQL servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/postgres_pair.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using PostgresUndo = PostgresPair;

TEST_F(PostgresUndo, DropsWhatNeedsOneAnother) {
  server_.Execute(
      "create schema a; create table a.t (id int primary key, v int);"
      "create function a.may(a.t) returns boolean language sql as 'select true';"
      "create function a.next(a.t) returns int language sql as 'select 1';"
      "create function a.touch() returns trigger language plpgsql as 'begin return new; end';"
      "alter table a.t alter v set default a.next(null);"
      "create policy mine on a.t using (a.may(t));"
      "create trigger touched before update on a.t for each row when (a.may(new)) execute function "
      "a.touch(); create rule seen as on insert to a.t where a.may(new) do also select 1;"
      "create view a.ring as select 1 as n, 'x'::text collate \"C\" as \"odd \"\"name\";"
      "create function a.of_ring() returns setof a.ring language sql as $$ select 1, 'x'::text $$;"
      "create or replace view a.ring as select n, \"odd \"\"name\" from a.of_ring()",
      source_);
  const std::string before = TargetSchema();
  const TransloadRun run = Run();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  ExpectSameSchemas();
  UndoesTo(before);
}

TEST_F(PostgresUndo, PutsBackWhatWasSaidAndGrantedBefore) {
  MakeRole("pgs_app");
  MakeRole("pgs_read");
  server_.Execute(
      "create table t (id int primary key); create schema mine; comment on schema public is 'of "
      "the ''source'''; grant create on schema public to pgs_app; revoke usage on schema public "
      "from public; alter schema public owner to pgs_app;"
      "alter default privileges grant select on tables to pgs_read with grant option;"
      "alter default privileges for role pgs_app revoke execute on functions from public;"
      "alter default privileges for role pgs_app in schema public grant usage on sequences to "
      "pgs_read; alter default privileges in schema mine grant usage on types to pgs_app",
      source_);
  server_.Execute(
      "comment on schema public is 'of the target'; grant create on schema public to pgs_read;"
      "alter default privileges grant select, insert on tables to pgs_read;"
      "alter default privileges for role pgs_app in schema public grant select on sequences to "
      "pgs_read",
      target_);
  const std::string before = TargetSchema();
  const TransloadRun run = Run();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_NE(TargetSchema(), before);
  const TransloadRun undo = UndoesTo(before);
  EXPECT_THAT(undo.out, AllOf(HasSubstr("comment SCHEMA public: put back as it was"),
                              HasSubstr("owner public: put back"),
                              HasSubstr("DEFAULT PRIVILEGES FOR TABLES: put back as it was"),
                              Not(HasSubstr("could not"))));
}

TEST_F(PostgresUndo, TakesBackWhatWasGrantedOnAnExtensionThatStood) {
  MakeRole("pgs_read");
  server_.Execute(
      "create extension hstore; create table t (id int primary key); grant execute on function "
      "akeys(hstore) to pgs_read with grant option; revoke execute on function avals(hstore) from "
      "public; grant select (rolname) on pg_catalog.pg_authid to pgs_read",
      source_);
  server_.Execute("create extension hstore", target_);
  const std::string before = TargetSchema();
  const TransloadRun run = Run();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  const std::string granted =
      "select has_function_privilege('pgs_read', 'akeys(hstore)', 'execute with grant option') || "
      "' ' || has_function_privilege('pgs_read', 'avals(hstore)', 'execute') || ' ' || "
      "has_column_privilege('pgs_read', 'pg_authid', 'rolname', 'select')";
  EXPECT_EQ(Value(granted), "true false true");
  const TransloadRun undo = UndoesTo(before);
  EXPECT_EQ(Value(granted), "false true false");
  EXPECT_THAT(undo.out, AllOf(HasSubstr("put back as it was"), Not(HasSubstr("could not"))));
}

// Each needs the other, so that only CASCADE drops them.
void UndoesTypes(rig::PostgresServer& server, const std::string& bin_dir) {
  const std::string source = rig::FreshDatabase(server);
  const std::string target = rig::FreshDatabase(server);
  server.Execute(
      "create type base; create function base_in(cstring) returns base language internal immutable "
      "strict as 'int4in'; create function base_out(base) returns cstring language internal "
      "immutable strict as 'int4out'; create type base (input = base_in, output = base_out, like = "
      "int4); create type span; create function tidy(span) returns span language internal "
      "immutable strict as 'int4range_canonical'; create type span as range (subtype = int4, "
      "canonical = tidy); create table t (id int primary key, b base, s span, m span[]); create "
      "domain d as base; create cast (int4 as base) without function; "
      "insert into t values (1, '5', span(1, 9), array[span(2, 3)])",
      source);
  const auto schema = [&] { return SchemaOf(server, target, bin_dir); };
  const std::string before = schema();
  const TransloadRun run =
      RunTransload({"run", server.Url(source), server.Url(target), "--pg-bin", bin_dir});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(SchemaOf(server, source, bin_dir), schema());
  server.Execute("create function theirs(base) returns int language sql as 'select 1'", target);
  const TransloadRun refused = RunTransload({"undo", server.Url(target)});
  EXPECT_EQ(refused.exit_code, 3) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("theirs(public.base)"));
  EXPECT_EQ(server.QueryValue("select b from t", target), "5");
  server.Execute("drop function theirs", target);
  const TransloadRun undo = RunTransload({"undo", server.Url(target)});
  EXPECT_EQ(undo.exit_code, 0) << undo.out << undo.err;
  EXPECT_THAT(undo.out, HasSubstr("function public.base_in"));
  EXPECT_EQ(schema(), before);
}

TEST(PostgresUndoOfTypes, TakesTheirFunctionsAlong) {
  UndoesTypes(rig::SharedPostgres(), kDebianBin);
}

// Which asks otherwise what has become of an object that is gone.
TEST(PostgresUndoOfTypesMatrix, TakesTheirFunctionsAlongInVersion13) {
  UndoesTypes(rig::SharedPostgres("13"), rig::ServerCache() + "/postgres-client-18/bin");
}

}  // namespace
}  // namespace transload
