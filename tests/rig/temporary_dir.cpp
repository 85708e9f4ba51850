#include "tests/rig/temporary_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace transload::rig {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "tl-";
constexpr char kLockName[] = ".lock";

fs::path Root() {
  const char* dir = std::getenv("TMPDIR");
  return dir != nullptr && *dir != '\0' ? fs::path(dir) : fs::path("/tmp");
}

// Takes the lock of a folder, or returns -1 when another process holds it.
int TryLock(const fs::path& file, int flags) {
  int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
  if (fd < 0) return -1;
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  ::close(fd);
  return -1;
}

// Removes what killed test processes left behind. A folder without a lock file is just being made.
void SweepStale() {
  std::error_code ignored;  // others sweep at the same time: a folder may vanish under our hands
  for (const fs::directory_entry& entry : fs::directory_iterator(Root(), ignored)) {
    struct stat info;
    if (!entry.path().filename().string().starts_with(kPrefix) ||
        ::lstat(entry.path().c_str(), &info) != 0 || !S_ISDIR(info.st_mode) ||
        info.st_uid != ::geteuid()) {
      continue;
    }
    int fd = TryLock(entry.path() / kLockName, 0);
    if (fd < 0) continue;
    fs::remove_all(entry.path(), ignored);
    ::close(fd);
  }
}

}  // namespace

TemporaryDir::TemporaryDir() {
  [[maybe_unused]] static const bool swept = (SweepStale(), true);
  std::string name = (Root() / (std::string(kPrefix) + "XXXXXX")).string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "cannot make a folder " + name);
  }
  path_ = name;
  // Servers run as another user when the tests run as root, and must be able to reach their part.
  ::chmod(name.c_str(), 0711);
  lock_fd_ = TryLock(path_ / kLockName, O_CREAT);
  if (lock_fd_ < 0) throw std::runtime_error("cannot lock " + name);
}

TemporaryDir::~TemporaryDir() { Remove(); }

TemporaryDir::TemporaryDir(TemporaryDir&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

TemporaryDir& TemporaryDir::operator=(TemporaryDir&& other) noexcept {
  if (this != &other) {
    Remove();
    path_ = std::exchange(other.path_, {});
    lock_fd_ = std::exchange(other.lock_fd_, -1);
  }
  return *this;
}

void TemporaryDir::Remove() {
  if (path_.empty()) return;
  std::error_code ignored;  // what can't be removed now, the next sweep removes
  fs::remove_all(path_, ignored);
  ::close(lock_fd_);
  path_.clear();
  lock_fd_ = -1;
}

}  // namespace transload::rig
