// Expressions and defaults in PostgreSQL's SQL, and those that are refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mappings/default_values.h"
#include "mappings/expression_translator.h"
#include "mappings/type_rules.h"
#include "tests/mappings/plan_fixture.h"

namespace transload {
namespace {

std::vector<ColumnPlan> Columns(const std::string& rules = "mysql") {
  std::vector<SourceColumn> columns = {Column("n", "int"),
                                       Sized("flag", "tinyint", 1),
                                       Text("s", 20),
                                       Text("ci", 20, "utf8mb4_general_ci"),
                                       Column("j", "json"),
                                       Column("d", "date"),
                                       Column("tm", "time"),
                                       Text("nopad", 20, "utf8mb4_0900_bin"),
                                       Labelled("e", "enum", {"x", "y"}),
                                       Column("f", "double"),
                                       Column("dt", "datetime"),
                                       Column("u", "uuid"),
                                       Column("i4", "inet4"),
                                       Column("i6", "inet6")};
  Shop shop({Table("t", columns)}, "mysql");
  std::vector<ColumnPlan> plans = shop.Plan().tables[0].columns;
  if (rules == "sqlite") {
    for (ColumnPlan& plan : plans) plan.source.format = CellFormat::kDynamic;
  }
  return plans;
}

std::string Check(const std::string& sql, SqlDialect dialect = SqlDialect::kMySql) {
  const std::vector<ColumnPlan> columns = Columns();
  const Translation out = TranslateCondition(sql, dialect, columns);
  return out.ok() ? (out.always_true ? "always" : out.sql) : "no: " + out.why;
}

TEST(Expressions, WhatMeansTheSameIsTranslated) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"`n` > 0", "(\"n\" > 0)"},
      {"(`n` between 1 and 5)", "(\"n\" BETWEEN 1 AND 5)"},
      {"`n` in (1,2,3) or `n` is null", "((\"n\" IN (1, 2, 3)) OR (\"n\" IS NULL))"},
      {"not(`n` <=> 4)", "(NOT (\"n\" IS NOT DISTINCT FROM 4))"},
      {"`n` && 1 = 1", "((\"n\" <> 0) AND (1 = 1))"},
      {"`flag` = 1", "(\"flag\" = true)"},
      {"`flag`", "\"flag\""},
      {"`n` + 2 * `n` - -3 >= 0", "(((\"n\" + (2 * \"n\")) - -3) >= 0)"},
      {"`n` % 2 = 0", "((\"n\" % 2) = 0)"},
      {"char_length(`s`) >= 3", "(char_length(\"s\") >= 3)"},
      {"length(`s`) > 3", "(octet_length(\"s\") > 3)"},
      {"`s` = _utf8mb4'it''s'", "(\"s\" = 'it''s')"},
      {"`ci` <> 'Abc'", "(lower(\"ci\") <> 'abc')"},
      {"`s` like 'a%'", "(\"s\" LIKE 'a%')"},
      {"`ci` not like 'a%'", "(\"ci\" NOT ILIKE 'a%')"},
      {"`s` regexp '^[a-z]+$'", "(\"s\" ~ '^[a-z]+$')"},
      {"`d` >= '2020-01-01'", "(\"d\" >= '2020-01-01')"},
      {"year(`d`) > 1999", "(EXTRACT(year FROM \"d\")::integer > 1999)"},
      {"`e` = 'x'", "(\"e\" = 'x')"},
      {"coalesce(`n`,0) = 0", "(COALESCE(\"n\", 0) = 0)"},
      {"case when `n` > 1 then `s` = 'a' else true end",
       "(CASE WHEN (\"n\" > 1) THEN (\"s\" = 'a') ELSE true END)"},
      {"json_valid(`j`)", "always"},
      {"`flag` in (0,1)", "always"},
      {"json_valid(`j`) and `n` > 1", "(\"n\" > 1)"},
  };
  for (const auto& [sql, expected] : cases) EXPECT_EQ(Check(sql), expected) << sql;
}

