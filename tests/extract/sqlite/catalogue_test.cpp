#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/extract/sqlite/test_database.h"

namespace transload::sqlite {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SqliteCatalogue, TellsRowidAliasesFromOtherPrimaryKeys) {
  const TestDatabase database(R"(
    CREATE TABLE alias(id INTEGER PRIMARY KEY, a);
    CREATE TABLE alias_desc(id INTEGER, a, PRIMARY KEY(id DESC));
    CREATE TABLE no_alias_desc(id INTEGER PRIMARY KEY DESC, a);
    CREATE TABLE no_alias_int(id INT PRIMARY KEY, a);
    CREATE TABLE no_alias_pair(id INTEGER, a INTEGER, PRIMARY KEY(id, a));
    CREATE TABLE clustered(id INTEGER PRIMARY KEY, a) WITHOUT ROWID;
    INSERT INTO no_alias_int VALUES (NULL, 1), (NULL, 2), (3, 3);
    INSERT INTO no_alias_desc VALUES (NULL, 1);
    INSERT INTO alias VALUES (7, 1);)");
  const SourceCatalogue catalogue = database.Open()->ReadCatalogue();
  const auto identity = [&](const char* name) {
    return TableOf(catalogue, name).columns[0].auto_increment;
  };
  EXPECT_TRUE(identity("alias"));
  EXPECT_TRUE(identity("alias_desc"));
  EXPECT_FALSE(identity("no_alias_desc"));
  EXPECT_FALSE(identity("no_alias_int"));
  EXPECT_FALSE(identity("no_alias_pair"));
  EXPECT_FALSE(identity("clustered"));
  EXPECT_EQ(TableOf(catalogue, "alias").next_auto_value, "8");
  EXPECT_EQ(TableOf(catalogue, "alias_desc").next_auto_value, "1");
  EXPECT_EQ(TableOf(catalogue, "no_alias_int").next_auto_value, "");
  EXPECT_EQ(TableOf(catalogue, "alias").PrimaryKey()->name, "alias_pkey");
  EXPECT_FALSE(TableOf(catalogue, "alias").columns[0].nullable);
  EXPECT_TRUE(TableOf(catalogue, "no_alias_pair").columns[0].nullable);
  EXPECT_FALSE(TableOf(catalogue, "clustered").columns[0].nullable);
  EXPECT_EQ(TableOf(catalogue, "clustered").engine, "WITHOUT ROWID");
}

TEST(SqliteCatalogue, MakesAPrimaryKeyWithNullsUnique) {
  const TestDatabase database(R"(
    CREATE TABLE t(id INT PRIMARY KEY, a);
    INSERT INTO t VALUES (NULL, 1), (NULL, 2), (3, 3);)");
  const SourceCatalogue catalogue = database.Open()->ReadCatalogue();
  EXPECT_EQ(TableOf(catalogue, "t").PrimaryKey(), nullptr);
  ASSERT_EQ(TableOf(catalogue, "t").indexes.size(), 1u);
  EXPECT_EQ(TableOf(catalogue, "t").indexes[0].kind, IndexKind::kUnique);
  EXPECT_THAT(catalogue.notes, Contains(HasSubstr("NULL in 2 rows")));
}

TEST(SqliteCatalogue, KnowsTheNextValueOfAutoincrement) {
  const TestDatabase database(R"(
    CREATE TABLE used(id INTEGER PRIMARY KEY AUTOINCREMENT);
    INSERT INTO used VALUES (100); DELETE FROM used;
    CREATE TABLE never(id INTEGER PRIMARY KEY AUTOINCREMENT);
    CREATE TABLE full(id INTEGER PRIMARY KEY AUTOINCREMENT);
    INSERT INTO full VALUES (9223372036854775807);
    CREATE TABLE negative(id INTEGER PRIMARY KEY);
    INSERT INTO negative VALUES (-5);)");
  const SourceCatalogue catalogue = database.Open()->ReadCatalogue();
  EXPECT_EQ(TableOf(catalogue, "used").next_auto_value, "101");
  EXPECT_EQ(TableOf(catalogue, "never").next_auto_value, "1");
  EXPECT_EQ(TableOf(catalogue, "full").next_auto_value, "9223372036854775808");
  EXPECT_EQ(TableOf(catalogue, "negative").next_auto_value, "1");
  EXPECT_EQ(catalogue.tables.size(), 4u);  // sqlite_sequence is not one
}

