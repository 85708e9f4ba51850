#include "core/hex.h"

#include <gtest/gtest.h>

namespace transload {
namespace {

TEST(Hex, HasTwoDigitsForEveryByte) {
  EXPECT_EQ(LowerHex(std::string_view("\0\x09\x7f\xAB\xff", 5)), "00097fabff");
  EXPECT_EQ(LowerHex(""), "");
}

TEST(Hex, IsAppended) {
  std::string out = "\\x";
  AppendHex(out, "az");
  EXPECT_EQ(out, "\\x617a");
}

}  // namespace
}  // namespace transload
