// PostgreSQL to PostgreSQL: rows without values, bytes that are no text, writers at work meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>

#include "tests/conformance/transload_run.h"
#include "tests/e2e/postgres_pair.h"

namespace transload {
namespace {

using testing::HasSubstr;

// A row is a row, also where no value of it is sent.
TEST_F(PostgresPair, MovesRowsOfTablesThatHaveNoColumnsToCopy) {
  server_.Execute(
      "create table bare (); insert into bare select from generate_series(1, 5); create table "
      "derived (a int generated always as (1) stored); insert into derived select from "
      "generate_series(1, 7)",
      source_);
  const TransloadRun run = Run();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select (select count(*) from bare) || ' ' || (select sum(a) from derived)"),
            "5 7");
  auto verify = [&] {
    return RunTransload({"verify", server_.Url(source_), server_.Url(target_), "--verify", "full"});
  };
  EXPECT_EQ(verify().exit_code, 0);
  server_.Execute("insert into bare default values", target_);
  const TransloadRun differ = verify();
  EXPECT_EQ(differ.exit_code, 6) << differ.out << differ.err;
}

TEST_F(PostgresPair, StopsAtTextThatIsNotUtf8AndObeysThePolicy) {
  const std::string ascii = source_ + "_ascii";
  server_.Execute("create database " + ascii +
                  " encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'");
  server_.Execute("create table t (id int primary key, v text)", ascii);
  server_.Execute("insert into t values (1, 'plain'), (17, E'caf\\xe9')", ascii);
  TransloadRun run = RunTransload({"run", server_.Url(ascii), server_.Url(target_)});
  EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("id=17"));
  run = RunTransload({"run", server_.Url(ascii), server_.Url(target_), "--restart", "--policy",
                      "bad_utf8=latin1"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select v from t where id = 17"), "café");
}

// The bytes of other encodings are others, and in another order.
TEST_F(PostgresPair, TheSecondWitnessReadsTextOfOtherEncodings) {
  const std::map<std::string, std::string> words = {
      {"LATIN1", R"((U&'\00E9'), ('z'), (U&'\00FF'), (''))"},
      {"EUC_JP", R"((U&'\65E5\672C'), (U&'\30A2'), (U&'\FF71'), ('z'))"},
      {"KOI8R", R"((U&'\042E'), (U&'\0430'), (U&'\042F'), (U&'\044F'))"}};
  for (const auto& [encoding, values] : words) {
    const std::string database = source_ + "_" + encoding;
    server_.Execute("create database \"" + database + "\" encoding '" + encoding +
                    "' template template0 lc_collate 'C' lc_ctype 'C'");
    server_.Execute("create table \"" + encoding + "\" (v text, c char(9)); insert into \"" +
                        encoding + "\" select w, w from (values " + values + ") x(w)",
                    database);
    const TransloadRun run =
        RunTransload({"run", server_.Url(database), server_.Url(target_), "--verify", "full"});
    EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  }
}

TEST_F(PostgresPair, SetsSequencesToWhatTheyAreAfterTheCopy) {
  server_.Execute(
      "create table t (id serial primary key, v text); insert into t (v) select repeat('x', 100) "
      "from generate_series(1, 20000)",
      source_);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    while (!stop) server_.Execute("insert into t (v) values ('late')", source_);
  });
  const TransloadRun run = Run();
  stop = true;
  writer.join();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select last_value >= (select max(id) from t) from t_id_seq"), "t");
  const TransloadRun refresh = Run({"--refresh-sequences"});
  EXPECT_EQ(refresh.exit_code, 0) << refresh.out << refresh.err;
  EXPECT_EQ(Value("select last_value from t_id_seq"),
            server_.QueryValue("select last_value from t_id_seq", source_));
}

TEST_F(PostgresPair, SeesATableAsItIsAfterWhoEmptiedAndFilledItAnew) {
  server_.Execute(
      "create table t (id int primary key); insert into t select generate_series(1, "
      "1000)",
      source_);
  std::thread filler([&] {
    server_.Execute(
        "begin; truncate t; insert into t select generate_series(1, 1000); select pg_sleep(3); "
        "commit",
        source_);
  });
  const std::string locked =
      "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation = "
      "'t'::regclass";
  while (server_.QueryValue(locked, source_) == "0") {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const TransloadRun run = Run();
  filler.join();
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select count(*) from t"), "1000");
}

}  // namespace
}  // namespace transload
