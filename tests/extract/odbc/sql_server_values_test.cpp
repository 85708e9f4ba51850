// SQL Server's values from a driver's buffer to PostgreSQL's field: the cases 98 to 102 and 105 of
// the type specification, as the select expressions of sql_server_types.cpp deliver them.
#include <gtest/gtest.h>

#include <cstring>

#include "extract/odbc/cell_buffer.h"
#include "tests/transform/encoding.h"

namespace transload::odbc {
namespace {

using encoding::Case;
using encoding::FromHex;
using encoding::Raw;

// `bytes` as the driver leaves them in the column's buffer, shown as PostgreSQL prints the field.
std::string Moved(const Case& c, const std::string& bytes) {
  CellBuffer buffer;
  buffer.transport = TransportOf(c.format, TextAs::kWide);
  buffer.Reserve(1, bytes.size() + 2);
  buffer.Reset();
  std::memcpy(buffer.data.data(), bytes.data(), bytes.size());
  buffer.indicators[0] = static_cast<SQLLEN>(bytes.size());
  RowBatch batch;
  batch.BeginRow();
  buffer.Append(0, batch);
  return encoding::Shown(c, CellCursor(batch.Row(0)).Next().view());
}

// UTF-16LE, as drivers write it.
std::string Wide(std::u16string_view text) {
  return {reinterpret_cast<const char*>(text.data()), text.size() * 2};
}

std::string Stamp(int year, int month, int day, int hour, int minute, int second,
                  std::uint32_t nanos) {
  return Raw(SQL_TIMESTAMP_STRUCT{static_cast<SQLSMALLINT>(year), static_cast<SQLUSMALLINT>(month),
                                  static_cast<SQLUSMALLINT>(day), static_cast<SQLUSMALLINT>(hour),
                                  static_cast<SQLUSMALLINT>(minute),
                                  static_cast<SQLUSMALLINT>(second), nanos});
}

// Case 98.
TEST(SqlServerValues, DatesAndTimes) {
  const Case datetime = {.format = CellFormat::kCivil, .target = "timestamp(3)"};
  EXPECT_EQ(Moved(datetime, Stamp(2024, 1, 2, 3, 4, 5, 3'000'000)), "2024-01-02 03:04:05.003");
  EXPECT_EQ(Moved(datetime, Stamp(2024, 1, 2, 3, 4, 5, 7'000'000)), "2024-01-02 03:04:05.007");
  EXPECT_EQ(Moved(datetime, Stamp(2024, 1, 2, 3, 4, 5, 997'000'000)), "2024-01-02 03:04:05.997");
  const Case datetime2 = {.format = CellFormat::kCivil, .target = "timestamp(6)"};
  const std::string last = Stamp(9999, 12, 31, 23, 59, 59, 999'999'900);
  EXPECT_EQ(Moved(datetime2, last), "9999-12-31 23:59:59.999999");
  EXPECT_EQ(Moved(datetime2, Stamp(1, 1, 1, 0, 0, 0, 0)), "0001-01-01 00:00:00");
  EXPECT_EQ(Moved({.format = CellFormat::kDuration, .target = "time(6)"}, "23:59:59.9999999"),
            "23:59:59.999999");
  EXPECT_EQ(Moved({.format = CellFormat::kCivil, .target = "date"}, Stamp(1, 1, 1, 0, 0, 0, 0)),
            "0001-01-01");
  EXPECT_EQ(Moved({.format = CellFormat::kCivil, .target = "timestamp(0)"},
                  Stamp(2079, 6, 6, 23, 59, 0, 0)),
            "2079-06-06 23:59:00");
}

TEST(SqlServerValues, TheSeventhDigitIsCountedWhenItIsCut) {
  CivilTime civil{9999, 12, 31, 23, 59, 59, 0, 999'999'900};
  const auto outcome = encoding::EncodeCell(
      {.format = CellFormat::kCivil, .target = "timestamp(6)", .precision = 6}, Raw(civil));
  EXPECT_EQ(outcome.coerced(), "ts_excess=truncate");
}

// Case 99.
TEST(SqlServerValues, InstantsWithAnOffset) {
  const Case c = {.format = CellFormat::kText, .target = "timestamptz(6)"};
  EXPECT_EQ(Moved(c, "2024-01-01 00:00:00.0000000+14:00"), "2023-12-31 10:00:00+00");
  EXPECT_EQ(Moved(c, "2024-01-01 00:00:00.0000000-05:30"), "2024-01-01 05:30:00+00");
  EXPECT_EQ(Moved(c, "0001-01-02 00:00:00.0000000+14:00"), "0001-01-01 10:00:00+00");
  EXPECT_EQ(Moved(c, "2024-01-01 00:00:00.1234567+00:00"), "2024-01-01 00:00:00.123456+00");
}

// Case 100.
TEST(SqlServerValues, UniqueIdentifiers) {
  EXPECT_EQ(Moved({.format = CellFormat::kUuid, .target = "uuid"},
                  FromHex("33221100554477668899aabbccddeeff")),
            "00112233-4455-6677-8899-aabbccddeeff");
}

// Case 101.
TEST(SqlServerValues, DecimalsAndMoney) {
  auto decimal = [](const std::string& target, const std::string& text) {
    return Moved({.format = CellFormat::kDecimal, .target = target}, text);
  };
  EXPECT_EQ(decimal("numeric(38,38)", ".12345678901234567890123456789012345678"),
            "0.12345678901234567890123456789012345678");
  EXPECT_EQ(decimal("numeric(38,0)", "99999999999999999999999999999999999999"),
            "99999999999999999999999999999999999999");
  EXPECT_EQ(decimal("numeric(19,4)", "-922337203685477.5808"), "-922337203685477.5808");
  EXPECT_EQ(decimal("numeric(10,4)", "214748.3647"), "214748.3647");
}

TEST(SqlServerValues, IntegersAndFloats) {
  EXPECT_EQ(Moved({.format = CellFormat::kUnsigned, .target = "smallint"}, Raw(std::uint64_t{255})),
            "255");
  EXPECT_EQ(Moved({.format = CellFormat::kUnsigned, .target = "boolean"}, Raw(std::uint64_t{1})),
            "t");
  EXPECT_EQ(Moved({.format = CellFormat::kSigned, .target = "bigint"}, Raw(INT64_MIN)),
            "-9223372036854775808");
  EXPECT_EQ(Moved({.format = CellFormat::kFloat32, .target = "real"}, Raw(16777216.0f)),
            "1.6777216e+07");
  EXPECT_EQ(Moved({.format = CellFormat::kFloat64, .target = "double precision"}, Raw(0.1)), "0.1");
}

// Case 102.
TEST(SqlServerValues, TextWithWhatUtf16Allows) {
  const Case c = {.format = CellFormat::kUtf16, .target = "varchar(10)"};
  EXPECT_EQ(Moved(c, Wide(u"\xD83D\xDE00 €")), "😀 €");
  const char16_t lone[] = {0xD83D, u'a'};
  const char16_t nul[] = {u'a', 0, u'b'};
  EXPECT_TRUE(Moved(c, Wide({lone, 2})).starts_with("fault:"));
  EXPECT_TRUE(Moved(c, Wide({nul, 3})).starts_with("fault:"));
  EXPECT_EQ(Moved({.format = CellFormat::kUtf16, .target = "text", .policy = "nul_byte=strip"},
                  Wide({nul, 3})),
            "ab");
  EXPECT_EQ(Moved({.format = CellFormat::kUtf16, .target = "text", .policy = "bad_utf8=replace"},
                  Wide({lone, 2})),
            "\xEF\xBF\xBD"
            "a");
}

// Case 105.
TEST(SqlServerValues, TheRest) {
  EXPECT_EQ(Moved({.format = CellFormat::kUtf16, .target = "text"}, Wide(u"/1/2/")), "/1/2/");
  EXPECT_EQ(Moved({.format = CellFormat::kUtf16, .target = "xml"}, Wide(u"<a b=\"1\"/>")),
            "<a b=\"1\"/>");
  EXPECT_EQ(Moved({.format = CellFormat::kBytes, .target = "bytea"}, FromHex("00000000000007d1")),
            "\\x00000000000007d1");
  // POINT(1 2), SRID 4326: SRID first, in the order of a little-endian integer.
  EXPECT_EQ(Moved({.format = CellFormat::kGeometry, .target = "bytea"},
                  FromHex("e61000000101000000000000000000f03f0000000000000040")),
            "\\x0101000020e6100000000000000000f03f0000000000000040");
  // FULLGLOBE has a type that WKB does not.
  EXPECT_TRUE(
      Moved({.format = CellFormat::kGeometry, .target = "bytea"}, FromHex("e6100000017e000000"))
          .starts_with("fault:"));
}

}  // namespace
}  // namespace transload::odbc
