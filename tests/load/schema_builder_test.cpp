#include "load/schema_builder.h"

#include <gmock/gmock.h>

#include "load/pg_archive_objects.h"
#include "tests/load/target_fixture.h"

namespace transload {
namespace {

ColumnPlan Column(const std::string& name, PgKind kind) {
  ColumnPlan column;
  column.name = name;
  column.type.kind = kind;
  return column;
}

TablePlan Table(const std::string& name) {
  TablePlan table;
  table.schema = "public";
  table.name = name;
  table.columns = {Column("id", PgKind::kInt4), Column("parent", PgKind::kInt4)};
  table.columns[0].identity = table.columns[0].not_null = true;
  return table;
}

IndexPlan Primary(const TablePlan& table) {
  IndexPlan index;
  index.name = table.name + "_pkey";
  index.primary = index.unique = index.constraint = true;
  index.parts = {{"\"id\"", false, "", ""}};
  return index;
}

std::string NextOf(const TargetFixture& target) {
  return target.Value("insert into t default values returning id");
}

void Builds(const std::string& version) {
  TargetFixture target(version);
  Ledger ledger = target.BeginRun();
  SchemaBuilder builder(target.options, "r1");
  TablePlan table = Table("t");
  table.types = {{"public", "mood", {"it's", "b"}}};
  table.columns.push_back(Column("mood", PgKind::kEnum));
  table.columns.back().type.name = "\"public\".\"mood\"";
  table.columns.push_back(Column("doc", PgKind::kJson));
  table.columns.push_back(Column("at", PgKind::kTimestamp));
  table.comment = "it's \"t\"";
  EXPECT_TRUE(builder.CreateTable(table).ok);
  EXPECT_TRUE(builder.CreateIndex(table, Primary(table)).ok);
  TouchTriggerPlan touch{"t_touch", "t_touch", "at", "LOCALTIMESTAMP(3)"};
  EXPECT_TRUE(builder.CreateTouchTrigger(table, touch).ok);
  table.indexes = {Primary(table), Primary(Table("nowhere"))};
  table.indexes[0].comment = table.indexes[1].comment = "key";
  EXPECT_TRUE(builder.Comment(table).ok);
  EXPECT_TRUE(builder.RestoreAutovacuum(table).ok);
  EXPECT_TRUE(builder.Analyze(table, true).ok);
  EXPECT_EQ(target.Value("select reloptions is null from pg_class where relname = 't'"), "t");
  target.Sql("insert into t (parent, doc) values (1, '{}'); update t set parent = 2");
  EXPECT_EQ(target.Value("select at is not null from t"), "t");
  // Made once, by this run: asked for again, it stays as it is.
  EXPECT_TRUE(builder.CreateTable(table).ok);
  EXPECT_EQ(target.Value("select count(*) from t"), "1");
  // Somebody else's table of that name: the failure is its own.
  target.Sql("create table theirs (n int)");
  EXPECT_FALSE(builder.CreateTable(Table("theirs")).ok);
  EXPECT_TRUE(builder.CreateTable(Table("u")).ok);
}

TEST(SchemaBuilder, BuildsTablesAndKeepsFailuresApart) { Builds(""); }
TEST(SchemaBuilderMatrix, BuildsOnPostgres10) { Builds("10"); }
TEST(SchemaBuilderMatrix, BuildsOnPostgres13) { Builds("13"); }
TEST(SchemaBuilderMatrix, BuildsOnPostgres17) { Builds("17"); }
TEST(SchemaBuilderMatrix, BuildsOnPostgres18) { Builds("18"); }

// How the pages of an index were compressed in the log.
std::string LogCompression(bool tune) {
  TargetFixture target;
  target.BeginRun();
  target.Sql(
      "create table seen (setting text); create function look() returns event_trigger "
      "language plpgsql as $$ begin insert into public.seen "
      "values (current_setting('wal_compression')); end $$; create event trigger look "
      "on ddl_command_end when tag in ('CREATE INDEX', 'ALTER TABLE') execute function look();"
      "alter database " +
      target.database + " set wal_compression = on");
  target.options.tune = tune;
  SchemaBuilder builder(target.options, "r1");
  TablePlan table = Table("t");
  EXPECT_TRUE(builder.CreateTable(table).ok);
  EXPECT_TRUE(builder.CreateIndex(table, Primary(table)).ok);
  return target.Value("select string_agg(distinct setting, ', ') from seen");
}

TEST(SchemaBuilder, CompressesTheLogOfIndexesByLz4WhereItMayTune) {
  EXPECT_EQ(LogCompression(false), "pglz");
  EXPECT_EQ(LogCompression(true), "lz4");
}

TEST(SchemaBuilder, CountsAndShowsOrphans) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  SchemaBuilder builder(target.options, "r1");
  TablePlan table = Table("t");
  ASSERT_TRUE(builder.CreateTable(table).ok);
  ASSERT_TRUE(builder.CreateIndex(table, Primary(table)).ok);
  target.Sql("insert into t (id, parent) values (1, null), (2, 1), (3, 77), (4, 78)");
  ForeignKeyPlan key;
  key.name = "t_parent_fkey";
  key.columns = {"parent"};
  key.parent_schema = "public";
  key.parent_table = "t";
  key.parent_columns = {"id"};
  key.on_delete = "CASCADE";
  ASSERT_TRUE(builder.AddForeignKey(table, key).ok);
  ObjectOutcome outcome = builder.ValidateForeignKey(table, key);
  EXPECT_FALSE(outcome.ok);
  EXPECT_THAT(outcome.error, testing::HasSubstr("public.t: 2; the key stays NOT VALID"));
  EXPECT_EQ(target.Value("select count(*) from (" + outcome.hint + ") x"), "2");
  // One entry besides the one that undo drops it by, with what the user is to know.
  builder.ValidateForeignKey(table, key);
  EXPECT_EQ(target.Value("select string_agg(action, ',' order by id) from transload.object where "
                         "kind = 'foreign key'"),
            "created,unvalidated");
  EXPECT_THAT(target.Value("select detail from transload.object where action = 'unvalidated'"),
              testing::AllOf(testing::HasSubstr("public.t: 2; the key stays NOT VALID: "),
                             testing::HasSubstr(outcome.hint)));
  EXPECT_EQ(target.Value("select convalidated from pg_constraint where conname = 't_parent_fkey'"),
            "f");
  target.Sql("delete from t where id > 2");
  EXPECT_TRUE(builder.ValidateForeignKey(table, key).ok);
  EXPECT_EQ(target.Value("select count(*) from transload.object where action = 'unvalidated'"),
            "0");
}

TEST(SchemaBuilder, ShowsTheRowsThatClashAndRecordsThemOnce) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  SchemaBuilder builder(target.options, "r1");
  const TablePlan table = Table("t");
  ASSERT_TRUE(builder.CreateTable(table).ok);
  target.Sql("insert into t (id, parent) values (1, 1), (1, 2), (3, 3)");
  ObjectOutcome outcome = builder.CreateIndex(table, Primary(table));
  EXPECT_FALSE(outcome.ok);
  EXPECT_THAT(outcome.error, testing::HasSubstr("Key (id)=(1) is duplicated"));
  EXPECT_THAT(outcome.error, testing::HasSubstr("--reload"));
  const std::size_t query = outcome.error.find("SELECT * FROM");
  ASSERT_NE(query, std::string::npos);
  EXPECT_EQ(target.Value("select count(*) from (" +
                         outcome.error.substr(query, outcome.error.rfind("; ") - query) + ") x"),
            "2");
  // The next start of the run tries it, and fails, again.
  EXPECT_FALSE(builder.CreateIndex(table, Primary(table)).ok);
  EXPECT_EQ(target.Value("select count(*) from transload.object where action = 'failed'"), "1");
}

