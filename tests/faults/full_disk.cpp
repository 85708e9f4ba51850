// A disk without room, for one server: preloaded into a PostgreSQL server, it lets writes to some
// files fail with ENOSPC while a file exists.
//
//   TRANSLOAD_FULL_DISK_SWITCH   that file: it holds what full paths contain, "/base/"
//
// The server's own code meets the error where the kernel would report it. Needs neither privileges
// nor a file system of its own.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

// Sets errno when there is no room; leaves it alone otherwise.
bool IsFull(int descriptor) {
  const char* file = std::getenv("TRANSLOAD_FULL_DISK_SWITCH");
  if (file == nullptr) return false;
  const int saved = errno;
  bool full = false;
  const int opened = ::open(file, O_RDONLY | O_CLOEXEC);
  if (opened >= 0) {
    char wanted[256];
    const ssize_t size = ::read(opened, wanted, sizeof wanted - 1);
    ::close(opened);
    char link[64];
    char path[4096];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const ssize_t length = size > 0 ? ::readlink(link, path, sizeof path - 1) : -1;
    if (length > 0) {
      wanted[size] = '\0';
      path[length] = '\0';
      full = std::strstr(path, wanted) != nullptr;
    }
  }
  errno = full ? ENOSPC : saved;
  return full;
}

template <typename Function>
Function* Real(Function*& known, const char* name) {
  if (known == nullptr) known = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
  return known;
}

}  // namespace

extern "C" {

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  static ssize_t (*real)(int, const void*, size_t, off_t) = nullptr;
  return IsFull(descriptor) ? -1 : Real(real, "pwrite")(descriptor, bytes, size, at);
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t at) {
  static ssize_t (*real)(int, const void*, size_t, off64_t) = nullptr;
  return IsFull(descriptor) ? -1 : Real(real, "pwrite64")(descriptor, bytes, size, at);
}

ssize_t pwritev(int descriptor, const struct iovec* parts, int count, off_t at) {
  static ssize_t (*real)(int, const struct iovec*, int, off_t) = nullptr;
  return IsFull(descriptor) ? -1 : Real(real, "pwritev")(descriptor, parts, count, at);
}

ssize_t pwritev64(int descriptor, const struct iovec* parts, int count, off64_t at) {
  static ssize_t (*real)(int, const struct iovec*, int, off64_t) = nullptr;
  return IsFull(descriptor) ? -1 : Real(real, "pwritev64")(descriptor, parts, count, at);
}

int posix_fallocate(int descriptor, off_t at, off_t size) {
  static int (*real)(int, off_t, off_t) = nullptr;
  return IsFull(descriptor) ? ENOSPC : Real(real, "posix_fallocate")(descriptor, at, size);
}

int posix_fallocate64(int descriptor, off64_t at, off64_t size) {
  static int (*real)(int, off64_t, off64_t) = nullptr;
  return IsFull(descriptor) ? ENOSPC : Real(real, "posix_fallocate64")(descriptor, at, size);
}

}  // extern "C"
