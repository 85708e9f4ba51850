// T-SQL of SQL Server's catalogue, in PostgreSQL's SQL.
#include "mappings/tsql_rewrite.h"

#include <gtest/gtest.h>

#include "mappings/default_values.h"
#include "mappings/expression_translator.h"
#include "tests/mappings/plan_fixture.h"

namespace transload {
namespace {

TEST(TSql, IsRewrittenIntoItsMeaning) {
  EXPECT_EQ(RewriteTSql("([n]>(0))"), "(`n`>(0))");
  EXPECT_EQ(RewriteTSql("(N'it''s \\')"), "('it''s \\\\')");
  EXPECT_EQ(RewriteTSql("(getdate())"), "(localtimestamp(3))");
  EXPECT_EQ(RewriteTSql("(CONVERT([bit],(0)))"), "(((0)))");
  EXPECT_EQ(RewriteTSql("(CAST('x' AS varchar(10)))"), "(('x'))");
  EXPECT_EQ(RewriteTSql("(isnull([a],(0)) IS NOT NULL)"), "(ifnull(`a`,(0))is not null)");
  EXPECT_EQ(RewriteTSql("(len([s])>(2))"), "(char_length(rtrim(`s`))>(2))");
}

std::string Default(const std::string& sql, const std::string& type) {
  SourceColumn column;
  column.name = "c";
  column.default_value = SourceDefault{sql, true};
  const DefaultValue value = TranslateDefault(column, ParsePgType(type), SqlDialect::kTSql, 150000);
  return value.why.empty() ? value.sql : "no: " + value.why;
}

TEST(TSql, Defaults) {
  EXPECT_EQ(Default("((0))", "integer"), "0");
  EXPECT_EQ(Default("((-1.5))", "numeric(5,2)"), "-1.5");
  EXPECT_EQ(Default("(N'x')", "varchar(10)"), "'x'");
  EXPECT_EQ(Default("(CONVERT([bit],(0)))", "boolean"), "false");
  EXPECT_EQ(Default("((1))", "boolean"), "true");
  EXPECT_EQ(Default("('')", "integer"), "0");
  EXPECT_EQ(Default("(getdate())", "timestamp(3)"), "LOCALTIMESTAMP(3)");
  EXPECT_EQ(Default("(sysdatetimeoffset())", "timestamptz(6)"), "CURRENT_TIMESTAMP(6)");
  EXPECT_EQ(Default("(sysutcdatetime())", "timestamp(6)"), "(now() AT TIME ZONE 'UTC')");
  EXPECT_EQ(Default("(newid())", "uuid"), "gen_random_uuid()");
  EXPECT_EQ(Default("(newsequentialid())", "uuid"), "gen_random_uuid()");
  EXPECT_EQ(Default("(NULL)", "integer"), "");
  EXPECT_TRUE(Default("(NEXT VALUE FOR [dbo].[s])", "integer").starts_with("no: "));
  EXPECT_TRUE(Default("([dbo].[f]())", "integer").starts_with("no: "));
}

std::string RewrittenCheck(const std::string& sql) {
  const std::vector<SourceColumn> columns = {Column("n", "int"), Text("s", 20)};
  Shop shop({Table("t", columns)}, "mysql");
  const Translation out = TranslateCondition(sql, SqlDialect::kTSql, shop.Plan().tables[0].columns);
  return out.ok() ? out.sql : "no: " + out.why;
}

TEST(TSql, Checks) {
  EXPECT_EQ(RewrittenCheck("([n]>(0))"), "(\"n\" > 0)");
  EXPECT_EQ(RewrittenCheck("([n]>=(1) AND [n]<=(5))"), "((\"n\" >= 1) AND (\"n\" <= 5))");
  EXPECT_EQ(RewrittenCheck("([s]='a' OR [s]='b')"), "((\"s\" = 'a') OR (\"s\" = 'b'))");
  EXPECT_TRUE(RewrittenCheck("([s] like '[a-z]%')").starts_with("no: "));
  EXPECT_TRUE(RewrittenCheck("(datalength([s])>(3))").starts_with("no: "));
  EXPECT_TRUE(RewrittenCheck("(CONVERT([int],[s])>(3))").starts_with("no: "));
}

}  // namespace
}  // namespace transload
