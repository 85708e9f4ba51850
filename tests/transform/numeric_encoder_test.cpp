#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "tests/transform/encoding.h"
#include "transform/numeric_field.h"
#include "transform/render_field.h"

namespace transload {
namespace {

using encoding::Case;
using encoding::EncodeCell;
using encoding::Raw;
using encoding::Shown;

std::string Decimal(std::string_view text, std::string target = "numeric") {
  return EncodeCell({.format = CellFormat::kDecimal, .target = std::move(target)}, text).hex();
}

// Reads a NUMERIC by long division on its own terms: the sum of digits times powers of 10000, as a
// count of units of 10^-dscale. Shares nothing with the writer.
std::int64_t Units(std::string_view field, int dscale) {
  auto be16 = [&](std::size_t i) {
    return static_cast<std::uint8_t>(field[i]) << 8 | static_cast<std::uint8_t>(field[i + 1]);
  };
  const int count = be16(0);
  const int weight = static_cast<std::int16_t>(be16(2));
  long double value = 0;
  for (int i = 0; i < count; ++i) {
    long double power = 1;
    for (int k = 0; k < weight - i; ++k) power *= 10000;
    for (int k = 0; k > weight - i; --k) power /= 10000;
    value += be16(8 + 2 * static_cast<std::size_t>(i)) * power;
  }
  for (int k = 0; k < dscale; ++k) value *= 10;
  const std::int64_t units = static_cast<std::int64_t>(value + 0.5L);
  return be16(4) == 0x4000 ? -units : units;
}

// What PostgreSQL stores is normalised: no zero digit at either end, no sign on zero.
void ExpectNormalised(std::string_view field) {
  const std::size_t count = (field.size() - 8) / 2;
  ASSERT_EQ(field.size(), 8 + 2 * count);
  EXPECT_EQ(static_cast<std::uint8_t>(field[1]), count & 0xFF);
  if (count == 0) {
    EXPECT_EQ(encoding::Hex(field.substr(0, 6)), "000000000000");
    return;
  }
  EXPECT_NE(encoding::Hex(field.substr(8, 2)), "0000");
  EXPECT_NE(encoding::Hex(field.substr(field.size() - 2)), "0000");
}

void ExhaustScale(int precision, int scale) {
  std::int64_t limit = 1;
  for (int i = 0; i < precision; ++i) limit *= 10;
  const std::string target = fmt::format("numeric({},{})", precision, scale);
  const Case numeric{.format = CellFormat::kDecimal, .target = target};
  RowEncoder encoder({encoding::PlanOf(numeric)}, {encoding::TargetOf(numeric)}, 0);
  std::int64_t power = 1;
  for (int i = 0; i < scale; ++i) power *= 10;
  RowBatch batch;
  for (std::int64_t units = -limit + 1; units < limit; ++units) {
    const std::int64_t magnitude = units < 0 ? -units : units;
    std::string text = units < 0 ? "-" : "";
    text += fmt::to_string(magnitude / power);
    if (scale > 0) text += fmt::format(".{:0{}}", magnitude % power, scale);
    batch.BeginRow();
    batch.AppendCell(text);
  }
  CopyBlock block;
  encoder.Encode(batch, block, true);
  ASSERT_TRUE(block.faults.empty()) << block.faults[0].reason;
  for (std::size_t row = 0; row < block.row_starts.size(); ++row) {
    CellCursor cursor(block.bytes.view().substr(block.row_starts[row] + 2));
    const std::string_view field = cursor.Next().view();
    const std::int64_t units = static_cast<std::int64_t>(row) - limit + 1;
    ASSERT_EQ(Units(field, scale), units) << target;
    ASSERT_EQ(static_cast<std::uint8_t>(field[7]), scale);
    ExpectNormalised(field);
  }
}

TEST(NumericEncoder, HoldsEveryValueOfSmallTypes) {
  for (int precision = 1; precision <= 4; ++precision) {
    for (int scale = 0; scale <= precision; ++scale) ExhaustScale(precision, scale);
  }
  ExhaustScale(5, 1);
  ExhaustScale(5, 5);
}

TEST(NumericEncoder, KeepsZeroGroupBetweenIntegerAndFraction) {
  EXPECT_EQ(Decimal("10000.0001"),
            "00030001000000040001"
            "00000001");
  EXPECT_EQ(Decimal("1.00000001"),
            "0003000000000008"
            "000100000001");
}

TEST(NumericEncoder, DropsZeroGroupsAtBothEnds) {
  EXPECT_EQ(Decimal("10000"), "00010001000000000001");
  EXPECT_EQ(Decimal("0.0001"), "0001ffff000000040001");
  EXPECT_EQ(Decimal("0.00000001"), "0001fffe000000080001");
  EXPECT_EQ(Decimal("100000000.0000"), "00010002000000040001");
}

TEST(NumericEncoder, GivesZeroNoSign) {
  EXPECT_EQ(Decimal("-0"), "0000000000000000");
  EXPECT_EQ(Decimal("-0.00"), "0000000000000002");
  EXPECT_EQ(Decimal("00000.000", "numeric(10,2)"), "0000000000000002");
}

TEST(NumericEncoder, IgnoresLeadingZerosOfZerofill) {
  EXPECT_EQ(Decimal("00000003.50", "numeric(10,2)"), Decimal("3.5", "numeric(10,2)"));
}

TEST(NumericEncoder, WritesTheDeclaredScale) {
  EXPECT_EQ(Decimal("3", "numeric(10,4)"), "00010000000000040003");
  EXPECT_EQ(Decimal("3.5000000", "numeric(10,4)"), Decimal("3.5", "numeric(10,4)"));
}

TEST(NumericEncoder, RefusesWhatPostgresqlWouldRound) {
  const Case numeric{.format = CellFormat::kDecimal, .target = "numeric(5,2)", .safe = true};
  EXPECT_EQ(Shown(numeric, "1.005"),
            "misfit: value 1.005 has more fractional digits than numeric(5,2)");
  EXPECT_EQ(Shown(numeric, "999.99"), "999.99");
  EXPECT_EQ(Shown(numeric, "1000.00"), "misfit: value 1000.00 does not fit numeric(5,2)");
  EXPECT_EQ(Shown(numeric, "0001.00"), "1.00");
}

TEST(NumericEncoder, TakesScalesBeyondThePrecision) {
  const Case tiny{.format = CellFormat::kDecimal, .target = "numeric(2,4)"};
  EXPECT_EQ(Shown(tiny, "0.0099"), "0.0099");
  EXPECT_EQ(Shown(tiny, "0.0100"), "fault: value 0.0100 does not fit numeric(2,4)");
  EXPECT_EQ(Shown(tiny, "0"), "0.0000");
  const Case round{.format = CellFormat::kDecimal, .target = "numeric(2,-3)"};
  EXPECT_EQ(Shown(round, "99000"), "99000");
  EXPECT_EQ(Shown(round, "99900"),
            "fault: value 99900 has more fractional digits than numeric(2,-3)");
  EXPECT_EQ(Shown(round, "100000"), "fault: value 100000 does not fit numeric(2,-3)");
}

TEST(NumericEncoder, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "-", ".", "1.2.3", "12a4", "1 2", "--1", "0x10", "1e5"}) {
    EXPECT_EQ(Decimal(text), "NULL") << text;
    EXPECT_NE(EncodeCell({.format = CellFormat::kDecimal, .target = "numeric"}, text).fault, "");
  }
}

