// Every row of the MySQL type table, with its alternatives.
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/mappings/plan_fixture.h"

namespace transload {
namespace {

struct TypeCase {
  SourceColumn column;
  std::string type;
  std::string safe;
};

SourceColumn Scaled(const std::string& type, int precision, int scale) {
  SourceColumn column = Column("c", type);
  column.precision = precision;
  column.scale = scale;
  return column;
}

SourceColumn JsonAlias() {
  SourceColumn column = Column("c", "longtext");
  column.charset = "utf8mb4";
  column.is_json_alias = true;
  return column;
}

TEST(MySqlTypes, ATypeThatPostgresRefusesIsNamedWithItsColumnAndRule) {
  Shop shop({Table("t", {Text("c", 20'000'000)})});
  try {
    shop.Plan();
    FAIL() << "planned";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "t.c, by mysql.toml: varchar(20000000): 'varchar(20000000)' is not a PostgreSQL "
                 "type: '20000000' is not a number from 1 to 10485760; map it with --map "
                 "'col:t.c=TYPE'");
  }
}

TEST(MySqlTypes, DefaultsOfEveryType) {
  const std::vector<TypeCase> cases = {
      {Column("c", "tinyint", "tinyint(4)"), "smallint", ""},
      {Sized("c", "tinyint", 1), "boolean", "smallint"},
      {Sized("c", "tinyint", 1, " unsigned"), "smallint", ""},
      {Column("c", "tinyint", "tinyint unsigned"), "smallint", ""},
      {Column("c", "smallint"), "smallint", ""},
      {Column("c", "smallint", "smallint(5) unsigned"), "integer", ""},
      {Column("c", "mediumint"), "integer", ""},
      {Column("c", "mediumint", "mediumint unsigned"), "integer", ""},
      {Column("c", "int"), "integer", ""},
      {Column("c", "int", "int(10) unsigned"), "bigint", ""},
      {Column("c", "bigint"), "bigint", ""},
      {Column("c", "bigint", "bigint unsigned"), "bigint", "numeric(20,0)"},
      {Sized("c", "bit", 1), "boolean", ""},
      {Sized("c", "bit", 10), "bit(10)", ""},
      {Scaled("decimal", 65, 30), "numeric(65,30)", ""},
      {Scaled("decimal", 5, 0), "numeric(5,0)", ""},
      {Column("c", "float"), "real", ""},
      {Scaled("float", 10, 3), "real", ""},
      {Column("c", "double"), "double precision", ""},
      {Sized("c", "char", 10), "varchar(10)", ""},
      {Sized("c", "char", 0), "text", ""},
      {Sized("c", "varchar", 40), "varchar(40)", ""},
      {Column("c", "tinytext"), "text", ""},
      {Column("c", "longtext"), "text", ""},
      {Sized("c", "binary", 16), "bytea", ""},
      {Sized("c", "varbinary", 16), "bytea", ""},
      {Column("c", "longblob"), "bytea", ""},
      {Column("c", "date"), "date", ""},
      {Scaled("datetime", 3, -1), "timestamp(3)", ""},
      {Scaled("datetime", 0, -1), "timestamp(0)", ""},
      {Scaled("timestamp", 6, -1), "timestamptz(6)", ""},
      {Scaled("time", 6, -1), "time(6)", "interval(6)"},
      {Column("c", "year"), "smallint", ""},
      {Labelled("c", "set", {"x", "y z"}), "text[]", ""},
      {Column("c", "json"), "jsonb", ""},
      {JsonAlias(), "jsonb", ""},
      {Column("c", "uuid"), "uuid", ""},
      {Column("c", "inet4"), "inet", ""},
      {Column("c", "inet6"), "inet", ""},
      {Sized("c", "vector", 3), "real[]", ""},
      {Column("c", "point"), "bytea", ""},
      {Column("c", "geometry"), "bytea", ""},
  };
  for (const TypeCase& test : cases) {
    const ColumnPlan plan = Shop({Table("t", {test.column})}).PlanColumn();
    SCOPED_TRACE(test.column.full_type);
    EXPECT_EQ(plan.type.Sql(), test.type);
    EXPECT_EQ(plan.safe_type ? plan.safe_type->Sql() : "", test.safe);
    EXPECT_NE(plan.rule.find("mysql.toml: " + test.column.full_type), std::string::npos);
  }
}

TEST(MySqlTypes, PoliciesChooseTheAlternatives) {
  struct PolicyCase {
    SourceColumn column;
    std::string name, value, type;
  };
  const std::vector<PolicyCase> cases = {
      {Sized("c", "tinyint", 1), "bool_other", "nonzero_true", "boolean"},
      {Sized("c", "tinyint", 1), "bool_other", "error", "boolean"},
      {Column("c", "date"), "partial_date", "text", "text"},
      {Text("c", 10), "nul_byte", "bytea", "bytea"},
      {Text("c", 10), "bad_utf8", "bytea", "bytea"},
      {Column("c", "json"), "json_bad", "json_type", "json"},
      {JsonAlias(), "json_bad", "text", "text"},
      {Text("c", 10, "utf8mb4_general_ci"), "ci", "citext", "citext"},
      {Text("c", 10, "utf8mb4_bin"), "ci", "citext", "varchar(10)"},
  };
  for (const PolicyCase& test : cases) {
    Shop shop({Table("t", {test.column})});
    shop.extensions = {"citext"};
    SetPolicy(shop.options.policies, test.name, test.value);
    SCOPED_TRACE(test.column.full_type + " " + test.name + "=" + test.value);
    EXPECT_EQ(shop.PlanColumn().type.Sql(), test.type);
    EXPECT_FALSE(shop.PlanColumn().safe_type);
  }
}

TEST(MySqlTypes, IcuComparesByACollationForEachWayOfTheSource) {
  Shop shop({Table("t", {Text("a", 9, "utf8mb4_general_ci"), Text("b", 9, "utf8mb4_0900_ai_ci"),
                         Text("c", 9, "utf8mb4_bin"), Text("d", 9, "utf8mb4_0900_as_ci")})});
  SetPolicy(shop.options.policies, "ci", "icu");
  const MigrationPlan plan = shop.Plan();
  const std::vector<ColumnPlan>& columns = plan.tables.at(0).columns;
  EXPECT_EQ(columns[0].collation, R"("public"."transload_ci_as")");
  EXPECT_EQ(columns[1].collation, R"("public"."transload_ci_ai")");
  EXPECT_EQ(columns[2].collation, "");
  EXPECT_EQ(columns[3].collation, columns[0].collation);
  ASSERT_EQ(plan.collations.size(), 2u);
  EXPECT_EQ(plan.collations[0].locale, "und-u-ks-level2");
  EXPECT_EQ(plan.collations[1].locale, "und-u-ks-level1");
  EXPECT_TRUE(Mentions(plan.hazards, "compared by ICU"));
}

TEST(MySqlTypes, IcuIsRefusedWhereTheTargetHasNone) {
  Shop shop({Table("t", {Text("a", 9, "utf8mb4_general_ci")})});
  SetPolicy(shop.options.policies, "ci", "icu");
  shop.target_version = 110000;
  EXPECT_TRUE(Mentions(shop.Plan().refusals, "needs PostgreSQL 12"));
  shop.target_version = 150000;
  shop.target_icu = false;
  EXPECT_TRUE(Mentions(shop.Plan().refusals, "built with ICU"));
}

TEST(MySqlTypes, ExtensionsOfTheTargetChooseGeometryAndVector) {
  SourceColumn point = Column("c", "point");
  point.srid = 4326;
  Shop shop({Table("t", {point, Sized("v", "vector", 3), Column("g", "geometry")})});
  shop.extensions = {"postgis", "vector"};
  const MigrationPlan plan = shop.Plan();
  EXPECT_EQ(plan.tables[0].columns[0].type.Sql(), "geometry(Point,4326)");
  EXPECT_EQ(plan.tables[0].columns[1].type.kind, PgKind::kVector);
  EXPECT_EQ(plan.tables[0].columns[2].type.Sql(), "geometry(Geometry)");
}

TEST(MySqlTypes, FactsDecideKeysAndNobodyGuesses) {
  SourceColumn id = NotNull(Column("id", "bigint", "bigint unsigned"));
  Shop shop({Table("t", {id}, {Primary({"id"})})});
  EXPECT_EQ(shop.PlanColumn().type.Sql(), "numeric(20,0)");  // a key, and nothing is known

  shop.facts = {Range("t", "id", "1", "9223372036854775807")};
  EXPECT_EQ(shop.PlanColumn().type.Sql(), "bigint");
  EXPECT_FALSE(shop.PlanColumn().safe_type);

  shop.facts = {Range("t", "id", "1", "9223372036854775808")};
  EXPECT_EQ(shop.PlanColumn().type.Sql(), "numeric(20,0)");
  EXPECT_NE(shop.PlanColumn().note.find("9223372036854775808"), std::string::npos);
}

TEST(MySqlTypes, FactsDecideScannedColumns) {
  Shop shop({Table("t", {Sized("b", "tinyint", 1), Column("d", "time")})});
  shop.facts = {Range("t", "b", "-1", "2"), Range("t", "d", "00:00:00", "24:00:00")};
  MigrationPlan plan = shop.Plan();
  EXPECT_EQ(plan.tables[0].columns[0].type.Sql(), "smallint");
  EXPECT_EQ(plan.tables[0].columns[1].type.Sql(), "time");
  for (const char* outside : {"24:00:00.000001", "25:00:00", "838:59:59"}) {
    shop.facts = {Range("t", "d", "00:00:00", outside)};
    EXPECT_EQ(shop.Plan().tables[0].columns[1].type.Sql(), "interval") << outside;
  }
  shop.facts = {Range("t", "d", "-00:00:00.5", "01:00:00")};
  EXPECT_EQ(shop.Plan().tables[0].columns[1].type.Sql(), "interval");
}

TEST(MySqlTypes, PrescanOffTakesTheSafeTypes) {
  Shop shop({Table("t", {Sized("b", "tinyint", 1), Column("u", "bigint", "bigint unsigned"),
                         Column("d", "time")})});
  shop.options.prescan = Prescan::kOff;
  const MigrationPlan plan = shop.Plan();
  EXPECT_EQ(plan.tables[0].columns[0].type.Sql(), "smallint");
  EXPECT_EQ(plan.tables[0].columns[1].type.Sql(), "numeric(20,0)");
  EXPECT_EQ(plan.tables[0].columns[2].type.Sql(), "interval");
  for (const ColumnPlan& column : plan.tables[0].columns) EXPECT_FALSE(column.safe_type);
  EXPECT_TRUE(RequestFacts(shop.Request()).probe_keys.empty());
}

TEST(MySqlTypes, ATypeWithoutARuleIsARefusal) {
  const MigrationPlan plan = Shop({Table("t", {Column("c", "hologram")})}).Plan();
  EXPECT_TRUE(Mentions(plan.refusals, "shop.t.c: no rule says what becomes of type 'hologram'"));
}

TEST(MySqlTypes, MapsWinByColumnThenPrintedTypeThenBaseName) {
  Shop shop({Table("t", {Sized("a", "tinyint", 1), Sized("b", "tinyint", 1),
                         Column("c", "bigint", "bigint(20) unsigned")})});
  shop.options.maps = {{"tinyint", "", "bigint", "", "--map"},
                       {"TINYINT( 1 )", "", "smallint", "", "c.toml:3"},
                       {"", "t.b", "integer", "", "--map"},
                       {"bigint unsigned", "", "numeric(20)", "", "--map"}};
  const MigrationPlan plan = shop.Plan();
  EXPECT_EQ(plan.tables[0].columns[0].type.Sql(), "smallint");
  EXPECT_EQ(plan.tables[0].columns[1].type.Sql(), "integer");
  EXPECT_EQ(plan.tables[0].columns[2].type.Sql(), "numeric(20,0)");
  EXPECT_NE(plan.tables[0].columns[1].rule.find("--map col:t.b=integer"), std::string::npos);

  shop.options.tables["t"].columns["a"].type = "text";
  EXPECT_EQ(shop.PlanColumn().type.Sql(), "text");
}

TEST(MySqlTypes, AMapThatCanNotBeIsRefusedAndOneThatMatchesNothingIsNamed) {
  Shop shop({Table("t", {Column("c", "int")})});
  auto with = [&](MapRule map) {
    shop.options.maps = {std::move(map)};
    return shop.Plan();
  };
  EXPECT_THROW(with({"int", "", "integr", "", "--map"}), Error);
  EXPECT_THROW(with({"int", "", "citext", "", "--map"}), Error);
  EXPECT_THROW(with({"", "t.nope", "text", "", "--map"}), Error);
  EXPECT_TRUE(Mentions(with({"json", "", "text", "", "--map"}).hazards, "matches no column"));
}

}  // namespace
}  // namespace transload
