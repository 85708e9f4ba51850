#include "extract/sqlite/snapshot.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace transload::sqlite {
namespace {

std::string TemporaryFolder() {
  const char* chosen = std::getenv("TMPDIR");
  const std::string base = chosen != nullptr && *chosen != '\0' ? chosen : "/var/tmp";
  std::string folder = base + "/transload-copy-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    throw RefusedError(fmt::format("--snapshot-copy: no temporary folder in {}: {}; set TMPDIR",
                                   base, std::strerror(errno)));
  }
  return folder;
}

void RequireSpace(const std::string& folder, std::uint64_t bytes) {
  struct statvfs space {};
  if (::statvfs(folder.c_str(), &space) != 0) return;
  const std::uint64_t free = std::uint64_t{space.f_bavail} * space.f_frsize;
  if (free >= bytes) return;
  throw RefusedError(
      fmt::format("--snapshot-copy: {} has {} MiB free, the copy needs {} MiB; set "
                  "TMPDIR to a folder with room",
                  folder, free >> 20, (bytes >> 20) + 1));
}

// The file the copy is written to; the only handle of transload that may write, and never the
// source's.
struct CopyTarget {
  explicit CopyTarget(const std::string& path) {
    result =
        sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  }
  ~CopyTarget() { sqlite3_close_v2(handle); }
  CopyTarget(const CopyTarget&) = delete;
  CopyTarget& operator=(const CopyTarget&) = delete;

  sqlite3* handle = nullptr;
  int result = SQLITE_OK;
};

int CopyAllPages(sqlite3* target, sqlite3* source) {
  sqlite3_backup* backup = sqlite3_backup_init(target, "main", source, "main");
  if (backup == nullptr) return sqlite3_extended_errcode(target);
  int result = SQLITE_BUSY;
  for (int attempt = 0; attempt < 100; ++attempt) {
    result = sqlite3_backup_step(backup, -1);
    if (result != SQLITE_BUSY && result != SQLITE_LOCKED) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const int finished = sqlite3_backup_finish(backup);
  return result == SQLITE_DONE ? finished : result;
}

}  // namespace

TemporaryCopy::TemporaryCopy(Connection& source) : folder_(TemporaryFolder()) {
  path_ = folder_ + "/copy.db";
  int result = SQLITE_OK;
  try {
    RequireSpace(folder_, static_cast<std::uint64_t>(source.Integer("PRAGMA page_count")) *
                              static_cast<std::uint64_t>(source.Integer("PRAGMA page_size")));
    const CopyTarget target(path_);
    result =
        target.result == SQLITE_OK ? CopyAllPages(target.handle, source.handle()) : target.result;
  } catch (const Error&) {
    ::rmdir(folder_.c_str());
    throw;
  }
  if (result == SQLITE_OK) return;
  ::unlink(path_.c_str());
  ::rmdir(folder_.c_str());
  throw source.MakeError(result, "copying");
}

TemporaryCopy::~TemporaryCopy() {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((path_ + suffix).c_str());
  ::rmdir(folder_.c_str());
}

SnapshotConnections OpenSnapshot(Connection& control, int connections, std::uint64_t wait_ms) {
  SnapshotConnections snapshot;
  for (int i = 0; i < connections; ++i) {
    snapshot.connections.push_back(std::make_unique<Connection>(control.path(), false));
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  do {
    if (snapshot.attempts > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ++snapshot.attempts;
    const std::int64_t before = control.Integer("PRAGMA data_version");
    for (const auto& connection : snapshot.connections) connection->BeginRead();
    snapshot.position = ReadPosition(control);
    snapshot.proven = control.Integer("PRAGMA data_version") == before;
  } while (!snapshot.proven && std::chrono::steady_clock::now() < deadline);
  // All were opened before the first is asked: when none has moved, all have the same file, unless
  // a link was set to another one.
  bool moved = control.HasMoved();
  for (const auto& connection : snapshot.connections) {
    moved = moved || connection->HasMoved() || connection->LogPath() != control.LogPath();
  }
  if (moved) {
    throw RefusedError(control.path() +
                       " was replaced by another file while it was being opened: start again");
  }
  return snapshot;
}

}  // namespace transload::sqlite
