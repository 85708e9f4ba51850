// Passwords stay where they belong: in no output, log, report, ledger row or command line.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/faults/live_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/process.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/slurp.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

// Found nowhere else on the machine; the second one is wrong on purpose.
constexpr char kSecret[] = "qV7-hidden-Zk3";
constexpr char kWrong[] = "qV7-wrong-Zk3";

class Secrets : public testing::Test {
 protected:
  Secrets() {
    source_.Execute(
        "create table t (id int primary key, v varchar(40));"
        "insert into t select seq, 'v' from seq_1_to_3000; insert into t values (5000, char(0))",
        schema_);
    source_.CreateUser(user_, kSecret);
    source_.Execute("grant all on *.* to " + user_);
    target_.CreateUser(user_, kSecret, "superuser");
  }
  ~Secrets() override {
    source_.Execute("drop user " + user_);
    target_.Execute("drop database " + database_ + " with (force)");
    target_.Execute("drop database if exists " + second_ + " with (force)");
    target_.Execute("drop role " + user_);
  }
  // Runs to the end while all command lines of the machine are looked at.
  std::string Watched(const std::vector<std::string>& arguments,
                      const std::map<std::string, std::string>& environment = {}) {
    LiveRun run(arguments, environment);
    const pid_t own = run.process().pid();
    run.WaitUntil([&] {
      for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        // Its own arguments are the user's to choose until the process has hidden them.
        if (std::stoi(name) == own && run.Output().empty()) continue;
        const std::string line = rig::Slurp(entry.path() / "cmdline");
        EXPECT_THAT(line, Not(HasSubstr(kSecret))) << name;
        EXPECT_THAT(line, Not(HasSubstr(kWrong))) << name;
      }
      return false;
    });
    TransloadRun done = run.Finish();
    last_exit_ = done.exit_code;
    ExpectHidden(done.err, "output");
    return done.err;
  }
  void ExpectHidden(const std::string& text, const std::string& where) const {
    EXPECT_THAT(text, Not(HasSubstr(kSecret))) << where;
    EXPECT_THAT(text, Not(HasSubstr(kWrong))) << where;
  }
  void ExpectFilesHidden() const {
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(report_)) {
      ++files;
      ExpectHidden(rig::Slurp(entry.path()), entry.path());
      EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write)
          << entry.path();
    }
    EXPECT_GE(files, 3);
    EXPECT_EQ(fs::status(report_).permissions(), fs::perms::owner_all);
  }
  void ExpectLedgerHidden(const std::string& database) const {
    ExpectHidden(rig::RunToEnd({.argv = {target_.bin_dir() + "/pg_dump", "-a", "-n", "transload",
                                         "-d", target_.LibpqConninfo(database)}}),
                 "ledger");
  }
  std::string SourceUrl(const std::string& password) const {
    return fmt::format("mysql://{}{}@127.0.0.1:{}/{}", user_,
                       password.empty() ? "" : ":" + password, source_.port(), schema_);
  }
  std::string TargetUrl(const std::string& password, const std::string& database) const {
    return fmt::format("postgresql://{}{}@127.0.0.1:{}/{}", user_,
                       password.empty() ? "" : ":" + password, target_.port(), database);
  }
  std::vector<std::string> Run(const std::string& source, const std::string& target) const {
    return {"run",   source,         target,   "-v",       "--report",
            report_, "--on-bad-row", "reject", "--restart"};
  }

  rig::TemporaryDir dir_;
  std::string report_ = dir_ / "report";
  rig::MariaDbServer& source_ = rig::SharedMariaDb();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  std::string schema_ = rig::FreshDatabase(source_);
  std::string database_ = rig::FreshDatabase(target_);
  std::string second_ = rig::FreshDatabase(target_);
  std::string user_ = "keeper_" + database_;
  int last_exit_ = -1;
};

TEST_F(Secrets, InUrlsAreShownNowhere) {
  Watched(Run(SourceUrl(kSecret), TargetUrl(kSecret, database_)));
  EXPECT_EQ(last_exit_, 5);
  ExpectFilesHidden();
  ExpectLedgerHidden(database_);
  for (const char* command : {"plan", "preflight", "verify"}) {
    Watched({command, SourceUrl(kSecret), TargetUrl(kSecret, database_), "-v"});
  }
  Watched({"status", TargetUrl(kSecret, database_)});
  Watched({"undo", TargetUrl(kSecret, database_)});
}

TEST_F(Secrets, InTheEnvironmentAndOptionFilesAreShownNowhere) {
  Watched(Run(SourceUrl(""), TargetUrl("", database_)),
          {{"TRANSLOAD_SOURCE_PASSWORD", kSecret}, {"TRANSLOAD_TARGET_PASSWORD", kSecret}});
  EXPECT_EQ(last_exit_, 5);
  ExpectFilesHidden();
  Watched(Run(SourceUrl(""), TargetUrl("", database_)),
          {{"MYSQL_PWD", kSecret}, {"PGPASSWORD", kSecret}});
  EXPECT_EQ(last_exit_, 5);
  std::ofstream(dir_ / ".my.cnf") << "[client]\npassword=" << kSecret << "\n";
  std::ofstream(dir_ / ".pgpass") << "*:*:*:*:" << kSecret << "\n";
  fs::permissions(dir_ / ".my.cnf", fs::perms::owner_read | fs::perms::owner_write);
  fs::permissions(dir_ / ".pgpass", fs::perms::owner_read | fs::perms::owner_write);
  Watched(Run(SourceUrl(""), TargetUrl("", database_)),
          {{"HOME", dir_.path().string()}, {"PGPASSFILE", dir_ / ".pgpass"}});
  EXPECT_EQ(last_exit_, 5);
  ExpectLedgerHidden(database_);
}

TEST_F(Secrets, ThatAreWrongAreShownNowhereEither) {
  Watched(Run(SourceUrl(kWrong), TargetUrl(kSecret, database_)));
  EXPECT_EQ(last_exit_, 3);
  Watched(Run(SourceUrl(kSecret), TargetUrl(kWrong, database_)));
  EXPECT_EQ(last_exit_, 3);
  Watched({"run", "mysql://" + user_ + ":" + kSecret + "@127.0.0.1:notaport/x",
           TargetUrl(kSecret, database_)});
  EXPECT_EQ(last_exit_, 2);
  Watched({"run", SourceUrl(kSecret), "postgresql://u:" + std::string(kSecret) + "%zz@h/x"});
  EXPECT_EQ(last_exit_, 2);
}

TEST_F(Secrets, OfPostgresReachItsProgramsOutOfSight) {
  target_.Execute(
      "create table t (id int primary key); insert into t select generate_series(1, 99)", second_);
  Watched({"run", TargetUrl(kSecret, second_), TargetUrl(kSecret, database_), "-v", "--report",
           report_});
  EXPECT_EQ(last_exit_, 0);
  ExpectFilesHidden();
  ExpectLedgerHidden(database_);
}

}  // namespace
}  // namespace transload
