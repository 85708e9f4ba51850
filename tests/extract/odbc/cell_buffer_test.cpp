// What drivers leave in their buffers, as bytes.
#include "extract/odbc/cell_buffer.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/error.h"

namespace transload::odbc {
namespace {

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

// One value of a format as the driver left it: its cell in hex, or "NULL".
std::string CellOf(CellFormat format, const std::string& bytes, SQLLEN indicator,
                   TextAs text = TextAs::kWide) {
  CellBuffer buffer;
  buffer.transport = TransportOf(format, text);
  buffer.Reserve(2, std::max<std::size_t>(bytes.size(), 8));
  buffer.Reset();
  std::memcpy(buffer.data.data() + buffer.stride, bytes.data(), bytes.size());
  buffer.indicators[1] = indicator;
  RowBatch batch;
  batch.BeginRow();
  buffer.Append(1, batch);
  CellCursor cursor(batch.Row(0));
  const Cell cell = cursor.Next();
  return cell.null ? "NULL" : Hex(cell.view());
}

std::string Bytes(const auto& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

TEST(OdbcCells, ATimestampIsItsFieldsAndNanoseconds) {
  const SQL_TIMESTAMP_STRUCT value{9999, 12, 31, 23, 59, 59, 999'999'900};
  EXPECT_EQ(CellOf(CellFormat::kCivil, Bytes(value), sizeof value), "0f270c1f173b3b009cc99a3b");
}

TEST(OdbcCells, AGuidIsWrittenInTheOrderOfItsText) {
  const SQLGUID value{0x00112233, 0x4455, 0x6677, {0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}};
  EXPECT_EQ(CellOf(CellFormat::kUuid, Bytes(value), 16), "00112233445566778899aabbccddeeff");
}

TEST(OdbcCells, ATimeOfDayKeepsSevenDigits) {
  auto nanos = [](const std::string& text) {
    const std::string hex = CellOf(CellFormat::kDuration, text, static_cast<SQLLEN>(text.size()));
    std::uint64_t value = 0;
    for (int i = 7; i >= 0; --i) {
      value = value << 8 | std::stoull(hex.substr(static_cast<std::size_t>(i) * 2, 2), nullptr, 16);
    }
    return static_cast<std::int64_t>(value);
  };
  EXPECT_EQ(nanos("23:59:59.9999999"), 86'399'999'999'900);
  EXPECT_EQ(nanos("00:00:00"), 0);
  EXPECT_EQ(nanos("-838:59:59.999"), -3'020'399'999'000'000);
  EXPECT_EQ(nanos("24:00:00"), 86'400'000'000'000);
}

TEST(OdbcCells, WhatIsNoTimeStops) {
  for (const char* text : {"", "12", "12:60:00", "12:00:00.1.2", "ab:cd:ef", "12:00"}) {
    EXPECT_THROW(CellOf(CellFormat::kDuration, text, static_cast<SQLLEN>(std::strlen(text))), Error)
        << text;
  }
}

TEST(OdbcCells, DecimalsKeepEveryDigitAndRefuseAComma) {
  const std::string digits = "0.12345678901234567890123456789012345678";
  EXPECT_EQ(CellOf(CellFormat::kDecimal, digits, static_cast<SQLLEN>(digits.size())), Hex(digits));
  EXPECT_EQ(CellOf(CellFormat::kDecimal, " 1.50 ", 6), Hex("1.50"));
  EXPECT_THROW(CellOf(CellFormat::kDecimal, "1,50", 4), Error);
}

TEST(OdbcCells, TextMayHoldNulAndLoneSurrogates) {
  const std::string wide("a\0\0\0\x3d\xd8", 6);
  EXPECT_EQ(CellOf(CellFormat::kUtf16, wide, 6), "610000003dd8");
  EXPECT_EQ(CellOf(CellFormat::kText, "a", 1, TextAs::kNarrow), "61");
  EXPECT_EQ(CellOf(CellFormat::kUtf16, "", 0), "");
}

TEST(OdbcCells, NullIsTheIndicatorAndNothingElse) {
  EXPECT_EQ(CellOf(CellFormat::kSigned, Bytes(std::int64_t{7}), SQL_NULL_DATA), "NULL");
  EXPECT_EQ(CellOf(CellFormat::kSigned, Bytes(std::int64_t{0}), 8), "0000000000000000");
}

TEST(OdbcCells, ADriverThatLeavesTheIndicatorAloneIsFoundOut) {
  EXPECT_THROW(CellOf(CellFormat::kSigned, Bytes(std::int64_t{1}), kUntouched), Error);
}

// odbc-mariadb writes an array of floats with the distance of doubles: the second lies elsewhere.
TEST(OdbcCells, AValueThatWasNotWrittenIsFoundOut) {
  CellBuffer buffer;
  buffer.transport = TransportOf(CellFormat::kFloat32, TextAs::kWide);
  buffer.Reserve(4, 0);
  buffer.Reset();
  const float first = 1, second = 2;
  std::memcpy(buffer.data.data(), &first, 4);
  std::memcpy(buffer.data.data() + 8, &second, 4);
  buffer.indicators.assign(4, 4);
  RowBatch batch;
  batch.BeginRow();
  buffer.Append(0, batch);
  EXPECT_THROW(buffer.Append(1, batch), Error);
}

TEST(OdbcCells, AnIndicatorBeyondTheRoomIsAnOverflow) {
  CellBuffer buffer;
  buffer.transport = TransportOf(CellFormat::kUtf16, TextAs::kWide);
  buffer.Reserve(4, 10);
  buffer.indicators = {10, 12, SQL_NO_TOTAL, SQL_NULL_DATA};
  EXPECT_FALSE(buffer.Overflowed(0));
  EXPECT_TRUE(buffer.Overflowed(1));
  EXPECT_TRUE(buffer.Overflowed(2));
  EXPECT_FALSE(buffer.Overflowed(3));
}

}  // namespace
}  // namespace transload::odbc
