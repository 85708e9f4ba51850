#include "core/byte_copy.h"

#include <gtest/gtest.h>

#include <string>

namespace transload {
namespace {

TEST(CopyBytes, CopiesEverySizeAndNothingBeside) {
  std::string from;
  for (int i = 0; i < 200; ++i) from += static_cast<char>(i * 31 + 7);
  for (std::size_t size = 0; size <= 200; ++size) {
    std::string to(size + 2, '#');
    CopyBytes(to.data() + 1, from.data(), size);
    EXPECT_EQ(to, "#" + from.substr(0, size) + "#");
  }
}

}  // namespace
}  // namespace transload
