// The file behind a sqlite: URL, as the operating system sees it, and how far it has moved on.
#ifndef TRANSLOAD_EXTRACT_SQLITE_DATABASE_FILE_H_
#define TRANSLOAD_EXTRACT_SQLITE_DATABASE_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "extract/sqlite/connection.h"

namespace transload::sqlite {

// "sqlite:relative.db" and "sqlite:///absolute.db" → the path. Throws usage errors.
std::string DatabasePath(const std::string& url);

struct DatabaseFile {
  std::string path;       // as the user wrote it
  std::string canonical;  // without links and dots: what identifies the database
  std::uint64_t bytes = 0;
  std::uint64_t wal_bytes = 0;
  bool writable = false;
};

// Throws a refused error for a file that is missing, no file, or not readable.
DatabaseFile ExamineFile(const std::string& path);

// Opens the file for reading, and proves that it is a readable SQLite database. Where WAL mode
// stands in the way of reading a file that cannot be written (no -shm, and none can be made) and
// there is no -wal to miss, `*immutable` is set and the file is read without locks.
std::unique_ptr<Connection> OpenDatabase(const DatabaseFile& file, bool* immutable);

// Where the database is now. Equal positions prove that nothing was committed between: the change
// counter moves with every commit in rollback mode, salts and frames of the -wal with every commit
// in WAL mode, size and time of the file with every checkpoint.
using Position = std::vector<std::pair<std::string, std::string>>;
Position ReadPosition(Connection& connection);

}  // namespace transload::sqlite

#endif  // TRANSLOAD_EXTRACT_SQLITE_DATABASE_FILE_H_
