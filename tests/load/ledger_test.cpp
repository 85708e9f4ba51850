#include "load/ledger.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <mutex>
#include <set>
#include <thread>

#include "core/error.h"
#include "load/partition_writer.h"
#include "tests/load/target_fixture.h"

namespace transload {
namespace {

TEST(Ledger, FindsItsRunAgain) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  std::optional<RunRecord> run = ledger.FindUnfinishedRun("f", "public");
  ASSERT_TRUE(run);
  EXPECT_EQ(run->seed, 18446744073709551615u);
  ledger.SetRunState("r1", "done", R"({"exit": 0})");
  EXPECT_FALSE(ledger.FindUnfinishedRun("f", "public"));
  ASSERT_TRUE(ledger.FindFinishedRun("f", "public"));
  EXPECT_EQ(ledger.FindFinishedRun("f", "public")->outcome_json, R"({"exit": 0})");
}

TEST(Ledger, RefusesASecondProcessAndSaysWhoHoldsIt) {
  TargetFixture target;
  Ledger first = target.BeginRun();
  first.Lock("f", "public");
  Ledger second = Ledger::Open(target.options);
  try {
    second.Lock("f", "public");
    FAIL() << "taken twice";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code, ExitCode::kRefused);
    EXPECT_THAT(error.what(), testing::HasSubstr("postgres"));
  }
  second.Lock("another source", "public");
}

TEST(Ledger, RefusesANewerLedger) {
  TargetFixture target;
  { Ledger ledger = target.BeginRun(); }
  target.Sql("update transload.version set version = 99");
  EXPECT_THROW(Ledger::Open(target.options), Error);
}

TEST(Ledger, IsMadeInAnEmptySchemaAndInNoOther) {
  TargetFixture target;
  target.Sql(
      "create schema transload; create function transload.f() returns int language sql "
      "as 'select 1'");
  EXPECT_THROW(Ledger::Open(target.options), Error);
  target.Sql("drop function transload.f()");
  { Ledger ledger = target.BeginRun(); }
  EXPECT_TRUE(Ledger::Open(target.options).FindRun("r1"));
}

TEST(Ledger, GivesEachPartitionToOneLane) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 40);
  std::mutex mutex;
  std::multiset<std::int64_t> taken;
  std::vector<std::thread> lanes;
  for (int lane = 0; lane < 4; ++lane) {
    lanes.emplace_back([&, lane] {
      Ledger own = Ledger::Open(target.options);
      int taker = 0;
      while (auto claim = own.TakePartition("r1", fmt::format("{}:{}", lane, ++taker))) {
        std::lock_guard guard(mutex);
        taken.insert(claim->partition_id);
      }
    });
  }
  for (std::thread& lane : lanes) lane.join();
  EXPECT_EQ(taken.size(), 40u);
  EXPECT_EQ(std::set<std::int64_t>(taken.begin(), taken.end()).size(), 40u);
}

TEST(Ledger, TakesPartitionsWhoseLeaseHasRunOut) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 1);
  Claim first = *ledger.TakePartition("r1", "a");
  EXPECT_FALSE(ledger.TakePartition("r1", "b"));
  target.Sql("update transload.partition set lease = clock_timestamp() - interval '1 s'");
  Claim second = *ledger.TakePartition("r1", "b");
  EXPECT_EQ(second.epoch, first.epoch + 1);
  EXPECT_EQ(second.attempts, 2);
  EXPECT_FALSE(ledger.Release(first, "too late"));
  EXPECT_TRUE(ledger.Release(second, "later"));
}

// The answer to its first claim was lost, or a crash of the server took its commit back.
TEST(Ledger, GivesALaneWhatItHadAtOnce) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 1);
  const Claim lost = *ledger.TakePartition("r1", "a");
  EXPECT_FALSE(ledger.TakePartition("r1", "b"));
  const std::optional<Claim> again = ledger.TakePartition("r1", "a");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->partition_id, lost.partition_id);
  EXPECT_EQ(again->epoch, lost.epoch + 1);
}

TEST(Ledger, HeartbeatRenewsWhatIsHeldAndNamesWhatIsLost) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 2);
  Claim a = *ledger.TakePartition("r1", "a");
  Claim b = *ledger.TakePartition("r1", "b");
  target.Sql("update transload.partition set lease = clock_timestamp() - interval '1 s'");
  LaneBeat beat_a, beat_b;
  beat_a.lane = 1;
  beat_a.partition_id = a.partition_id;
  beat_a.epoch = a.epoch;
  beat_b.lane = 2;
  beat_b.partition_id = b.partition_id;
  beat_b.epoch = b.epoch - 1;
  EXPECT_THAT(ledger.Heartbeat("r1", "p", {beat_a, beat_b}), testing::ElementsAre(beat_b.lane));
  EXPECT_EQ(target.Value("select count(*) from transload.partition where lease > "
                         "clock_timestamp()"),
            "1");
  EXPECT_EQ(ledger.Read("r1").lanes.size(), 2u);
}