TEST(SqliteCatalogue, ReadsWhatOnlyTheSqlTells) {
  const TestDatabase database(R"(
    CREATE TABLE t(a INTEGER NOT NULL DEFAULT 5 CHECK (a > 0), b TEXT DEFAULT "abc" COLLATE NOCASE,
      c TEXT DEFAULT CURRENT_TIMESTAMP, v INT GENERATED ALWAYS AS (a * 2) VIRTUAL,
      s AS (b || 'x') STORED);
    CREATE TABLE strict_one(a ANY, b INT NOT NULL) STRICT;
    CREATE UNIQUE INDEX lowered ON t(lower(b), a DESC) WHERE a > 10;
    CREATE INDEX collated ON t(b COLLATE RTRIM);)");
  const SourceCatalogue catalogue = database.Open()->ReadCatalogue();
  const SourceTable& t = TableOf(catalogue, "t");
  ASSERT_EQ(t.columns.size(), 5u);
  EXPECT_FALSE(t.columns[0].nullable);
  EXPECT_EQ(t.columns[0].default_value, (SourceDefault{"5", false}));
  EXPECT_EQ(t.columns[1].default_value, (SourceDefault{"abc", false}));
  EXPECT_EQ(t.columns[1].collation, "NOCASE");
  EXPECT_EQ(t.columns[2].default_value, (SourceDefault{"CURRENT_TIMESTAMP", true}));
  EXPECT_EQ(t.columns[3].generation_expression, "a * 2");
  EXPECT_EQ(t.columns[3].full_type, "INT");
  EXPECT_FALSE(t.columns[3].generated_stored);
  EXPECT_EQ(t.columns[4].generation_expression, "b || 'x'");
  EXPECT_EQ(t.columns[4].full_type, "");
  EXPECT_TRUE(t.columns[4].generated_stored);
  ASSERT_EQ(t.checks.size(), 1u);
  EXPECT_EQ(t.checks[0].expression, "a > 0");
  EXPECT_EQ(TableOf(catalogue, "strict_one").engine, "STRICT");
  ASSERT_EQ(t.indexes.size(), 2u);
  EXPECT_EQ(t.indexes[0].name, "lowered");
  EXPECT_EQ(t.indexes[0].parts[0].expression, "lower(b)");
  EXPECT_TRUE(t.indexes[0].parts[1].descending);
  EXPECT_EQ(t.indexes[0].predicate, "a > 10");
  EXPECT_EQ(t.indexes[1].parts[0].collation, "RTRIM");
}

TEST(SqliteCatalogue, ListsWhatIsNotCarriedOver) {
  const TestDatabase database(R"(
    CREATE TABLE t(a);
    CREATE VIEW v AS SELECT a FROM t;
    CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;
    CREATE VIRTUAL TABLE words USING fts5(body);
    CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);)");
  const SourceCatalogue catalogue = database.Open()->ReadCatalogue();
  ASSERT_EQ(catalogue.tables.size(), 1u);
  std::map<std::string, int> kinds;
  for (const NotMigrated& other : catalogue.not_migrated) {
    ++kinds[other.kind];
    EXPECT_THAT(other.definition, HasSubstr("CREATE")) << other.name;
  }
  EXPECT_EQ(kinds["view"], 1);
  EXPECT_EQ(kinds["trigger"], 1);
  EXPECT_EQ(kinds["virtual table"], 2);
  EXPECT_GE(kinds["shadow table"], 5);
}

