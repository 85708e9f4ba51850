// Results of SQLColumns and its like, as drivers gave them, and the tables they make.
#include "extract/odbc/catalogue_rows.h"

#include <gtest/gtest.h>

#include "tests/extract/odbc/result_rows.h"

namespace transload::odbc {
namespace {

constexpr const char* kColumnNames =
    "CAT|SCHEM|TABLE|COLUMN|TYPE|TYPE_NAME|SIZE|LEN|DIGITS|RADIX|NULLABLE|REMARKS|DEF\n";
constexpr const char* kIndexNames =
    "CAT|SCHEM|TABLE|NON_UNIQUE|QUAL|NAME|TYPE|ORD|COLUMN|ASC|CARD|PAGES|FILTER\n";
constexpr const char* kForeignNames =
    "PCAT|PSCHEM|PTABLE|PCOLUMN|CAT|SCHEM|TABLE|COLUMN|SEQ|UPD|DEL|NAME|PNAME|DEFER\n";

struct Fixture {
  TableRows rows;
  Naming naming;
  std::vector<NotMigrated> left_out;

  SourceTable Build(const std::string& driver) {
    const CatalogueContext context{QuirksOf(driver), naming, {"oid"}};
    return BuildTable("shop", "t", rows, context, left_out);
  }
};

TEST(OdbcCatalogue, ColumnsOfMariaDbsDriver) {
  Fixture f;
  f.naming.quote = "`";
  f.rows.columns = Result(std::string(kColumnNames) +
                          "shop|\\N|t|id|4|INT UNSIGNED|10|4|0|10|0||\\N\n"
                          "shop|\\N|t|d|3|DECIMAL|38|40|10|10|1||0.00\n"
                          "shop|\\N|t|v|-9|VARCHAR|20|80|\\N|\\N|1|a name|'it''s'\n"
                          "shop|\\N|t|ts|93|TIMESTAMP|19|16|\\N|10|0||current_timestamp()\n"
                          "shop|\\N|t|b|-7|BIT|1|1|\\N|10|1||NULL\n"
                          "shop|\\N|tt|other|4|INT|10|4|0|10|0||\\N\n");
  f.rows.automatic = {"id"};
  const SourceTable table = f.Build("libmaodbc.so");
  ASSERT_EQ(table.columns.size(), 5u);  // a table that looks alike is not this one
  EXPECT_EQ(table.columns[0].format, CellFormat::kUnsigned);
  EXPECT_TRUE(table.columns[0].auto_increment);
  EXPECT_FALSE(table.columns[0].nullable);
  EXPECT_EQ(table.columns[1].full_type, "decimal(38,10)");
  EXPECT_EQ(table.columns[1].default_value, (SourceDefault{"0.00", false}));
  EXPECT_EQ(table.columns[2].length, 20);
  EXPECT_EQ(table.columns[2].comment, "a name");
  EXPECT_EQ(table.columns[2].default_value, (SourceDefault{"it's", false}));
  EXPECT_EQ(table.columns[3].type, "timestamptz");
  EXPECT_EQ(table.columns[3].select_expression, "CONCAT(`ts`, '+00:00')");
  EXPECT_EQ(table.columns[3].default_value, (SourceDefault{"current_timestamp()", true}));
  EXPECT_EQ(table.columns[4].select_expression, "`b`+0");
}

TEST(OdbcCatalogue, ColumnsOfPostgresDriver) {
  Fixture f;
  f.rows.columns = Result(std::string(kColumnNames) +
                          "db|public|t|id|4|int4|10|4|0|10|0||nextval('t_id_seq'::regclass)\n"
                          "db|public|t|n|2|numeric|28|30|6|10|1||\\N\n"
                          "db|public|t|m|2|numeric|12|14|2|10|1||'1.50'::numeric\n"
                          "db|public|t|v|-9|varchar|8190|16380|\\N|\\N|1||\\N\n"
                          "db|public|t|z|93|timestamptz|26|16|6|10|1||now()\n"
                          "db|public|t|o|4|oid|10|4|0|10|1||\\N\n");
  const SourceTable table = f.Build("psqlodbcw.so");
  EXPECT_TRUE(table.columns[0].auto_increment);
  EXPECT_FALSE(table.columns[0].default_value);
  EXPECT_EQ(table.columns[1].precision, -1);  // without a precision of its own
  EXPECT_EQ(table.columns[2].precision, 12);
  EXPECT_EQ(table.columns[2].default_value, (SourceDefault{"1.50", false}));
  EXPECT_EQ(table.columns[3].length, -1);
  EXPECT_EQ(table.columns[4].type, "timestamptz");
  EXPECT_EQ(table.columns[4].format, CellFormat::kText);
  EXPECT_TRUE(table.columns[5].is_unsigned);
}

TEST(OdbcCatalogue, ColumnsOfAnUnknownDriverFollowTheStandard) {
  Fixture f;
  f.rows.columns = Result(std::string(kColumnNames) +
                          "\\N|S|t|a|12|VARCHAR2|40|40|\\N|\\N|1||\\N\n"
                          "\\N|S|t|b|-4|BLOB|2147483647|2147483647|\\N|\\N|1||\\N\n"
                          "\\N|S|t|c|93|TIMESTAMP(9)|29|16|9|\\N|1||\\N\n"
                          "\\N|S|t|d|-11|GUID|36|16|\\N|\\N|1||\\N\n"
                          "\\N|S|t|e|-999|THING|0|0|\\N|\\N|1||\\N\n");
  const SourceTable table = f.Build("libsomething.so");
  EXPECT_EQ(table.columns[0].format, CellFormat::kUtf16);
  EXPECT_EQ(table.columns[0].length, 40);
  EXPECT_EQ(table.columns[1].format, CellFormat::kBytes);
  EXPECT_EQ(table.columns[2].precision, 6);
  EXPECT_EQ(table.columns[3].format, CellFormat::kUuid);
  EXPECT_EQ(table.columns[4].type, "other");
}

TEST(OdbcCatalogue, KeysAndIndexes) {
  Fixture f;
  f.rows.columns = Result(std::string(kColumnNames) +
                          "shop|\\N|t|a|4|INT|10|4|0|10|0||\\N\n"
                          "shop|\\N|t|b|4|INT|10|4|0|10|0||\\N\n");
  f.rows.primary_key = Result(
      "CAT|SCHEM|TABLE|COLUMN|SEQ|NAME\n"
      "shop|\\N|t|b|2|PRIMARY\n"
      "shop|\\N|t|a|1|PRIMARY\n");
  f.rows.statistics = Result(std::string(kIndexNames) +
                             "shop|\\N|t|\\N|\\N|\\N|0|\\N|\\N|\\N|500|4|\\N\n"
                             "shop|\\N|t|0|\\N|PRIMARY|3|1|a|A|500|\\N|\\N\n"
                             "shop|\\N|t|0|\\N|PRIMARY|3|2|b|A|500|\\N|\\N\n"
                             "shop|\\N|t|1|\\N|ba|3|1|b|D|500|\\N|\\N\n"
                             "shop|\\N|t|1|\\N|ba|3|2|a|A|500|\\N|\\N\n"
                             "shop|\\N|t|0|\\N|part|3|1|b|A|500|\\N|b > 0\n"
                             "shop|\\N|t|0|\\N|expr|3|1|lower(b)|A|500|\\N|\\N\n");
  const SourceTable table = f.Build("x");
  ASSERT_EQ(table.indexes.size(), 2u);  // the key's own index is not a second one
  EXPECT_EQ(table.indexes[0].kind, IndexKind::kPrimary);
  EXPECT_EQ(table.indexes[0].parts[0].column, "a");
  EXPECT_EQ(table.indexes[1].name, "ba");
  EXPECT_TRUE(table.indexes[1].parts[0].descending);
  EXPECT_EQ(table.estimated_rows, 500u);
  ASSERT_EQ(f.left_out.size(), 2u);  // a filter and an expression, which would mean another index
}

TEST(OdbcCatalogue, AUniqueIndexOfThePrimaryKeysColumnsIsOneOfItsOwn) {
  Fixture f;
  f.rows.columns = Result(std::string(kColumnNames) + "shop|\\N|t|a|4|INT|10|4|0|10|0||\\N\n");
  f.rows.primary_key = Result("CAT|SCHEM|TABLE|COLUMN|SEQ|NAME\nshop|\\N|t|a|1|PRIMARY\n");
  f.rows.statistics = Result(std::string(kIndexNames) +
                             "shop|\\N|t|0|\\N|another|3|1|a|A|500|\\N|\\N\n"
                             "shop|\\N|t|0|\\N|PRIMARY|3|1|a|A|500|\\N|\\N\n"
                             "shop|\\N|t|0|\\N|third|3|1|a|A|500|\\N|\\N\n");
  const SourceTable table = f.Build("x");
  ASSERT_EQ(table.indexes.size(), 3u);
  EXPECT_EQ(table.indexes[0].kind, IndexKind::kPrimary);
  EXPECT_EQ(table.indexes[1].name, "another");
  EXPECT_EQ(table.indexes[2].name, "third");
  // A driver that knows no name of the key.
  f.rows.primary_key = Result("CAT|SCHEM|TABLE|COLUMN|SEQ|NAME\nshop|\\N|t|a|1|\\N\n");
  f.rows.statistics = Result(std::string(kIndexNames) +
                             "shop|\\N|t|0|\\N|pk_1|3|1|a|A|500|\\N|\\N\n"
                             "shop|\\N|t|0|\\N|third|3|1|a|A|500|\\N|\\N\n");
  const SourceTable nameless = f.Build("x");
  ASSERT_EQ(nameless.indexes.size(), 2u);
  EXPECT_EQ(nameless.indexes[1].name, "third");
}

TEST(OdbcCatalogue, ForeignKeys) {
  Fixture f;
  f.rows.foreign_keys = Result(std::string(kForeignNames) +
                               "shop|\\N|p|x|shop|\\N|t|a|1|1|0|t_p|PRIMARY|7\n"
                               "shop|\\N|p|y|shop|\\N|t|b|2|1|0|t_p|PRIMARY|7\n"
                               "shop|\\N|q|z|shop|\\N|t|a|1|3|2|t_q|PRIMARY|5\n");
  const SourceTable table = f.Build("x");
  ASSERT_EQ(table.foreign_keys.size(), 2u);
  EXPECT_EQ(table.foreign_keys[0].columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table.foreign_keys[0].parent_columns, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(table.foreign_keys[0].parent_schema, "shop");
  EXPECT_EQ(table.foreign_keys[0].on_delete, "CASCADE");
  EXPECT_EQ(table.foreign_keys[0].on_update, "RESTRICT");
  EXPECT_EQ(table.foreign_keys[1].on_delete, "SET NULL");
  EXPECT_TRUE(table.foreign_keys[1].initially_deferred);
}

TEST(OdbcCatalogue, AForeignKeyWithoutItsParentsColumnsIsToThePrimaryKey) {
  Fixture f;
  SourceCatalogue catalogue;
  f.rows.foreign_keys = Result(std::string(kForeignNames) +
                               "shop|\\N|P||shop|\\N|t|a|1|3|3|||7\n"
                               "shop|\\N|P||shop|\\N|t|b|2|3|3|||7\n"
                               "shop|\\N|p||shop|\\N|t|c|1|3|3|||7\n"
                               "shop|\\N|gone||shop|\\N|t|c|1|3|3|||7\n");
  catalogue.tables.push_back(f.Build("x"));
  SourceTable& parent = catalogue.tables.emplace_back();
  parent.schema = "shop";
  parent.name = "p";
  SourceIndex& key = parent.indexes.emplace_back();
  key.kind = IndexKind::kPrimary;
  for (const char* column : {"y", "x"}) key.parts.emplace_back().column = column;
  CompleteForeignKeys(catalogue);
  ASSERT_EQ(catalogue.tables[0].foreign_keys.size(), 1u);
  EXPECT_EQ(catalogue.tables[0].foreign_keys[0].parent_columns,
            (std::vector<std::string>{"y", "x"}));
  ASSERT_EQ(catalogue.not_migrated.size(), 2u);  // of another number of columns, and to no table
  EXPECT_EQ(catalogue.not_migrated[0].name, "t(c)");
}

TEST(OdbcCatalogue, ADriverWithoutKeysAndIndexesStillGivesColumns) {
  Fixture f;
  f.rows.columns = Result(std::string(kColumnNames) + "\\N|\\N|t|a|4|INT|10|4|0|10|0||\\N\n");
  const SourceTable table = f.Build("x");
  EXPECT_EQ(table.columns.size(), 1u);
  EXPECT_TRUE(table.indexes.empty());
}

TEST(OdbcCatalogue, Defaults) {
  EXPECT_FALSE(ParseDefault(""));
  EXPECT_FALSE(ParseDefault("NULL"));
  EXPECT_FALSE(ParseDefault("NULL::character varying"));
  EXPECT_EQ(ParseDefault("'a''b'"), (SourceDefault{"a'b", false}));
  EXPECT_EQ(ParseDefault("'x'::text"), (SourceDefault{"x", false}));
  EXPECT_EQ(ParseDefault("-1.5"), (SourceDefault{"-1.5", false}));
  EXPECT_EQ(ParseDefault("now()"), (SourceDefault{"now()", true}));
  EXPECT_EQ(ParseDefault("'a' || 'b'"), (SourceDefault{"'a' || 'b'", true}));
}

}  // namespace
}  // namespace transload::odbc
