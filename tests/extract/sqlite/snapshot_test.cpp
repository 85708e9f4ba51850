#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "core/error.h"
#include "tests/extract/sqlite/test_database.h"

namespace transload::sqlite {
namespace {

std::int64_t SumOf(RowReader& reader) {
  ReadRequest request;
  request.table = "t";
  request.columns = {{"a", "sum(a)", CellFormat::kDynamic}};
  reader.Open(request);
  RowBatch batch;
  reader.Read(batch);
  return std::stoll(RowsOf(batch, 1)[0][0].substr(2));
}

TEST(SqliteSnapshot, ShowsAllReadersOneStateWhileAnotherProgramWrites) {
  TestDatabase database(
      "PRAGMA journal_mode = WAL; CREATE TABLE t(a INT); INSERT INTO t VALUES (1);");
  const auto source = database.Open();
  // Stops when it goes out of scope, also when what follows throws.
  // Its pauses grow and shrink, so that some are long enough for a busy machine's readers.
  const std::jthread writer([&](const std::stop_token& stop) {
    std::chrono::microseconds pause{200};
    while (!stop.stop_requested()) {
      database.Execute("INSERT INTO t VALUES (1)");
      std::this_thread::sleep_for(pause);
      pause = pause > std::chrono::milliseconds(100) ? std::chrono::microseconds(200) : pause * 2;
    }
  });
  for (int round = 0; round < 5; ++round) {
    const SnapshotInfo snapshot = source->TakeSnapshot(Readers(8, 2));
    EXPECT_TRUE(snapshot.proven);
    std::vector<std::unique_ptr<RowReader>> readers;
    for (int i = 0; i < 10; ++i) readers.push_back(source->NewReader());
    const std::int64_t first = SumOf(*readers[0]);
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    for (auto& reader : readers) EXPECT_EQ(SumOf(*reader), first);
    EXPECT_THROW(source->NewReader(), Error);
  }
}

TEST(SqliteSnapshot, SeesRowsThatAreOnlyInTheLog) {
  TestDatabase database("PRAGMA journal_mode = WAL; CREATE TABLE t(a INT);");
  database.Execute("PRAGMA wal_autocheckpoint = 0; INSERT INTO t VALUES (1), (2);");
  const auto source = database.Open();
  source->TakeSnapshot({});
  EXPECT_EQ(source->NewReader()->CountRows("", "t", ""), 2u);
}

TEST(SqliteSnapshot, PositionMovesWithEveryCommitAndOnlyThen) {
  for (const char* mode : {"WAL", "DELETE"}) {
    TestDatabase database(std::string("PRAGMA journal_mode = ") + mode +
                          "; CREATE TABLE t(a INT); INSERT INTO t VALUES (1);");
    const auto source = database.Open();
    const auto before = source->CurrentPosition();
    EXPECT_FALSE(before.empty());
    EXPECT_EQ(source->CurrentPosition(), before);
    database.Execute("UPDATE t SET a = a + 1");
    EXPECT_NE(source->CurrentPosition(), before) << mode;
    const auto snapshot = source->TakeSnapshot({});
    EXPECT_EQ(snapshot.position, source->CurrentPosition());
  }
}

TEST(SqliteSnapshot, IsOfOneFileWhereAnotherTakesItsPlace) {
  TestDatabase database("CREATE TABLE t(a);");
  database.Close();
  const auto source = database.Open();
  const std::string other = database.path() + ".new";
  std::filesystem::copy_file(database.path(), other);
  source->TakeSnapshot(Readers(2, 0));
  std::filesystem::rename(other, database.path());
  EXPECT_THROW(source->TakeSnapshot(Readers(2, 0)), Error);
  EXPECT_NO_THROW(database.Open()->TakeSnapshot(Readers(2, 0)));

  const std::string link = database.path() + ".link";
  std::filesystem::create_symlink(database.path(), link);
  Options options;
  options.source_url = "sqlite://" + link;
  const auto linked = OpenSource(options);
  std::filesystem::copy_file(database.path(), other);
  std::filesystem::remove(link);
  std::filesystem::create_symlink(other, link);
  EXPECT_THROW(linked->TakeSnapshot(Readers(2, 0)), Error);
}

TEST(SqliteSnapshot, CopyLeavesWritersFree) {
  TestDatabase database("CREATE TABLE t(a INT); INSERT INTO t VALUES (1);");
  const auto held = database.Open(1);
  EXPECT_FALSE(held->TakeSnapshot({}).notes.empty());
  database.Execute("PRAGMA busy_timeout = 0");
  EXPECT_THROW(database.Execute("INSERT INTO t VALUES (2)"), std::runtime_error);
  const auto copied = database.Open(1, true);
  EXPECT_TRUE(copied->TakeSnapshot({}).proven);
  EXPECT_EQ(copied->NewReader()->CountRows("", "t", ""), 1u);
}

TEST(SqliteSnapshot, CopyKeepsItsStateWhileTheSourceMoves) {
  TestDatabase database("CREATE TABLE t(a INT); INSERT INTO t VALUES (1);");
  const auto source = database.Open(1, true);
  const SnapshotInfo snapshot = source->TakeSnapshot({});
  database.Execute("INSERT INTO t VALUES (2)");
  EXPECT_EQ(source->NewReader()->CountRows("", "t", ""), 1u);
  EXPECT_NE(source->CurrentPosition(), snapshot.position);
}

}  // namespace
}  // namespace transload::sqlite
