// The PostgreSQL adapter on a real server: one snapshot, proven ends, cancelled reads.
#include "extract/postgres/postgres_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "core/error.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/shared_servers.h"

namespace transload {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class PostgresSourceTest : public testing::Test {
 protected:
  void Make(rig::PostgresServer& server, const std::string& sql) {
    server_ = &server;
    database_ = rig::FreshDatabase(server);
    server.Execute(sql, database_);
    Options options;
    options.source_url = server.Url(database_);
    source_ = OpenSource(options);
  }
  static ReadRequest Request(const std::string& table, std::vector<std::string> columns) {
    ReadRequest request;
    request.schema = "public";
    request.table = table;
    for (std::string& name : columns) {
      request.columns.push_back({std::move(name), "", CellFormat::kPgBinary});
    }
    return request;
  }
  static std::uint64_t ReadAll(RowReader& reader, const ReadRequest& request) {
    reader.Open(request);
    RowBatch batch;
    std::uint64_t rows = 0;
    for (bool more = true; more;) {
      batch.Clear();
      more = reader.Read(batch);
      rows += batch.rows();
    }
    return rows;
  }

  rig::PostgresServer* server_ = nullptr;
  std::string database_;
  std::unique_ptr<Source> source_;
};

TEST_F(PostgresSourceTest, ReadersSeeTheSnapshotWhateverIsWrittenAfter) {
  Make(rig::SharedPostgres(), "create table t (a int); insert into t values (1), (2)");
  source_->ReadCatalogue();
  const SnapshotInfo snapshot = source_->TakeSnapshot({});
  EXPECT_TRUE(snapshot.proven);
  server_->Execute("insert into t values (3)", database_);
  auto one = source_->NewReader();
  auto two = source_->NewReader();
  EXPECT_EQ(ReadAll(*one, Request("t", {"a"})), 2u);
  EXPECT_EQ(two->CountRows("public", "t", ""), 2u);
  EXPECT_EQ(two->CountRows("public", "t", "a > 1"), 1u);
}

TEST_F(PostgresSourceTest, ReadsOnWhileATruncateWaitsForTheSnapshotToEnd) {
  Make(rig::SharedPostgres(), "create table t (a int); insert into t values (1), (2)");
  source_->ReadCatalogue();
  SnapshotRequest request;
  request.readers = 2;
  request.tables = {{"public", "t"}};
  source_->TakeSnapshot(request);
  std::thread waiter([&] { server_->Execute("truncate t", database_); });
  const std::string waits =
      "select count(*) from pg_locks where not granted and relation = 't'::regclass";
  while (server_->QueryValue(waits, database_) != "1") {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  auto one = source_->NewReader();
  auto two = source_->NewReader();
  EXPECT_NO_THROW({
    EXPECT_EQ(ReadAll(*one, Request("t", {"a"})), 2u);
    EXPECT_EQ(two->CountRows("public", "t", ""), 2u);
  });
  one.reset();
  two.reset();
  source_.reset();
  waiter.join();
}

// What an ALTER TABLE has written anew looks empty to the snapshot.
TEST_F(PostgresSourceTest, DoesNotReadATableAsEmptyThatWasRewrittenOnceItsLockWasLost) {
  Make(rig::SharedPostgres(),
       "create table t (a int); insert into t values (1), (2);"
       "create table part (a int) partition by range (a);"
       "create table part1 partition of part for values from (0) to (9); insert into part values "
       "(1); create table u (a int); insert into u values (1)");
  source_->ReadCatalogue();
  SnapshotRequest request;
  request.readers = 0;
  request.tables = {{"public", "t"}, {"public", "part"}, {"public", "u"}};
  source_->TakeSnapshot(request);
  auto of_t = source_->NewReader(), of_part = source_->NewReader(), of_u = source_->NewReader();
  server_->Execute("select pg_terminate_backend(pid) from pg_locks where relation = 't'::regclass",
                   database_);
  server_->Execute(
      "set lock_timeout = '10s'; alter table t alter a type bigint; alter table part1 set unlogged",
      database_);
  auto expect_rewritten = [](const std::string& table, auto&& read) {
    try {
      read();
      ADD_FAILURE() << "read what is another table now";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("rewritten, emptied or replaced after the snapshot"));
      EXPECT_TRUE(error.snapshot_lost);
      EXPECT_EQ(error.table, table);
    }
  };
  expect_rewritten("public.t", [&] { of_t->Open(Request("t", {"a"})); });
  expect_rewritten("public.part", [&] { of_part->CountRows("public", "part", ""); });
  EXPECT_EQ(ReadAll(*of_u, Request("u", {"a"})), 1u);
}

TEST_F(PostgresSourceTest, TellsWhoKeepsAReaderOut) {
  Make(rig::SharedPostgres(), "create table t (a int)");
  Options options;
  options.source_url = server_->Url(database_);
  options.lock_timeout_ms = 200;
  source_ = OpenSource(options);
  source_->ReadCatalogue();
  source_->TakeSnapshot({});
  std::thread holder([&] {
    server_->Execute("begin; lock table t in access exclusive mode; select pg_sleep(2)", database_);
  });
  const std::string held =
      "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation = "
      "'t'::regclass";
  while (server_->QueryValue(held, database_) != "1") {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  auto reader = source_->NewReader();
  try {
    reader->CountRows("public", "t", "");
    ADD_FAILURE() << "read past an exclusive lock";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("at the source a session holds ACCESS EXCLUSIVE"));
    EXPECT_EQ(error.table, "public.t");
    EXPECT_TRUE(error.retryable);
  }
  holder.join();
}

TEST_F(PostgresSourceTest, KeepsItsPositionUntilSomethingIsWritten) {
  Make(rig::SharedPostgres(), "create table t (a int)");
  auto transactions = [&] { return source_->CurrentPosition().at(0); };
  const auto before = transactions();
  EXPECT_EQ(before.first, "transactions");
  server_->Execute("insert into t values (1)", database_);
  EXPECT_NE(transactions(), before);
}

TEST_F(PostgresSourceTest, ACancelledReadThrowsAndTheReaderJoinsTheSnapshotAgain) {
  Make(rig::SharedPostgres(),
       "create table t (a int); insert into t select generate_series(1, 1000)");
  source_->ReadCatalogue();
  source_->TakeSnapshot({});
  server_->Execute("delete from t", database_);
  auto reader = source_->NewReader();
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    reader->Cancel();
  });
  EXPECT_THROW(reader->CountRows("public", "t", "pg_sleep(1) is not null"), Error);
  canceller.join();
  reader->Abandon();
  EXPECT_EQ(ReadAll(*reader, Request("t", {"a"})), 1000u);
}

