// transload-docs DIR: writes the generated pages of docs/ into DIR.
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>

#include "mappings/type_docs.h"

namespace {

void Write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: transload-docs DIR\n", stderr);
    return 2;
  }
  try {
    Write(std::string(argv[1]) + "/types.md", transload::TypesPage());
    Write(std::string(argv[1]) + "/policies.md", transload::PoliciesPage());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "transload-docs: %s\n", error.what());
    return 1;
  }
  return 0;
}
