#include "core/row_batch.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace transload {
namespace {

TEST(RowBatch, GivesBackTheCellsOfEachRow) {
  RowBatch batch;
  batch.BeginRow();
  batch.AppendCell(std::string_view("abc"));
  batch.AppendNull();
  batch.AppendCell(std::string_view(""));
  batch.BeginRow();
  batch.AppendNull();
  ASSERT_EQ(batch.rows(), 2u);

  CellCursor first(batch.Row(0));
  EXPECT_EQ(first.Next().view(), "abc");
  EXPECT_TRUE(first.Next().null);
  Cell empty = first.Next();
  EXPECT_FALSE(empty.null);
  EXPECT_EQ(empty.size, 0u);
  EXPECT_TRUE(first.done());

  CellCursor second(batch.Row(1));
  EXPECT_TRUE(second.Next().null);
  EXPECT_TRUE(second.done());
}

TEST(RowBatch, AbandonsTheRowBegunLast) {
  RowBatch batch;
  batch.BeginRow();
  batch.AppendCell(std::string_view("kept"));
  std::size_t bytes = batch.bytes();
  batch.BeginRow();
  batch.AppendCell(std::string_view("half a r"));
  batch.AbandonRow();
  EXPECT_EQ(batch.rows(), 1u);
  EXPECT_EQ(batch.bytes(), bytes);
}

TEST(RowBatch, FramesCellsAsCopyDoes) {
  RowBatch batch;
  batch.BeginRow();
  batch.AppendCell(std::string_view("ab"));
  batch.AppendNull();
  EXPECT_EQ(batch.Row(0), std::string_view("\0\0\0\2ab\xFF\xFF\xFF\xFF", 10));
}

TEST(ByteBuffer, BeginsAtItsPlaceInAPage) {
  const auto in_page = [](const ByteBuffer& buffer) {
    return reinterpret_cast<std::uintptr_t>(buffer.data()) % 4096;
  };
  ByteBuffer buffer(1024);
  buffer.Append("kept");
  EXPECT_EQ(in_page(buffer), 1024u);
  buffer.Extend(RowBatch::kTargetBytes);
  EXPECT_EQ(in_page(buffer), 1024u);
  EXPECT_EQ(buffer.view().substr(0, 4), "kept");
}

TEST(ByteBuffer, GivesBackTheStorageOfAHugeRow) {
  ByteBuffer buffer;
  buffer.Extend(ByteBuffer::kKeepBytes * 2);
  buffer.Clear();
  EXPECT_EQ(buffer.capacity(), 0u);
  buffer.Extend(100);
  std::size_t capacity = buffer.capacity();
  buffer.Clear();
  EXPECT_EQ(buffer.capacity(), capacity);
}

}  // namespace
}  // namespace transload
