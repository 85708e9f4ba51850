#include "load/pg_programs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>

#include "core/error.h"

extern char** environ;

namespace transload {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kVersionTime{10'000};

// The programs that run now, for KillPrograms; 0 is a free place.
std::array<std::atomic<pid_t>, 16> running;

// Since KillPrograms nobody waits for what a program says.
std::atomic<bool> killed{false};

// A child's entry there. Without a place for it nobody but RunProgram can kill it.
class Listed {
 public:
  explicit Listed(pid_t child) : child_(child) {
    for (auto& place : running) {
      pid_t free = 0;
      if (place.compare_exchange_strong(free, child)) return;
    }
  }
  ~Listed() {
    for (auto& place : running) {
      pid_t mine = child_;
      if (place.compare_exchange_strong(mine, 0)) return;
    }
  }
  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;

 private:
  pid_t child_;
};

std::vector<fs::path> Folders(const std::string& wanted) {
  if (!wanted.empty()) return {wanted};
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    folders.push_back(entry.path() / "bin");
  }
  const char* path = std::getenv("PATH");
  std::istringstream parts(path == nullptr ? "" : path);
  for (std::string part; std::getline(parts, part, ':');) {
    if (!part.empty()) folders.emplace_back(part);
  }
  return folders;
}

bool Runnable(const fs::path& program) { return ::access(program.c_str(), X_OK) == 0; }

// "pg_dump (PostgreSQL) 15.14 (Debian ...)" -> "15.14"
std::string AskVersion(const fs::path& pg_dump) {
  const std::string text = RunProgram({pg_dump.string(), "--version"}, {}, kVersionTime).out;
  const std::size_t at = text.find(") ");
  if (at == std::string::npos) return "";
  const std::size_t end = text.find_first_not_of("0123456789.", at + 2);
  return text.substr(at + 2, end == std::string::npos ? end : end - at - 2);
}

// Each program is asked once.
std::string VersionOf(const fs::path& pg_dump) {
  static std::mutex mutex;
  static std::map<fs::path, std::string> known;
  const std::lock_guard lock(mutex);
  auto found = known.find(pg_dump);
  if (found == known.end()) found = known.emplace(pg_dump, AskVersion(pg_dump)).first;
  return found->second;
}

std::vector<PgPrograms> Installed(const std::string& wanted) {
  std::vector<PgPrograms> found;
  std::set<fs::path> seen;
  for (const fs::path& folder : Folders(wanted)) {
    if (!Runnable(folder / "pg_dump") || !Runnable(folder / "pg_restore")) continue;
    std::error_code ignored;
    const fs::path program = fs::canonical(folder / "pg_dump", ignored);
    // Debian's wrapper runs one of the folders that were looked into.
    if (program.filename() == "pg_wrapper" || !seen.insert(program).second) continue;
    PgPrograms programs{(folder / "pg_dump").string(), (folder / "pg_restore").string(), 0,
                        VersionOf(folder / "pg_dump")};
    programs.major = static_cast<int>(std::strtol(programs.version.c_str(), nullptr, 10));
    if (programs.major > 0) found.push_back(std::move(programs));
  }
  return found;
}

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw Error("cannot make a pipe");
  }
  ~Pipe() {
    CloseWriter();
    ::close(ends_[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int reader() const { return ends_[0]; }
  int writer() const { return ends_[1]; }
  void CloseWriter() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

// Reads both to their end, whichever has something to say. False when neither had for so long.
bool Drain(int out_fd, std::string& out, int err_fd, std::string& err,
           std::chrono::milliseconds longest_silence) {
  const int patience = static_cast<int>(
      std::clamp<std::int64_t>(longest_silence.count(), 1, std::numeric_limits<int>::max()));
  std::array<pollfd, 2> pollers{pollfd{out_fd, POLLIN, 0}, pollfd{err_fd, POLLIN, 0}};
  std::array<char, 65536> buffer;
  while (pollers[0].fd >= 0 || pollers[1].fd >= 0) {
    const int ready = ::poll(pollers.data(), pollers.size(), patience);
    if (ready == 0) return false;
    if (ready < 0) {
      if (errno == EINTR) continue;
      throw Error(fmt::format("cannot read from a program: {}", std::strerror(errno)));
    }
    for (std::size_t i = 0; i < pollers.size(); ++i) {
      if (pollers[i].fd < 0 || pollers[i].revents == 0) continue;
      const ssize_t got = ::read(pollers[i].fd, buffer.data(), buffer.size());
      if (got > 0) {
        (i == 0 ? out : err).append(buffer.data(), static_cast<std::size_t>(got));
      } else if (got == 0 || errno != EINTR) {
        pollers[i].fd = -1;
      }
    }
  }
  return true;
}

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ProgramOutput RunProgram(const std::vector<std::string>& command,
                         const std::vector<std::pair<std::string, std::string>>& environment,
                         std::chrono::milliseconds longest_silence) {
  Pipe out, err;
  std::vector<std::string> words = command, settings;
  for (char** setting = environ; *setting != nullptr; ++setting) {
    const std::string name(*setting, std::strcspn(*setting, "="));
    const bool replaced = std::any_of(environment.begin(), environment.end(),
                                      [&](const auto& own) { return own.first == name; });
    if (!replaced) settings.emplace_back(*setting);
  }
  for (const auto& [name, value] : environment) settings.push_back(name + "=" + value);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.writer(), 1);
  posix_spawn_file_actions_adddup2(&actions, err.writer(), 2);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, words.front().c_str(), &actions, nullptr,
                                  Pointers(words).data(), Pointers(settings).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    throw Error(fmt::format("cannot run {}: {}", command.front(), std::strerror(failed)));
  }
  out.CloseWriter();
  err.CloseWriter();
  ProgramOutput result;
  std::optional<Listed> listed(child);
  const bool spoke = Drain(out.reader(), result.out, err.reader(), result.err, longest_silence);
  if (!spoke) ::kill(child, SIGKILL);
  listed.reset();  // the number of a child that was waited for may be somebody else's
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (killed) {
    Error error(command.front() + " was interrupted");
    error.interrupted = true;
    throw error;
  }
  if (!spoke) {
    Error error(fmt::format("{} said nothing for {} s and was ended (--stall-timeout)",
                            command.front(), longest_silence.count() / 1000));
    error.retryable = true;
    throw error;
  }
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

void KillPrograms() noexcept {
  killed = true;
  KillRunningPrograms();
}

void KillRunningPrograms() noexcept {
  for (const auto& place : running) {
    if (const pid_t child = place.load(); child > 0) ::kill(child, SIGKILL);
  }
}

void LearnPgPrograms(const std::string& wanted) { Installed(wanted); }

PgPrograms FindPgPrograms(const std::string& wanted, int source_major, int target_major) {
  const std::vector<PgPrograms> installed = Installed(wanted);
  const PgPrograms* best = nullptr;
  std::string too_old;
  auto rank = [&](const PgPrograms& programs) {
    if (programs.major == target_major) return 0;
    // The nearest newer one, then the nearest older one.
    return programs.major > target_major ? programs.major - target_major
                                         : 1000 + target_major - programs.major;
  };
  for (const PgPrograms& programs : installed) {
    if (programs.major < source_major) {
      too_old += fmt::format("{}{} is {}", too_old.empty() ? "" : ", ", programs.pg_dump,
                             programs.version);
      continue;
    }
    if (best == nullptr || rank(programs) < rank(*best)) best = &programs;
  }
  if (best != nullptr) return *best;
  const std::string advice =
      fmt::format("install postgresql-client-{}, or name its folder with --pg-bin", target_major);
  if (too_old.empty()) {
    throw RefusedError(fmt::format("there is no pg_dump and pg_restore in {}: {}",
                                   wanted.empty() ? "PATH and /usr/lib/postgresql" : wanted,
                                   advice));
  }
  throw RefusedError(
      fmt::format("the source is PostgreSQL {}, and pg_dump refuses to read a server newer than "
                  "itself ({}): {}",
                  source_major, too_old, advice));
}

}  // namespace transload