TEST_F(PostgresSourceTest, AKilledBackendIsAnErrorAndNeverAnEnd) {
  Make(rig::SharedPostgres(),
       "create table t (a int, b text); insert into t select i, repeat('x', 1000) from "
       "generate_series(1, 50000) i");
  source_->ReadCatalogue();
  source_->TakeSnapshot({});
  auto reader = source_->NewReader();
  reader->Open(Request("t", {"a", "b"}));
  RowBatch batch;
  ASSERT_TRUE(reader->Read(batch));
  server_->Execute(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like 'COPY%'", database_);
  EXPECT_THROW(
      {
        for (bool more = true; more;) {
          batch.Clear();
          more = reader->Read(batch);
        }
      },
      Error);
  // The snapshot lives on in the connection that exported it.
  EXPECT_EQ(ReadAll(*source_->NewReader(), Request("t", {"a"})), 50000u);
}

TEST_F(PostgresSourceTest, PartitionsByBlocksHoldEveryRowOnce) {
  Make(rig::SharedPostgres(),
       "create table t (a int, b text); insert into t select i, repeat('x', 100) from "
       "generate_series(1, 20000) i; analyze t");
  const SourceCatalogue catalogue = source_->ReadCatalogue();
  source_->TakeSnapshot({});
  const SplitPlan split = source_->Split(catalogue.tables.at(0), "", 200'000);
  ASSERT_GT(split.ranges.size(), 4u);
  auto reader = source_->NewReader();
  std::uint64_t rows = 0;
  for (const PartitionRange& range : split.ranges) {
    ReadRequest request = Request("t", {"a"});
    request.range = range;
    rows += ReadAll(*reader, request);
  }
  EXPECT_EQ(rows, 20000u);
}

TEST_F(PostgresSourceTest, SaysWhatReadingInPartsDoesToTheServersCache) {
  Make(rig::SharedPostgres(),
       "create table t (a text); alter table t alter a set storage plain; "
       "insert into t select repeat('x', 7000) from generate_series(1, 2300); analyze t; "
       "select lo_from_bytea(0, (select string_agg(decode(md5(g::text), 'hex'), '') from "
       "generate_series(1, 1200000) g)); analyze pg_largeobject");
  auto said = [&](std::uint64_t partition_bytes) {
    Options options;
    options.partition_bytes = partition_bytes;
    for (const PreflightItem& item : source_->Preflight(options)) {
      if (item.subject == "source cache") return item.text;
    }
    return std::string();
  };
  EXPECT_THAT(said(std::uint64_t{1} << 20), StartsWith("public.t read in parts"));
  EXPECT_EQ(said(std::uint64_t{1} << 30), "");
}

TEST_F(PostgresSourceTest, ListsForeignTablesAndKeepsGeneratedColumnsOut) {
  Make(rig::SharedPostgres(),
       "create extension postgres_fdw; create server s foreign data wrapper postgres_fdw; create "
       "foreign table f (a int) server s; create table t (id int generated always as identity "
       "primary key, a int, b int generated always as (a + 1) stored, c regclass)");
  const SourceCatalogue catalogue = source_->ReadCatalogue();
  ASSERT_EQ(catalogue.tables.size(), 1u);
  const SourceTable& table = catalogue.tables[0];
  EXPECT_TRUE(table.columns[0].auto_increment);
  EXPECT_EQ(table.columns[2].generation_expression, "(a + 1)");
  EXPECT_EQ(table.columns[0].format, CellFormat::kPgBinary);
  EXPECT_EQ(table.columns[3].format, CellFormat::kPgText);
  ASSERT_EQ(catalogue.not_migrated.size(), 1u);
  EXPECT_EQ(catalogue.not_migrated[0].name, "public.f");
}

using PostgresSourceMatrixTest = PostgresSourceTest;

TEST_F(PostgresSourceMatrixTest, PercentilesOfAKeyHoldEveryRowOnceBeforeVersion14) {
  Make(rig::SharedPostgres("12"),
       "create table t (a text, b int, primary key (a, b)); insert into t select md5(i::text), i "
       "from generate_series(1, 20000) i; analyze t");
  const SourceCatalogue catalogue = source_->ReadCatalogue();
  source_->TakeSnapshot({});
  const SplitPlan split = source_->Split(catalogue.tables.at(0), "", 200'000);
  EXPECT_THAT(split.explanation, HasSubstr("percentiles"));
  ASSERT_GT(split.ranges.size(), 3u);
  auto reader = source_->NewReader();
  std::uint64_t rows = 0;
  for (const PartitionRange& range : split.ranges) {
    ReadRequest request = Request("t", {"a", "b"});
    request.range = range;
    rows += ReadAll(*reader, request);
  }
  EXPECT_EQ(rows, 20000u);
}

}  // namespace
}  // namespace transload