TEST(SqliteCatalogue, LeavesOutWhatOnlyTheApplicationCanComputeOrCompare) {
  TestDatabase database;
  database.DefineApplication();
  database.Execute(R"(
    CREATE TABLE computed(id INTEGER PRIMARY KEY, a INT CHECK (app(a) > 0),
      v INT AS (app(a)) VIRTUAL REFERENCES parent(id), s INT AS (app(a)) STORED);
    CREATE INDEX on_v ON computed(a, v);
    CREATE INDEX on_s ON computed(s);
    CREATE INDEX on_call ON computed(app(a)) WHERE app(a) > 1;
    INSERT INTO computed(id, a) VALUES (1, 2), (2, 3);
    CREATE TABLE parent(id INTEGER PRIMARY KEY);
    CREATE TABLE named(t TEXT COLLATE APP PRIMARY KEY);
    INSERT INTO named VALUES ('a'), (NULL), ('b');
    CREATE TABLE child(p INT REFERENCES parent(id), t TEXT REFERENCES named(t));
    INSERT INTO child VALUES (9, 'b'), (9, 'a');
    CREATE VIEW seen AS SELECT app(a) FROM computed ORDER BY 1 COLLATE APP;
    CREATE TABLE other(id INTEGER PRIMARY KEY);)");
  database.Close();
  const auto source = database.Open();
  source->TakeSnapshot(Readers(2, 0));
  const SourceCatalogue catalogue = source->ReadCatalogue();
  EXPECT_EQ(catalogue.tables.size(), 5u);
  const SourceTable& computed = TableOf(catalogue, "computed");
  EXPECT_EQ(computed.FindColumn("v"), nullptr);
  EXPECT_THAT(ReadAll(*source, computed),
              ElementsAre(ElementsAre("i:1", "i:2", "i:4"), ElementsAre("i:2", "i:3", "i:6")));
  EXPECT_EQ(computed.indexes.size(), 3u);  // with the primary key
  EXPECT_TRUE(computed.foreign_keys.empty());
  std::vector<std::string> left_out;
  for (const NotMigrated& entry : catalogue.not_migrated) {
    left_out.push_back(fmt::format("{} {}: {}", entry.kind, entry.name, entry.reason));
  }
  EXPECT_THAT(left_out, Contains(HasSubstr("generated column computed.v: SQLite cannot compute")));
  EXPECT_THAT(left_out, Contains(HasSubstr("index computed.on_v: a column")));
  EXPECT_THAT(left_out, Contains(HasSubstr("foreign key computed(v): a column")));
  EXPECT_EQ(TableOf(catalogue, "named").estimated_rows, 3u);
  EXPECT_THAT(catalogue.notes, Contains(HasSubstr("child: SQLite cannot check its foreign keys")));
}

TEST(SqliteCatalogue, CompletesForeignKeysAndNamesOrphans) {
  const TestDatabase database(R"(
    CREATE TABLE Parent(Id INTEGER PRIMARY KEY, a, b, UNIQUE(a, b));
    CREATE TABLE child(id INTEGER PRIMARY KEY, p REFERENCES parent ON DELETE CASCADE,
      boss INT REFERENCES child(ID), x, y, gone INT REFERENCES nowhere(id),
      CONSTRAINT pair FOREIGN KEY (x, y) REFERENCES parent(A, B) DEFERRABLE INITIALLY DEFERRED);
    INSERT INTO parent VALUES (1, 1, 1);
    INSERT INTO child(id, p) VALUES (1, 1), (17, 99), (18, 98);)");
  const SourceCatalogue catalogue = database.Open()->ReadCatalogue();
  const SourceTable& child = TableOf(catalogue, "child");
  ASSERT_EQ(child.foreign_keys.size(), 3u);
  EXPECT_EQ(child.foreign_keys[0].parent_table, "Parent");
  EXPECT_THAT(child.foreign_keys[0].parent_columns, ElementsAre("Id"));
  EXPECT_EQ(child.foreign_keys[0].on_delete, "CASCADE");
  EXPECT_THAT(child.foreign_keys[1].parent_columns, ElementsAre("id"));
  EXPECT_EQ(child.foreign_keys[2].name, "pair");
  EXPECT_THAT(child.foreign_keys[2].parent_columns, ElementsAre("a", "b"));
  EXPECT_TRUE(child.foreign_keys[2].initially_deferred);
  EXPECT_THAT(catalogue.notes, Contains(HasSubstr(": 2, rowid 17, 18")));
  ASSERT_EQ(catalogue.not_migrated.size(), 1u);
  EXPECT_THAT(catalogue.not_migrated[0].reason, HasSubstr("nowhere does not exist"));
}

}  // namespace
}  // namespace transload::sqlite
