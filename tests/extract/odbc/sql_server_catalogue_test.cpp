// Results of sql/sql_server_*.sql, written down, and the schema they make.
#include "extract/odbc/sql_server_catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "tests/extract/odbc/result_rows.h"

namespace transload::odbc {
namespace {

constexpr const char* kTables =
    "schema_name|table_name|temporal_type|is_memory_optimized|is_external|is_filetable|row_count|"
    "used_bytes|partition_count|comment\n";
constexpr const char* kColumns =
    "schema_name|table_name|column_name|type_name|alias_name|is_assembly_type|is_user_defined|"
    "max_length|precision|scale|collation_name|is_nullable|is_identity|seed_value|increment_value|"
    "last_value|computed_definition|is_persisted|default_definition|is_masked|encryption_type|"
    "generated_always_type|is_hidden|is_column_set|comment\n";
constexpr const char* kIndexes =
    "schema_name|table_name|index_name|index_type|is_unique|is_primary_key|is_disabled|has_filter|"
    "filter_definition|column_name|is_included_column|is_descending_key\n";
constexpr const char* kKeys =
    "schema_name|table_name|key_name|column_name|parent_schema|parent_table|parent_column|"
    "on_update|on_delete|is_disabled|is_not_trusted\n";

// A column of dbo.T; `rest` is what stands from is_nullable on.
std::string Column(const std::string& table, const std::string& name, const std::string& type,
                   const std::string& numbers, const std::string& rest) {
  return "dbo|" + table + "|" + name + "|" + type + "|\\N|0|0|" + numbers + "|\\N|" + rest + "\n";
}
constexpr const char* kPlain = "1|0|\\N|\\N|\\N|\\N|\\N|\\N|0|\\N|0|0|0|\\N";

SqlServerRows Rows(const std::string& columns) {
  SqlServerRows rows;
  rows.tables = Result(std::string(kTables) +
                       "dbo|T|0|0|0|0|1000|65536|1|the first\n"
                       "dbo|t|0|0|0|0|0|0|1|\\N\n"
                       "sales|hist|1|0|0|0|5|8192|1|\\N\n"
                       "sales|now|2|0|0|0|5|8192|4|\\N\n"
                       "dbo|mem|0|1|0|0|5|0|1|\\N\n"
                       "dbo|far|0|0|1|0|5|0|1|\\N\n");
  rows.columns = Result(kColumns + columns);
  return rows;
}

Naming Brackets() {
  Naming naming;
  naming.has_schemas = true;
  return naming;
}

const SourceTable& Find(const SourceCatalogue& catalogue, const std::string& name) {
  return *std::find_if(catalogue.tables.begin(), catalogue.tables.end(),
                       [&](const SourceTable& table) { return table.name == name; });
}

TEST(SqlServerCatalogue, TablesOfEveryKind) {
  const SourceCatalogue catalogue =
      BuildSqlServerCatalogue(Rows(Column("T", "a", "int", "4|10|0", kPlain)), Brackets());
  ASSERT_EQ(catalogue.tables.size(), 5u);  // T and t are two; the external one is none
  EXPECT_EQ(Find(catalogue, "T").comment, "the first");
  EXPECT_EQ(Find(catalogue, "T").estimated_rows, 1000u);
  EXPECT_EQ(Find(catalogue, "T").estimated_bytes, 65536u);
  EXPECT_EQ(Find(catalogue, "hist").engine, "history table");
  EXPECT_EQ(Find(catalogue, "now").engine, "system-versioned table");
  EXPECT_FALSE(Find(catalogue, "now").partitioning.empty());
  EXPECT_FALSE(Find(catalogue, "mem").transactional);
  const auto& left = catalogue.not_migrated;
  EXPECT_TRUE(std::any_of(left.begin(), left.end(),
                          [](const NotMigrated& item) { return item.name == "dbo.far"; }));
}

TEST(SqlServerCatalogue, IdentityNeverUsedAndUsed) {
  const SourceCatalogue catalogue = BuildSqlServerCatalogue(
      Rows(Column("T", "id", "int", "4|10|0", "0|1|100|-5|\\N|\\N|\\N|\\N|0|\\N|0|0|0|\\N") +
           Column("t", "id", "bigint", "8|19|0", "0|1|100|-5|80|\\N|\\N|\\N|0|\\N|0|0|0|\\N")),
      Brackets());
  EXPECT_EQ(Find(catalogue, "T").next_auto_value, "100");
  EXPECT_EQ(Find(catalogue, "t").next_auto_value, "75");
  EXPECT_TRUE(Find(catalogue, "T").columns[0].auto_increment);
}

TEST(SqlServerCatalogue, TheNextIdentityPassesNoValueInTheTable) {
  EXPECT_EQ(NextIdentity("1", "1", "", ""), "1");
  EXPECT_EQ(NextIdentity("1", "1", "41", "99"), "100");
  EXPECT_EQ(NextIdentity("100", "-5", "80", "60"), "55");
  EXPECT_EQ(NextIdentity("1", "1", "99999999999999999999999999999999999998", ""),
            "99999999999999999999999999999999999999");
  EXPECT_EQ(NextIdentity("", "", "", ""), "");
  EXPECT_EQ(NextOfSequence("41", "1", "2"), "43");
}

TEST(SqlServerCatalogue, ComputedColumnsDefaultsAndComments) {
  const SourceCatalogue catalogue = BuildSqlServerCatalogue(
      Rows(
          Column("T", "n", "int", "4|10|0", "0|0|\\N|\\N|\\N|\\N|\\N|((0))|0|\\N|0|0|0|how many") +
          Column("T", "twice", "int", "4|10|0", "1|0|\\N|\\N|\\N|([n]*(2))|1|\\N|0|\\N|0|0|0|\\N") +
          Column("T", "all_sparse", "xml", "-1|0|0",
                 "1|0|\\N|\\N|\\N|\\N|\\N|\\N|0|\\N|0|0|1|\\N")),
      Brackets());
  const SourceTable& table = Find(catalogue, "T");
  ASSERT_EQ(table.columns.size(), 2u);
  EXPECT_EQ(table.columns[0].default_value, (SourceDefault{"((0))", true}));
  EXPECT_EQ(table.columns[0].comment, "how many");
  EXPECT_FALSE(table.columns[0].nullable);
  EXPECT_EQ(table.columns[1].generation_expression, "([n]*(2))");
  EXPECT_TRUE(table.columns[1].generated_stored);
}

TEST(SqlServerCatalogue, IndexesOfEveryKind) {
  SqlServerRows rows = Rows(Column("T", "a", "int", "4|10|0", kPlain));
  rows.indexes = Result(std::string(kIndexes) +
                        "dbo|T|pk_T|1|1|1|0|0|\\N|a|0|0\n"
                        "dbo|T|u|2|1|0|0|0|\\N|b|0|1\n"
                        "dbo|T|u|2|1|0|0|0|\\N|c|1|0\n"
                        "dbo|T|f|2|1|0|0|1|([b]>(0))|b|0|0\n"
                        "dbo|T|cs|6|0|0|0|0|\\N|b|0|0\n"
                        "dbo|T|cs|6|0|0|0|0|\\N|c|0|0\n"
                        "dbo|T|x|3|0|0|0|0|\\N|d|0|0\n"
                        "dbo|T|off|2|0|0|1|0|\\N|b|0|0\n"
                        "dbo|T|place|4|0|0|0|0|\\N|g|0|0\n"
                        "dbo|mem|h|7|0|0|0|0|\\N|a|0|0\n");
  const SourceCatalogue catalogue = BuildSqlServerCatalogue(rows, Brackets());
  const SourceTable& table = Find(catalogue, "T");
  ASSERT_EQ(table.indexes.size(), 4u);
  EXPECT_EQ(table.indexes[0].kind, IndexKind::kPrimary);
  EXPECT_FALSE(table.indexes[0].nulls_not_distinct);
  EXPECT_EQ(table.indexes[1].kind, IndexKind::kUnique);
  EXPECT_TRUE(table.indexes[1].nulls_not_distinct);  // one NULL is all there may be
  EXPECT_TRUE(table.indexes[1].parts[0].descending);
  EXPECT_EQ(table.indexes[1].include, (std::vector<std::string>{"c"}));
  EXPECT_EQ(table.indexes[2].predicate, "([b]>(0))");
  EXPECT_EQ(table.indexes[3].kind, IndexKind::kSpatial);
  EXPECT_EQ(Find(catalogue, "mem").indexes[0].method, "HASH");
  const auto left = std::count_if(catalogue.not_migrated.begin(), catalogue.not_migrated.end(),
                                  [](const NotMigrated& item) { return item.kind == "index"; });
  EXPECT_EQ(left, 3);
}

TEST(SqlServerCatalogue, ForeignKeysChecksSequencesAndTheRest) {
  SqlServerRows rows = Rows(Column("T", "a", "int", "4|10|0", kPlain));
  rows.foreign_keys = Result(std::string(kKeys) +
                             "dbo|T|fk1|a|sales|now|x|NO_ACTION|CASCADE|0|0\n"
                             "dbo|T|fk1|b|sales|now|y|NO_ACTION|CASCADE|0|0\n"
                             "dbo|T|fk2|a|dbo|t|x|SET_NULL|SET_DEFAULT|1|1\n");
  rows.checks = Result(
      "schema_name|table_name|check_name|definition|is_disabled|is_not_trusted\n"
      "dbo|T|positive|([a]>(0))|0|0\n"
      "dbo|T|off|([a]<(9))|1|1\n");
  rows.sequences = Result(
      "schema_name|sequence_name|start_value|increment|minimum_value|maximum_value|current_value|"
      "cache_size|is_cycling\n"
      "dbo|s|1|10|1|9223372036854775807|31|50|1\n");
  rows.others = Result(
      "schema_name|object_name|object_type|definition\n"
      "dbo|v|V|CREATE VIEW v AS SELECT 1 AS x\n"
      "dbo|p|P|\\N\n");
  const SourceCatalogue catalogue = BuildSqlServerCatalogue(rows, Brackets());
  const SourceTable& table = Find(catalogue, "T");
  ASSERT_EQ(table.foreign_keys.size(), 2u);
  EXPECT_EQ(table.foreign_keys[0].parent_schema, "sales");
  EXPECT_EQ(table.foreign_keys[0].parent_columns, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(table.foreign_keys[0].on_delete, "CASCADE");
  EXPECT_TRUE(table.foreign_keys[0].trusted);
  EXPECT_EQ(table.foreign_keys[1].on_delete, "SET DEFAULT");
  EXPECT_FALSE(table.foreign_keys[1].trusted);  // disabled: never checked
  ASSERT_EQ(table.checks.size(), 2u);
  EXPECT_FALSE(table.checks[1].enforced);
  ASSERT_EQ(catalogue.sequences.size(), 1u);
  EXPECT_EQ(catalogue.sequences[0].next_value, "41");
  EXPECT_TRUE(catalogue.sequences[0].cycle);
  EXPECT_EQ(catalogue.not_migrated.back().kind, "procedure");
}

TEST(SqlServerCatalogue, MaskedAndEncryptedColumnsAndRowSecurityAreRefused) {
  for (const char* rest : {"1|0|\\N|\\N|\\N|\\N|\\N|\\N|1|\\N|0|0|0|\\N",
                           "1|0|\\N|\\N|\\N|\\N|\\N|\\N|0|1|0|0|0|\\N"}) {
    EXPECT_THROW(BuildSqlServerCatalogue(Rows(Column("T", "a", "int", "4|10|0", rest)), Brackets()),
                 Error);
  }
  SqlServerRows rows = Rows(Column("T", "a", "int", "4|10|0", kPlain));
  rows.others = Result("schema_name|object_name|object_type|definition\ndbo|filter|SP|\\N\n");
  EXPECT_THROW(BuildSqlServerCatalogue(rows, Brackets()), Error);
}

}  // namespace
}  // namespace transload::odbc
