#include "tests/rig/temporary_dir.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <utility>

namespace transload::rig {
namespace {

TEST(TemporaryDir, IsRemovedWithItsContents) {
  std::filesystem::path path;
  {
    TemporaryDir dir;
    path = dir.path();
    std::filesystem::create_directory(dir / "inner");
    std::ofstream(dir / "inner/file") << "x";
    EXPECT_TRUE(std::filesystem::exists(dir / "inner/file"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TemporaryDir, MovesItsFolder) {
  TemporaryDir first;
  std::filesystem::path path = first.path();
  TemporaryDir second = std::move(first);
  EXPECT_EQ(second.path(), path);
  EXPECT_TRUE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace transload::rig
