#include "transform/render.h"

#include <gtest/gtest.h>

#include "tests/transform/encoding.h"

namespace transload {
namespace {

std::string Cell_(std::string_view bytes, CellFormat format, std::string type = "",
                  std::int64_t length = -1) {
  SourceColumn column;
  column.format = format;
  column.type = std::move(type);
  column.length = length;
  column.labels = {"red", "green"};
  return RenderCell({bytes.data(), static_cast<std::uint32_t>(bytes.size()), false}, column);
}

TEST(RenderCell, WritesValuesAsAPersonDoes) {
  using encoding::Raw;
  EXPECT_EQ(RenderCell({}, {}), "NULL");
  EXPECT_EQ(Cell_(Raw(std::int16_t{-5}), CellFormat::kSigned), "-5");
  EXPECT_EQ(Cell_(Raw(~std::uint64_t{0}), CellFormat::kUnsigned), "18446744073709551615");
  EXPECT_EQ(Cell_(Raw(std::uint16_t{2}), CellFormat::kUnsigned, "enum"), "green");
  EXPECT_EQ(Cell_(Raw(std::uint16_t{0}), CellFormat::kUnsigned, "enum"), "0");
  EXPECT_EQ(Cell_(Raw(0.1f), CellFormat::kFloat32), "0.1");
  EXPECT_EQ(Cell_("12.50", CellFormat::kDecimal), "12.50");
  EXPECT_EQ(Cell_("naïve", CellFormat::kText), "naïve");
  EXPECT_EQ(Cell_(std::string("a\0\xFFz", 4), CellFormat::kText), "a\\0\\xffz");
  EXPECT_EQ(Cell_("\x01\xFF", CellFormat::kBytes), "\\x01ff");
  EXPECT_EQ(Cell_(encoding::Civil(0, 0, 0), CellFormat::kCivil, "date"), "0000-00-00");
  EXPECT_EQ(
      Cell_(encoding::Civil(2024, 5, 6, 7, 8, 9, 500'000'000), CellFormat::kCivil, "datetime"),
      "2024-05-06 07:08:09.5");
  EXPECT_EQ(Cell_(Raw(std::int64_t{-3020399} * 1'000'000'000), CellFormat::kDuration),
            "-838:59:59");
  EXPECT_EQ(Cell_("\x02\x01", CellFormat::kBits, "bit", 10), "1000000001");
  EXPECT_EQ(Cell_(encoding::Dynamic(DynamicClass::kReal, Raw(1.5)), CellFormat::kDynamic), "1.5");
  EXPECT_EQ(Cell_("abc", CellFormat::kFloat64), "\\x616263");
}

TEST(RenderCell, CutsLongValuesAndSaysHowLongTheyWere) {
  const std::string text = Cell_(std::string(1000, 'x'), CellFormat::kText);
  EXPECT_EQ(text, std::string(kRenderBytes, 'x') + "… (1000 bytes)");
  // Never inside of a character.
  const std::string wide = Cell_("x" + std::string(300, '\0') + "é", CellFormat::kText);
  EXPECT_TRUE(wide.ends_with("… (303 bytes)"));
  EXPECT_TRUE(Cell_(std::string(600, 'x'), CellFormat::kBytes).ends_with("… (600 bytes)"));
}

TEST(RenderField, ShowsInvalidFieldsAsBytes) {
  EXPECT_EQ(RenderField("abc", ParsePgType("integer")), "\\x616263");
  EXPECT_EQ(RenderField("", ParsePgType("numeric")), "\\x");
  EXPECT_EQ(RenderField("ab", ParsePgType("tsvector")), "\\x6162");
  for (const char* type : {"boolean", "date", "time", "timetz", "timestamp", "interval", "uuid",
                           "bit(3)", "inet", "macaddr", "text[]", "point", "real", "jsonb"}) {
    EXPECT_EQ(RenderField("\x7F\x7F\x7F", ParsePgType(type)), "\\x7f7f7f") << type;
  }
}

// Four thousand million empty inner arrays must not be written out.
TEST(RenderField, ShowsArraysThatPromiseMoreThanTheyHoldAsBytes) {
  const std::string field =
      encoding::FromHex("000000020000000000000019ffffffff000000010000000000000001");
  EXPECT_EQ(RenderField(field, ParsePgType("text[]")), "\\x" + encoding::Hex(field));
}

}  // namespace
}  // namespace transload
