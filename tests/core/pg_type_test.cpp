#include "core/pg_type.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace transload {
namespace {

TEST(PgType, WritesWhatItReads) {
  for (const char* sql : {"boolean",
                          "smallint",
                          "integer",
                          "bigint",
                          "real",
                          "double precision",
                          "numeric",
                          "numeric(20,0)",
                          "numeric(65,30)",
                          "text",
                          "varchar",
                          "varchar(200)",
                          "char(3)",
                          "bytea",
                          "date",
                          "time",
                          "time(3)",
                          "timestamp",
                          "timestamp(6)",
                          "timestamptz(0)",
                          "interval",
                          "uuid",
                          "json",
                          "jsonb",
                          "bit(10)",
                          "bit varying(4)",
                          "inet",
                          "text[]",
                          "point",
                          "citext",
                          "geometry(Point,4326)",
                          "vector(3)",
                          "numeric(5,-2)"}) {
    EXPECT_EQ(ParsePgType(sql).Sql(), sql);
  }
}

TEST(PgType, UnderstandsAliasesAndSpacing) {
  EXPECT_EQ(ParsePgType(" INT ").Sql(), "integer");
  EXPECT_EQ(ParsePgType("character varying( 20 )").Sql(), "varchar(20)");
  EXPECT_EQ(ParsePgType("timestamp(3) with time zone").Sql(), "timestamptz(3)");
  EXPECT_EQ(ParsePgType("decimal(10, 2)").Sql(), "numeric(10,2)");
  EXPECT_EQ(ParsePgType("char").Sql(), "char(1)");
  EXPECT_EQ(ParsePgType("int8[]").Sql(), "bigint[]");
}

TEST(PgType, KeepsUnknownNamesAsTheyAre) {
  PgType type = ParsePgType("\"My Type\"");
  EXPECT_EQ(type.kind, PgKind::kOther);
  EXPECT_EQ(type.Sql(), "\"My Type\"");
}

TEST(PgType, RefusesWhatIsNone) {
  for (const char* sql : {"", "varchar(0)", "varchar(x)", "numeric(0,0)", "time(7)", "bytea(3)",
                          "numeric(1,2,3)", "varchar(3"}) {
    EXPECT_THROW(ParsePgType(sql), Error) << sql;
  }
}

}  // namespace
}  // namespace transload
