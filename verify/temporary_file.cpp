#include "verify/temporary_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/error.h"
#include "core/temporary_folder.h"

namespace transload {

TemporaryFile::~TemporaryFile() {
  if (fd_ >= 0) ::close(fd_);
}

// Not every file system knows files without a name.
void TemporaryFile::Make() {
  folder_ = TemporaryFolder();
  fd_ = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd_ >= 0) return;
  std::string name = folder_ + "/transload-XXXXXX";
  fd_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd_ < 0) {
    throw Error(fmt::format("cannot make a temporary file in {}: {}; TMPDIR names another folder",
                            folder_, std::strerror(errno)));
  }
  ::unlink(name.c_str());
}

std::uint64_t TemporaryFile::Append(std::string_view bytes) {
  if (fd_ < 0) Make();
  const std::uint64_t start = size_;
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      throw Error(
          fmt::format("cannot write a temporary file in {}: {}; TMPDIR names another "
                      "folder",
                      folder_, std::strerror(errno)));
    }
    size_ += static_cast<std::uint64_t>(wrote);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return start;
}

void TemporaryFile::Read(std::uint64_t at, std::size_t bytes, std::string& into) const {
  into.resize(bytes);
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t read =
        ::pread(fd_, into.data() + done, bytes - done, static_cast<off_t>(at + done));
    if (read < 0 && errno == EINTR) continue;
    if (read <= 0) {
      throw Error(fmt::format("cannot read a temporary file in {}: {}", folder_,
                              read < 0 ? std::strerror(errno) : "it ends early"));
    }
    done += static_cast<std::size_t>(read);
  }
}

}  // namespace transload
