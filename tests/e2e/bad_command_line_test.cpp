// What a user gets wrong in the command, and in the files and streams that it is given: a clear
// message, the documented exit code, and nothing changed.
#include <sys/wait.h>

#include <chrono>
#include <fstream>

#include "tests/e2e/bad_input.h"
#include "tests/rig/process.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class BadCommandLine : public BadInput {};

TEST_F(BadCommandLine, UrlsAndServersThatAreNotThere) {
  MakeTable();
  Expect({"run", "oracle://x/y", TargetUrl()}, 2, "oracle");
  Expect({"run", "mysql://root@127.0.0.1:1/x", TargetUrl()}, 3, "127.0.0.1");
  Expect({"run", "mysql://root@no-such-host.invalid/x", TargetUrl()}, 3, "no-such-host.invalid");
  Expect({"run", server_.Url("no_such_db"), TargetUrl()}, 3, "no_such_db");
  Expect({"run", Source(), target_.Url("no_such_db")}, 3, "no_such_db");
  Expect({"run", Source(), "postgresql://nobody@127.0.0.1:1/x"}, 3, "127.0.0.1");
}

TEST_F(BadCommandLine, PasswordsThatAreWrongAreNeverShown) {
  MakeTable();
  server_.CreateUser("locked_out", "open sesame");
  Expect({"run", server_.TcpUrl(schema_, "locked_out"), TargetUrl()}, 3, "password",
         {{"TRANSLOAD_SOURCE_PASSWORD", "wrong sesame"}});
  Expect({"run", server_.TcpUrl(schema_, "locked_out:wrong%20sesame"), TargetUrl()}, 3, "password");
}

// Stars in the words of an error would tell a short password; odbc-mariadb cuts blanks off a long
// one.
TEST_F(BadCommandLine, APasswordByOdbcLeavesTheErrorAsItIs) {
  const std::string source = "odbc:Driver={MariaDB Unicode};UID=s;Socket=" + server_.socket();
  Expect({"plan", source, TargetUrl()}, 3, "Access denied for user 's'@",
         {{"TRANSLOAD_SOURCE_PASSWORD", "s"}});
  Expect({"plan", source, TargetUrl()}, 3, "begins or ends with a blank",
         {{"TRANSLOAD_SOURCE_PASSWORD", " padded"}});
}

TEST_F(BadCommandLine, NothingToDo) {
  Expect({"run", Source(), TargetUrl()}, 3, "no tables");
  Expect({"plan", Source(), TargetUrl()}, 3, "no tables");
  const std::string without_database =
      "odbc:Driver={MariaDB Unicode};UID=root;Socket=" + server_.socket();
  Expect({"plan", without_database, TargetUrl()}, 3, "no tables; check the name of the database");
  MakeTable();
  Expect({"run", Source(), TargetUrl(), "--include", "nope*"}, 2, "nope*");
  Expect({"run", Source(), TargetUrl(), "--exclude", "nope*"}, 2, "nope*");
  Expect({"run", Source(), TargetUrl(), "--exclude", "*"}, 3, "no tables");
}

TEST_F(BadCommandLine, OptionsAndFiles) {
  MakeTable();
  Expect({"run", Source(), TargetUrl(), "--jbos", "3"}, 2, "--jobs");
  Expect({"run", Source(), TargetUrl(), "--deadline", "2020-01-01 06:00"}, 2, "has passed");
  Expect({"run", Source(), TargetUrl(), "--policy", "zero_date=maybe"}, 2, "neg_infinity");
  Expect({"run", Source(), TargetUrl(), "--map", "col:t.nope=text"}, 2, "nope");
  Expect({"run", Source(), TargetUrl(), "--map", "col:t.v=no_such_type"}, 2, "no_such_type");
  rig::TemporaryDir dir;
  const std::string file = dir / "c.toml";
  std::ofstream(file) << "jobs = 2\n\n[table.t\n";
  Expect({"run", Source(), TargetUrl(), "-c", file}, 2, "c.toml:3");
  std::ofstream(file) << "jobs = 2\njbos = 3\n";
  Expect({"run", Source(), TargetUrl(), "-c", file}, 2, "c.toml:2: unknown key 'jbos'");
}

