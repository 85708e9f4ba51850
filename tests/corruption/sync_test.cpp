// What rounds of sync read, and that a verdict never rests on what was only known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <regex>
#include <thread>

#include "tests/conformance/transload_run.h"
#include "tests/faults/live_run.h"
#include "tests/rig/shared_servers.h"

namespace transload {
namespace {

using testing::HasSubstr;

struct Round {
  int rows = 0;
  double source_mb = 0;
  double target_mb = 0;
};

std::vector<Round> RoundsOf(const std::string& out) {
  // Of the report; the log says the same.
  const std::string notes = out.substr(std::min(out.find("notes ("), out.size()));
  const std::regex pattern(
      "round \\d+: (\\d+) rows in \\d+ tables differed and were repaired, [\\d.]+ s; read "
      "([\\d.]+) "
      "MB of the source and ([\\d.]+) MB of the target");
  std::vector<Round> rounds;
  for (std::sregex_iterator at(notes.begin(), notes.end(), pattern), end; at != end; ++at) {
    rounds.push_back({std::stoi((*at)[1]), std::stod((*at)[2]), std::stod((*at)[3])});
  }
  return rounds;
}

class Sync : public testing::Test {
 protected:
  void SetUp() override {
    server_.Execute(
        "create table big (id int primary key, a int, note varchar(200));insert into big select "
        "seq, 0, repeat('x', 180) from seq_1_to_60000;"
        "create table named (k varchar(20) primary key, a int, note varchar(200));insert into "
        "named "
        "select concat('K', seq), 0, repeat('x', 180) from seq_1_to_60000;"
        "create table small (id int primary key, a int);insert into small select seq, 0 from "
        "seq_1_to_10",
        source_);
    const TransloadRun run = RunTransload({"run", server_.Url(source_), target_.Url(database_)});
    ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
    server_.Execute("update big set a = 1 where id % 20 = 0", source_);
  }
  std::vector<std::string> Arguments(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"sync", server_.Url(source_), target_.Url(database_)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  rig::MariaDbServer& server_ = rig::SharedMariaDb();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  const std::string source_ = rig::FreshDatabase(server_);
  const std::string database_ = rig::FreshDatabase(target_);
};

TEST_F(Sync, ReadsOnlyWhatDiffersOfTheTargetBetweenTheFirstRoundAndTheLast) {
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 1; !stop; ++i) {
      server_.Execute("update big set a = a + 1 where id = " + std::to_string(100 + i % 50) +
                          ";update small set a = a + 1 where id = 3",
                      source_);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  const TransloadRun sync = RunTransload(Arguments({"--rounds", "3"}));
  stop = true;
  writer.join();
  EXPECT_EQ(sync.exit_code, 0) << sync.out << sync.err;
  const std::vector<Round> rounds = RoundsOf(sync.out);
  ASSERT_GE(rounds.size(), 2u) << sync.out;
  EXPECT_GE(rounds[0].rows, 3000);
  EXPECT_GT(rounds[0].target_mb, 20);
  EXPECT_LT(rounds[1].rows, rounds[0].rows);
  EXPECT_GT(rounds[1].source_mb, 20);
  if (rounds.size() > 2) {
    EXPECT_GT(rounds[1].rows, 0);
    EXPECT_LT(rounds[1].target_mb, 8);
  }
  EXPECT_GT(rounds.back().target_mb, 20);
  const TransloadRun last = RunTransload(Arguments({"--final"}));
  EXPECT_EQ(last.exit_code, 0) << last.out << last.err;
  EXPECT_GT(RoundsOf(last.out).at(0).target_mb, 20);
  EXPECT_EQ(target_.QueryValue("select sum(a) from big", database_),
            server_.QueryValue("select sum(a) from big", source_));
}

TEST_F(Sync, DoesNotCallRepairedWhatTheTargetTurnsAway) {
  target_.Execute(
      "create function keep_out() returns trigger language plpgsql as 'begin return null; end';"
      "create trigger keep_out before update on big for each row execute function keep_out();"
      "alter table big enable always trigger keep_out",
      database_);
  const TransloadRun run = RunTransload(Arguments({"--rounds", "1"}));
  EXPECT_EQ(run.exit_code, 6) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("round 1: 0 rows in 0 tables differed and were repaired"));
  EXPECT_THAT(run.out, HasSubstr("tables that still differ: 1"));
  EXPECT_THAT(run.out, HasSubstr("no row of public.big was changed by its repair"));
}

// Somebody who writes to the target between two rounds is found out before the end.
TEST_F(Sync, NeverEndsOnWhatItOnlyRemembers) {
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      server_.Execute("update small set a = a + 1 where id = 3", source_);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  LiveRun sync(Arguments({"--rounds", "3"}));
  EXPECT_TRUE(sync.WaitUntil([&] { return sync.Said("round 1:"); }));
  target_.Execute("delete from big where id = 31111;update named set a = 7 where k = 'K5'",
                  database_);
  const TransloadRun done = sync.Finish();
  stop = true;
  writer.join();
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_EQ(target_.QueryValue("select count(*) from big where id = 31111", database_), "1");
  EXPECT_EQ(target_.QueryValue("select a from named where k = 'K5'", database_), "0");
}

}  // namespace
}  // namespace transload
