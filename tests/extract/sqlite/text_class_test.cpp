#include "extract/sqlite/text_class.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "extract/sqlite/column_scan.h"

namespace transload::sqlite {
namespace {

using namespace std::string_literals;

TextClass ClassOf(std::string_view text) { return Classify(text).text_class; }

TEST(TextClass, TellsDatesFromTextThatLooksLikeOne) {
  EXPECT_EQ(ClassOf("2024-02-29"), TextClass::kDate);
  EXPECT_EQ(ClassOf("2023-02-29"), TextClass::kOther);
  EXPECT_EQ(ClassOf("0000-01-01"), TextClass::kOther);
  EXPECT_EQ(ClassOf("2024-2-9"), TextClass::kOther);
  EXPECT_EQ(ClassOf("2024-02-29 23:59:59.123456"), TextClass::kDatetime);
  EXPECT_EQ(ClassOf("2024-02-29T23:59"), TextClass::kDatetime);
  EXPECT_EQ(ClassOf("2024-02-29t23:59"), TextClass::kDatetime);
  EXPECT_EQ(ClassOf("2024-02-29 24:00:00"), TextClass::kOther);
  EXPECT_EQ(ClassOf("2024-02-29T23:59:59Z"), TextClass::kDatetimeZone);
  EXPECT_EQ(ClassOf("2024-02-29 23:59:59.5+05:30"), TextClass::kDatetimeZone);
  EXPECT_EQ(ClassOf("2024-02-29 23:59:59 "), TextClass::kOther);
  EXPECT_EQ(ClassOf("23:59:59.9"), TextClass::kTime);
  EXPECT_EQ(ClassOf("24:00:00"), TextClass::kTime);
  EXPECT_EQ(ClassOf("25:00"), TextClass::kOther);
  EXPECT_TRUE(Classify("2024-02-29 23:59:59.1234567").excess_digits);
  EXPECT_FALSE(Classify("2024-02-29 23:59:59.123456").excess_digits);
}

TEST(TextClass, TellsNumbersAndCountsTheirDigits) {
  EXPECT_EQ(ClassOf("9223372036854775807"), TextClass::kInteger);
  EXPECT_EQ(ClassOf("-9223372036854775808"), TextClass::kInteger);
  EXPECT_EQ(ClassOf("9223372036854775808"), TextClass::kDecimal);
  EXPECT_EQ(ClassOf("+007"), TextClass::kInteger);
  EXPECT_EQ(Classify("+007").int_digits, 1u);
  EXPECT_EQ(ClassOf("12."), TextClass::kDecimal);
  EXPECT_EQ(ClassOf("."), TextClass::kOther);
  EXPECT_EQ(ClassOf("0x1F"), TextClass::kOther);
  EXPECT_EQ(ClassOf("12abc"), TextClass::kOther);
  EXPECT_EQ(ClassOf("1e3"), TextClass::kDecimal);
  EXPECT_EQ(Classify("1.25e3").int_digits, 4u);
  EXPECT_EQ(Classify("1.25e-3").scale, 5u);
  EXPECT_EQ(Classify("-0.50").scale, 2u);
  EXPECT_EQ(ClassOf("1e99999999"), TextClass::kOther);
}

TEST(TextClass, TellsUuidsJsonAndBooleanWords) {
  EXPECT_EQ(ClassOf("6ccd780c-baba-1026-9564-5b8c656024db"), TextClass::kUuid);
  EXPECT_EQ(ClassOf("6ccd780c-baba-1026-9564-5b8c656024dg"), TextClass::kOther);
  EXPECT_EQ(ClassOf(R"({"a": [1, 2.5e3]})"), TextClass::kJson);
  EXPECT_EQ(ClassOf("{a: 1}"), TextClass::kOther);  // JSON5, which SQLite's json() takes
  EXPECT_TRUE(Classify("True").boolean);
  EXPECT_TRUE(Classify("0").boolean);
  EXPECT_FALSE(Classify("2").boolean);
  EXPECT_EQ(ClassOf(""), TextClass::kEmpty);
  EXPECT_TRUE(ExamineJson(R"(["\u0000"])").json);
  EXPECT_FALSE(ExamineJson(R"(["\u0000"])").jsonb);
  EXPECT_TRUE(ExamineJson("12").jsonb);
}

TEST(TextShape, FindsBadBytesAndNulsWhereverTheyStand) {
  EXPECT_TRUE(ShapeOf("plain ascii text").utf8);
  EXPECT_EQ(ShapeOf("na\xc3\xafve").chars, 5u);
  EXPECT_EQ(ShapeOf("\xf0\x9f\x98\x80").chars, 1u);
  for (std::size_t at = 0; at < 20; ++at) {
    std::string text(20, 'x');
    text[at] = '\0';
    EXPECT_TRUE(ShapeOf(text).nul) << at;
    EXPECT_TRUE(ShapeOf(text).utf8) << at;
    text[at] = '\xff';
    EXPECT_FALSE(ShapeOf(text).utf8) << at;
  }
  for (const std::string& bad :
       {"\xed\xa0\x80"s, "\xc0\x80"s, "\xf4\x90\x80\x80"s, "\xe2\x82"s, "\x80"s}) {
    EXPECT_FALSE(ShapeOf(bad).utf8);
  }
}

TEST(RealDigits, CountsThoseOfTheShortestForm) {
  EXPECT_EQ(DigitsOf(1.1).scale, 1u);
  EXPECT_EQ(DigitsOf(0.00001).scale, 5u);
  EXPECT_EQ(DigitsOf(1234.5).int_digits, 4u);
  EXPECT_EQ(DigitsOf(1e21).int_digits, 22u);
  EXPECT_EQ(DigitsOf(1e21).scale, 0u);
  EXPECT_EQ(DigitsOf(0.1 + 0.2).scale, 17u);
  EXPECT_EQ(DigitsOf(std::numeric_limits<double>::infinity()).int_digits, 0u);
}

// The digits of a column are the most of any value's, in whatever order the values come.
TEST(ColumnScan, KnowsTheMostDigitsOfAllItsReals) {
  const std::uint32_t seed = 20261122;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    SourceColumn source;
    source.full_type = "decimal(10,4)";
    ColumnScan scan(source);
    std::uint64_t scale = 0, int_digits = 0;
    const double power = std::pow(10, random() % 9);
    for (int i = 0; i < 40; ++i) {
      const double value = std::uniform_int_distribution<int>(-1'000'000, 1'000'000)(random) /
                           power * (random() % 20 == 0 ? 1e6 : 1);
      scan.AddReal(value);
      scale = std::max<std::uint64_t>(scale, DigitsOf(value).scale);
      int_digits = std::max<std::uint64_t>(int_digits, DigitsOf(value).int_digits);
    }
    std::uint64_t found_scale = 0, found_int_digits = 0;
    for (const auto& [name, count] : scan.Facts(SourceTable()).counts) {
      if (name == "max_scale") found_scale = count;
      if (name == "max_int_digits") found_int_digits = count;
    }
    ASSERT_EQ(found_scale, scale);
    ASSERT_EQ(found_int_digits, int_digits);
  }
}

}  // namespace
}  // namespace transload::sqlite
