// SQLite columns: the declared type and what the scan has seen.
#include <gtest/gtest.h>

#include "tests/mappings/plan_fixture.h"

namespace transload {
namespace {

using Counts = std::vector<std::pair<std::string, std::uint64_t>>;

std::string TypeOf(const std::string& declared, const Counts& counts,
                   const std::string& policy = "", const std::string& value = "") {
  SourceColumn column = Column("c", declared);
  column.format = CellFormat::kDynamic;
  if (declared == "decimal") column.precision = 10, column.scale = 2;
  if (declared == "numeric") column.precision = 1001, column.scale = 2;
  if (declared == "money") column.precision = 2, column.scale = 5;
  Shop shop({Table("t", {column})}, "sqlite");
  ColumnFacts facts = Range("t", "c", "", "");
  facts.counts = counts;
  for (const auto& [name, count] : counts) {
    if (name == "minimum_is_big") facts.minimum = "-40000", facts.maximum = "40000";
  }
  shop.facts = {facts};
  if (!policy.empty()) SetPolicy(shop.options.policies, policy, value);
  return shop.PlanColumn().type.Sql();
}

TEST(SqliteTypes, DeclaredAndObservedDecide) {
  EXPECT_EQ(TypeOf("integer", {{"integer", 3}}), "bigint");
  EXPECT_EQ(TypeOf("integer", {{"integer", 3}, {"real", 2}, {"integral_real", 2}}), "bigint");
  EXPECT_EQ(TypeOf("integer", {{"integer", 3}, {"real", 1}}), "double precision");
  EXPECT_EQ(TypeOf("integer", {{"integer", 3}, {"int_beyond_double", 1}, {"real", 1}}), "numeric");
  EXPECT_EQ(TypeOf("integer", {{"integer", 1}, {"text", 1}, {"blob", 1}, {"real", 1}}),
            "text");  // 80
  EXPECT_EQ(TypeOf("integer", {{"integer", 1}, {"text", 1}}, "sqlite_misfit", "reject"), "bigint");
  EXPECT_EQ(TypeOf("smallint", {{"integer", 3}}), "smallint");
  EXPECT_EQ(TypeOf("smallint", {{"integer", 3}, {"minimum_is_big", 1}}), "bigint");
  EXPECT_EQ(TypeOf("boolean", {{"integer", 2}, {"int_bool", 2}}), "boolean");
  EXPECT_EQ(TypeOf("boolean", {{"integer", 2}, {"int_bool", 1}}), "bigint");
  EXPECT_EQ(TypeOf("boolean", {{"text", 2}, {"text_bool", 2}}), "boolean");
  EXPECT_EQ(TypeOf("real", {{"real", 2}, {"integer", 1}}), "double precision");
  EXPECT_EQ(TypeOf("decimal", {{"real", 2}, {"max_scale", 2}, {"max_int_digits", 8}}),
            "numeric(10,2)");
  EXPECT_EQ(TypeOf("decimal", {{"real", 2}, {"max_scale", 3}, {"max_int_digits", 8}}), "numeric");
  EXPECT_EQ(TypeOf("numeric", {{"integer", 2}, {"max_int_digits", 3}}), "numeric");
  EXPECT_EQ(TypeOf("numeric", {}), "numeric");
  EXPECT_EQ(TypeOf("money", {{"real", 2}, {"max_scale", 1}, {"max_int_digits", 2}}), "numeric");
  EXPECT_EQ(TypeOf("varchar", {{"text", 2}}), "text");  // 81
  EXPECT_EQ(TypeOf("blob", {{"blob", 2}}), "bytea");
  EXPECT_EQ(TypeOf("", {{"text", 2}}), "text");
  EXPECT_EQ(TypeOf("", {{"text", 1}, {"blob", 1}, {"blob_utf8", 1}}), "text");
  EXPECT_EQ(TypeOf("", {{"text", 1}, {"blob", 1}}), "bytea");
  EXPECT_EQ(TypeOf("string", {{"integer", 1}}), "bigint");  // 79
  EXPECT_EQ(TypeOf("date", {{"text", 2}, {"text_date", 2}}), "date");
  EXPECT_EQ(TypeOf("datetime", {{"text", 2}, {"text_datetime", 2}}), "timestamp");
  EXPECT_EQ(TypeOf("datetime", {{"text", 2}, {"text_datetime_zone", 2}}), "timestamptz");
  EXPECT_EQ(TypeOf("datetime", {{"text", 2}, {"text_datetime", 1}, {"integer", 1}, {"real", 1}}),
            "text");  // 87
  EXPECT_EQ(TypeOf("datetime", {{"integer", 2}, {"int_unix_seconds", 2}}), "bigint");
  EXPECT_EQ(TypeOf("datetime", {{"integer", 2}, {"int_unix_seconds", 2}}, "sqlite_epoch", "unix_s"),
            "timestamptz");
  EXPECT_EQ(TypeOf("time", {{"text", 2}, {"text_time", 2}}), "time");
  EXPECT_EQ(TypeOf("json", {{"text", 2}, {"json", 2}, {"json_jsonb", 2}}), "jsonb");
  EXPECT_EQ(TypeOf("json", {{"text", 2}, {"json", 2}, {"json_jsonb", 1}}), "json");
  EXPECT_EQ(TypeOf("uuid", {{"text", 1}, {"text_uuid", 1}, {"blob", 1}, {"blob_uuid", 1}}), "uuid");
  EXPECT_EQ(TypeOf("datetime", {}), "timestamp");  // no value at all
}

TEST(SqliteTypes, NamesColumnsThatTheSourceComparesOtherwise) {
  SourceColumn column = Column("c", "text");
  column.format = CellFormat::kDynamic;
  column.collation = "RTRIM";
  Shop shop({Table("t", {column})}, "sqlite");
  ColumnFacts facts = Range("t", "c", "", "");
  facts.counts = {{"text", 1}};
  shop.facts = {facts};
  EXPECT_TRUE(Mentions(shop.Plan().hazards, "exactly in PostgreSQL: c (rtrim)"));
}

TEST(SqliteTypes, TellsWhereValuesOfSeveralClassesShareOne) {
  const auto merges = [](const Counts& counts) {
    SourceColumn column = Column("c", "");
    column.format = CellFormat::kDynamic;
    Shop shop({Table("t", {column})}, "sqlite");
    ColumnFacts facts = Range("t", "c", "", "");
    facts.counts = counts;
    shop.facts = {facts};
    return shop.PlanColumn().merges;
  };
  EXPECT_TRUE(merges({{"integer", 1}, {"text", 1}}));
  EXPECT_TRUE(merges({{"real", 1}, {"text", 1}}));
  EXPECT_TRUE(merges({{"text", 1}, {"blob", 1}}));
  EXPECT_FALSE(merges({{"integer", 2}, {"real", 2}}));
  EXPECT_FALSE(merges({{"text", 2}}));
  EXPECT_FALSE(merges({}));
}

TEST(SqliteTypes, TellsWhereTextsAreReadAsSomethingElse) {
  const auto merges = [](const char* declared, const Counts& counts) {
    SourceColumn column = Column("c", declared);
    column.format = CellFormat::kDynamic;
    Shop shop({Table("t", {column})}, "sqlite");
    ColumnFacts facts = Range("t", "c", "", "");
    facts.counts = counts;
    shop.facts = {facts};
    return shop.PlanColumn().merges;
  };
  EXPECT_TRUE(merges("boolean", {{"text", 2}, {"text_bool", 2}}));
  EXPECT_TRUE(merges("time", {{"text", 2}, {"text_time", 2}}));
  EXPECT_TRUE(merges("uuid", {{"text", 2}, {"text_uuid", 2}}));
  EXPECT_FALSE(merges("uuid", {{"blob", 2}, {"blob_uuid", 2}}));
  EXPECT_FALSE(merges("varchar(9)", {{"text", 2}}));
}

TEST(SqliteTypes, EveryColumnIsScannedAndKeysWithNullsBecomeUnique) {  // 82
  SourceColumn id = Column("id", "int");
  id.format = CellFormat::kDynamic;
  Shop shop({Table("t", {id}, {Primary({"id"})})}, "sqlite");
  EXPECT_EQ(RequestFacts(shop.Request()).scans, (std::vector<ScanRequest>{{"shop", "t", {"id"}}}));
  ColumnFacts facts = Range("t", "id", "1", "2");
  facts.counts = {{"integer", 2}};
  shop.facts = {facts};
  EXPECT_TRUE(shop.Plan().tables[0].indexes[0].primary);
  EXPECT_TRUE(shop.PlanColumn().not_null);
  shop.facts[0].nulls = 2;
  const MigrationPlan plan = shop.Plan();
  EXPECT_FALSE(plan.tables[0].indexes[0].primary);
  EXPECT_TRUE(plan.tables[0].indexes[0].constraint);
  EXPECT_FALSE(plan.tables[0].columns[0].not_null);
  EXPECT_TRUE(Mentions(plan.hazards, "the primary key holds NULLs"));
}

}  // namespace
}  // namespace transload
