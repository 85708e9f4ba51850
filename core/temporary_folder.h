// Where temporary files are to stand.
#ifndef TRANSLOAD_CORE_TEMPORARY_FOLDER_H_
#define TRANSLOAD_CORE_TEMPORARY_FOLDER_H_

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "core/error.h"

namespace transload {

// TMPDIR, or what the system has. Throws an Error when that is no folder.
inline std::string TemporaryFolder() {
  std::error_code problem;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(problem);
  if (!problem) return folder.string();
  const char* named = std::getenv("TMPDIR");
  throw Error(fmt::format("no folder for temporary files: {}{}; TMPDIR names another one",
                          named == nullptr ? "" : std::string(named) + ": ", problem.message()));
}

}  // namespace transload

#endif  // TRANSLOAD_CORE_TEMPORARY_FOLDER_H_
