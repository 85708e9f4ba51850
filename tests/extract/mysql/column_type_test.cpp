#include "extract/mysql/column_type.h"

#include <gtest/gtest.h>

#include "extract/mysql/default_value.h"

namespace transload::mysql {
namespace {

SourceColumn Parsed(std::string_view type, std::string charset = "") {
  SourceColumn column;
  column.charset = std::move(charset);
  ParseColumnType(type, column);
  column.format = WireFormat(column);
  return column;
}

using Labels = std::vector<std::string>;

TEST(MySqlColumnType, ReadsIntegersWithAndWithoutWidth) {
  SourceColumn column = Parsed("bigint(20) unsigned zerofill");
  EXPECT_EQ(column.type, "bigint");
  EXPECT_EQ(column.length, 20);
  EXPECT_TRUE(column.is_unsigned);
  EXPECT_TRUE(column.zerofill);
  EXPECT_EQ(column.format, CellFormat::kUnsigned);
  EXPECT_EQ(Parsed("int").length, -1);
  EXPECT_EQ(Parsed("tinyint(1)").length, 1);
  EXPECT_EQ(Parsed("int").format, CellFormat::kSigned);
}

TEST(MySqlColumnType, KeepsMembersWithCommasParenthesesQuotesAndBackslashes) {
  EXPECT_EQ(Parsed("enum('','a,b','it''s','(x)',' lead','a\\\\b','n\\nl')").labels,
            (Labels{"", "a,b", "it's", "(x)", " lead", "a\\b", "n\nl"}));
  EXPECT_EQ(Parsed("set('x','y z','q''q')").labels, (Labels{"x", "y z", "q'q"}));
  EXPECT_FALSE(Parsed("enum('unsigned','zerofill')").is_unsigned);
}

TEST(MySqlColumnType, ReadsPrecisionScaleAndFraction) {
  SourceColumn decimal = Parsed("decimal(65,30) unsigned");
  EXPECT_EQ(decimal.precision, 65);
  EXPECT_EQ(decimal.scale, 30);
  EXPECT_EQ(decimal.format, CellFormat::kDecimal);
  EXPECT_EQ(Parsed("datetime(6)").precision, 6);
  EXPECT_EQ(Parsed("timestamp").precision, 0);
  EXPECT_EQ(Parsed("time(3)").format, CellFormat::kDuration);
  EXPECT_EQ(Parsed("float(10,3)").scale, 3);
}

TEST(MySqlColumnType, SkipsCommentsAndTakesTheSridFromThem) {
  EXPECT_EQ(Parsed("longtext /*!100301 COMPRESSED*/", "utf8mb4").type, "longtext");
  EXPECT_EQ(Parsed("point /*!80003 SRID 4326 */").srid, 4326u);
  EXPECT_EQ(Parsed("point").format, CellFormat::kGeometry);
}

TEST(MySqlColumnType, TellsTextFromBytesByTheCharacterSet) {
  EXPECT_EQ(Parsed("varchar(10)", "latin1").format, CellFormat::kText);
  EXPECT_EQ(Parsed("varbinary(10)").format, CellFormat::kBytes);
  EXPECT_EQ(Parsed("longblob").format, CellFormat::kBytes);
  EXPECT_EQ(Parsed("sometype(3)", "utf8mb4").format, CellFormat::kText);
  EXPECT_EQ(Parsed("bit(10)").length, 10);
  EXPECT_EQ(Parsed("vector(3)").format, CellFormat::kVector);
  EXPECT_EQ(Parsed("uuid").format, CellFormat::kText);
}

SourceDefault Literal(std::string text) { return {std::move(text), false}; }
SourceDefault Expression(std::string text) { return {std::move(text), true}; }

TEST(MySqlDefault, TellsMariaDbLiteralsFromExpressions) {
  SourceColumn text = Parsed("varchar(20)", "utf8mb4");
  EXPECT_EQ(MariaDbDefault("'it''s'", text), Literal("it's"));
  EXPECT_EQ(MariaDbDefault("'NULL'", text), Literal("NULL"));
  EXPECT_EQ(MariaDbDefault("NULL", text), std::nullopt);
  EXPECT_EQ(MariaDbDefault(std::nullopt, text), std::nullopt);
  EXPECT_EQ(MariaDbDefault("'CURRENT_TIMESTAMP'", text), Literal("CURRENT_TIMESTAMP"));
  EXPECT_EQ(MariaDbDefault("'a\\\\b''c\\nd'", text), Literal("a\\b'c\nd"));
  EXPECT_EQ(MariaDbDefault("uuid()", text), Expression("uuid()"));
  EXPECT_EQ(MariaDbDefault("'a' + 'b'", text), Expression("'a' + 'b'"));
  EXPECT_EQ(MariaDbDefault("-5", Parsed("int(11)")), Literal("-5"));
  EXPECT_EQ(MariaDbDefault("1.50", Parsed("decimal(5,2)")), Literal("1.50"));
  EXPECT_EQ(MariaDbDefault("b'101'", Parsed("bit(8)")), Literal("b'101'"));
  EXPECT_EQ(MariaDbDefault("X'00ff'", Parsed("blob")), Literal("X'00ff'"));
  EXPECT_EQ(MariaDbDefault("current_timestamp(3)", Parsed("datetime(3)")),
            Expression("current_timestamp(3)"));
}

TEST(MySqlDefault, TellsMySqlLiteralsFromExpressions) {
  SourceColumn text = Parsed("varchar(20)", "utf8mb4");
  EXPECT_EQ(MySqlDefault("it's", text, ""), Literal("it's"));
  EXPECT_EQ(MySqlDefault("NULL", text, ""), Literal("NULL"));
  EXPECT_EQ(MySqlDefault("CURRENT_TIMESTAMP", text, ""), Literal("CURRENT_TIMESTAMP"));
  EXPECT_EQ(MySqlDefault("CURRENT_TIMESTAMP", Parsed("timestamp"), ""),
            Expression("CURRENT_TIMESTAMP"));
  EXPECT_EQ(MySqlDefault("(1 + 2)", Parsed("int"), "DEFAULT_GENERATED"), Expression("(1 + 2)"));
  EXPECT_EQ(MySqlDefault("_utf8mb4\\'x\\'", text, "DEFAULT_GENERATED"), Expression("'x'"));
  EXPECT_EQ(MySqlDefault(std::nullopt, text, ""), std::nullopt);
}

TEST(MySqlExpression, TakesEscapesAndIntroducersAway) {
  EXPECT_EQ(PlainExpression("(`a` > _utf8mb4\\'x\\')", true), "(`a` > 'x')");
  EXPECT_EQ(PlainExpression("`_x` = _latin1'it''s _utf8mb4'", false), "`_x` = 'it''s _utf8mb4'");
  EXPECT_EQ(PlainExpression("`k` <> 'a\\'b'", false), "`k` <> 'a\\'b'");
}

TEST(MySqlExpression, UndoesASecondEncoding) {
  EXPECT_EQ(EncodedOnce("'\xC3\x83\xC2\x84'"), "'\xC3\x84'");
  EXPECT_EQ(EncodedOnce("'abc'"), std::nullopt);
  EXPECT_EQ(EncodedOnce("'\xC5\xBE'"), std::nullopt) << "a letter beyond Latin-1";
}

TEST(MySqlExpression, RecognisesTheCheckThatStandsForJson) {
  EXPECT_EQ(JsonValidColumn("json_valid(`j`)"), "j");
  EXPECT_EQ(JsonValidColumn("(json_valid(`a``b`))"), "a`b");
  EXPECT_EQ(JsonValidColumn("json_valid(`j`) or `k` = 1"), "");
  EXPECT_EQ(JsonValidColumn("json_valid(`j`) and json_valid(`k`)"), "");
  EXPECT_EQ(JsonValidColumn(""), "");
}

}  // namespace
}  // namespace transload::mysql
