#include "core/short_decimal.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <random>
#include <string>

namespace transload {
namespace {

// The same digits as a decimal with a point, or nothing where FindShortDecimal finds nothing.
std::string Found(double value) {
  const std::optional<ShortDecimal> found = FindShortDecimal(value);
  if (!found) return "";
  std::string digits = std::to_string(found->units);
  const auto scale = static_cast<std::size_t>(found->scale);
  if (scale == 0) return digits;
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  return digits.insert(digits.size() - scale, ".");
}

std::string Printed(double value) {
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  return {buffer, end};
}

TEST(ShortDecimal, IsWhatShortestPrintingFinds) {
  std::mt19937_64 random(20261121);
  for (int scale = 0; scale <= 6; ++scale) {
    for (int i = 0; i < 50'000; ++i) {
      const std::uint64_t units = random() >> (14 + random() % 50);
      const double value = static_cast<double>(units) / std::pow(10, scale);
      const std::string found = Found(value);
      if (value < 1e9) {
        ASSERT_EQ(found, Printed(value)) << units << " / 10^" << scale;
      } else {
        ASSERT_EQ(found, "");
      }
    }
  }
}

TEST(ShortDecimal, LeavesLongDecimalsAlone) {
  EXPECT_EQ(Found(0.1 + 0.2), "");
  EXPECT_EQ(Found(1.0 / 3), "");
  EXPECT_EQ(Found(1e-7), "");
  EXPECT_EQ(Found(1e9), "");
  EXPECT_EQ(Found(std::nextafter(0.25, 1)), "");
  EXPECT_EQ(Found(std::nan("")), "");
  EXPECT_EQ(Found(INFINITY), "");
  EXPECT_EQ(Found(0), "0");
  EXPECT_EQ(Found(999999999.999999), "999999999.999999");
  EXPECT_EQ(Found(0.000001), "0.000001");
}

TEST(ShortDecimal, NeverDiffersFromPrintingOnAnyBits) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200'000; ++i) {
    // Exponents around the ones that matter, any fraction.
    const std::uint64_t exponent = 1023 - 25 + random() % 56;
    const std::uint64_t fraction = (random() << (random() % 52)) & 0xFFFFFFFFFFFFF;
    const std::uint64_t bits = exponent << 52 | fraction;
    const double value = __builtin_bit_cast(double, bits);
    const std::string found = Found(value);
    if (found.empty()) continue;
    ASSERT_EQ(found, Printed(value));
  }
}

}  // namespace
}  // namespace transload