TEST(Expressions, LiteralsOfTimeHaveTheirType) {
  EXPECT_EQ(Check("`d` > DATE'2001-01-01'"), "(\"d\" > '2001-01-01'::date)");
  EXPECT_EQ(Check("`d` between DATE '1999-01-01' and TIMESTAMP'2050-01-01 00:00:00.5'"),
            "(\"d\" BETWEEN '1999-01-01'::date AND '2050-01-01 00:00:00.5'::timestamp)");
  EXPECT_EQ(Check("`tm` <= TIME'23:00:00'"), "(\"tm\" <= '23:00:00'::time)");
  EXPECT_EQ(Check("`tm` <= TIME'-23:00:00'").substr(0, 4), "no: ");
  EXPECT_EQ(Check("`s` = DATE'2001-01-01'").substr(0, 4), "no: ");
  EXPECT_EQ(Check("DATE'2001-01-01' < `d`", SqlDialect::kSqlite).substr(0, 4), "no: ");
}

TEST(Expressions, TextsBesideTimesAreReadAsTheSourceReadsThem) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"`d` < '2020-01-01 10:00:00'", "(\"d\" < '2020-01-01 10:00:00'::timestamp)"},
      {"`d` between '2020-01-01' and '2020-12-31 23:59:59'",
       "(\"d\" BETWEEN '2020-01-01' AND '2020-12-31 23:59:59'::timestamp)"},
      {"`dt` >= '2020-01-01'", "(\"dt\" >= '2020-01-01')"},
      {"`dt` >= '2020-01-01T10:00:00.5'", "(\"dt\" >= '2020-01-01T10:00:00.5')"},
      {"`tm` < '23:00:00'", "(\"tm\" < '23:00:00')"},
      {"`tm` between '-10:00:00' and '34:00:00'",
       "(\"tm\" BETWEEN '-10:00:00'::interval AND '34:00:00'::interval)"},
  };
  for (const auto& [sql, expected] : cases) EXPECT_EQ(Check(sql), expected) << sql;
  for (const char* sql :
       {"`d` > '01-02-03'", "`d` > '2020-1-1'", "`d` = '2021-02-29'", "`d` = '10:00:00'",
        "`dt` > '2020-01-01 10:00:00-02:00'", "`tm` = '2020-01-01 10:00:00'",
        "`tm` = '10 10:00:00'", "`tm` = '10111213'", "`tm` < '1034:00'",
        "coalesce(`tm`,'99:00:00') <> '98:00:00'"}) {
    EXPECT_EQ(Check(sql).substr(0, 4), "no: ") << sql << " gave " << Check(sql);
  }
}

TEST(Expressions, TextsBesideAddressesAndUuids) {
  const std::string uuid = "'123E4567-e89b-12d3-a456-426655440000'";
  EXPECT_EQ(Check("`u` <> " + uuid), "(\"u\" <> " + uuid + ")");
  EXPECT_EQ(Check("`u` in (" + uuid + ")"), "(\"u\" IN (" + uuid + "))");
  EXPECT_EQ(Check("`i4` = '10.0.0.1'"), "(\"i4\" = '10.0.0.1')");
  EXPECT_EQ(Check("`i6` = '::ffff:10.0.0.1'"), "(\"i6\" = '::ffff:10.0.0.1')");
  for (const char* sql : {"`u` > '123e4567-e89b-12d3-a456-426655440000'", "`u` = ''",
                          "`u` = '123e4567e89b12d3a456426655440000'", "`i4` < '10.0.0.1'",
                          "`i4` = '10.0.0.0/8'", "`i4` = '::1'", "`i6` = '10.0.0.1'", "`i4` = `i6`",
                          "`i4` like '10.%'", "`i4` = x'0A000001'"}) {
    EXPECT_EQ(Check(sql).substr(0, 4), "no: ") << sql << " gave " << Check(sql);
  }
}

TEST(Expressions, RowsAreTakenApart) {
  EXPECT_EQ(Check("(`n`,`s`) = (5,'x')"), "((\"n\" = 5) AND (\"s\" = 'x'))");
  EXPECT_EQ(Check("(`n`,`s`) <> (5,'x')"), "((\"n\" <> 5) OR (\"s\" <> 'x'))");
  EXPECT_EQ(Check("(`n`,`s`) <=> (5,NULL)"),
            "((\"n\" IS NOT DISTINCT FROM 5) AND (\"s\" IS NOT DISTINCT FROM NULL))");
  EXPECT_EQ(Check("(`n`,`f`) <= (5,6)"), "((\"n\" < 5) OR ((\"n\" = 5) AND (\"f\" <= 6)))");
  EXPECT_EQ(Check("(`n`,`f`) in ((5,6),(1,2))"),
            "(((\"n\" = 5) AND (\"f\" = 6)) OR ((\"n\" = 1) AND (\"f\" = 2)))");
  EXPECT_EQ(Check("(`n`,`f`) not in ((5,6))"), "(NOT ((\"n\" = 5) AND (\"f\" = 6)))");
  for (const char* sql :
       {"(`n`,`s`) = 5", "(`n`,`s`) = (5,'x',6)", "(`n`,`s`) in (5,6)",
        "(`n`,`s`) between (1,'a') and (2,'b')", "(`n`,`s`)", "((`n`,`f`),1) = ((5,6),1)"}) {
    EXPECT_EQ(Check(sql).substr(0, 4), "no: ") << sql << " gave " << Check(sql);
  }
}

