// PostgreSQL to PostgreSQL through the executable: everything pg_dump carries arrives, whatever the
// two versions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tests/conformance/transload_run.h"
#include "tests/e2e/postgres_pair.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/programs.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/slurp.h"

namespace transload {
namespace {

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

TEST_F(PostgresPair, PlanTellsOfLargeObjects) {
  server_.Execute("create table t (id int primary key)", source_);
  const std::vector<std::string> plan = {"plan", server_.Url(source_), server_.Url(target_)};
  EXPECT_THAT(RunTransload(plan).out, Not(HasSubstr("large objects")));
  server_.Execute("select lo_from_bytea(0, 'abc'), lo_from_bytea(0, 'def')", source_);
  EXPECT_THAT(RunTransload(plan).out, HasSubstr("large objects: 2, moved over one"));
}

}  // namespace
}  // namespace transload