TEST(Ledger, HeartbeatSparesTheLaneThatTookOver) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 1);
  const Claim late = *ledger.TakePartition("r1", "a");
  target.Sql("update transload.partition set lease = clock_timestamp() - interval '1 s'");
  const Claim taken = *ledger.TakePartition("r1", "b");
  ASSERT_EQ(taken.partition_id, late.partition_id);
  EXPECT_FALSE(ledger.IsHeld(late));
  EXPECT_TRUE(ledger.IsHeld(taken));
  LaneBeat beat_late, beat_taken;
  beat_late.lane = 1;
  beat_taken.lane = 2;
  beat_late.partition_id = beat_taken.partition_id = late.partition_id;
  beat_late.epoch = late.epoch;
  beat_taken.epoch = taken.epoch;
  EXPECT_THAT(ledger.Heartbeat("r1", "p", {beat_late, beat_taken}),
              testing::ElementsAre(beat_late.lane));
}

TEST(Ledger, SplitLeavesTheRestToOthers) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  std::int64_t table = target.AddTable(ledger, 1);
  Claim claim = *ledger.TakePartition("r1", "a");
  ASSERT_TRUE(ledger.Split(claim, {"4"}));
  EXPECT_EQ(claim.range.upper, KeyBound{"4"});
  std::vector<PartitionRow> rows = ledger.ReadPartitions(table);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].range.upper, KeyBound{"4"});
  EXPECT_EQ(rows[1].range.lower, KeyBound{"4"});
  EXPECT_EQ(rows[1].range.upper, KeyBound{"10"});
  EXPECT_EQ(rows[1].state, "todo");
  Claim stale = claim;
  stale.epoch -= 1;
  EXPECT_FALSE(ledger.Split(stale, {"2"}));
}

TEST(Ledger, LeavesARunAloneThatSomebodyElseBroughtToItsEnd) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  ledger.Lock("f", "public");
  target.Sql("select pg_terminate_backend(" + std::to_string(ledger.control_session().backend_pid) +
             ")");
  {
    Ledger other = Ledger::Open(target.options);
    other.Lock("f", "public");
    EXPECT_THROW(ledger.Reconnect(), Error);
    EXPECT_THROW(ledger.SetRunState("r1", "stopped"), Error);
    other.TakeOver("r1");
    other.SetRunState("r1", "done");
  }
  EXPECT_THROW(
      {
        try {
          ledger.Reconnect();
        } catch (const Error& error) {
          EXPECT_THAT(error.what(), testing::HasSubstr("taken up by somebody else"));
          throw;
        }
      },
      Error);
  EXPECT_THROW(ledger.SetRunState("r1", "stopped"), Error);
  EXPECT_EQ(target.Value("select state from transload.run"), "done");
}

TEST(Ledger, GoesOnAfterTheAnswerToItsLastWordWasLost) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  ledger.Lock("f", "public");
  ledger.SetRunState("r1", "done");
  target.Sql("select pg_terminate_backend(" + std::to_string(ledger.control_session().backend_pid) +
             ")");
  for (int i = 0; i < 2; ++i) {
    try {
      ledger.SetRunState("r1", "done");
      ADD_FAILURE() << "not lost";
    } catch (const Error& error) {
      EXPECT_TRUE(error.connection_lost);
      EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("client encoding")));
    }
  }
  ledger.Reconnect();
  ledger.SetRunState("r1", "done");
}

// A failover takes the commit of the first claim back, and the second gets the same epoch.
TEST(Ledger, TellsTwoLanesApartThatHoldOneEpoch) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 1);
  Claim lost = *ledger.TakePartition("r1", "a");
  target.Sql("update transload.partition set state = 'todo', epoch = epoch - 1, owner = null");
  const Claim held = *ledger.TakePartition("r1", "b");
  ASSERT_EQ(held.epoch, lost.epoch);
  EXPECT_FALSE(ledger.IsHeld(lost));
  EXPECT_FALSE(ledger.Release(lost, "too late"));
  EXPECT_FALSE(ledger.Split(lost, {"4"}));
  PartitionWriter late(target.options, 1), writer(target.options, 2);
  late.Begin(lost, late.DescribeTable("public", "t"));
  EXPECT_EQ(late.Finish({}), FinishResult::kFenced);
  writer.Begin(held, writer.DescribeTable("public", "t"));
  EXPECT_EQ(writer.Finish({}), FinishResult::kCommitted);
  EXPECT_FALSE(ledger.WasCommitted(lost));
  EXPECT_TRUE(ledger.WasCommitted(held));
}

TEST(Ledger, TakeOverEndsWhatADeadProcessLeft) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 2);
  Claim claim = *ledger.TakePartition("r1", "dead");
  PartitionWriter writer(target.options, 1);
  writer.Begin(claim, writer.DescribeTable("public", "t"));
  LaneBeat beat;
  beat.partition_id = claim.partition_id;
  beat.epoch = claim.epoch;
  beat.backend_pid = writer.backend_pid();
  beat.backend_start = writer.backend_start();
  ledger.Heartbeat("r1", "dead", {beat});
  EXPECT_EQ(ledger.TakeOver("r1"), 1);
  EXPECT_EQ(target.Value("select count(*) from pg_stat_activity where pid = " +
                         std::to_string(writer.backend_pid())),
            "0");
  EXPECT_EQ(ledger.TakePartition("r1", "alive")->epoch, claim.epoch + 2);
}