TEST_F(BadCommandLine, AResultThatCannotBeWrittenEndsWithFour) {
  MakeTable();
  ASSERT_EQ(RunTransload({"run", Source(), TargetUrl()}).exit_code, 0);
  for (const char* stdout_is : {">/dev/full", ">&-"}) {
    rig::Process status =
        rig::Process::Start({.argv = {"sh", "-c", std::string("exec \"$0\" \"$@\" ") + stdout_is,
                                      TRANSLOAD_BINARY, "status", TargetUrl(), "--format", "json"},
                             .as_server_account = false});
    ASSERT_TRUE(status.WaitFor(std::chrono::seconds(30))) << stdout_is;
    EXPECT_EQ(WEXITSTATUS(status.status()), 4) << stdout_is;
  }
}

TEST_F(BadCommandLine, WhatIsSaidToClosedStreamsReachesNoServer) {
  MakeTable();
  rig::Process run =
      rig::Process::Start({.argv = {"sh", "-c", "exec \"$0\" \"$@\" 0<&- >/dev/null 2>&-",
                                    TRANSLOAD_BINARY, "run", Source(), TargetUrl(), "-v", "-v"},
                           .as_server_account = false});
  ASSERT_TRUE(run.WaitFor(std::chrono::seconds(60)));
  EXPECT_EQ(WEXITSTATUS(run.status()), 0);
}

TEST_F(BadCommandLine, APatternThatFitsNothingAnyMoreIsNoMistakeOfTheUser) {
  MakeTable();
  server_.Execute(
      "create table secret (id int primary key); create table bad (id int primary key, v "
      "varchar(9)); insert into bad values (1, concat('a', char(0)))",
      schema_);
  ASSERT_EQ(RunTransload({"run", Source(), TargetUrl(), "--exclude", "secret"}).exit_code, 4);
  server_.Execute("rename table secret to hidden", schema_);
  Expect({"run", Source(), TargetUrl(), "--exclude", "secret"}, 3, "renamed");
  Expect({"run", Source(), TargetUrl(), "--exclude", "secret", "--restart"}, 2, "no table");
}

// Instead of an end by SIGXFSZ, without a word.
TEST_F(BadCommandLine, ALimitOnFileSizesIsAFullDisk) {
  MakeTable();
  const rig::TemporaryDir folder;
  rig::Process run = rig::Process::Start(
      {.argv = {"sh", "-c", "ulimit -f 1; exec \"$0\" \"$@\" >/dev/null 2>&1", TRANSLOAD_BINARY,
                "run", Source(), TargetUrl(), "--report", folder / "report"},
       .as_server_account = false});
  ASSERT_TRUE(run.WaitFor(std::chrono::seconds(60)));
  ASSERT_TRUE(WIFEXITED(run.status()));
  EXPECT_EQ(WEXITSTATUS(run.status()), 4);
  EXPECT_EQ(RunTransload({"run", Source(), TargetUrl()}).exit_code, 0);
}

TEST_F(BadCommandLine, ALocalTargetInAFolderThatIsGoneIsAUsageError) {
  MakeTable();
  const rig::TemporaryDir folder;
  rig::Process run = rig::Process::Start(
      {.argv = {"sh", "-c",
                "mkdir \"$1\" && cd \"$1\" && rmdir \"$1\" && exec \"$0\" run \"$2\" local:pg "
                ">/dev/null 2>&1",
                TRANSLOAD_BINARY, folder / "gone", Source()},
       .as_server_account = false});
  ASSERT_TRUE(run.WaitFor(std::chrono::seconds(60)));
  EXPECT_EQ(WEXITSTATUS(run.status()), 2);
}

