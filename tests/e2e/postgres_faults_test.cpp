// PostgreSQL to PostgreSQL where something goes wrong on the way: an object, a process, the disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/conformance/transload_run.h"
#include "tests/e2e/postgres_pair.h"
#include "tests/faults/live_run.h"
#include "tests/rig/process.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST_F(PostgresPair, OneFailingObjectIsReportedAndTheOthersGoOn) {
  server_.Execute(
      "create table p (id int primary key); create table c (id int primary key, p int);"
      "insert into c values (1, 99);"
      "alter table c add foreign key (p) references p not valid;"
      "create function boom() returns int language plpgsql immutable as $$ begin if "
      "current_database() <> '" +
          source_ +
          "' then raise 'not here'; end if; return 1; end $$;"
          "create index bad on c (boom()); create index good on c (p)",
      source_);
  const TransloadRun run = Run();
  EXPECT_EQ(run.exit_code, 7) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("not here"));
  EXPECT_EQ(Value("select to_regclass('public.good') is not null"), "t");
  EXPECT_EQ(Value("select convalidated from pg_constraint where conrelid = 'c'::regclass and "
                  "contype = 'f'"),
            "f");
}

TEST_F(PostgresPair, ResumesAfterAKill) {
  server_.Execute(
      "create table big as select i as id, repeat('x', 200) as v from generate_series(1, 300000) "
      "i; alter table big add primary key (id); create index on big (v, id); analyze big",
      source_);
  rig::Process child =
      rig::Process::Start({.argv = {TRANSLOAD_BINARY, "run", server_.Url(source_),
                                    server_.Url(target_), "--max-rate", "8MB/s", "-j", "2"},
                           .as_server_account = false});
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  auto done = [&] {
    if (Value("select to_regclass('transload.partition') is null") == "t") return 0;
    return std::stoi(Value("select count(*) from transload.partition where state = 'running'"));
  };
  while (done() < 1 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  child.Signal(SIGKILL);
  child.WaitFor(std::chrono::seconds(10));
  const TransloadRun again = Run();
  ASSERT_EQ(again.exit_code, 0) << again.out << again.err;
  EXPECT_THAT(again.err, HasSubstr("going on with run"));
  EXPECT_EQ(Value("select count(*) || ' ' || count(distinct id) from big"), "300000 300000");
}

// Committed together, and the answer was lost: each is tried alone, and some of them are refused
// where they stand.
TEST_F(PostgresPair, KnowsObjectsAgainWhoseCommitHadNoAnswer) {
  server_.Execute(
      "create type my; create function my_in(cstring) returns my language internal immutable "
      "strict as 'int4in'; create function my_out(my) returns cstring language internal immutable "
      "strict as 'int4out'; create type my (input = my_in, output = my_out, like = int4); "
      "create table p (id int, v text, primary key (id)) partition by range (id); "
      "create table p1 partition of p for values from (0) to (9); "
      "create table p2 partition of p default; create index on p (v); comment on table p is 'p'; "
      "create table q (e my, id int generated always as identity); insert into p values (1), (10)",
      source_);
  for (const std::string point : {"table-committed", "object-committed", "index-committed"}) {
    const TransloadRun run = Run({"--restart"}, {{"TRANSLOAD_FAULT", point + ":1:error"}});
    EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
    EXPECT_THAT(run.err, HasSubstr("an error made on purpose at " + point));
    ExpectSameSchemas();
  }
}

TEST_F(PostgresPair, GetsOverAFaultWhilePgDumpIsAtWork) {
  server_.Execute("create table t (id int primary key); insert into t values (1)", source_);
  const TransloadRun run = Run({}, {{"TRANSLOAD_FAULT", "run-recorded:1:error"}});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("made on purpose at run-recorded; trying again"));
  EXPECT_EQ(Value("select count(*) from t"), "1");
}

TEST_F(PostgresPair, SaysThatTheFolderForTemporaryFilesIsNone) {
  server_.Execute("create table t (id int primary key)", source_);
  const TransloadRun run = Run({}, {{"TMPDIR", "/nowhere/at/all"}});
  EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("/nowhere/at/all"), HasSubstr("TMPDIR names another")));
  EXPECT_EQ(Run().exit_code, 0);
}

// As pg_dump does on a full disk: it says nothing and ends with 0.
TEST_F(PostgresPair, SaysWhereAnArchiveFoundNoRoom) {
  server_.Execute("create table t (id int primary key)", source_);
  rig::TemporaryDir bin;
  const std::string dump = bin / "pg_dump";
  std::ofstream(dump) << "#!/bin/sh\nfor word; do case $word in\n--version) exec " << kDebianBin
                      << "/pg_dump --version;;\n--file=*) : > \"${word#--file=}\";;\nesac; done\n";
  std::filesystem::permissions(dump, std::filesystem::perms::owner_all);
  std::filesystem::create_symlink(std::string(kDebianBin) + "/pg_restore", bin / "pg_restore");
  const TransloadRun run = Run({"--pg-bin", bin.path().string()});
  EXPECT_EQ(run.exit_code, 4) << run.out << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("could write nothing"), HasSubstr("TMPDIR names another")));
}

// The catalogue that was read before is not the snapshot's.
TEST_F(PostgresPair, ReadsAgainWhatWasAlteredWhileItsLockWasWaitedFor) {
  server_.Execute("create table t (id int); insert into t values (1)", source_);
  OpenSession holder(server_.LibpqConninfo(source_));
  holder.Exec("begin; alter table t add column late text default 'x', alter id type bigint");
  LiveRun run({"run", server_.Url(source_), server_.Url(target_)});
  EXPECT_TRUE(run.WaitUntil([&] { return SourceLocksWaitedFor() == "1"; })) << run.Output();
  holder.Exec("commit");
  const TransloadRun ended = run.Finish();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(Value("select pg_typeof(id) || late from t"), "bigintx");
}

TEST_F(PostgresPair, NamesATableThatWentWhileItsLockWasWaitedFor) {
  server_.Execute("create table kept (id int); create table \"Gone\" (id int)", source_);
  for (const std::string change : {"drop table \"Gone\"", "alter table kept rename to other"}) {
    OpenSession holder(server_.LibpqConninfo(source_));
    holder.Exec("begin;" + change);
    LiveRun run({"run", server_.Url(source_), server_.Url(target_)});
    EXPECT_TRUE(run.WaitUntil([&] { return SourceLocksWaitedFor() == "1"; })) << run.Output();
    holder.Exec("commit");
    const TransloadRun ended = run.Finish();
    EXPECT_EQ(ended.exit_code, 4) << ended.err;
    EXPECT_THAT(ended.err,
                HasSubstr(change.starts_with("drop") ? "\"public\".\"Gone\" of the source"
                                                     : "\"public\".\"kept\" of the source"));
    EXPECT_THAT(ended.err, HasSubstr("was dropped or renamed before the snapshot"));
    EXPECT_THAT(ended.err, HasSubstr("give the same command again"));
  }
  const TransloadRun again = Run();
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
}

}  // namespace
}  // namespace transload
