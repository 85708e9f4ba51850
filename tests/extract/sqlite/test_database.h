// A SQLite database in a folder of its own, made with SQL, for tests.
#ifndef TRANSLOAD_TESTS_EXTRACT_SQLITE_TEST_DATABASE_H_
#define TRANSLOAD_TESTS_EXTRACT_SQLITE_TEST_DATABASE_H_

#include <sqlite3.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "extract/source.h"
#include "tests/rig/temporary_dir.h"

namespace transload::sqlite {

class TestDatabase {
 public:
  explicit TestDatabase(const std::string& sql = "");
  ~TestDatabase() { Close(); }

  void Execute(const std::string& sql);
  // A collation APP and a function app() that no other program knows.
  void DefineApplication();
  // Keeps so many bytes at the end of each page free; before anything is written.
  void Reserve(int bytes);
  // Closes the writer's handle, as a program that has ended.
  void Close();
  std::string path() const { return dir_ / "test.db"; }
  std::unique_ptr<Source> Open(int jobs = 1, bool snapshot_copy = false) const;
  // Name → bytes of every file in the folder, with its permissions.
  std::map<std::string, std::string> Files() const;

 private:
  rig::TemporaryDir dir_;
  sqlite3* handle_ = nullptr;
};

// "NULL", "i:5", "r:1.5", "t:text", "b:00ff", one per cell.
using Rows = std::vector<std::vector<std::string>>;
Rows RowsOf(const RowBatch& batch, std::size_t columns);
// All rows of a range, every column of the table, through readers of the source's snapshot: one
// that asks SQLite and one that reads them as they are stored. Throws where these differ.
Rows ReadAll(Source& source, const SourceTable& table, const PartitionRange& range = {});

// Waits long enough for a busy machine.
SnapshotRequest Readers(int readers, int spares);

const SourceTable& TableOf(const SourceCatalogue& catalogue, const std::string& name);
std::uint64_t CountOf(const ColumnFacts& facts, const std::string& name);

}  // namespace transload::sqlite

#endif  // TRANSLOAD_TESTS_EXTRACT_SQLITE_TEST_DATABASE_H_