TEST(Expressions, TextsMadeOfFoldedColumnsAreFolded) {
  EXPECT_EQ(Check("concat(`ci`,'!') = 'ABC!'"), "(lower((\"ci\" || '!')) = 'abc!')");
  EXPECT_EQ(Check("coalesce('x',`ci`) = 'ABC'"), "(lower(COALESCE('x', \"ci\")) = 'abc')");
  EXPECT_EQ(Check("if(`n` > 1,`ci`,'abc') = 'ABC'"),
            "(lower((CASE WHEN (\"n\" > 1) THEN \"ci\" ELSE 'abc' END)) = 'abc')");
  EXPECT_EQ(Check("`ci` <> `s`"), "(\"ci\" <> \"s\")") << "beside a _bin column";
  EXPECT_EQ(Check("coalesce(`s`,`ci`) = 'X'"), "(COALESCE(\"s\", \"ci\") = 'X')");
  EXPECT_EQ(Check("concat(`s`,`ci`) like 'X%'"), "((\"s\" || \"ci\") LIKE 'X%')");
}

TEST(Expressions, BlanksAtTheEndAreNoted) {
  const std::vector<ColumnPlan> columns = Columns();
  const auto notes = [&](const char* sql) {
    return TranslateCondition(sql, SqlDialect::kMySql, columns).notes;
  };
  const std::string blanks = "blanks at the end count, which they do not in the source";
  EXPECT_THAT(notes("`s` = 'x'"), testing::ElementsAre(blanks));
  EXPECT_THAT(notes("trim(`s`) in ('x','y')"), testing::ElementsAre(blanks));
  EXPECT_THAT(notes("`s` like 'x'"), testing::IsEmpty());
  EXPECT_THAT(notes("`nopad` = 'x'"), testing::IsEmpty());
  EXPECT_TRUE(PadsWithBlanks("latin1_swedish_ci"));
  EXPECT_TRUE(PadsWithBlanks("uca1400_ai_ci"));
  EXPECT_TRUE(PadsWithBlanks("SQL_Latin1_General_CP1_CI_AS"));
  EXPECT_TRUE(PadsWithBlanks("RTRIM"));
  for (const char* name :
       {"", "binary", "NOCASE", "utf8mb4_0900_bin", "utf8mb4_general_nopad_ci"}) {
    EXPECT_FALSE(PadsWithBlanks(name)) << name;
  }
}

TEST(Expressions, WhatMayMeanSomethingElseIsRefused) {
  for (const char* sql : {"`s` > 'a'",         "`s` = 5",
                          "`n` / 2 > 1",       "`n` = 'x'",
                          "`flag` = 2",        "`e` = 'z'",
                          "`e` > 'x'",         "`d` > '0000-00-00'",
                          "`d` > 'tomorrow'",  "sha2(`s`,256) = 'x'",
                          "`nope` > 1",        "`n` >",
                          "`n` > 1)",          "'open",
                          "`j`->'$.a' = 1",    "(select 1)",
                          "`ci` = '\xC3\xA4'", "~`n` = 1",
                          "`n` % `n` = 0",     "`s`"}) {
    EXPECT_EQ(Check(sql).substr(0, 4), "no: ") << sql << " gave " << Check(sql);
  }
  EXPECT_EQ(Check(std::string(5000, '(')).substr(0, 4), "no: ");
}

