#include "load/server_programs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <sstream>

#include "core/error.h"

namespace transload {
namespace {

namespace fs = std::filesystem;

bool HoldsServer(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "initdb", ignored) && fs::exists(folder / "pg_ctl", ignored) &&
         fs::exists(folder / "postgres", ignored);
}

std::string NewestPackaged() {
  std::error_code failure;
  int newest = 0;
  std::string found;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", failure)) {
    const auto version =
        static_cast<int>(std::strtol(entry.path().filename().c_str(), nullptr, 10));
    if (version <= newest || !HoldsServer(entry.path() / "bin")) continue;
    newest = version;
    found = (entry.path() / "bin").string();
  }
  return found;
}

std::string OnPath() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty() && HoldsServer(folder)) return folder;
  }
  return {};
}

std::optional<SystemUser> LookUp(const char* name) {
  const passwd* entry = ::getpwnam(name);
  if (entry == nullptr) return std::nullopt;
  return SystemUser{entry->pw_name, entry->pw_uid, entry->pw_gid};
}

// In the child, between fork and exec. Returns only on failure.
[[noreturn]] void Become(const SystemUser& user, char* const* arguments, int output) {
  if (::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0) ::_exit(126);
  const int empty = ::open("/dev/null", O_RDONLY);
  if (empty >= 0) ::dup2(empty, STDIN_FILENO);
  // A server must not end with the terminal's Ctrl-C that ends transload.
  ::setsid();
  if (::geteuid() == 0 && user.uid != 0 &&
      (::initgroups(user.name.c_str(), user.gid) != 0 || ::setgid(user.gid) != 0 ||
       ::setuid(user.uid) != 0)) {
    ::_exit(126);
  }
  // The caller's folder may be closed to this user.
  if (::chdir("/") != 0) ::_exit(126);
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

std::string ReadToEnd(int descriptor) {
  std::string output;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
    if (size > 0) output.append(buffer.data(), static_cast<std::size_t>(size));
    if (size == 0 || (size < 0 && errno != EINTR)) return output;
  }
}

int WaitFor(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::string FindServerPrograms(const std::string& wanted) {
  if (!wanted.empty()) {
    if (HoldsServer(wanted)) return wanted;
    throw RefusedError(fmt::format("--pg-bin {}: no initdb, pg_ctl and postgres in it", wanted));
  }
  std::string found = NewestPackaged();
  if (found.empty()) found = OnPath();
  if (!found.empty()) return found;
  throw RefusedError(
      "PostgreSQL's server programs (initdb, pg_ctl, postgres) are not installed: on Debian and "
      "Ubuntu install the package postgresql, or name their folder with --pg-bin");
}

SystemUser UserNamed(const std::string& name) {
  const std::optional<SystemUser> user = LookUp(name.c_str());
  if (!user) throw RefusedError("this machine has no user " + name);
  return *user;
}

SystemUser ServerOwner() {
  if (::geteuid() != 0) {
    const passwd* entry = ::getpwuid(::geteuid());
    if (entry == nullptr) throw RefusedError("the user that runs transload has no name");
    return {entry->pw_name, entry->pw_uid, entry->pw_gid};
  }
  for (const char* name : {"postgres", "nobody"}) {
    const std::optional<SystemUser> user = LookUp(name);
    if (user && user->uid != 0) return *user;
  }
  throw RefusedError(
      "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody to run "
      "it as: run transload as another user");
}

ProgramResult RunAs(const SystemUser& user, const std::vector<std::string>& command,
                    const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::array<int, 2> ends = {-1, -1};
  if (log.empty()) {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw RefusedError("no pipe could be made");
  } else {
    ends[1] = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (ends[1] < 0) throw RefusedError(log + ": " + std::strerror(errno));
  }
  const pid_t child = ::fork();
  if (child == 0) Become(user, arguments.data(), ends[1]);
  ::close(ends[1]);
  ProgramResult result;
  if (child > 0 && log.empty()) result.output = ReadToEnd(ends[0]);
  if (ends[0] >= 0) ::close(ends[0]);
  if (child < 0) throw RefusedError("no process could be started");
  result.exit_code = WaitFor(child);
  return result;
}

}  // namespace transload
