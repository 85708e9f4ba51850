#include "core/row_hash.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <string>

#include "core/error.h"

namespace transload {
namespace {

TEST(RowChecksum, DoesNotDependOnOrder) {
  RowChecksum forward, backward;
  for (const char* row : {"a", "b", "c"}) AddRow(forward, row, 7);
  for (const char* row : {"c", "b", "a"}) AddRow(backward, row, 7);
  EXPECT_EQ(forward, backward);
}

TEST(RowChecksum, SeesDoubledRows) {
  RowChecksum once, twice;
  AddRow(once, "a", 7);
  AddRow(twice, "a", 7);
  AddRow(twice, "a", 7);
  EXPECT_NE(once, twice);
  // An even number of duplicates would cancel under XOR.
  RowChecksum other;
  AddRow(other, "z", 7);
  AddRow(other, "z", 7);
  EXPECT_NE(twice, other);
}

TEST(RowChecksum, CarriesIntoTheHighHalf) {
  RowChecksum sum;
  sum.AddHash(1, ~std::uint64_t{0});
  sum.AddHash(2, 1);
  EXPECT_EQ(sum.high, 4u);
  EXPECT_EQ(sum.low, 0u);
}

TEST(RowChecksum, HexRoundTrips) {
  RowChecksum sum;
  AddRow(sum, "some row", 42);
  EXPECT_EQ(RowChecksum::FromHex(sum.rows, sum.Hex()), sum);
  EXPECT_THROW(RowChecksum::FromHex(1, "12"), Error);
  EXPECT_THROW(RowChecksum::FromHex(1, std::string(32, 'g')), Error);
}

// What docs/checksums.md promises to anyone who computes a checksum elsewhere.
TEST(RowChecksum, IsTheSeededXxh3OfTheRowAtEveryLength) {
  std::string row;
  for (int length = 0; length < 1500; ++length, row += static_cast<char>(length * 37)) {
    for (std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{7}, ~std::uint64_t{0}}) {
      RowChecksum sum;
      AddRow(sum, row, seed);
      const XXH128_hash_t hash = XXH3_128bits_withSeed(row.data(), row.size(), seed);
      ASSERT_EQ(sum.high, hash.high64) << length;
      ASSERT_EQ(sum.low, hash.low64) << length;
    }
  }
}

TEST(RowChecksum, DependsOnTheSeed) {
  RowChecksum one, two;
  AddRow(one, "a", 1);
  AddRow(two, "a", 2);
  EXPECT_NE(one, two);
}

}  // namespace
}  // namespace transload