TEST(Ledger, ReplanStartsATableAnewInOneTransaction) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  std::int64_t table = target.AddTable(ledger, 3);
  target.Sql("insert into t values (1, 'x')");
  Claim old = *ledger.TakePartition("r1", "a");
  EXPECT_EQ(
      ledger.Replan("r1", table, {"truncate public.t", "alter table public.t alter id type bigint"},
                    R"({"v": 2})", {NewPartition{table, {}, 0, false}}, "id does not fit integer"),
      2);
  EXPECT_EQ(target.Value("select count(*) from t"), "0");
  EXPECT_FALSE(ledger.Release(old, ""));
  Claim claim = *ledger.TakePartition("r1", "a");
  EXPECT_EQ(claim.generation, 2);
  EXPECT_TRUE(claim.range.whole_table());
  EXPECT_THAT(ledger.FindRun("r1")->amendments_json, testing::HasSubstr("does not fit"));
  EXPECT_THROW(ledger.Replan("r1", table, {"truncate public.t", "alter table nowhere add a int"},
                             "{}", {}, ""),
               Error);
  EXPECT_EQ(ledger.Read("r1").tables.at(0).generation, 2);
  EXPECT_EQ(ledger.Read("r1").tables.at(0).plan_json, "") << "read unasked";
  EXPECT_EQ(ledger.Read("r1", Ledger::Plans::kRead).tables.at(0).plan_json, R"({"v": 2})");
}

TEST(Ledger, BeginsARunOfManyTablesInTheirOrder) {
  TargetFixture target;
  Ledger ledger = Ledger::Open(target.options);
  RunRecord run;
  run.id = "many";
  std::vector<NewTable> tables;
  for (int i = 0; i < 450; ++i) {
    const std::string name = "t" + std::to_string(i);
    const std::string plan = R"({"n": )" + std::to_string(i) + "}";
    tables.push_back({"", name, "public", name, [plan] { return plan; }, 1, 1});
  }
  const std::vector<std::int64_t> ids = ledger.BeginRun(run, tables);
  ASSERT_EQ(ids.size(), tables.size());
  const LedgerSnapshot read = ledger.Read("many", Ledger::Plans::kRead);
  ASSERT_EQ(read.tables.size(), tables.size());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    EXPECT_EQ(read.tables[i].id, ids[i]);
    EXPECT_EQ(read.tables[i].name, tables[i].name);
    EXPECT_EQ(read.tables[i].plan_json, tables[i].plan_json());
  }
}

TEST(Ledger, RecordsTenThousandTablesAtOnce) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  std::vector<NewTable> tables;
  for (int i = 0; i < 10'000; ++i) {
    std::string name = "t" + std::to_string(i);
    tables.push_back({"", name, "public", name, [] { return "{}"; }, 1, 1});
  }
  std::vector<std::int64_t> ids = ledger.RecordTables("r1", tables);
  ASSERT_EQ(ids.size(), 10'000u);
  std::vector<NewPartition> partitions;
  for (std::int64_t id : ids) partitions.push_back({id, {}, 1, false});
  EXPECT_EQ(ledger.InsertPartitions("r1", partitions).size(), 10'000u);
  EXPECT_EQ(ledger.TakePartition("r1", "a")->table, "t0");
}

// Objects are looked up one by one: a look must not go through all of them.
TEST(Ledger, FindsAnObjectOfManyByItsName) {
  TargetFixture target;
  Ledger ledger = target.BeginRun();
  target.Sql(
      "insert into transload.object (run_id, kind, schema, name, \"table\", action) select 'r1', "
      "'index', 'public', 'by_name_' || i, 't' || i, 'created' from generate_series(1, 20000) i");
  target.Sql(
      "create function plan_of(asked text) returns text language plpgsql as $$ declare line text; "
      "plan text := ''; begin for line in execute 'explain ' || asked loop plan := plan || line; "
      "end loop; return plan; end $$");
  const std::string plan = target.Value(
      "select plan_of('select from transload.object where run_id = ''r1'' and kind = ''index'' and "
      "schema = ''public'' and name = ''by_name_7''')");
  EXPECT_NE(plan.find("object_name_idx"), std::string::npos) << plan;
}

TEST(Ledger, CanBeReadWithoutBeingWritten) {
  TargetFixture target;
  EXPECT_FALSE(Ledger::OpenReadOnly(target.options));
  Ledger ledger = target.BeginRun();
  target.AddTable(ledger, 1);
  std::optional<Ledger> reader = Ledger::OpenReadOnly(target.options);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->Read("r1").tables.size(), 1u);
  EXPECT_THROW(reader->SetRunState("r1", "done"), Error);
}

}  // namespace
}  // namespace transload
