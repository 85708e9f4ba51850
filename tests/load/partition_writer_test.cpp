#include "load/partition_writer.h"

#include <gmock/gmock.h>

#include <optional>

#include "core/error.h"
#include "load/table_reader.h"
#include "tests/load/target_fixture.h"

namespace transload {
namespace {

TEST(PartitionWriter, CommitsRowsAndLedgerTogether) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  std::int64_t table = target.AddTable(ledger, 1);
  Claim claim = *ledger.TakePartition("r1", "a");
  PartitionWriter writer(target.options, 1);
  writer.Begin(claim, writer.DescribeTable("public", "t"));
  WriteTuple(writer, 1, "x");
  WriteTuple(writer, 2, "");
  writer.AddReject({"id=3", "name", "bad", "{}"});
  PartitionOutcome outcome = Outcome(2);
  outcome.rows_read = 3;
  outcome.rows_rejected = 1;
  outcome.coercions = {{0, "name", "nul_byte=strip", 1, {std::string("a\0b", 3)}}};
  EXPECT_EQ(writer.Finish(outcome), FinishResult::kCommitted);
  EXPECT_EQ(target.Value("select string_agg(id || name, ',' order by id) from t"), "1x,2");
  EXPECT_TRUE(ledger.AllPartitionsDone(table));
  EXPECT_TRUE(ledger.WasCommitted(claim));
  EXPECT_EQ(ledger.TableSums(table).rows_read, 3u);
  ASSERT_EQ(ledger.ReadRejects("r1", 10).size(), 1u);
  EXPECT_EQ(ledger.Read("r1").coercions.at(0).rows, 1u);
}

TEST(PartitionWriter, TheSecondOfTwoWritersIsFencedOff) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 1);
  Claim first = *ledger.TakePartition("r1", "a");
  target.Sql("update transload.partition set lease = clock_timestamp() - interval '1 s'");
  Claim second = *ledger.TakePartition("r1", "b");
  PartitionWriter slow(target.options, 1), quick(target.options, 2);
  for (auto [writer, claim] : {std::pair(&slow, &first), std::pair(&quick, &second)}) {
    writer->Begin(*claim, writer->DescribeTable("public", "t"));
    WriteTuple(*writer, 1, "x");
  }
  EXPECT_EQ(quick.Finish(Outcome(1)), FinishResult::kCommitted);
  EXPECT_EQ(slow.Finish(Outcome(1)), FinishResult::kFenced);
  EXPECT_EQ(target.Value("select count(*) from t"), "1");
  EXPECT_FALSE(ledger.WasCommitted(first));
}

TEST(PartitionWriter, DestructorNeverCommits) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 1);
  Claim claim = *ledger.TakePartition("r1", "a");
  {
    PartitionWriter writer(target.options, 1);
    writer.Begin(claim, writer.DescribeTable("public", "t"));
    WriteTuple(writer, 1, "x");
  }
  EXPECT_FALSE(ledger.WasCommitted(claim));
  EXPECT_EQ(target.Value("select count(*) from t"), "0");
}

TEST(PartitionWriter, RefusesATableAlteredSinceItWasBound) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 1);
  Claim claim = *ledger.TakePartition("r1", "a");
  PartitionWriter writer(target.options, 1);
  std::vector<TargetColumn> bound = writer.DescribeTable("public", "t");
  target.Sql("alter table t alter id type numeric");
  try {
    writer.Begin(claim, bound);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("column id was integer and is numeric"));
    EXPECT_FALSE(error.retryable);
  }
  target.Sql("alter table t alter id type int");
  writer.Begin(claim, bound);
  EXPECT_EQ(writer.Finish(Outcome(0)), FinishResult::kCommitted);
}

TEST(PartitionWriter, ReportsAKilledBackendAsRetryable) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 1);
  Claim claim = *ledger.TakePartition("r1", "a");
  PartitionWriter writer(target.options, 1);
  writer.Begin(claim, writer.DescribeTable("public", "t"));
  WriteTuple(writer, 1, "x");
  target.Sql("select pg_terminate_backend(" + std::to_string(writer.backend_pid()) + ")");
  try {
    const std::string name(1 << 20, 'x');
    for (int i = 0; i < 200; ++i) WriteTuple(writer, 2, name);
    writer.Finish(Outcome(201));
    FAIL() << "finished";
  } catch (const Error& error) {
    EXPECT_TRUE(error.retryable) << error.what();
    EXPECT_TRUE(error.connection_lost) << error.what();
    EXPECT_FALSE(error.commit_in_doubt);
  }
  EXPECT_EQ(target.Value("select count(*) from t"), "0");
}

TEST(PartitionWriter, HearsAnErrorBeforeTheEndAndGoesOn) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 1);
  target.Sql("alter table t add check (id <> 7)");
  Claim claim = *ledger.TakePartition("r1", "a");
  PartitionWriter writer(target.options, 1);
  std::vector<TargetColumn> bound = writer.DescribeTable("public", "t");
  writer.Begin(claim, bound);
  try {
    WriteTuple(writer, 7, "x");
    writer.Finish(Outcome(1));
    FAIL() << "finished";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "23514");
    EXPECT_FALSE(error.retryable);
  }
  writer.Begin(claim, bound);
  WriteTuple(writer, 8, "x");
  EXPECT_EQ(writer.Finish(Outcome(1)), FinishResult::kCommitted);
}