TEST(NumericEncoder, WritesIntegersWithoutFloats) {
  const Case u64{.format = CellFormat::kUnsigned, .target = "numeric(20,0)"};
  EXPECT_EQ(EncodeCell(u64, Raw(~std::uint64_t{0})).hex(), "000500040000000007341a5802e103bb064f");
  EXPECT_EQ(EncodeCell(u64, Raw(std::uint64_t{0})).hex(), "0000000000000000");
  const Case i64{.format = CellFormat::kSigned, .target = "numeric"};
  EXPECT_EQ(Shown(i64, Raw(INT64_MIN)), "-9223372036854775808");
  EXPECT_EQ(Shown(i64, Raw(std::int64_t{-100000000})), "-100000000");
  const Case narrow{.format = CellFormat::kSigned, .target = "numeric(4,1)"};
  EXPECT_EQ(Shown(narrow, Raw(std::int32_t{-999})), "-999.0");
  EXPECT_EQ(Shown(narrow, Raw(std::int32_t{1000})), "fault: value 1000 does not fit numeric(4,1)");
}

TEST(NumericEncoder, WritesFloatsAsTheirShortestDecimal) {
  const Case numeric{.format = CellFormat::kFloat64, .target = "numeric"};
  EXPECT_EQ(Shown(numeric, Raw(0.1)), "0.1");
  EXPECT_EQ(Shown(numeric, Raw(1e23)), "100000000000000000000000");
  EXPECT_EQ(Shown(numeric, Raw(-2.5e-7)), "-0.00000025");
  EXPECT_EQ(Shown(numeric, Raw(1.8446744073709552e19)), "18446744073709552000");
  EXPECT_EQ(Shown({.format = CellFormat::kFloat32, .target = "numeric"}, Raw(0.1f)), "0.1");
  EXPECT_EQ(EncodeCell(numeric, Raw(std::numeric_limits<double>::quiet_NaN())).hex(),
            "00000000c0000000");
  EXPECT_EQ(EncodeCell(numeric, Raw(-std::numeric_limits<double>::infinity())).hex(),
            "00000000f0000000");
}

