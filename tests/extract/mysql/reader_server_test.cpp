// Reading rows from the real servers: values, ends that are no ends, sessions that were pinned.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "extract/mysql/row_reader.h"
#include "extract/mysql/session.h"
#include "tests/extract/mysql/mysql_source_test.h"

namespace transload {
namespace {

using testing::HasSubstr;

class MySqlReaderTest : public MySqlSourceTest {
 protected:
  // Tables of about 20 MB, more than all buffers between server and reader hold.
  void MakeLarge() {
    Execute(
        "create table big (id int primary key, v varchar(2000)) engine=InnoDB; insert into big "
        "select i, repeat('x', 2000) from " +
        Numbers(4));
  }
  // The connection that is reading from `big`.
  std::string ReadingConnection() {
    for (int i = 0; i < 500; ++i) {
      const std::string id = Value(
          "select coalesce(max(id), 0) from information_schema.processlist where info like "
          "'SELECT%`big`%' and id <> connection_id()");
      if (id != "0") return id;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("nobody reads");
  }
  Error ReadToItsError(RowReader& reader) {
    RowBatch batch;
    try {
      for (bool more = true; more; batch.Clear()) more = reader.Read(batch);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "the rows ended as if they had been all";
    return Error("no error");
  }
};

// The client library's fetch then returns 1 with a statement error number of 0.
TEST_P(MySqlReaderTest, AKilledQueryIsAnErrorAndTheSnapshotLivesOn) {
  MakeLarge();
  std::unique_ptr<Source> source = Open();
  source->TakeSnapshot({});
  const SourceTable table = TableNamed(*source, "big");
  std::unique_ptr<RowReader> reader = source->NewReader();
  reader->Open(RequestFor(table));
  RowBatch batch;
  ASSERT_TRUE(reader->Read(batch));
  Execute("kill query " + ReadingConnection());
  const Error error = ReadToItsError(*reader);
  EXPECT_TRUE(error.retryable);
  EXPECT_FALSE(error.connection_lost);
  Execute("delete from big");
  EXPECT_EQ(ReadAll(*reader, RequestFor(table)).size(), 10'000U);
  source->Release(std::move(reader));
}

TEST_P(MySqlReaderTest, AKilledConnectionIsAnErrorAndASpareTakesOver) {
  MakeLarge();
  std::unique_ptr<Source> source = Open();
  source->TakeSnapshot({});
  const SourceTable table = TableNamed(*source, "big");
  std::unique_ptr<RowReader> reader = source->NewReader();
  reader->Open(RequestFor(table));
  RowBatch batch;
  ASSERT_TRUE(reader->Read(batch));
  Execute("kill " + ReadingConnection());
  const Error error = ReadToItsError(*reader);
  EXPECT_TRUE(error.connection_lost || error.snapshot_lost);
  reader.reset();
  Execute("delete from big");
  reader = source->NewReader();
  EXPECT_EQ(ReadAll(*reader, RequestFor(table)).size(), 10'000U);
  source->Release(std::move(reader));
}

TEST_P(MySqlReaderTest, CancelFromAnotherThreadEndsAReadThatBlocks) {
  MakeLarge();
  std::unique_ptr<Source> source = Open();
  source->TakeSnapshot({});
  const SourceTable table = TableNamed(*source, "big");
  std::unique_ptr<RowReader> reader = source->NewReader();
  ReadRequest request = RequestFor(table);
  request.where = "sleep(0.01) = 0";
  std::thread canceller([&] {
    ReadingConnection();
    reader->Cancel();
  });
  Error error("none");
  try {
    reader->Open(request);
    error = ReadToItsError(*reader);
  } catch (const Error& failure) {
    error = failure;
  }
  canceller.join();
  EXPECT_TRUE(error.interrupted) << error.what();
}

TEST_P(MySqlReaderTest, GlobalSettingsDoNotReachTheReader) {  // 26, 41, 76
  Execute(
      "create table t (c char(5), ts timestamp(6) null) engine=InnoDB;"
      "set time_zone = '-05:00'; insert into t values ('ab', '2038-01-18 22:14:06.5'), "
      "('cd', null), ('ef', null)");
  const std::string mode = Value("select @@global.sql_mode");
  server().Execute(
      "set global sql_select_limit = 1; set global sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,ANSI_QUOTES,"
      "NO_BACKSLASH_ESCAPES'; set global time_zone = '-05:00'");
  std::vector<std::string> rows;
  std::string failure;
  try {
    std::unique_ptr<Source> source = Open();
    source->TakeSnapshot({});
    std::unique_ptr<RowReader> reader = source->NewReader();
    rows = ReadAll(*reader, RequestFor(TableNamed(*source, "t")));
    source->Release(std::move(reader));
  } catch (const std::exception& error) {
    failure = error.what();
  }
  server().Execute(
      "set global sql_select_limit = default; set global time_zone = 'SYSTEM';"
      "set global sql_mode = '" +
      mode + "'");
  ASSERT_EQ(failure, "");
  ASSERT_EQ(rows.size(), 3U);
  CellCursor cells(rows[0]);
  EXPECT_EQ(cells.Next().view(), "ab");
  CivilTime time;
  const Cell cell = cells.Next();
  ASSERT_EQ(cell.size, sizeof time);
  memcpy(&time, cell.data, sizeof time);
  EXPECT_EQ(time.year, 2038);
  EXPECT_EQ(time.day, 19);
  EXPECT_EQ(time.hour, 3);
  EXPECT_EQ(time.nanos, 500'000'000U);
}

TEST_P(MySqlReaderTest, ATableAlteredSinceTheSnapshotIsAnErrorThatSaysSo) {  // 77
  Execute("create table t (a int primary key, b int) engine=InnoDB; insert into t values (1, 1)");
  std::unique_ptr<Source> source = Open();
  source->TakeSnapshot({});
  const SourceTable table = TableNamed(*source, "t");
  std::unique_ptr<RowReader> reader = source->NewReader();
  const std::string alter =
      "set session lock_wait_timeout = 1; alter table t modify b varchar(100), add c int, "
      "engine=InnoDB";
  if (GetParam() == "9") {
    // There the run's backup lock keeps definitions as they are.
    EXPECT_ANY_THROW(Execute(alter));
    EXPECT_EQ(ReadAll(*reader, RequestFor(table)).size(), 1U);
    return;
  }
  Execute(alter);
  try {
    ReadAll(*reader, RequestFor(table));
    ADD_FAILURE() << "rows of another table definition were read";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("t"));
    EXPECT_FALSE(error.connection_lost) << error.what();
  }
}

TEST_P(MySqlReaderTest, ASampleIsTheSameRowsWhateverTheRanges) {
  Execute("create table t (id int primary key) engine=InnoDB; insert into t select i from " +
          Numbers(4));
  std::unique_ptr<Source> source = Open();
  source->TakeSnapshot({});
  const SourceTable table = TableNamed(*source, "t");
  std::unique_ptr<RowReader> reader = source->NewReader();
  ReadRequest request = RequestFor(table);
  request.sample_percent = 10;
  const std::size_t whole = ReadAll(*reader, request).size();
  EXPECT_GT(whole, 800U);
  EXPECT_LT(whole, 1200U);
  request.range.by = SplitBy::kKey;
  request.range.columns = {"id"};
  request.range.upper = KeyBound{"5000"};
  const std::size_t below = ReadAll(*reader, request).size();
  request.range.lower = request.range.upper;
  request.range.upper.reset();
  EXPECT_EQ(below + ReadAll(*reader, request).size(), whole);
  source->Release(std::move(reader));
}

// Which of the two is in use depends on the library that is there; the rows must not.
TEST_P(MySqlReaderTest, RowsAreTheSameWholeAndValueByValue) {
  Execute(
      "create table t (id int primary key, a tinyint, b smallint unsigned, c mediumint, d bigint, "
      "f float, g double, n decimal(20,5), y year, dt date, ts datetime(6), tm time(3), bi bit(9), "
      "ch char(10), v varchar(300), tx longtext, bl longblob) engine=InnoDB;"
      "insert into t select i, if(i % 3, i % 100, null), if(i % 5, i, null), -i, "
      "if(i % 7, i * 1000000007, null), i / 3, if(i % 2, i / 7, null), if(i % 11, i * 1.00001, "
      "null), if(i % 13, 1901 + i % 200, null), if(i % 4, '2024-02-29', null), "
      "if(i % 3, '2038-01-19 03:14:07.999999', '1999-12-31'), if(i % 3, '-838:59:59', '0:0:0.5'), "
      "if(i % 9, i % 512, null), if(i % 6, 'ab', null), if(i % 8, repeat('v', i % 300), null), "
      "if(i % 10, repeat('t', i * 100), null), if(i % 100, '', repeat('b', 70000)) from " +
      Numbers(3));
  std::unique_ptr<Source> source = Open();
  const ReadRequest request = RequestFor(TableNamed(*source, "t"));
  const auto version = mysql::ServerVersion::Parse(Value("select version()"));
  const auto read = [&](mysql::RowHandover handover) {
    const mysql::Endpoint endpoint = mysql::ReadEndpoint(MakeOptions());
    auto connection = std::make_unique<mysql::DataConnection>(endpoint);
    mysql::PinSession(*connection, version);
    mysql::MySqlRowReader reader(
        std::move(connection), version, std::make_shared<mysql::KnownKeys>(),
        std::make_shared<mysql::SnapshotTables>(endpoint, version), handover);
    // What is given up midway leaves nothing behind that the next rows would show.
    reader.Open(request);
    RowBatch batch;
    EXPECT_TRUE(reader.Read(batch));
    reader.Abandon();
    return ReadAll(reader, request);
  };
  const std::vector<std::string> rows = read(mysql::RowHandover::kCells);
  EXPECT_EQ(rows.size(), 1000U);
  EXPECT_EQ(rows, read(mysql::BestHandover()));
}

INSTANTIATE_TEST_SUITE_P(MariaDb, MySqlReaderTest, ::testing::Values("mariadb"));
INSTANTIATE_TEST_SUITE_P(Matrix, MySqlReaderTest, ::testing::Values("9", "5.6"));

}  // namespace
}  // namespace transload
