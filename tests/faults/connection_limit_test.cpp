// Servers that let nobody more in, and statements that somebody keeps cancelling.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/faults/live_run.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/shared_servers.h"

namespace transload {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

constexpr int kMost = 24;

// A server of its own with few places; the rest of them can be taken by others.
class ConnectionLimit : public testing::Test {
 protected:
  ConnectionLimit() {
    server_.Execute("create database few");
    server_.Execute(kRows, "few");
    rig::PostgresServer& others = rig::SharedPostgres();
    others_ = rig::FreshDatabase(others);
    others.Execute(kRows, others_);
  }

  void LeavePlaces(int places) {
    taken_.clear();
    for (int i = 0; i < kMost - places; ++i) {
      taken_.push_back(std::make_unique<OpenSession>(server_.LibpqConninfo("postgres")));
    }
  }
  void FillUp() {
    try {
      for (;;) {
        taken_.push_back(std::make_unique<OpenSession>(server_.LibpqConninfo("postgres")));
      }
    } catch (const std::runtime_error&) {
      return;  // full
    }
  }
  std::vector<std::string> Arguments(const std::string& source, const std::string& target,
                                     int jobs) const {
    return {"run",       source, target, "--partition-size", "32KiB", "-j", std::to_string(jobs),
            "--retries", "1"};
  }
  std::string Few() const { return server_.Url("few"); }
  static rig::PostgresServer& Other() { return rig::SharedPostgres(); }

  static constexpr char kRows[] =
      "create table big (id int primary key, v text);"
      "insert into big select i, repeat('x', 150) from generate_series(1, 10000) i; analyze big";
  rig::PostgresServer server_ =
      rig::PostgresServer::Start({.settings = {{"max_connections", std::to_string(kMost)},
                                               {"superuser_reserved_connections", "0"},
                                               {"max_wal_senders", "0"}},
                                  .own_identity = true});
  std::string others_;
  std::vector<std::unique_ptr<OpenSession>> taken_;
};

TEST_F(ConnectionLimit, OfTheTargetReachedAtTheStartIsSaid) {
  server_.Execute("drop table big", "few");
  LeavePlaces(0);
  TransloadRun run = RunTransload(Arguments(Other().Url(others_), Few(), 2));
  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_THAT(run.err, HasSubstr("too many clients"));
  LeavePlaces(kMost);
  EXPECT_EQ(RunTransload(Arguments(Other().Url(others_), Few(), 2)).exit_code, 0);
}

TEST_F(ConnectionLimit, OfTheSourceReachedAtTheStartIsSaid) {
  LeavePlaces(0);
  const std::string database = rig::FreshDatabase(Other());
  TransloadRun run = RunTransload(Arguments(Few(), Other().Url(database), 2));
  EXPECT_EQ(run.exit_code, 3) << run.err;
  EXPECT_THAT(run.err, HasSubstr("too many clients"));
  LeavePlaces(kMost);
  EXPECT_EQ(RunTransload(Arguments(Few(), Other().Url(database), 2)).exit_code, 0);
}

// Others take the places of connections that are lost: what cannot connect any more is tried again,
// and then ends with what to do.
TEST_F(ConnectionLimit, ReachedInMidRunEndsInTimeAndResumes) {
  for (const bool of_target : {true, false}) {
    SCOPED_TRACE(of_target ? "target" : "source");
    if (of_target) server_.Execute("drop table big", "few");
    const std::string database = rig::FreshDatabase(Other());
    const std::string source = of_target ? Other().Url(others_) : Few();
    const std::string target = of_target ? Few() : Other().Url(database);
    const rig::PostgresServer& holder = of_target ? server_ : Other();
    const std::string holding = of_target ? "few" : database;
    LeavePlaces(kMost - 1);
    std::vector<std::string> arguments = Arguments(source, target, 2);
    arguments.insert(arguments.end(), {"--max-rate", "200KB/s"});
    LiveRun run(arguments);
    ASSERT_TRUE(run.WaitUntil([&] { return run.Said("phase: data"); })) << run.Output();
    EXPECT_TRUE(run.WaitUntil([&] {
      taken_.front()->Exec(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'few' and query "
          "like 'COPY%'");
      FillUp();
      return run.Said("too many clients");
    })) << run.Output();
    TransloadRun ended = run.Finish();
    EXPECT_THAT(ended.exit_code, AnyOf(0, 4)) << ended.err;
    if (ended.exit_code == 4) {
      EXPECT_THAT(ended.err, HasSubstr("fewer --jobs")) << ended.err;
    }
    LeavePlaces(kMost);
    TransloadRun again = RunTransload(Arguments(source, target, 2));
    EXPECT_EQ(again.exit_code, ended.exit_code == 0 ? 3 : 0) << ended.err << again.err;
    EXPECT_EQ(holder.QueryValue("select count(*) from big", holding), "10000");
    if (of_target) {
      EXPECT_EQ(RunTransload({"undo", target}).exit_code, 0);
      server_.Execute(std::string("drop schema transload cascade;") + kRows, "few");
    }
  }
}

// A job on the server that ends long statements, say.
TEST(CancelledStatements, ThatNeverComeThroughEndWithExitCodeFourAndWhatToDo) {
  rig::PostgresServer& server = rig::SharedPostgres();
  const std::string source = rig::FreshDatabase(server), target = rig::FreshDatabase(server);
  server.Execute("create table big (id int primary key); insert into big select 1", source);
  // 57014, at each index.
  server.Execute(
      "create function public.cancel() returns event_trigger language plpgsql as $$ begin "
      "raise exception 'canceling statement due to user request' using errcode = '57014'; end $$;"
      "create event trigger cancel on ddl_command_start when tag in ('ALTER TABLE') "
      "execute function public.cancel()",
      target);
  const std::vector<std::string> words = {"run", server.Url(source), server.Url(target),
                                          "--retries", "1"};
  TransloadRun stopped = RunTransload(words);
  EXPECT_EQ(stopped.exit_code, 4) << stopped.out << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("look who cancels it"));
  server.Execute("drop event trigger cancel", target);
  TransloadRun again = RunTransload(words);
  EXPECT_EQ(again.exit_code, 0) << again.out << again.err;
}

}  // namespace
}  // namespace transload