TEST(PartitionWriter, RefusesACountThatTheServerDoesNotConfirm) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 1);
  Claim claim = *ledger.TakePartition("r1", "a");
  PartitionWriter writer(target.options, 1);
  writer.Begin(claim, writer.DescribeTable("public", "t"));
  WriteTuple(writer, 1, "x");
  EXPECT_THROW(writer.Finish(Outcome(2)), Error);
  EXPECT_EQ(target.Value("select count(*) from t"), "0");
}

TEST(PartitionWriter, LeavesTheRestOfAPartitionThatEndedEarly) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  std::int64_t table = target.AddTable(ledger, 1);
  Claim claim = *ledger.TakePartition("r1", "a");
  PartitionWriter writer(target.options, 1);
  writer.Begin(claim, writer.DescribeTable("public", "t"));
  PartitionOutcome outcome = Outcome(0);
  outcome.ended_at = KeyBound{"4"};
  EXPECT_EQ(writer.Finish(outcome), FinishResult::kCommitted);
  std::vector<PartitionRow> rows = ledger.ReadPartitions(table);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].range.upper, KeyBound{"4"});
  EXPECT_EQ(rows[0].state, "done");
  EXPECT_EQ(rows[1].range.lower, KeyBound{"4"});
  EXPECT_EQ(rows[1].state, "todo");
}

// One row with a name of 20,000 characters.
void WriteLongName(TargetFixture& target, bool tune) {
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 1);
  Claim claim = *ledger.TakePartition("r1", "a");
  target.options.tune = tune;
  PartitionWriter writer(target.options, 1);
  writer.Begin(claim, writer.DescribeTable("public", "t"));
  WriteTuple(writer, 1, std::string(20'000, 'x'));
  EXPECT_EQ(writer.Finish(Outcome(1)), FinishResult::kCommitted);
  EXPECT_EQ(target.Value("select length(name) from t"), "20000");
}

TEST(PartitionWriter, CompressesLongValuesByLz4WhereItMayTune) {
  TargetFixture as_it_is, tuned;
  WriteLongName(as_it_is, false);
  WriteLongName(tuned, true);
  const std::string how = "select pg_column_compression(name) from t";
  EXPECT_EQ(as_it_is.Value(how), "pglz");
  EXPECT_EQ(tuned.Value(how), "lz4");
}

TEST(PartitionWriterMatrix, TunesWhereThereIsNoLz4) {
  TargetFixture target("13");
  WriteLongName(target, true);
}

TEST(PartitionWriter, WritesTablesWithoutColumns) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 1);
  target.Sql("alter table t drop id, drop name");
  Claim claim = *ledger.TakePartition("r1", "a");
  PartitionWriter writer(target.options, 1);
  writer.Begin(claim, writer.DescribeTable("public", "t"));
  writer.Write("\0\0\0\0", 4);
  EXPECT_EQ(writer.Finish(Outcome(2)), FinishResult::kCommitted);
  EXPECT_EQ(target.Value("select count(*) from t"), "2");
}

TEST(TableReader, ReadsBackWhatWasWritten) {
  TargetFixture target;
  target.Sql("create table t as select i as id, 'n' || i as name from generate_series(1, 5000) i");
  TableReader reader(target.options);
  std::string_view row;
  std::uint64_t sum = 0;
  reader.Open({"public", "t", {"id", "name"}, "", ""});
  while (reader.Next(row)) {
    CellCursor cells(row);
    sum += LoadBe32(cells.Next().data);
    EXPECT_EQ(cells.Next().view().front(), 'n');
    EXPECT_TRUE(cells.done());
  }
  EXPECT_EQ(sum, 5000u * 5001u / 2);
  EXPECT_EQ(reader.rows(), 5000u);
  PartitionRange range{SplitBy::kKey, {"id"}, KeyBound{"10"}, KeyBound{"20"}, false};
  std::vector<TargetColumn> key = {reader.DescribeTable("public", "t").at(0)};
  EXPECT_EQ(reader.CountRows("public", "t", KeyRangeSql(range, key)), 10u);
  std::uint64_t blocks = reader.Blocks("public", "t");
  EXPECT_EQ(reader.CountRows("public", "t", BlockRangeSql(0, blocks / 2)) +
                reader.CountRows("public", "t", BlockRangeSql(blocks / 2, std::nullopt)),
            5000u);
  reader.Open({"public", "t", {"id"}, "id < 0", ""});
  EXPECT_FALSE(reader.Next(row));
}

TEST(TableReader, SharesASnapshot) {
  TargetFixture target;
  target.Sql("create table t (id int)");
  TableReader first(target.options);
  std::string snapshot = first.ExportSnapshot();
  target.Sql("insert into t values (1)");
  TableReader second(target.options, snapshot);
  EXPECT_EQ(second.CountRows("public", "t"), 0u);
}

}  // namespace
}  // namespace transload