// As a PostgreSQL source says them through ODBC.
TEST(NumericEncoder, WritesWhatIsNoDecimalOnlyWherePostgreSqlNamesIt) {
  EXPECT_EQ(Decimal("NaN"), "00000000c0000000");
  EXPECT_EQ(Decimal("NaN", "numeric(5,2)"), "00000000c0000000");
  EXPECT_EQ(Decimal("Infinity"), "00000000d0000000");
  EXPECT_EQ(Decimal("-Infinity"), "00000000f0000000");
  const Case narrow{.format = CellFormat::kDecimal, .target = "numeric(5,2)"};
  EXPECT_EQ(Shown(narrow, "Infinity"), "fault: value Infinity does not fit numeric(5,2)");
  for (const char* text : {"nan", "NaN ", "inf", "+Infinity", "Infinit", ""}) {
    EXPECT_EQ(Shown({.format = CellFormat::kDecimal, .target = "numeric"}, text),
              fmt::format("fault: '{}' is no decimal number", text));
  }
}

// Doubles have ways of their own into a declared type; what comes out is what their digits give.
TEST(NumericEncoder, WritesFloatsAsTheirDigitsAreWritten) {
  const std::uint32_t seed = 20261122;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (const char* target : {"numeric(12,2)", "numeric(10,4)", "numeric(4,4)", "numeric(3,0)",
                             "numeric(9,6)", "numeric(20,8)", "numeric(2,5)", "numeric(5,-2)"}) {
    for (int i = 0; i < 1500; ++i) {
      const double units =
          std::uniform_int_distribution<int>(-2'000'000'000, 2'000'000'000)(random) /
          static_cast<int>(std::pow(10, random() % 9));
      const double value = units / std::pow(10, random() % 8);
      const auto as_float =
          EncodeCell({.format = CellFormat::kFloat64, .target = target}, Raw(value));
      const auto as_text = EncodeCell({.format = CellFormat::kDecimal, .target = target},
                                      fmt::format("{:f}", value));
      const double exact = std::strtod(fmt::format("{:f}", value).c_str(), nullptr);
      if (exact != value) continue;  // more than six digits behind the point
      ASSERT_EQ(as_float.hex(), as_text.hex()) << value << " as " << target;
      ASSERT_EQ(as_float.fault.empty(), as_text.fault.empty()) << value << " as " << target;
    }
  }
  const Case money{.format = CellFormat::kFloat64, .target = "numeric(12,2)"};
  EXPECT_EQ(Shown(money, Raw(-0.0)), "0.00");
  EXPECT_EQ(Shown(money, Raw(99'999'999.99)), "99999999.99");
  EXPECT_EQ(Shown(money, Raw(100'000'000.01)), "100000000.01");
  EXPECT_EQ(Shown(money, Raw(9'999'999'999.99)), "9999999999.99");
  EXPECT_EQ(Shown(money, Raw(1e10)), "fault: value 1e+10 does not fit numeric(12,2)");
  EXPECT_EQ(Shown(money, Raw(0.125)),
            "fault: value 0.125 has more fractional digits than numeric(12,2)");
}

TEST(NumericEncoder, ReadsBackSeededRandomDecimals) {
  const std::uint32_t seed = 20240501;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20000; ++i) {
    std::string integer, fraction;
    const unsigned integer_digits = random() % 25;
    const unsigned fraction_digits = random() % 20;
    for (unsigned d = 0; d < integer_digits; ++d) {
      integer += static_cast<char>('0' + (random() % 3 == 0 ? 0 : random() % 10));
    }
    integer.erase(0, integer.find_first_not_of('0'));
    for (unsigned d = 0; d < fraction_digits; ++d) {
      fraction += static_cast<char>('0' + (random() % 3 == 0 ? 0 : random() % 10));
    }
    if (integer.empty()) integer = "0";
    std::string text = integer + (fraction.empty() ? "" : "." + fraction);
    if (random() % 2 == 0 && text.find_first_of("123456789") != text.npos) text = "-" + text;
    char field[128];
    NumericError error;
    char* end = WriteNumeric(text, {}, field, error);
    ASSERT_NE(end, nullptr) << text;
    const std::string_view payload(field, static_cast<std::size_t>(end - field));
    ExpectNormalised(payload);
    std::string back;
    ASSERT_TRUE(AppendNumericText(back, payload));
    ASSERT_EQ(back, text);
  }
}

// Decimals with as many fraction digits as declared take a way of their own.
TEST(NumericEncoder, WritesDeclaredDecimalsAsItWritesAnyOthers) {
  std::mt19937 random(20260301);
  for (int i = 0; i < 50000; ++i) {
    const std::int32_t scale = static_cast<std::int32_t>(random() % 10);
    std::string text = random() % 2 == 0 ? "-" : "";
    for (unsigned d = random() % 10 + 1; d > 0; --d) {
      text += static_cast<char>('0' + (random() % 2 == 0 ? 0 : random() % 10));
    }
    if (scale > 0) text += '.';
    for (std::int32_t d = 0; d < scale; ++d) {
      text += static_cast<char>('0' + (random() % 2 == 0 ? 0 : random() % 10));
    }
    if (random() % 20 == 0) text[random() % text.size()] = "x.-+ "[random() % 5];
    char any[128], declared[128];
    NumericError any_error, declared_error;
    char* any_end = WriteNumeric(text, {}, any, any_error);
    char* declared_end = WriteNumeric(text, {30, scale}, declared, declared_error);
    // A misplaced point is a number, but not one with this scale.
    const std::size_t point = text.find('.');
    const bool in_place =
        scale > 0 ? point == text.size() - static_cast<std::size_t>(scale) - 1 : point == text.npos;
    if (!in_place) continue;
    ASSERT_EQ(declared_end == nullptr, any_end == nullptr) << text;
    if (any_end == nullptr) continue;
    ASSERT_EQ(std::string(any + 0, any_end), std::string(declared + 0, declared_end)) << text;
  }
}

TEST(ExpandExponent, MovesThePoint) {
  auto expanded = [](std::string_view text) {
    std::string out;
    bool too_large = false;
    if (!ExpandExponent(text, out, too_large)) return std::string(too_large ? "too large" : "bad");
    return out;
  };
  EXPECT_EQ(expanded("1e2"), "100");
  EXPECT_EQ(expanded("1.5E+1"), "15");
  EXPECT_EQ(expanded("-1.25e-3"), "-0.00125");
  EXPECT_EQ(expanded("12.5e1"), "125");
  EXPECT_EQ(expanded("0e999999"), "0");
  EXPECT_EQ(expanded("1e131071").size(), 131072u);
  EXPECT_EQ(expanded("1e131072"), "too large");
  EXPECT_EQ(expanded("1e-16383").size(), 16385u);
  EXPECT_EQ(expanded("1e-16384"), "too large");
  EXPECT_EQ(expanded("1e99999999999999999999"), "too large");
  EXPECT_EQ(expanded("e5"), "bad");
  EXPECT_EQ(expanded("1e"), "bad");
  EXPECT_EQ(expanded("1e+-5"), "bad");
}

}  // namespace
}  // namespace transload
