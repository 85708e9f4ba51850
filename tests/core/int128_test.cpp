#include "core/int128.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace transload {
namespace {

TEST(Int128, IsReadAndPrinted) {
  for (const char* text :
       {"0", "7", "-1", "18446744073709551615", "-9223372036854775808", "-9223372036854775809",
        "99999999999999999999999999999999999999", "-99999999999999999999999999999999999999"}) {
    EXPECT_EQ(fmt::format("{}", ParseInt128(text)), text);
  }
}

TEST(Int128, IsCountedWithBeyond64Bits) {
  EXPECT_EQ(fmt::format("{}", ParseInt128("18446744073709551615") + 1), "18446744073709551616");
  EXPECT_EQ(fmt::format("{}", ParseInt128("-9223372036854775808") * 10), "-92233720368547758080");
}

TEST(Int128, EndsWhereTheIntegerEnds) {
  EXPECT_EQ(fmt::format("{}", ParseInt128("12.")), "12");
  EXPECT_EQ(fmt::format("{}", ParseInt128("-12.50")), "-12");
  EXPECT_EQ(fmt::format("{}", ParseInt128("")), "0");
}

}  // namespace
}  // namespace transload
