// The fuzz targets over their corpora, without a fuzzer: every file as it stands, cut short, and
// with bytes changed. A target reports what is wrong by ending the process; the sanitizers of the
// dev preset do the same.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

// One LLVMFuzzerTestOneInput each, renamed by the build.
extern "C" {
int FuzzText(const std::uint8_t* data, std::size_t size);
int FuzzNumeric(const std::uint8_t* data, std::size_t size);
int FuzzJson(const std::uint8_t* data, std::size_t size);
int FuzzDynamic(const std::uint8_t* data, std::size_t size);
int FuzzCanonical(const std::uint8_t* data, std::size_t size);
int FuzzUrl(const std::uint8_t* data, std::size_t size);
int FuzzConfig(const std::uint8_t* data, std::size_t size);
int FuzzMapping(const std::uint8_t* data, std::size_t size);
int FuzzCopy(const std::uint8_t* data, std::size_t size);
int FuzzRow(const std::uint8_t* data, std::size_t size);
int FuzzPage(const std::uint8_t* data, std::size_t size);
}

namespace transload {
namespace {

struct Subject {
  const char* name;
  int (*target)(const std::uint8_t*, std::size_t);
};
void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.name; }

class FuzzCorpus : public testing::TestWithParam<Subject> {
 protected:
  static void Try(const std::string& input) {
    GetParam().target(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  }
};

TEST_P(FuzzCorpus, IsAnsweredWithoutAFault) {
  constexpr int kMutations = 100;
  constexpr std::size_t kCuts = 20;
  std::minstd_rand random(20260301);
  auto any = [&](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  int files = 0;
  const std::string folder = std::string(TRANSLOAD_SOURCE_DIR) + "/tests/fuzz/corpus/";
  for (const auto& entry : std::filesystem::directory_iterator(folder + GetParam().name)) {
    ++files;
    SCOPED_TRACE(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    Try(input);
    if (input.empty()) continue;
    for (std::size_t cut = 0; cut < std::min(kCuts, input.size()); ++cut) {
      Try(input.substr(0, cut * input.size() / std::min(kCuts, input.size())));
    }
    for (int i = 0; i < kMutations; ++i) {
      std::string changed = input;
      changed[any(changed.size())] = static_cast<char>(any(256));
      if (i % 3 == 0) changed.insert(any(changed.size()), 1, static_cast<char>(any(256)));
      if (i % 3 == 1) changed.erase(any(changed.size()), 1 + any(4));
      Try(changed);
    }
  }
  EXPECT_GT(files, 0) << "an empty corpus";
}

INSTANTIATE_TEST_SUITE_P(All, FuzzCorpus,
                         testing::Values(Subject{"text", FuzzText}, Subject{"numeric", FuzzNumeric},
                                         Subject{"json", FuzzJson}, Subject{"dynamic", FuzzDynamic},
                                         Subject{"canonical", FuzzCanonical},
                                         Subject{"url", FuzzUrl}, Subject{"config", FuzzConfig},
                                         Subject{"mapping", FuzzMapping}, Subject{"copy", FuzzCopy},
                                         Subject{"row", FuzzRow}, Subject{"page", FuzzPage}),
                         [](const auto& subject) { return std::string(subject.param.name); });

}  // namespace
}  // namespace transload
