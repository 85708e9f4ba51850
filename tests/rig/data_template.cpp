#include "tests/rig/data_template.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <filesystem>
#include <system_error>

#include "tests/rig/process.h"
#include "tests/rig/programs.h"

namespace transload::rig {
namespace {

namespace fs = std::filesystem;

std::string FileName(const std::string& key) {
  std::string name = key;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') c = '_';
  }
  return name;
}

}  // namespace

void MakeServerFolder(const std::string& folder) {
  fs::create_directories(folder);
  const Account& account = ServerAccount();
  if (::chown(folder.c_str(), account.uid, account.gid) != 0 ||
      ::chmod(folder.c_str(), 0755) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot prepare " + folder);
  }
}

void CopyDataTemplate(const std::string& key, const std::string& target,
                      const std::function<void(const std::string& folder)>& make) {
  const fs::path templates = fs::path(ServerCache()) / "templates";
  MakeServerFolder(templates.string());
  const fs::path finished = templates / FileName(key);
  if (!fs::exists(finished)) {
    const std::string making = finished.string() + ".making-" + std::to_string(::getpid());
    fs::remove_all(making);
    make(making);
    std::error_code lost_race;  // another process was first: its template is as good as ours
    fs::rename(making, finished, lost_race);
    if (lost_race) fs::remove_all(making);
  }
  RunToEnd({.argv = {"cp", "-a", "--reflink=auto", finished.string(), target}});
}

}  // namespace transload::rig
