#include "load/target_columns.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace transload {
namespace {

std::string Sql(const std::string& name, std::int32_t typmod, bool array = false) {
  CatalogueType type;
  type.type_name = name;
  type.type_schema = "pg_catalog";
  type.typmod = typmod;
  type.is_array = array;
  type.formatted = name;
  return TypeFromCatalogue(type).Sql();
}

TEST(TypeFromCatalogue, ReadsTypmods) {
  EXPECT_EQ(Sql("varchar", 14), "varchar(10)");
  EXPECT_EQ(Sql("varchar", -1), "varchar");
  EXPECT_EQ(Sql("bpchar", 5), "char(1)");
  EXPECT_EQ(Sql("numeric", ((20 << 16) | 0) + 4), "numeric(20,0)");
  EXPECT_EQ(Sql("numeric", ((65 << 16) | 30) + 4), "numeric(65,30)");
  EXPECT_EQ(Sql("numeric", ((5 << 16) | (-3 & 0x7FF)) + 4), "numeric(5,-3)");
  EXPECT_EQ(Sql("timestamp", 3), "timestamp(3)");
  EXPECT_EQ(Sql("bit", 10), "bit(10)");
  EXPECT_EQ(Sql("int8", -1), "bigint");
  EXPECT_EQ(Sql("text", -1, true), "text[]");
}

TEST(TypeFromCatalogue, TakesNothingOfAnothersTypeWithABuiltInName) {
  CatalogueType type;
  type.type_name = "int4";
  type.type_schema = "mine";
  type.formatted = "mine.int4";
  EXPECT_EQ(TypeFromCatalogue(type).kind, PgKind::kOther);
}

TEST(BindColumns, RefusesWhatCannotTakeValues) {
  TablePlan plan;
  ColumnPlan column;
  column.name = "a";
  plan.columns = {column};
  EXPECT_THROW(BindColumns({}, plan), Error);
  TargetColumn generated;
  generated.name = "a";
  generated.generated = true;
  EXPECT_THROW(BindColumns({generated}, plan), Error);
}

}  // namespace
}  // namespace transload