TEST(SchemaBuilder, HandsOutTheNextValueOfTheSource) {
  for (const auto& [next, rows, expected] :
       {std::tuple("1", "", "1"), std::tuple("1000", "", "1000"), std::tuple("5", "(7)", "8"),
        std::tuple("", "(-3)", "1"), std::tuple("2147483647", "(9)", "2147483647")}) {
    TargetFixture target;
    Ledger ledger = target.BeginRun();
    SchemaBuilder builder(target.options, "r1");
    TablePlan table = Table("t");
    ASSERT_TRUE(builder.CreateTable(table).ok);
    if (*rows) target.Sql(std::string("insert into t (id) values ") + rows);
    ObjectOutcome outcome = builder.SetIdentityNext(table, next, /*forward_only=*/false);
    EXPECT_TRUE(outcome.ok) << outcome.error;
    EXPECT_EQ(outcome.hint, "");
    EXPECT_EQ(NextOf(target), expected) << next << " " << rows;
  }
}

TEST(SchemaBuilder, LeavesAnExhaustedSequenceExhausted) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  SchemaBuilder builder(target.options, "r1");
  TablePlan table = Table("t");
  ASSERT_TRUE(builder.CreateTable(table).ok);
  ObjectOutcome outcome = builder.SetIdentityNext(table, "18446744073709551615", false);
  EXPECT_TRUE(outcome.ok) << outcome.error;
  EXPECT_THAT(outcome.hint, testing::HasSubstr("no value left"));
  EXPECT_ANY_THROW(NextOf(target));
}

