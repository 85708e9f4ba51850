#include "verify/accounts.h"

#include <gtest/gtest.h>

namespace transload {
namespace {

PartitionAccount Part(int number, std::uint64_t read, std::uint64_t written,
                      std::uint64_t rejected) {
  PartitionAccount part;
  part.number = number;
  part.read = read;
  part.written = written;
  part.rejected = rejected;
  part.checksum.rows = written;
  return part;
}

TEST(Accounts, AreInOrderWhenEveryRowIsWrittenOrRejected) {
  TableAccount account;
  account.source_rows = 30;
  account.partitions = {Part(1, 10, 10, 0), Part(2, 20, 18, 2)};
  EXPECT_TRUE(BrokenLaws(account).empty());
  EXPECT_EQ(account.read(), 30u);
  EXPECT_EQ(account.written(), 28u);
  EXPECT_EQ(account.rejected(), 2u);
}

TEST(Accounts, NameThePartitionThatLostARow) {
  TableAccount account;
  account.source_rows = 30;
  account.partitions = {Part(1, 10, 10, 0), Part(2, 20, 18, 1)};
  const std::vector<std::string> broken = BrokenLaws(account);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_NE(broken[0].find("partition 2"), std::string::npos);
  EXPECT_NE(broken[0].find("20 rows read are not 18 written and 1 rejected"), std::string::npos);
}

// Errors of two partitions that cancel out in the table's sum are still errors.
TEST(Accounts, DoNotLetPartitionsMakeUpForOneAnother) {
  TableAccount account;
  account.source_rows = 20;
  account.partitions = {Part(1, 10, 11, 0), Part(2, 10, 9, 0)};
  EXPECT_EQ(BrokenLaws(account).size(), 2u);
}

TEST(Accounts, HoldTheSourcesOwnCountAgainstTheRowsRead) {
  TableAccount account;
  account.source_rows = 11;
  account.partitions = {Part(1, 10, 10, 0)};
  const std::vector<std::string> broken = BrokenLaws(account);
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0], "the source counts 11 rows, 10 were read");
}

TEST(Accounts, WantAChecksumOverExactlyTheRowsWritten) {
  TableAccount account;
  account.source_rows = 10;
  account.partitions = {Part(1, 10, 10, 0)};
  account.partitions[0].checksum.rows = 9;
  EXPECT_EQ(BrokenLaws(account).size(), 1u);
}

TEST(Accounts, AreInOrderForAnEmptyTableWithoutPartitions) {
  TableAccount account;
  account.source_rows = 0;
  EXPECT_TRUE(BrokenLaws(account).empty());
  account.source_rows = 1;
  EXPECT_EQ(BrokenLaws(account).size(), 1u);
}

}  // namespace
}  // namespace transload