TEST_F(BadCommandLine, AMistakeInTheCommandLineIsALineOfTheLogAsWell) {
  for (const char* format : {"--log-format=json", "--log-format"}) {
    TransloadRun run = RunTransload({"run", Source(), TargetUrl(), "--jbos", format, "json"});
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.err, testing::MatchesRegex("\\{.*\"level\":\"error\".*--jbos.*\\}\n"));
  }
}

TEST_F(BadCommandLine, OptionsThatTakeUpARunWantOne) {
  MakeTable();
  auto expect_refused = [&] {
    Expect({"run", Source(), TargetUrl(), "--refresh-sequences"}, 3, "no finished run");
    Expect({"run", Source(), TargetUrl(), "--retry-rejects"}, 3, "no run of this source");
    Expect({"run", Source(), TargetUrl(), "--reload", "t"}, 3, "--reload");
    Expect({"run", Source(), TargetUrl(), "--run", "nope"}, 3, "--run nope");
    Expect({"verify", Source(), TargetUrl(), "--run", "nope"}, 3, "--run nope");
  };
  expect_refused();
  EXPECT_EQ(RunTransload({"run", Source(), TargetUrl()}).exit_code, 0);
  // A name that is none leaves the finished run as it is.
  Expect({"run", Source(), TargetUrl(), "--reload", "t", "--reload", "tt"}, 2, "no such table");
  Expect({"run", Source(), TargetUrl(), "--reload", "t", "--data-only"}, 3, "without --data-only");
  EXPECT_THAT(RunTransload({"status", TargetUrl()}).out,
              AllOf(HasSubstr("done and verified"), HasSubstr("2 rows")));
  EXPECT_EQ(RunTransload({"undo", TargetUrl()}).exit_code, 0);
  expect_refused();
  Expect({"status", TargetUrl(), "--run", "nope"}, 3, "no run nope");
}

TEST_F(BadCommandLine, StatusShowsTheVerdictAsItWasGiven) {
  MakeTable();
  ASSERT_EQ(RunTransload({"run", Source(), TargetUrl()}).exit_code, 0);
  EXPECT_THAT(RunTransload({"status", TargetUrl()}).out, Not(HasSubstr("\"")));
  EXPECT_THAT(RunTransload({"status", TargetUrl()}).out, HasSubstr("from " + Source()));
  EXPECT_THAT(RunTransload({"status", TargetUrl(), "--format", "json"}).out,
              Not(HasSubstr("\\\"")));
}

TEST_F(BadCommandLine, HelpIsThereForCommandsWithoutUrlsToo) {
  for (const char* command : {"local", "drivers"}) {
    const TransloadRun help = RunTransload({command, "--help"});
    EXPECT_EQ(help.exit_code, 0) << help.err;
    EXPECT_THAT(help.out, HasSubstr(std::string("transload ") + command));
  }
  Expect({"local", "start"}, 2, "transload local start|stop|url DIR");
}

TEST_F(BadCommandLine, AnErrorOfTheCommandLineIsAJsonDocumentToo) {
  for (const char* command : {"run", "drivers"}) {
    const TransloadRun run = RunTransload({command, "--bogus", "--format", "json"});
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_THAT(run.out, HasSubstr("\"code\": 2")) << command;
  }
}

TEST_F(BadCommandLine, CredentialsComeFromTheUsersOptionFile) {
  MakeTable();
  server_.CreateUser("from_file", "open sesame");
  server_.Execute("grant all on *.* to from_file@'%'");
  rig::TemporaryDir home;
  std::ofstream(home / ".my.cnf")
      << "[client]\nuser = from_file\npassword = \"open sesame\"\nport = " << server_.port()
      << "\nhost = 127.0.0.1\n";
  const Environment environment = {{"HOME", home.path().string()}};
  TransloadRun run = RunTransload({"run", "mysql:///" + schema_, TargetUrl()}, environment);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out + run.err, Not(HasSubstr("sesame")));
}

}  // namespace
}  // namespace transload
