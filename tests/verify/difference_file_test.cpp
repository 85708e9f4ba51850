#include "verify/difference_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/verify/difference_lines.h"

namespace transload {
namespace {

class DifferenceFileTest : public testing::Test {
 protected:
  DifferenceFileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tl-XXXXXX").string();
    dir_ = mkdtemp(pattern.data());
  }
  ~DifferenceFileTest() override { std::filesystem::remove_all(dir_); }

  std::string path() const { return dir_ + "/" + DifferenceFile::kName; }
  std::string Content() const { return DifferencesIn(dir_); }

  std::string dir_;
};

TEST_F(DifferenceFileTest, KeepsOrDropsWhatIsPutAside) {
  const std::string first = R"({"table":"t","kind":"only in target","key":"id=1","columns":[]})";
  DifferenceFile file(dir_);
  file.Hold();
  file.Write("t", {DifferenceKind::kExtra, "id=9", {}});
  file.Drop();
  EXPECT_FALSE(std::filesystem::exists(path()));
  file.Write("t", {DifferenceKind::kExtra, "id=1", {}});
  file.Hold();
  const std::string value(1'000, 'x');
  for (int i = 0; i < 3'000; ++i) {
    file.Write("t", {DifferenceKind::kExtra, std::to_string(i), {{"note", "", value}}});
  }
  file.Keep();
  file.Hold();
  file.Write("t", {DifferenceKind::kExtra, "id=8", {}});
  file.Drop();
  file.Hold();
  file.Write("t", {DifferenceKind::kExtra, "id=2", {}});
  file.Finish();
  const std::string text = Content();
  EXPECT_TRUE(text.starts_with(first + "\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3'002);
  EXPECT_NE(text.find(R"("key":"2999")"), text.npos);
  EXPECT_TRUE(text.ends_with(R"("key":"id=2","columns":[]})"
                             "\n"));
}

TEST_F(DifferenceFileTest, HoldsOneLineOfJsonPerRow) {
  DifferenceFile file(dir_);
  file.Write("shop.orders", {DifferenceKind::kDifferent, "id=17", {{"note", "a\n", "b\xff"}}});
  file.Write("shop.orders", {DifferenceKind::kMissing, "id=18", {{"note", "x", ""}}});
  file.Write("shop.orders", {DifferenceKind::kExtra, "id=19", {{"note", "", "y"}}});
  file.Finish();
  EXPECT_EQ(Content(),
            R"({"table":"shop.orders","kind":"value","key":"id=17","columns":[)"
            R"({"column":"note","source":"a\n","target":"b)"
            "\xEF\xBF\xBD"
            R"("}]})"
            "\n"
            R"({"table":"shop.orders","kind":"missing in target","key":"id=18","columns":[)"
            R"({"column":"note","source":"x"}]})"
            "\n"
            R"({"table":"shop.orders","kind":"only in target","key":"id=19","columns":[)"
            R"({"column":"note","target":"y"}]})"
            "\n");
}

TEST_F(DifferenceFileTest, IsNotMadeWithoutADifference) {
  DifferenceFile file(dir_);
  file.Finish();
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(DifferenceFileTest, IsReadableByItsOwnerOnly) {
  DifferenceFile file(dir_);
  file.Write("t", {DifferenceKind::kMissing, "id=1", {}});
  file.Finish();
  struct stat info {};
  ASSERT_EQ(stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(DifferenceFileTest, TakesMoreThanOneBuffer) {
  DifferenceFile file(dir_);
  for (int i = 0; i < 50'000; ++i) {
    file.Write("t", {DifferenceKind::kMissing, "id=" + std::to_string(i * 7919), {}});
  }
  file.Finish();
  const std::string text = Content();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 50'000);
}

}  // namespace
}  // namespace transload