TEST(Expressions, SqliteSpeaksItsOwnDialect) {
  const SqlDialect sqlite = SqlDialect::kSqlite;
  EXPECT_EQ(Check("[n] == 1 AND \"n\" != 2", sqlite), "((\"n\" = 1) AND (\"n\" <> 2))");
  EXPECT_EQ(Check("s || 'x' = 'ax'", sqlite), "((\"s\" || 'x') = 'ax')");
  EXPECT_EQ(Check("length(s) < 5", sqlite), "(char_length(\"s\") < 5)");
  EXPECT_EQ(Check("n NOT NULL", sqlite), "(\"n\" IS NOT NULL)");
  EXPECT_EQ(Check("n IS NOT 3", sqlite), "(NOT (\"n\" IS NOT DISTINCT FROM 3))");
}

TEST(Expressions, ValuesForAColumn) {
  const std::vector<ColumnPlan> columns = Columns();
  const Translation text = TranslateValue("concat(`s`,'-',`n`)", SqlDialect::kMySql, columns,
                                          ParsePgType("varchar(40)"));
  EXPECT_EQ(text.sql, "(\"s\" || '-' || (\"n\")::text)");
  EXPECT_EQ(TranslateValue("`n` > 1", SqlDialect::kMySql, columns, ParsePgType("smallint")).sql,
            "((\"n\" > 1))::integer");
  EXPECT_FALSE(TranslateValue("now()", SqlDialect::kMySql, columns, ParsePgType("date")).ok());
}

std::string Default(const std::string& type, const std::string& text, bool expression,
                    SqlDialect dialect = SqlDialect::kMySql) {
  const SourceColumn column = WithDefault(Column("c", "x"), text, expression);
  const DefaultValue value = TranslateDefault(column, ParsePgType(type), dialect, 150000);
  return value.why.empty() ? value.sql : "no: " + value.why;
}

TEST(Defaults, LiteralsOfTimeThatAreExpressions) {
  EXPECT_EQ(Default("date", "DATE'2011-02-03'", true), "'2011-02-03'::date");
  EXPECT_EQ(Default("time(0)", "TIME'11:22:33'", true), "'11:22:33'::time");
  EXPECT_EQ(Default("timestamp(2)", "TIMESTAMP'2011-02-03 04:05:06.78'", true),
            "'2011-02-03 04:05:06.78'::timestamp");
  EXPECT_EQ(Default("timestamptz", "TIMESTAMP'2011-02-03 04:05:06'", true).substr(0, 3), "no:");
}

TEST(Defaults, LiteralsByTargetType) {  // 15, 56, 58
  EXPECT_EQ(Default("varchar(10)", "NULL", false), "'NULL'");
  EXPECT_EQ(Default("varchar(10)", "it's", false), "'it''s'");
  EXPECT_EQ(Default("varchar(30)", "CURRENT_TIMESTAMP", false), "'CURRENT_TIMESTAMP'");
  EXPECT_EQ(Default("varchar(30)", "a\\b", false), "'a\\b'");
  EXPECT_EQ(Default("varchar(30)", std::string("a\0b", 3), false), "no: a text holds a NUL byte");
  EXPECT_EQ(Default("integer", "0", false), "0");
  EXPECT_EQ(Default("integer", "00042", false), "42");
  EXPECT_EQ(Default("integer", "", false), "0");
  EXPECT_EQ(Default("integer", "abc", false).substr(0, 3), "no:");
  EXPECT_EQ(Default("numeric(5,2)", "-1.50", false), "-1.50");
  EXPECT_EQ(Default("boolean", "0", false), "false");
  EXPECT_EQ(Default("inet", "10.0.0.1", false), "'10.0.0.1'");
  EXPECT_EQ(Default("inet", "::ffff:10.0.0.1", false), "'::ffff:10.0.0.1'");
  EXPECT_EQ(Default("inet", "10.0.0.256", false).substr(0, 3), "no:");
  EXPECT_EQ(Default("inet", "10.0.0.1/8", false).substr(0, 3), "no:");
  EXPECT_EQ(Default("boolean", "b'1'", false), "true");
  EXPECT_EQ(Default("boolean", "2", false).substr(0, 3), "no:");
  EXPECT_EQ(Default("bit(10)", "b'101'", false), "B'0000000101'");
  EXPECT_EQ(Default("date", "2020-02-29", false), "'2020-02-29'");
  EXPECT_EQ(Default("date", "2021-02-29", false).substr(0, 3), "no:");
  EXPECT_EQ(Default("timestamp(0)", "0000-00-00 00:00:00", false), "no: a zero date");
  EXPECT_EQ(Default("timestamptz(0)", "2020-01-01 00:00:00", false), "'2020-01-01 00:00:00+00'");
  EXPECT_EQ(Default("time(0)", "10:11:12", false), "'10:11:12'");
  EXPECT_EQ(Default("bytea", "0x00ff", false), "'\\x00ff'::bytea");
  EXPECT_EQ(Default("bytea", "X'00ff'", true), "'\\x00ff'::bytea");
  EXPECT_EQ(Default("text[]", "a,b", false), "ARRAY['a','b']::text[]");
  EXPECT_EQ(Default("jsonb", "{}", false), "'{}'::jsonb");
  EXPECT_EQ(Default("jsonb", "{", false).substr(0, 3), "no:");
}

