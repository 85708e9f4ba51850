#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/error.h"
#include "tests/extract/sqlite/test_database.h"

namespace transload::sqlite {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

// Acts as a user without rights of its own while it lives, so that permissions mean something to
// root as well.
class AsNobody {
 public:
  AsNobody() : root_(::geteuid() == 0) {
    if (root_ && ::seteuid(65534) != 0) throw std::runtime_error("seteuid");
  }
  ~AsNobody() {
    if (root_ && ::seteuid(0) != 0) std::abort();
  }

 private:
  bool root_;
};

std::string Folder(const std::string& path) { return path.substr(0, path.find_last_of('/')); }

Error OpenFails(const std::string& url) {
  Options options;
  options.source_url = url;
  try {
    OpenSource(options);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << url << " was opened";
  return Error("");
}

TEST(SqliteFile, IsNotModifiedByAnythingTransloadDoes) {
  for (const char* mode : {"WAL", "DELETE"}) {
    TestDatabase database(std::string("PRAGMA journal_mode = ") + mode +
                          "; CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT);"
                          "INSERT INTO t VALUES (1, 'x'), (2, 'y');");
    // In WAL mode the -wal and -shm of the program that has it open are there too, rows in them.
    auto before = database.Files();
    {
      const auto source = database.Open(2);
      source->Preflight({});
      source->TakeSnapshot(Readers(2, 2));
      const SourceCatalogue catalogue = source->ReadCatalogue();
      const SourceTable& table = TableOf(catalogue, "t");
      source->Scan(table, {"id", "a"});
      source->Split(table, "", 1);
      EXPECT_EQ(ReadAll(*source, table).size(), 2u);
      source->CurrentPosition();
    }
    auto after = database.Files();
    // The -shm is the working memory of all who have the database open: marks of readers, no data.
    before.erase("test.db-shm");
    after.erase("test.db-shm");
    EXPECT_EQ(after, before) << mode;
  }
}

TEST(SqliteFile, InWalModeIsNotModifiedWhenNobodyHasItOpen) {
  TestDatabase database("PRAGMA journal_mode = WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1);");
  database.Close();
  const auto before = database.Files();
  {
    const auto source = database.Open();
    source->TakeSnapshot({});
    EXPECT_EQ(source->NewReader()->CountRows("", "t", ""), 1u);
  }
  const auto after = database.Files();
  EXPECT_EQ(after.at("test.db"), before.at("test.db"));
}

TEST(SqliteFile, IsReadFromAFolderWithoutWritePermission) {
  for (const char* mode : {"WAL", "DELETE"}) {
    TestDatabase database(std::string("PRAGMA journal_mode = ") + mode +
                          "; CREATE TABLE t(a); INSERT INTO t VALUES (1);");
    database.Close();
    ASSERT_EQ(::chmod(database.path().c_str(), 0444), 0);
    ASSERT_EQ(::chmod(Folder(database.path()).c_str(), 0555), 0);
    {
      const AsNobody nobody;
      const auto source = database.Open();
      EXPECT_TRUE(source->TakeSnapshot({}).proven);
      EXPECT_EQ(source->NewReader()->CountRows("", "t", ""), 1u) << mode;
    }
    ::chmod(Folder(database.path()).c_str(), 0755);
  }
}

TEST(SqliteFile, WithALogThatCannotBeSeenIsRefused) {
  TestDatabase database("PRAGMA journal_mode = WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1);");
  // A copy of the file and its -wal, as found on a backup medium, without the -shm.
  const std::string copy = Folder(database.path()) + "/ro/copy.db";
  std::filesystem::create_directory(Folder(copy));
  std::filesystem::copy_file(database.path(), copy);
  std::filesystem::copy_file(database.path() + "-wal", copy + "-wal");
  for (const std::string& file : {copy, copy + "-wal"}) ::chmod(file.c_str(), 0444);
  ::chmod(Folder(database.path()).c_str(), 0755);
  ::chmod(Folder(copy).c_str(), 0555);
  const AsNobody nobody;
  Options options;
  options.source_url = "sqlite://" + copy;
  // Either SQLite can read it with its rows, or it is refused; never is the log left out.
  try {
    const auto source = OpenSource(options);
    source->TakeSnapshot({});
    EXPECT_EQ(source->NewReader()->CountRows("", "t", ""), 1u);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code, ExitCode::kRefused);
  }
}

TEST(SqliteFile, ThatCannotBeReadGivesAClearError) {
  const TestDatabase database("CREATE TABLE t(a);");
  const std::string folder = Folder(database.path());
  EXPECT_THAT(OpenFails("sqlite:" + folder + "/missing.db").what(), HasSubstr("must exist"));
  EXPECT_THAT(OpenFails("sqlite:" + folder).what(), HasSubstr("is a folder"));
  std::ofstream(folder + "/text.db") << std::string(5000, 'x');
  const Error text = OpenFails("sqlite:" + folder + "/text.db");
  EXPECT_THAT(text.what(), HasSubstr("no SQLite database, or it is encrypted"));
  EXPECT_EQ(text.exit_code, ExitCode::kRefused);
  std::ofstream(folder + "/empty.db");
  EXPECT_THAT(OpenFails("sqlite:" + folder + "/empty.db").what(), HasSubstr("0 bytes"));
  ::chmod(database.path().c_str(), 0000);
  ::chmod(folder.c_str(), 0755);
  const AsNobody nobody;
  const Error denied = OpenFails("sqlite:" + database.path());
  EXPECT_THAT(denied.what(), HasSubstr("Permission denied"));
  EXPECT_EQ(denied.exit_code, ExitCode::kRefused);
}

TEST(SqliteFile, UrlsAreCheckedBeforeAnythingIsTouched) {
  for (const char* url : {"sqlite:", "sqlite://host/x.db", "sqlite::memory:", "sqlite://x.db",
                          "sqlite:x.db?mode=ro"}) {
    EXPECT_EQ(OpenFails(url).exit_code, ExitCode::kUsage) << url;
  }
}

TEST(SqliteFile, WithStrangeCharactersInItsNameIsOpened) {
  const TestDatabase database("CREATE TABLE t(a);");
  const std::string path = Folder(database.path()) + "/50% off? #1 ü.db";
  std::filesystem::copy_file(database.path(), path);
  Options options;
  options.source_url = "sqlite://" + Folder(database.path()) + "/50%25 off%3F %231 ü.db";
  EXPECT_EQ(OpenSource(options)->ReadCatalogue().tables.size(), 1u);
}

TEST(SqliteFile, WhoseNameIsNoUtf8IsNamedByText) {
  const TestDatabase database("CREATE TABLE t(a);");
  const std::string path = Folder(database.path()) + "/old \xff\xe9.db";
  std::filesystem::copy_file(database.path(), path);
  Options options;
  options.source_url = "sqlite:" + path;
  const auto source = OpenSource(options);
  EXPECT_EQ(source->ReadCatalogue().tables.size(), 1u);
  EXPECT_EQ(source->Info().database, "old %FF%E9.db");
  EXPECT_THAT(source->Info().display_url, EndsWith("old %FF%E9.db"));
  EXPECT_THAT(source->Info().fingerprint, EndsWith("old %FF%E9.db"));
}

TEST(SqliteFile, DamagedInTheMiddleStopsTheReaderWithAnError) {
  TestDatabase database(R"(
    CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO t SELECT i, hex(zeroblob(50)) FROM n;)");
  database.Close();
  {
    std::fstream file(database.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 * 200);
    file << std::string(4096 * 20, '\xAA');
  }
  const auto source = database.Open();
  source->TakeSnapshot({});
  const auto reader = source->NewReader();
  ReadRequest request;
  request.table = "t";
  request.columns = {{"a", "", CellFormat::kDynamic}};
  reader->Open(request);
  RowBatch batch;
  try {
    for (bool more = true; more; batch.Clear()) more = reader->Read(batch);
    FAIL() << "damage was read as a clean end";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("integrity_check"));
    EXPECT_EQ(error.exit_code, ExitCode::kStopped);
    EXPECT_FALSE(error.retryable);
  }
}

}  // namespace
}  // namespace transload::sqlite
