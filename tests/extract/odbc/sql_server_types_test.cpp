// Every type of SQL Server: what it becomes, and how it is selected.
#include "extract/odbc/sql_server_types.h"

#include <gtest/gtest.h>

#include "core/policy.h"
#include "mappings/type_rules.h"

namespace transload::odbc {
namespace {

SourceColumn ColumnOf(const SqlServerType& type) {
  SourceColumn column;
  column.name = "c";
  SetSqlServerType(type, "[c]", column);
  return column;
}

// "target type, as it is declared, cell format"
std::string Becomes(const SqlServerType& type, std::set<std::string> extensions = {}) {
  const SourceColumn column = ColumnOf(type);
  const Policies policies;
  const std::set<std::string> observed;
  const TypeRule* rule = FindRule(RulesFor("mssql"), {column, policies, extensions, observed});
  if (rule == nullptr) return "no rule for " + column.type;
  return ExpandType(rule->to, column) + ", " + column.full_type + ", " +
         std::string(Name(column.format));
}

SqlServerType Of(const std::string& name, int max_length = 0, int precision = 0, int scale = 0) {
  SqlServerType type;
  type.name = name;
  type.max_length = max_length;
  type.precision = precision;
  type.scale = scale;
  return type;
}

TEST(SqlServerTypes, EachHasItsCounterpart) {
  EXPECT_EQ(Becomes(Of("bit", 1)), "boolean, bit, unsigned");
  EXPECT_EQ(Becomes(Of("tinyint", 1)), "smallint, tinyint, unsigned");
  EXPECT_EQ(Becomes(Of("smallint", 2)), "smallint, smallint, signed");
  EXPECT_EQ(Becomes(Of("int", 4)), "integer, int, signed");
  EXPECT_EQ(Becomes(Of("bigint", 8)), "bigint, bigint, signed");
  EXPECT_EQ(Becomes(Of("decimal", 17, 38, 38)), "numeric(38,38), decimal(38,38), decimal");
  EXPECT_EQ(Becomes(Of("numeric", 5, 9, 0)), "numeric(9,0), numeric(9,0), decimal");
  EXPECT_EQ(Becomes(Of("money", 8, 19, 4)), "numeric(19,4), money, decimal");
  EXPECT_EQ(Becomes(Of("smallmoney", 4, 10, 4)), "numeric(10,4), smallmoney, decimal");
  EXPECT_EQ(Becomes(Of("real", 4, 24)), "real, real, float32");
  EXPECT_EQ(Becomes(Of("float", 8, 53)), "double precision, float, float64");
  EXPECT_EQ(Becomes(Of("date", 3)), "date, date, civil");
  EXPECT_EQ(Becomes(Of("time", 5, 16, 7)), "time(6), time(7), duration");
  EXPECT_EQ(Becomes(Of("smalldatetime", 4)), "timestamp(0), smalldatetime, civil");
  EXPECT_EQ(Becomes(Of("datetime", 8, 23, 3)), "timestamp(3), datetime, civil");
  EXPECT_EQ(Becomes(Of("datetime2", 8, 27, 7)), "timestamp(6), datetime2(7), civil");
  EXPECT_EQ(Becomes(Of("datetime2", 6, 19, 0)), "timestamp(0), datetime2(0), civil");
  EXPECT_EQ(Becomes(Of("datetimeoffset", 10, 34, 7)), "timestamptz(6), datetimeoffset(7), text");
  EXPECT_EQ(Becomes(Of("char", 10)), "varchar(10), char(10), utf16");
  EXPECT_EQ(Becomes(Of("varchar", 8000)), "varchar(8000), varchar(8000), utf16");
  EXPECT_EQ(Becomes(Of("varchar", -1)), "varchar, varchar(max), utf16");
  EXPECT_EQ(Becomes(Of("nchar", 20)), "varchar(10), nchar(10), utf16");
  EXPECT_EQ(Becomes(Of("nvarchar", 200)), "varchar(100), nvarchar(100), utf16");
  EXPECT_EQ(Becomes(Of("nvarchar", -1)), "varchar, nvarchar(max), utf16");
  EXPECT_EQ(Becomes(Of("sysname", 256)), "varchar(128), sysname, utf16");
  EXPECT_EQ(Becomes(Of("text", 16)), "text, text, utf16");
  EXPECT_EQ(Becomes(Of("ntext", 16)), "text, ntext, utf16");
  EXPECT_EQ(Becomes(Of("binary", 16)), "bytea, binary(16), bytes");
  EXPECT_EQ(Becomes(Of("varbinary", -1)), "bytea, varbinary(max), bytes");
  EXPECT_EQ(Becomes(Of("image", 16)), "bytea, image, bytes");
  EXPECT_EQ(Becomes(Of("timestamp", 8)), "bytea, timestamp, bytes");
  EXPECT_EQ(Becomes(Of("uniqueidentifier", 16)), "uuid, uniqueidentifier, uuid");
  EXPECT_EQ(Becomes(Of("xml", -1)), "xml, xml, utf16");
  EXPECT_EQ(Becomes(Of("json", -1)), "jsonb, json, utf16");
  EXPECT_EQ(Becomes(Of("vector", 20)), "text, vector, utf16");
  EXPECT_EQ(Becomes(Of("sql_variant", 8016)), "text, sql_variant, utf16");
  EXPECT_EQ(Becomes(Of("hierarchyid", 892)), "text, hierarchyid, utf16");
  EXPECT_EQ(Becomes(Of("geography", -1)), "bytea, geography, geometry");
  EXPECT_EQ(Becomes(Of("geography", -1), {"postgis"}), "geography(Geometry), geography, geometry");
  EXPECT_EQ(Becomes(Of("geometry", -1), {"postgis"}), "geometry(Geometry), geometry, geometry");
  EXPECT_EQ(Becomes(Of("brandnew", 8)), "text, brandnew, utf16");
}

TEST(SqlServerTypes, ValuesAreSelectedSoThatNoDriverChangesThem) {
  EXPECT_EQ(ColumnOf(Of("int")).select_expression, "");
  EXPECT_EQ(ColumnOf(Of("money")).select_expression, "CONVERT(decimal(19, 4), [c])");
  EXPECT_EQ(ColumnOf(Of("datetime")).select_expression, "CONVERT(datetime2(3), [c])");
  EXPECT_EQ(ColumnOf(Of("time")).select_expression, "CONVERT(varchar(16), [c], 121)");
  EXPECT_EQ(ColumnOf(Of("datetimeoffset")).select_expression,
            "REPLACE(REPLACE(CONVERT(varchar(34), [c], 121), ' +', '+'), ' -', '-')");
  EXPECT_EQ(ColumnOf(Of("hierarchyid")).select_expression, "[c].ToString()");
  EXPECT_EQ(ColumnOf(Of("xml")).select_expression, "CONVERT(nvarchar(max), [c])");
  const std::string spatial = ColumnOf(Of("geography")).select_expression;
  EXPECT_NE(spatial.find("[c].AsBinaryZM()"), std::string::npos);
  const std::string variant = ColumnOf(Of("sql_variant")).select_expression;
  EXPECT_EQ(variant.find("{}"), std::string::npos);
}

TEST(SqlServerTypes, TheUsersOwn) {
  SqlServerType alias = Of("varchar", 24);
  alias.alias = "phone";
  alias.user_defined = true;
  EXPECT_EQ(Becomes(alias), "varchar(24), varchar(24), utf16");
  SqlServerType clr;
  clr.name = clr.alias = "Point3D";
  clr.assembly = clr.user_defined = true;
  EXPECT_EQ(Becomes(clr), "text, Point3D, utf16");
  EXPECT_EQ(ColumnOf(clr).select_expression, "[c].ToString()");
}

}  // namespace
}  // namespace transload::odbc
