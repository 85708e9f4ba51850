// A whole file as one string.
#ifndef TRANSLOAD_TESTS_RIG_SLURP_H_
#define TRANSLOAD_TESTS_RIG_SLURP_H_

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace transload::rig {

inline std::string Slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace transload::rig

#endif  // TRANSLOAD_TESTS_RIG_SLURP_H_
