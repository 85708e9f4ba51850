// What stands in a finished differences.jsonl.zst.
#ifndef TRANSLOAD_TESTS_VERIFY_DIFFERENCE_LINES_H_
#define TRANSLOAD_TESTS_VERIFY_DIFFERENCE_LINES_H_

#include <gtest/gtest.h>
#include <zstd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "verify/difference_file.h"

namespace transload {

// Up to 16 MiB.
inline std::string DifferencesIn(const std::string& report_dir) {
  std::ifstream in(report_dir + "/" + DifferenceFile::kName, std::ios::binary);
  const std::string packed{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::string text(std::size_t{16} << 20, '\0');
  ZSTD_DStream* stream = ZSTD_createDStream();
  ZSTD_inBuffer from{packed.data(), packed.size(), 0};
  ZSTD_outBuffer to{text.data(), text.size(), 0};
  const std::size_t left = ZSTD_decompressStream(stream, &to, &from);
  ZSTD_freeDStream(stream);
  EXPECT_EQ(left, 0u) << "the frame is complete";
  text.resize(to.pos);
  return text;
}

}  // namespace transload

#endif  // TRANSLOAD_TESTS_VERIFY_DIFFERENCE_LINES_H_
