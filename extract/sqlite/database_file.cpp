#include "extract/sqlite/database_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/row_batch.h"
#include "core/url.h"

namespace transload::sqlite {
namespace {

std::uint64_t FileBytes(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

class FileDescriptor {
 public:
  explicit FileDescriptor(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  bool ReadAt(void* to, std::size_t size, std::int64_t offset) const {
    return descriptor_ >= 0 && ::pread(descriptor_, to, size, offset) == static_cast<ssize_t>(size);
  }

 private:
  int descriptor_;
};

struct WalPosition {
  std::string salts;         // 16 hex digits, empty without a log
  std::uint64_t frames = 0;  // up to the last commit
};

// https://www.sqlite.org/fileformat2.html#the_write_ahead_log: a header of 32 bytes with the page
// size at 8 and the salts at 16, then frames of 24 bytes plus a page, whose header has, at 4, the
// size of the database after a commit (0 within a transaction) and, at 8, the salts. No lock ever
// lies on this file, so it may be opened and closed here.
WalPosition ReadWal(const std::string& path) {
  WalPosition position;
  const FileDescriptor file(path);
  std::array<char, 32> header{};
  if (!file.ReadAt(header.data(), header.size(), 0)) return position;
  position.salts =
      fmt::format("{:08x}{:08x}", LoadBe32(header.data() + 16), LoadBe32(header.data() + 20));
  const std::int64_t stride = std::int64_t{24} + LoadBe32(header.data() + 8);
  std::array<char, 24> frame{};
  for (std::uint64_t number = 1;; ++number) {
    const std::int64_t offset = 32 + static_cast<std::int64_t>(number - 1) * stride;
    if (!file.ReadAt(frame.data(), frame.size(), offset)) break;
    if (std::memcmp(frame.data() + 8, header.data() + 16, 8) != 0) break;
    if (LoadBe32(frame.data() + 4) != 0) position.frames = number;
  }
  return position;
}

// The first read of the file: here SQLite finds out what it is.
void ProveReadable(Connection& connection, const DatabaseFile& file) {
  if (file.bytes == 0) {
    throw RefusedError(file.path + " is empty (0 bytes): it holds no SQLite database");
  }
  connection.Integer("SELECT count(*) FROM sqlite_schema");
}

bool IsWalMode(const Connection& connection) {
  std::array<unsigned char, 2> versions{};
  return connection.ReadFileBytes(versions.data(), 2, 18) && versions[1] == 2;
}

}  // namespace

std::string DatabasePath(const std::string& url) {
  const Url parsed = ParseUrl(url);
  if (!parsed.parameters.empty()) {
    throw UsageError(url + ": a sqlite: URL takes no parameters; write a '?' in a path as %3F");
  }
  return parsed.database;
}

DatabaseFile ExamineFile(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    throw RefusedError(
        fmt::format("{}: {}; the SQLite database to read must exist", path, std::strerror(errno)));
  }
  if (S_ISDIR(info.st_mode)) {
    throw RefusedError(path + " is a folder; name the SQLite database file in it");
  }
  if (!S_ISREG(info.st_mode)) throw RefusedError(path + " is no regular file");
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0) {
    throw RefusedError(
        fmt::format("{}: {}; transload needs to read it", path, std::strerror(errno)));
  }
  DatabaseFile file;
  file.path = path;
  file.bytes = static_cast<std::uint64_t>(info.st_size);
  file.writable = ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr),
                                                             &std::free);
  file.canonical = resolved ? resolved.get() : path;
  file.wal_bytes = FileBytes(file.canonical + "-wal");
  return file;
}

std::unique_ptr<Connection> OpenDatabase(const DatabaseFile& file, bool* immutable) {
  *immutable = false;
  auto connection = std::make_unique<Connection>(file.path, false);
  const bool may_be_immutable = !file.writable && file.wal_bytes == 0 && IsWalMode(*connection);
  if (may_be_immutable) {
    const int result = sqlite3_exec(connection->handle(), "SELECT 1 FROM sqlite_schema", nullptr,
                                    nullptr, nullptr);
    if ((result & 0xff) == SQLITE_CANTOPEN || (result & 0xff) == SQLITE_READONLY) {
      *immutable = true;
      connection = std::make_unique<Connection>(file.path, true);
    }
  }
  ProveReadable(*connection, file);
  return connection;
}

Position ReadPosition(Connection& connection) {
  std::array<char, 100> header{};
  if (!connection.ReadFileBytes(header.data(), static_cast<int>(header.size()), 0)) return {};
  const WalPosition wal = ReadWal(connection.LogPath());
  struct stat info {};
  if (::stat(connection.path().c_str(), &info) != 0) return {};
  Position position;
  position.emplace_back("change_counter", std::to_string(LoadBe32(header.data() + 24)));
  position.emplace_back("schema_cookie", std::to_string(LoadBe32(header.data() + 40)));
  position.emplace_back("file_bytes", std::to_string(info.st_size));
  position.emplace_back("file_time",
                        fmt::format("{}.{:09}", info.st_mtim.tv_sec, info.st_mtim.tv_nsec));
  position.emplace_back("wal_salts", wal.salts);
  position.emplace_back("wal_frames", std::to_string(wal.frames));
  return position;
}

}  // namespace transload::sqlite
