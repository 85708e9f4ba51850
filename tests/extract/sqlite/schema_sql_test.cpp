#include "extract/sqlite/schema_sql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "extract/sqlite/declared_type.h"

namespace transload::sqlite {
namespace {

using ::testing::ElementsAre;

TEST(TableSql, FindsChecksNamesAndCollationsAmongEverythingElse) {
  const TableSql table = ParseTableSql(R"(CREATE TABLE "odd, (name" ( -- a comment, with (
    id INTEGER CONSTRAINT pk PRIMARY KEY AUTOINCREMENT,
    [a b] VARCHAR(10) COLLATE NOCASE DEFAULT 'it''s, (x' CHECK (length("a b") > 0 /* ) */),
    c DECIMAL(10,2) DEFAULT (1 + (2)) CONSTRAINT positive CHECK(c > 0),
    `d` INT GENERATED ALWAYS AS (id * 2) STORED,
    e INT REFERENCES p(x) ON DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT one UNIQUE (c, "a b") CHECK (c <> 5)
    CONSTRAINT fk FOREIGN KEY (c, e) REFERENCES q (y, z) NOT DEFERRABLE))");
  ASSERT_EQ(table.columns.size(), 5u);
  EXPECT_EQ(table.columns[1].name, "a b");
  EXPECT_EQ(table.columns[1].collation, "NOCASE");
  EXPECT_EQ(table.columns[3].generation_expression, "id * 2");
  ASSERT_EQ(table.checks.size(), 3u);
  EXPECT_EQ(table.checks[0].expression, R"(length("a b") > 0)");
  EXPECT_EQ(table.checks[1].name, "positive");
  EXPECT_EQ(table.checks[2].expression, "c <> 5");
  ASSERT_EQ(table.foreign_keys.size(), 2u);
  EXPECT_TRUE(table.foreign_keys[0].initially_deferred);
  EXPECT_EQ(table.foreign_keys[1].name, "fk");
  EXPECT_FALSE(table.foreign_keys[1].deferrable);
  ASSERT_EQ(table.keys.size(), 2u);
  EXPECT_EQ(table.keys[0].name, "pk");
  EXPECT_THAT(table.keys[1].columns, ElementsAre("c", "a b"));
}

TEST(TableSql, SurvivesTextThatIsCutOff) {
  const std::string whole =
      "CREATE TABLE t(a INT CHECK(a > 0), b TEXT DEFAULT 'x', CONSTRAINT c FOREIGN KEY(a) "
      "REFERENCES p(x) DEFERRABLE INITIALLY DEFERRED, d AS (a || \"b\") STORED)";
  for (std::size_t size = 0; size <= whole.size(); ++size) ParseTableSql(whole.substr(0, size));
}

TEST(IndexSql, SplitsExpressionsAndPredicate) {
  const IndexSql index = ParseIndexSql(
      "CREATE UNIQUE INDEX i ON t(lower(a), b COLLATE NOCASE DESC, c + (d, e)) WHERE a > 'x)'");
  EXPECT_THAT(index.parts, ElementsAre("lower(a)", "b", "c + (d, e)"));
  EXPECT_EQ(index.predicate, "a > 'x)'");
}

TEST(DeclaredType, GivesAffinityBySubstringInSqlitesOrder) {
  EXPECT_EQ(AffinityOf("FLOATING POINT"), Affinity::kInteger);
  EXPECT_EQ(AffinityOf("CHARINT"), Affinity::kInteger);
  EXPECT_EQ(AffinityOf("NVARCHAR(5)"), Affinity::kText);
  EXPECT_EQ(AffinityOf(""), Affinity::kBlob);
  EXPECT_EQ(AffinityOf("DOUBLE PRECISION"), Affinity::kReal);
  EXPECT_EQ(AffinityOf("STRING"), Affinity::kNumeric);
}

TEST(DeclaredType, SeparatesNameAndArguments) {
  SourceColumn column;
  SetDeclaredType(column, "DECIMAL(10, 2)");
  EXPECT_EQ(column.type, "decimal");
  EXPECT_EQ(column.precision, 10);
  EXPECT_EQ(column.scale, 2);
  SourceColumn big;
  SetDeclaredType(big, "Unsigned Big Int");
  EXPECT_EQ(big.type, "big int");
  EXPECT_TRUE(big.is_unsigned);
  SourceColumn text;
  SetDeclaredType(text, "VARCHAR (40)");
  EXPECT_EQ(text.type, "varchar");
  EXPECT_EQ(text.length, 40);
}

SourceDefault DefaultOf(const std::string& sql) { return ParseDefault(sql).value(); }

TEST(DefaultValue, TellsLiteralsFromExpressions) {
  EXPECT_EQ(DefaultOf("'x''y'"), (SourceDefault{"x'y", false}));
  EXPECT_EQ(DefaultOf("\"abc\""), (SourceDefault{"abc", false}));
  EXPECT_EQ(DefaultOf("-5"), (SourceDefault{"-5", false}));
  EXPECT_EQ(DefaultOf("(1.5)"), (SourceDefault{"1.5", false}));
  EXPECT_EQ(DefaultOf("0x1F"), (SourceDefault{"31", false}));
  EXPECT_EQ(DefaultOf("TRUE"), (SourceDefault{"1", false}));
  EXPECT_EQ(DefaultOf("CURRENT_TIMESTAMP"), (SourceDefault{"CURRENT_TIMESTAMP", true}));
  EXPECT_EQ(DefaultOf("datetime('now')"), (SourceDefault{"datetime('now')", true}));
  EXPECT_EQ(DefaultOf("1+2"), (SourceDefault{"1+2", true}));
  EXPECT_EQ(DefaultOf("x'00ff'"), (SourceDefault{"x'00ff'", true}));
  EXPECT_FALSE(ParseDefault("NULL").has_value());
}

}  // namespace
}  // namespace transload::sqlite
