#include "extract/mysql/cell_decoder.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace transload::mysql {
namespace {

// Decodes one value and gives its cell back; checks that exactly the value was consumed.
std::string Decoded(WireForm form, const std::string& wire) {
  RowBatch batch;
  batch.BeginRow();
  const auto* start = reinterpret_cast<const unsigned char*>(wire.data());
  EXPECT_EQ(DecodeCell(form, start, wire.size(), batch), start + wire.size());
  for (std::size_t room = 0; room < wire.size(); ++room) {
    // On the heap and exactly as long, so that a sanitizer sees the first byte too many.
    const std::vector<unsigned char> cut(start, start + room);
    RowBatch none;
    none.BeginRow();
    EXPECT_EQ(DecodeCell(form, cut.data(), room, none), nullptr) << room;
  }
  return std::string(CellCursor(batch.Row(0)).Next().view());
}

CivilTime Civil(const std::string& wire) {
  CivilTime time;
  std::string cell = Decoded(WireForm::kCivil, wire);
  EXPECT_EQ(cell.size(), sizeof time);
  std::memcpy(&time, cell.data(), sizeof time);
  return time;
}

std::int64_t Duration(const std::string& wire) {
  std::int64_t nanos = 0;
  std::string cell = Decoded(WireForm::kDuration, wire);
  std::memcpy(&nanos, cell.data(), sizeof nanos);
  return nanos;
}

std::string Bytes(std::initializer_list<int> values) {
  std::string text;
  for (int value : values) text += static_cast<char>(value);
  return text;
}

TEST(MySqlCell, ReadsDatesOfEveryLength) {
  CivilTime zero = Civil(Bytes({0}));
  EXPECT_EQ(zero.year, 0);
  EXPECT_EQ(zero.day, 0);
  CivilTime day = Civil(Bytes({4, 0xE4, 0x07, 2, 31}));
  EXPECT_EQ(day.year, 2020);
  EXPECT_EQ(day.month, 2);
  EXPECT_EQ(day.day, 31);
  CivilTime full = Civil(Bytes({11, 0x0F, 0x27, 12, 31, 23, 59, 58, 0x3F, 0x42, 0x0F, 0}));
  EXPECT_EQ(full.year, 9999);
  EXPECT_EQ(full.second, 58);
  EXPECT_EQ(full.nanos, 999'999'000u);
}

TEST(MySqlCell, ReadsTimesWithTheirSignAndDays) {
  EXPECT_EQ(Duration(Bytes({0})), 0);
  // -838:59:59 is 34 days and 22 hours.
  EXPECT_EQ(Duration(Bytes({8, 1, 34, 0, 0, 0, 22, 59, 59})), -3'020'399'000'000'000);
  EXPECT_EQ(Duration(Bytes({12, 1, 0, 0, 0, 0, 0, 0, 0, 0x20, 0xA1, 0x07, 0})), -500'000'000);
}

TEST(MySqlCell, ReadsLengthsOfEveryWidth) {
  EXPECT_EQ(Decoded(WireForm::kBytes, Bytes({3}) + "abc"), "abc");
  EXPECT_EQ(Decoded(WireForm::kBytes, Bytes({0})), "");
  std::string long_text(300, 'x');
  EXPECT_EQ(Decoded(WireForm::kBytes, Bytes({0xFC, 0x2C, 0x01}) + long_text), long_text);
  std::string longer(70'000, 'y');
  EXPECT_EQ(Decoded(WireForm::kBytes, Bytes({0xFD, 0x70, 0x11, 0x01}) + longer), longer);
  EXPECT_EQ(Decoded(WireForm::kBytes, Bytes({0xFE, 2, 0, 0, 0, 0, 0, 0, 0}) + "zz"), "zz");
}

TEST(MySqlCell, CopiesNumbersAsTheyStand) {
  EXPECT_EQ(Decoded(WireForm::kFixed1, Bytes({0xFF})), Bytes({0xFF}));
  EXPECT_EQ(Decoded(WireForm::kFixed8, "12345678"), "12345678");
  EXPECT_EQ(WireTypeOf(9, true).form, WireForm::kFixed4);
  EXPECT_EQ(WireTypeOf(8, true).format, CellFormat::kUnsigned);
  EXPECT_EQ(WireTypeOf(13, false).format, CellFormat::kUnsigned);
  EXPECT_EQ(WireTypeOf(253, false).format, std::nullopt);
}

TEST(MySqlRow, IsReadOnlyWhereItsCellsFillThePacket) {
  // Nine columns, so that the NULL bits need a second byte; the second and the last are NULL.
  const std::vector<WireForm> forms{WireForm::kFixed1, WireForm::kFixed2, WireForm::kBytes,
                                    WireForm::kFixed4, WireForm::kCivil,  WireForm::kDuration,
                                    WireForm::kBytes,  WireForm::kFixed8, WireForm::kBytes};
  const std::string packet = Bytes({0, 0x08, 0x04}) + "1" + Bytes({2}) + "ab" + "4444" +
                             Bytes({4, 0xE4, 0x07, 2, 29}) + Bytes({0}) + Bytes({0}) + "88888888";
  const auto decode = [&](const std::string& bytes, RowBatch& batch) {
    const std::vector<unsigned char> wire(bytes.begin(), bytes.end());
    batch.BeginRow();
    return DecodeRow(forms, wire.data(), wire.size(), batch);
  };
  RowBatch batch;
  ASSERT_TRUE(decode(packet, batch));
  CellCursor cells(batch.Row(0));
  EXPECT_EQ(cells.Next().view(), "1");
  EXPECT_TRUE(cells.Next().null);
  EXPECT_EQ(cells.Next().view(), "ab");
  EXPECT_EQ(cells.Next().view(), "4444");
  EXPECT_EQ(cells.Next().view().substr(0, 4), Bytes({0xE4, 0x07, 2, 29}));
  EXPECT_EQ(cells.Next().view(), std::string(8, '\0'));
  EXPECT_EQ(cells.Next().view(), "");
  EXPECT_EQ(cells.Next().view(), "88888888");
  EXPECT_TRUE(cells.Next().null);
  EXPECT_TRUE(cells.done());
  for (std::size_t size = 0; size < packet.size(); ++size) {
    EXPECT_FALSE(decode(packet.substr(0, size), batch)) << size;
  }
  EXPECT_FALSE(decode(packet + "x", batch));
}

}  // namespace
}  // namespace transload::mysql
