// A SQL Server schema as it is planned: the cases 104 and 106 of the type specification.
#include <gtest/gtest.h>

#include "tests/mappings/plan_fixture.h"

namespace transload {
namespace {

SourceColumn Typed(const std::string& name, const std::string& type, CellFormat format) {
  SourceColumn column;
  column.name = name;
  column.type = column.full_type = type;
  column.format = format;
  return column;
}

SourceTable Dbo(const std::string& name) {
  SourceTable table;
  table.schema = "dbo";
  table.name = name;
  SourceColumn id = Typed("id", "int", CellFormat::kSigned);
  id.nullable = false;
  id.auto_increment = true;
  SourceColumn n = Typed("n", "int", CellFormat::kSigned);
  n.default_value = SourceDefault{"((0))", true};
  SourceColumn twice = Typed("twice", "int", CellFormat::kSigned);
  twice.generation_expression = "([n]*(2))";
  twice.generated_stored = true;
  table.columns = {id, n, twice};
  table.next_auto_value = "75";
  return table;
}

TEST(SqlServerPlan, DboBecomesPublicAndOtherSchemasStay) {
  SourceTable other = Dbo("o");
  other.schema = "sales";
  Shop shop({Dbo("T"), other}, "mssql");
  shop.source.default_target_schema.clear();
  const MigrationPlan plan = shop.Plan();
  EXPECT_EQ(plan.tables[0].schema, "public");
  EXPECT_EQ(plan.tables[1].schema, "sales");
}

TEST(SqlServerPlan, TablesThatDifferByCaseAloneAreTwo) {
  Shop shop({Dbo("T"), Dbo("t")}, "mssql");
  const MigrationPlan plan = shop.Plan();
  ASSERT_EQ(plan.tables.size(), 2u);
  EXPECT_NE(plan.tables[0].name, plan.tables[1].name);
}

TEST(SqlServerPlan, IdentityDefaultAndComputedColumn) {
  Shop shop({Dbo("T")}, "mssql");
  shop.options.policies.generated = Generated::kTranslate;
  const TablePlan table = shop.Plan().tables[0];
  EXPECT_TRUE(table.columns[0].identity);
  EXPECT_EQ(table.columns[1].default_sql, "0");
  EXPECT_EQ(table.columns[2].generated_sql, "(\"n\" * 2)");
}

TEST(SqlServerPlan, AUniqueIndexTakesOneNullOnly) {
  SourceTable table = Dbo("T");
  SourceIndex index;
  index.name = "u";
  index.kind = IndexKind::kUnique;
  index.nulls_not_distinct = true;
  index.parts.emplace_back().column = "n";
  table.indexes = {index};
  SourceIndex filtered = index;
  filtered.name = "f";
  filtered.predicate = "([n]>(0))";
  table.indexes.push_back(filtered);
  Shop shop({table}, "mssql");
  const TablePlan plan = shop.Plan().tables[0];
  ASSERT_EQ(plan.indexes.size(), 2u);
  EXPECT_TRUE(plan.indexes[0].nulls_not_distinct);
  EXPECT_TRUE(plan.indexes[1].nulls_not_distinct);
  EXPECT_EQ(plan.indexes[0].where_sql + plan.indexes[1].where_sql, "(\"n\" > 0)");
}

TEST(SqlServerPlan, AForeignKeyThatWasNeverCheckedIsNotValidated) {
  SourceTable parent = Dbo("p");
  SourceIndex key;
  key.name = "pk";
  key.kind = IndexKind::kPrimary;
  key.parts.emplace_back().column = "id";
  parent.indexes = {key};
  SourceTable child = Dbo("c");
  SourceForeignKey foreign;
  foreign.name = "fk";
  foreign.columns = {"n"};
  foreign.parent_schema = "dbo";
  foreign.parent_table = "p";
  foreign.parent_columns = {"id"};
  foreign.on_update = foreign.on_delete = "NO ACTION";
  foreign.trusted = false;
  child.foreign_keys = {foreign};
  Shop shop({parent, child}, "mssql");
  const MigrationPlan plan = shop.Plan();
  const TablePlan& planned = plan.tables[1].name == "c" ? plan.tables[1] : plan.tables[0];
  ASSERT_EQ(planned.foreign_keys.size(), 1u);
  EXPECT_FALSE(planned.foreign_keys[0].validate);
}

}  // namespace
}  // namespace transload
