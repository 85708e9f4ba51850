// Rows put aside must come back as they were, from memory and from the file.
#include "verify/row_spill.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace transload {
namespace {

std::vector<std::string> Read(const RowSpill& spill, std::size_t part) {
  std::vector<std::string> rows;
  spill.Read(part, [&](const SpilledRow& row) {
    rows.push_back(std::to_string(row.number) + ":" + std::string(row.fields) + "/" +
                   std::string(row.cells));
  });
  return rows;
}

TEST(RowSpill, KeepsFewRowsInMemory) {
  const auto spill = std::make_unique<RowSpill>();
  spill->Add(3, "a", "A");
  spill->Add(200, "", "");
  spill->Add(3, "bb", "");
  EXPECT_EQ(Read(*spill, 3), (std::vector<std::string>{"0:a/A", "2:bb/"}));
  EXPECT_EQ(Read(*spill, 200), std::vector<std::string>{"1:/"});
  EXPECT_EQ(spill->rows(3), 2u);
  EXPECT_EQ(spill->rows(), 3u);
  EXPECT_EQ(spill->file_bytes(), 0u);
  EXPECT_FALSE(spill->in_one_part());
  spill->Flush();
  EXPECT_GT(spill->file_bytes(), 0u);
  EXPECT_EQ(Read(*spill, 3), (std::vector<std::string>{"0:a/A", "2:bb/"}));
}

TEST(RowSpill, WritesManyRowsAndLargeOnesToAFile) {
  const auto spill = std::make_unique<RowSpill>();
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < 5000; ++i) {
    const std::string fields(i == 2500 ? 5 * RowSpill::kChunkBytes : i % 300, 'f');
    spill->Add(7, fields, std::to_string(i));
    expected.push_back(std::to_string(i) + ":" + fields + "/" + std::to_string(i));
  }
  EXPECT_EQ(Read(*spill, 7), expected);
  EXPECT_GT(spill->file_bytes(), 5 * RowSpill::kChunkBytes);
  EXPECT_TRUE(spill->in_one_part());
}

}  // namespace
}  // namespace transload
