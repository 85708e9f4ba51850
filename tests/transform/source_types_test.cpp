// Every source type on its way to its default target and to the targets a user may map it to.
#include <gtest/gtest.h>

#include <limits>

#include "tests/transform/encoding.h"

namespace transload {
namespace {

using encoding::Case;
using encoding::Civil;
using encoding::EncodeCell;
using encoding::FromHex;
using encoding::Raw;
using encoding::Shown;

TEST(Integers, GoIntoEveryNumberAndText) {
  const std::string cell = Raw(std::int32_t{-42});
  for (const char* target : {"smallint", "integer", "bigint", "numeric", "real", "double precision",
                             "text", "varchar(3)"}) {
    EXPECT_EQ(Shown({.format = CellFormat::kSigned, .target = target}, cell), "-42") << target;
  }
  EXPECT_EQ(Shown({.format = CellFormat::kSigned, .target = "smallint"}, Raw(std::int32_t{32768})),
            "fault: value 32768 does not fit smallint");
  EXPECT_EQ(
      Shown({.format = CellFormat::kUnsigned, .target = "integer"}, Raw(std::uint32_t{4294967295})),
      "fault: value 4294967295 does not fit integer");
  EXPECT_EQ(Shown({.format = CellFormat::kUnsigned, .target = "smallint"}, Raw(std::uint8_t{255})),
            "255");
}

TEST(Integers, ZerofillKeepsItsZerosAsTextOnly) {
  const Case text{.format = CellFormat::kUnsigned, .target = "text", .length = 5, .zerofill = true};
  EXPECT_EQ(Shown(text, Raw(std::uint32_t{42})), "00042");
  Case number = text;
  number.target = "bigint";
  EXPECT_EQ(Shown(number, Raw(std::uint32_t{42})), "42");
}

TEST(Integers, CountWhatAFloatCannotHold) {
  const Case c{.format = CellFormat::kSigned, .target = "double precision"};
  EXPECT_TRUE(EncodeCell(c, Raw(std::int64_t{1} << 53)).coercions.empty());
  EXPECT_EQ(EncodeCell(c, Raw((std::int64_t{1} << 53) + 1)).coerced(), "float=rounded");
}

TEST(Floats, AreBitExact) {
  const Case f4{.format = CellFormat::kFloat32, .target = "real"};
  EXPECT_EQ(EncodeCell(f4, Raw(-0.0f)).hex(), "80000000");
  EXPECT_EQ(EncodeCell(f4, Raw(1e-45f)).hex(), "00000001");
  EXPECT_EQ(Shown(f4, Raw(123456.7890625f)), "123456.79");
  const Case f8{.format = CellFormat::kFloat64, .target = "double precision"};
  EXPECT_EQ(Shown(f8, Raw(5e-324)), "5e-324");
  EXPECT_EQ(Shown(f8, Raw(std::numeric_limits<double>::infinity())), "Infinity");
  EXPECT_EQ(Shown({.format = CellFormat::kFloat32, .target = "double precision"}, Raw(0.5f)),
            "0.5");
  EXPECT_EQ(Shown({.format = CellFormat::kFloat64, .target = "text"}, Raw(0.1)), "0.1");
}

TEST(Floats, NarrowOnlyWithACount) {
  const Case c{.format = CellFormat::kFloat64, .target = "real"};
  EXPECT_TRUE(EncodeCell(c, Raw(16777216.0)).coercions.empty());
  EXPECT_EQ(EncodeCell(c, Raw(0.1)).coerced(), "float=rounded");
  EXPECT_TRUE(Shown(c, Raw(1e300)).starts_with("fault:"));
  EXPECT_TRUE(Shown(c, Raw(1e-300)).starts_with("fault:"));
}

TEST(Floats, BecomeIntegersOnlyWhenWhole) {
  const Case c{.format = CellFormat::kFloat64, .target = "bigint"};
  EXPECT_EQ(Shown(c, Raw(-9223372036854775808.0)), "-9223372036854775808");
  EXPECT_TRUE(Shown(c, Raw(9223372036854775808.0)).starts_with("fault:"));
  EXPECT_TRUE(Shown(c, Raw(1.5)).starts_with("fault:"));
  EXPECT_TRUE(Shown(c, Raw(std::numeric_limits<double>::quiet_NaN())).starts_with("fault:"));
}

TEST(Decimals, GoIntoTextAndIntegersAndFloats) {
  EXPECT_EQ(Shown({.format = CellFormat::kDecimal, .target = "text"}, "0012.50"), "0012.50");
  EXPECT_EQ(Shown({.format = CellFormat::kDecimal, .target = "bigint"}, "12.00"), "12");
  EXPECT_TRUE(
      Shown({.format = CellFormat::kDecimal, .target = "bigint"}, "12.5").starts_with("fault:"));
  const Case f8{.format = CellFormat::kDecimal, .target = "double precision"};
  EXPECT_EQ(Shown(f8, "12.5"), "12.5");
  EXPECT_TRUE(EncodeCell(f8, "123456789.12").coercions.empty());
  EXPECT_EQ(EncodeCell(f8, "12345678901234567.89").coerced(), "float=rounded");
}

TEST(Dates, GoIntoTimestampsAndText) {
  const Case date{.format = CellFormat::kCivil, .target = "date", .source_type = "date"};
  EXPECT_EQ(Shown(date, Civil(2024, 2, 29)), "2024-02-29");
  Case text = date;
  text.target = "text";
  EXPECT_EQ(Shown(text, Civil(2024, 2, 29)), "2024-02-29");
  EXPECT_EQ(Shown(text, Civil(0, 0, 0)), "0000-00-00");
  EXPECT_EQ(Shown(text, Civil(2020, 2, 31)), "2020-02-31");
  Case timestamp = date;
  timestamp.target = "timestamp";
  EXPECT_EQ(Shown(timestamp, Civil(1582, 10, 10)), "1582-10-10 00:00:00");
}

TEST(Datetimes, GoIntoTimestamptzDateAndText) {
  Case c{.format = CellFormat::kCivil,
         .target = "timestamptz",
         .source_type = "datetime",
         .precision = 6};
  const std::string cell = Civil(2038, 1, 19, 3, 14, 7, 999'999'000);
  EXPECT_EQ(Shown(c, cell), "2038-01-19 03:14:07.999999+00");
  c.target = "text";
  EXPECT_EQ(Shown(c, cell), "2038-01-19 03:14:07.999999");
  c.target = "date";
  EXPECT_EQ(Shown(c, cell), "2038-01-19");
  EXPECT_EQ(EncodeCell(c, cell).coerced(), "date=time_cut");
  c.target = "timestamp";
  EXPECT_TRUE(Shown(c, Civil(2024, 1, 1, 25)).starts_with("fault:"));
}

TEST(Times, GoIntoTimeIntervalTextAndMicroseconds) {
  Case c{.format = CellFormat::kDuration, .target = "time", .source_type = "time"};
  const std::int64_t second = 1'000'000'000;
  EXPECT_EQ(Shown(c, Raw(86'400 * second)), "24:00:00");
  EXPECT_EQ(Shown(c, Raw(86'400 * second - 1000)), "23:59:59.999999");
  EXPECT_TRUE(Shown(c, Raw(std::int64_t{-1})).starts_with("fault:"));
  c.target = "interval";
  EXPECT_EQ(EncodeCell(c, Raw(-3020399 * second)).hex(), "fffffd40c230c6400000000000000000");
  EXPECT_EQ(Shown(c, Raw(-500'000'000 * std::int64_t{1})), "-00:00:00.5");
  EXPECT_EQ(Shown(c, Raw(90'000 * second)), "25:00:00");
  c.target = "text";
  EXPECT_EQ(Shown(c, Raw(-3020399 * second)), "-838:59:59");
  c.target = "bigint";
  EXPECT_EQ(Shown(c, Raw(second)), "1000000");
  c.target = "time(0)";
  EXPECT_EQ(Shown(c, Raw(second * 3 / 2)), "00:00:01");
}

TEST(Years, AreNumbersOrDates) {
  Case c{.format = CellFormat::kUnsigned, .target = "smallint", .source_type = "year"};
  EXPECT_EQ(Shown(c, Raw(std::uint16_t{2155})), "2155");
  EXPECT_EQ(Shown(c, Raw(std::uint16_t{0})), "0");
  c.target = "date";
  EXPECT_EQ(Shown(c, Raw(std::uint16_t{1901})), "1901-01-01");
  EXPECT_EQ(Shown(c, Raw(std::uint16_t{0})), "NULL");
}

TEST(Bits, AreShiftedToTheLeft) {
  Case c{.format = CellFormat::kBits, .target = "bit(10)", .source_type = "bit", .length = 10};
  EXPECT_EQ(EncodeCell(c, FromHex("0201")).hex(), "0000000a8040");
  c.target = "varbit";
  EXPECT_EQ(EncodeCell(c, FromHex("0201")).hex(), "0000000a8040");
  c.target = "bit(12)";
  EXPECT_EQ(Shown(c, FromHex("0201")), "001000000001");
  c.target = "bit(9)";
  EXPECT_EQ(Shown(c, FromHex("0101")), "100000001");
  EXPECT_TRUE(Shown(c, FromHex("0201")).starts_with("fault:"));
  c.target = "bigint";
  EXPECT_EQ(Shown(c, FromHex("0201")), "513");
  c.target = "text";
  EXPECT_EQ(Shown(c, FromHex("0201")), "1000000001");
  c.target = "bytea";
  EXPECT_EQ(Shown(c, FromHex("0201")), "\\x0201");
  const Case all{
      .format = CellFormat::kBits, .target = "bit(64)", .source_type = "bit", .length = 64};
  EXPECT_EQ(EncodeCell(all, FromHex("ffffffffffffffff")).hex(), "00000040ffffffffffffffff");
  const Case flag{
      .format = CellFormat::kBits, .target = "boolean", .source_type = "bit", .length = 1};
  EXPECT_EQ(Shown(flag, FromHex("01")), "t");
  EXPECT_EQ(Shown(flag, FromHex("00")), "f");
}

TEST(Text, IsNeverCut) {
  const Case c{.target = "varchar(5)", .safe = true};
  EXPECT_EQ(Shown(c, "ééééé"), "ééééé");
  EXPECT_EQ(Shown(c, "ab   "), "ab   ");
  EXPECT_EQ(Shown(c, "ab    "), "misfit: text of 6 characters is longer than varchar(5)");
  EXPECT_EQ(Shown({.target = "char(5)"}, "ab        "), "ab");
}

TEST(Text, GoesIntoOtherTypesWhenItReadsAsThem) {
  EXPECT_EQ(Shown({.target = "boolean"}, "YES"), "t");
  EXPECT_EQ(Shown({.target = "integer"}, "+7"), "7");
  EXPECT_EQ(Shown({.target = "numeric(8,2)"}, "1.5e3"), "1500.00");
  EXPECT_EQ(Shown({.target = "timestamptz"}, "2024-05-06T07:08:09.5+02:00"),
            "2024-05-06 05:08:09.5+00");
  EXPECT_EQ(Shown({.target = "timestamp"}, "2024-05-06 07:08"), "2024-05-06 07:08:00");
  EXPECT_TRUE(Shown({.target = "timestamp"}, "2024-05-06 07:08Z").starts_with("fault:"));
  EXPECT_TRUE(Shown({.target = "timestamptz"}, "2024-05-06 07:08").starts_with("fault:"));
  EXPECT_EQ(Shown({.target = "uuid"}, "{00112233-4455-6677-8899-AABBCCDDEEFF}"),
            "00112233-4455-6677-8899-aabbccddeeff");
  for (const char* bad :
       {"00112233-4455-6677-8899-aabbccddee", "0011223344556677889-9aabbccddeeff",
        "00112233-4455-6677-8899-aabbccddeeff0", "zz112233445566778899aabbccddeeff"}) {
    EXPECT_TRUE(Shown({.target = "uuid"}, bad).starts_with("fault:")) << bad;
  }
  for (const char* bad : {"", "x", "1.5", "1 "}) {
    EXPECT_TRUE(Shown({.target = "integer"}, bad).starts_with("fault:")) << bad;
  }
  for (const char* target : {"date", "json", "jsonb", "uuid", "inet", "boolean", "numeric"}) {
    EXPECT_TRUE(Shown({.target = target}, "").starts_with("fault:")) << target;
  }
}

TEST(Addresses, KeepMappedOnesApart) {
  EXPECT_EQ(EncodeCell({.target = "inet"}, "::ffff:1.2.3.4").hex(),
            "0380001000000000000000000000ffff01020304");
  EXPECT_EQ(Shown({.target = "inet"}, "10.1.2.3/8"), "10.1.2.3/8");
  EXPECT_TRUE(Shown({.target = "cidr"}, "10.1.2.3/8").starts_with("fault:"));
  for (const char* bad : {"1.2.3", "1.2.3.4/33", "::1/129", "1.2.3.4/", "host"}) {
    EXPECT_TRUE(Shown({.target = "inet"}, bad).starts_with("fault:")) << bad;
  }
  EXPECT_EQ(Shown({.format = CellFormat::kBytes, .target = "inet"}, FromHex("c0a80001")),
            "192.168.0.1");
}

TEST(Uuids, AreReadAsTheRuleSays) {
  const std::string bytes = FromHex("102695646ccd780cbaba5b8c656024db");
  EXPECT_EQ(Shown({.format = CellFormat::kBytes, .target = "uuid"}, bytes),
            "10269564-6ccd-780c-baba-5b8c656024db");
  // UUID_TO_BIN('6ccd780c-baba-1026-9564-5b8c656024db', 1)
  EXPECT_EQ(Shown({.format = CellFormat::kBytes, .target = "uuid", .decode = "uuid_swapped"},
                  FromHex("1026baba6ccd780c95645b8c656024db")),
            "6ccd780c-baba-1026-9564-5b8c656024db");
  EXPECT_TRUE(
      Shown({.format = CellFormat::kBytes, .target = "uuid"}, "short").starts_with("fault:"));
  EXPECT_EQ(Shown({.format = CellFormat::kUuid, .target = "text"}, bytes),
            "10269564-6ccd-780c-baba-5b8c656024db");
}

TEST(Bytes, KeepTheirPaddingAndBecomeTextOnlyWhenTheyAreText) {
  EXPECT_EQ(Shown({.format = CellFormat::kBytes, .target = "bytea"}, FromHex("61000000")),
            "\\x61000000");
  EXPECT_EQ(EncodeCell({.format = CellFormat::kBytes, .target = "bytea"}, "").hex(), "");
  EXPECT_EQ(Shown({.format = CellFormat::kBytes, .target = "text"}, "ok"), "ok");
  EXPECT_TRUE(
      Shown({.format = CellFormat::kBytes, .target = "text"}, "\xFF").starts_with("fault:"));
}

TEST(Sets, BecomeArrays) {
  const Case c{.target = "text[]", .source_type = "set", .labels = {"x", "y z", "q'q"}};
  EXPECT_EQ(EncodeCell(c, "").hex(), "000000000000000000000019");
  EXPECT_EQ(Shown(c, "x,q'q"), "{x,q'q}");
  EXPECT_EQ(Shown(c, "y z"), "{\"y z\"}");
  EXPECT_EQ(Shown({.target = "text", .source_type = "set"}, "x,q'q"), "x,q'q");
}

TEST(Geometry, BecomesEwkbOrAPoint) {
  const std::string point = FromHex(
      "e6100000"
      "0101000000000000000000f03f0000000000000040");
  EXPECT_EQ(EncodeCell({.format = CellFormat::kGeometry, .target = "bytea"}, point).hex(),
            "0101000020e6100000000000000000f03f0000000000000040");
  EXPECT_EQ(
      EncodeCell({.format = CellFormat::kGeometry, .target = "geometry(Point,4326)"}, point).hex(),
      "0101000020e6100000000000000000f03f0000000000000040");
  EXPECT_EQ(Shown({.format = CellFormat::kGeometry, .target = "point"}, point), "(1,2)");
  const std::string empty = FromHex(
      "00000000"
      "010700000000000000");
  EXPECT_EQ(EncodeCell({.format = CellFormat::kGeometry, .target = "bytea"}, empty).hex(),
            "010700000000000000");
  EXPECT_EQ(Shown({.format = CellFormat::kGeometry, .target = "text"}, empty),
            "010700000000000000");
  EXPECT_TRUE(
      Shown({.format = CellFormat::kGeometry, .target = "point"}, empty).starts_with("fault:"));
  EXPECT_TRUE(
      Shown({.format = CellFormat::kGeometry, .target = "geometry"}, FromHex("40420f00"
                                                                             "010700000000000000"))
          .starts_with("fault: SRID 1000000"));
  EXPECT_TRUE(
      Shown({.format = CellFormat::kGeometry, .target = "bytea"}, "abc").starts_with("fault:"));
}

TEST(Vectors, BecomeArraysOrPgvector) {
  const std::string floats = Raw(1.0f) + Raw(-2.5f) + Raw(3e-45f);
  EXPECT_EQ(Shown({.format = CellFormat::kVector, .target = "real[]"}, floats), "{1,-2.5,3e-45}");
  EXPECT_EQ(EncodeCell({.format = CellFormat::kVector, .target = "vector(3)"}, floats).hex(),
            "000300003f800000c020000000000002");
  EXPECT_TRUE(
      Shown({.format = CellFormat::kVector, .target = "vector(2)"}, floats).starts_with("fault:"));
  EXPECT_EQ(Shown({.format = CellFormat::kVector, .target = "text"}, floats), "[1,-2.5,3e-45]");
}

TEST(Utf16, BecomesTextUnderTheSamePolicies) {
  EXPECT_EQ(Shown({.format = CellFormat::kUtf16}, FromHex("3dd800de6100")), "😀a");
  EXPECT_TRUE(Shown({.format = CellFormat::kUtf16}, FromHex("3dd86100")).starts_with("fault:"));
  EXPECT_EQ(
      Shown({.format = CellFormat::kUtf16, .policy = "bad_utf8=replace"}, FromHex("3dd86100")),
      "\uFFFDa");
  std::string many;
  for (int i = 0; i < 5000; ++i) many += FromHex("226f");
  EXPECT_EQ(EncodeCell({.format = CellFormat::kUtf16}, many).field->size(), 15000u);
  EXPECT_EQ(Shown({.format = CellFormat::kUtf16, .target = "integer"}, FromHex("34003200")), "42");
}

TEST(PgBinary, PassesThroughWithTheTargetsElementType) {
  EXPECT_EQ(EncodeCell({.format = CellFormat::kPgBinary, .target = "numeric"},
                       FromHex("00010000000000020001"))
                .hex(),
            "00010000000000020001");
  EXPECT_EQ(EncodeCell({.format = CellFormat::kPgBinary, .target = "text[]"},
                       FromHex("0000000000000000000f423f"))
                .hex(),
            "000000000000000000000019");
  EXPECT_TRUE(
      Shown({.format = CellFormat::kPgBinary, .target = "text"}, "\xE9").starts_with("fault:"));
  EXPECT_EQ(EncodeCell({.format = CellFormat::kPgBinary, .target = "tsvector"}, "any").hex(),
            "616e79");
}

}  // namespace
}  // namespace transload