TEST(SchemaBuilder, MakesForeignKeysAgainWithTheirFlags) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.Sql(
      "create table p (id int primary key); create table c (p int constraint k references p "
      "on delete cascade deferrable initially deferred)");
  const std::string flags =
      "select pg_get_constraintdef(oid) from pg_constraint where "
      "conname = 'k'";
  const std::string before = target.Value(flags);
  TablePlan parent = Table("p");
  {
    SchemaBuilder builder(target.options, "r1");
    ASSERT_EQ(builder.DropForeignKeys({&parent}).size(), 1u);
    EXPECT_EQ(target.Value("select count(*) from pg_constraint where conname = 'k'"), "0");
  }
  SchemaBuilder later(target.options, "r1");
  EXPECT_TRUE(later.RecreateForeignKeys().at(0).ok);
  EXPECT_EQ(target.Value(flags), before);
}

TEST(SchemaBuilder, MakesTablesAsWideAsPostgresAllows) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  SchemaBuilder builder(target.options, "r1");
  TablePlan table = Table("t");
  for (int i = 2; i < 1600; ++i) {
    table.columns.push_back(Column("c" + std::to_string(i), PgKind::kInt4));
  }
  EXPECT_TRUE(builder.CreateTable(table).ok);
  table.name = "wider";
  table.columns.push_back(Column("one too many", PgKind::kInt4));
  EXPECT_FALSE(builder.CreateTable(table).ok);
}

ArchiveObject FromArchive(const std::string& kind, const std::string& name, const std::string& sql,
                          const std::string& address_type, const std::string& address_names) {
  ArchiveObject object;
  object.kind = kind;
  object.schema = "public";
  object.name = name;
  object.label = "public." + name;
  object.sql = sql;
  object.address_type = address_type;
  object.address_names = address_names;
  object.address_args = "{}";
  object.fingerprint = "f";
  return object;
}

const char* const kObjects =
    "select string_agg(concat_ws(' ', kind, name, action, detail, oid <> 0), ', ' order by id) "
    "from transload.object";

void MakesTogether(const std::string& version) {
  const std::vector<ArchiveObject> objects = {
      FromArchive("table", "it's", "CREATE TABLE public.\"it's\" (n int);", "table",
                  R"({public,it's})"),
      FromArchive("default", "it's n", "ALTER TABLE ONLY public.\"it's\" ALTER n SET DEFAULT 1;",
                  "default value", R"({public,it's,n})"),
      FromArchive("comment", "TABLE it's", "COMMENT ON TABLE public.\"it's\" IS 'a;b';", "", "{}")};
  TargetFixture one_by_one(version);
  Ledger first_ledger = one_by_one.BeginRun();
  SchemaBuilder first(one_by_one.options, "r1");
  for (const ArchiveObject& object : objects) EXPECT_TRUE(first.CreateFromArchive(object).ok);

  TargetFixture target(version);
  Ledger ledger = target.BeginRun();
  SchemaBuilder builder(target.options, "r1");
  EXPECT_TRUE(builder.CreateTogetherFromArchive(objects));
  EXPECT_EQ(target.Value(kObjects), one_by_one.Value(kObjects));
  EXPECT_EQ(target.Value("insert into \"it's\" default values returning n"), "1");
}

TEST(SchemaBuilder, RecordsWhatIsMadeTogetherAsIfMadeAlone) { MakesTogether(""); }
TEST(SchemaBuilderMatrix, MakesTogetherOnPostgres10) { MakesTogether("10"); }

TEST(SchemaBuilder, MakesNothingTogetherWhereOneFails) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  SchemaBuilder builder(target.options, "r1");
  const ArchiveObject table =
      FromArchive("table", "t", "CREATE TABLE public.t (n int);", "table", "{public,t}");
  const ArchiveObject view = FromArchive(
      "view", "v", "CREATE VIEW public.v AS SELECT * FROM public.u;", "view", "{public,v}");
  EXPECT_FALSE(builder.CreateTogetherFromArchive({table, view}));
  EXPECT_EQ(target.Value("select count(*) from transload.object"), "0");
  EXPECT_EQ(target.Value("select to_regclass('public.t') is null"), "t");
  // Alone the one is made, and the other's failure is kept until the run forgets it.
  EXPECT_TRUE(builder.CreateFromArchive(table).ok);
  EXPECT_FALSE(builder.CreateFromArchive(view).ok);
  target.Sql("create table u (n int)");
  const ArchiveObject other = FromArchive(
      "view", "w", "CREATE VIEW public.w AS SELECT * FROM public.t;", "view", "{public,w}");
  EXPECT_TRUE(builder.CreateTogetherFromArchive({view, other}));
  EXPECT_EQ(target.Value("select string_agg(name || ' ' || action, ', ' order by id) from "
                         "transload.object"),
            "t created, public.v failed, v created, w created");
}

}  // namespace
}  // namespace transload