TEST(Defaults, BytesUnderATextType) {
  auto text = [](const std::string& literal) {
    SourceColumn column = WithDefault(Column("c", "varbinary"), literal, false);
    column.format = CellFormat::kBytes;
    const DefaultValue value =
        TranslateDefault(column, ParsePgType("text"), SqlDialect::kMySql, 150000);
    return value.why.empty() ? value.sql : "no: " + value.why;
  };
  EXPECT_EQ(text("X'61627A'"), "'abz'");
  EXPECT_EQ(text("X''"), "''");
  EXPECT_EQ(text("X'6100'"), "no: a text holds a NUL byte");
  EXPECT_EQ(text("X'61FF'"), "no: bytes beyond ASCII for a text");
}

TEST(Defaults, BitsUnderATypeOfAnotherKindAreAsItsValuesComeThere) {
  auto bits = [](const std::string& type, const std::string& literal) {
    const SourceColumn column = WithDefault(Sized("c", "bit", 11), literal, false);
    return TranslateDefault(column, ParsePgType(type), SqlDialect::kMySql, 150000).sql;
  };
  EXPECT_EQ(bits("text", "b'101'"), "'00000000101'");
  EXPECT_EQ(bits("varchar(11)", "b'10000000101'"), "'10000000101'");
  EXPECT_EQ(bits("bytea", "b'101'"), "'\\x0005'::bytea");
  EXPECT_EQ(bits("bytea", "b'10000000101'"), "'\\x0405'::bytea");
  EXPECT_EQ(bits("integer", "b'101'"), "5");
}

TEST(Defaults, FunctionsOfTimeAndOthers) {
  EXPECT_EQ(Default("timestamptz(3)", "CURRENT_TIMESTAMP(3)", true), "CURRENT_TIMESTAMP(3)");
  EXPECT_EQ(Default("timestamp(3)", "current_timestamp(3)", true), "LOCALTIMESTAMP(3)");
  EXPECT_EQ(Default("timestamp(0)", "CURRENT_TIMESTAMP", false), "LOCALTIMESTAMP(0)");
  EXPECT_EQ(Default("date", "(curdate())", true), "CURRENT_DATE");
  EXPECT_EQ(Default("timestamp", "utc_timestamp()", true), "(now() AT TIME ZONE 'UTC')");
  EXPECT_EQ(Default("varchar(36)", "uuid()", true), "gen_random_uuid()::text");
  EXPECT_EQ(Default("uuid", "uuid()", true), "gen_random_uuid()");
  EXPECT_EQ(Default("jsonb", "(json_array())", true), "'[]'::jsonb");
  EXPECT_EQ(Default("integer", "(1 + 2)", true), "(1 + 2)");
  EXPECT_EQ(Default("integer", "-1", true), "-1");
  EXPECT_EQ(Default("text", "pi_day()", true), "no: the function pi_day");
}

TEST(Defaults, Sqlite) {
  const SqlDialect sqlite = SqlDialect::kSqlite;
  EXPECT_EQ(Default("timestamp", "CURRENT_TIMESTAMP", true, sqlite), "(now() AT TIME ZONE 'UTC')");
  EXPECT_EQ(Default("text", "datetime('now')", true, sqlite),
            "to_char((now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD HH24:MI:SS')");
  EXPECT_EQ(Default("text", "\"abc\"", true, sqlite), "'abc'");
  EXPECT_EQ(Default("bigint", "1+2", true, sqlite), "(1 + 2)");
}

}  // namespace
}  // namespace transload
