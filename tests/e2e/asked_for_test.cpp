// What a user asked of a run, later commands know; what cannot be had is refused before it begins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/conformance/transload_run.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kTables[] =
    "create table kept (id int primary key, v int); insert into kept values (1, 1), (2, 2);"
    "create table other (id int primary key, v int); insert into other values (1, 1);";

class AskedFor : public testing::Test {
 protected:
  TransloadRun Transload(const std::string& command, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {command, source_, target_.Url(database_)});
    return RunTransload(more);
  }
  void ComparesWhatWasMoved() const {
    SCOPED_TRACE(source_);
    ASSERT_EQ(Transload("run", {"--exclude", "other"}).exit_code, 0);
    for (const char* command : {"verify", "sync"}) {
      const TransloadRun plain = Transload(command);
      EXPECT_EQ(plain.exit_code, 0) << plain.out << plain.err;
      EXPECT_THAT(plain.out, AllOf(HasSubstr("was not asked to move them: "), HasSubstr("other")));
    }
    const TransloadRun alone = Transload("verify", {"--include", "other"});
    EXPECT_EQ(alone.exit_code, 3) << alone.out;
    EXPECT_THAT(alone.err, HasSubstr("nothing to compare"));
  }
  std::string Config(const std::string& text) const {
    std::ofstream(folder_ / "c.toml") << text;
    return folder_ / "c.toml";
  }

  rig::MariaDbServer& mariadb_ = rig::SharedMariaDb();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  const std::string database_ = rig::FreshDatabase(target_);
  const rig::TemporaryDir folder_;
  std::string source_;
};

TEST_F(AskedFor, VerifyComparesWhatARunOfSqliteWasToMove) {
  rig::MakeSqliteFile(folder_ / "s.db", kTables);
  source_ = "sqlite://" + (folder_ / "s.db");
  ComparesWhatWasMoved();
  // Moved by somebody else, and asked for.
  target_.Execute(
      "create table other (id bigint primary key, v bigint); insert into other values (1, 2)",
      database_);
  EXPECT_EQ(Transload("verify").exit_code, 0);
  EXPECT_EQ(Transload("verify", {"--include", "other"}).exit_code, 6);
}

TEST_F(AskedFor, VerifyComparesWhatARunOfMariaDbWasToMove) {
  const std::string database = rig::FreshDatabase(mariadb_);
  mariadb_.Execute(kTables, database);
  source_ = mariadb_.Url(database);
  ComparesWhatWasMoved();
}

TEST_F(AskedFor, ADatabaseIsTheSameInAnotherCaseWhereTheServerSaysSo) {
  const rig::MariaDbServer server =
      rig::MariaDbServer::Start({.settings = {{"lower_case_table_names", "1"}}});
  server.Execute(
      "create table p (id int primary key); create table c (id int primary key, p int references "
      "p(id)); insert into p values (1); insert into c values (1, 1)",
      "test");
  source_ = server.Url("Test");
  EXPECT_EQ(Transload("run").exit_code, 0);
  source_ = server.Url("test");
  const TransloadRun again = Transload("run");
  EXPECT_THAT(again.err, HasSubstr("already finished"));
}

TEST_F(AskedFor, VerifyComparesWhatARunByOdbcWasToMove) {
  const std::string database = rig::FreshDatabase(mariadb_);
  mariadb_.Execute(kTables, database);
  source_ = "odbc:Driver={MariaDB Unicode};Socket=" + mariadb_.socket() +
            ";UID=root;Database=" + database;
  ComparesWhatWasMoved();
}

TEST_F(AskedFor, VerifyComparesWhatARunOfPostgresWasToMove) {
  const std::string database = rig::FreshDatabase(target_);
  target_.Execute(kTables, database);
  source_ = target_.Url(database);
  ComparesWhatWasMoved();
}

TEST_F(AskedFor, VerifyTakesTheRunIntoTheSchemaThatIsNamed) {
  rig::MakeSqliteFile(folder_ / "s.db", kTables);
  source_ = "sqlite://" + (folder_ / "s.db");
  ASSERT_EQ(Transload("run", {"--schema", "one", "--exclude", "other"}).exit_code, 0);
  ASSERT_EQ(Transload("run", {"--schema", "two", "--include", "other"}).exit_code, 0);
  target_.Execute("update one.kept set v = 7 where id = 1", database_);
  EXPECT_EQ(Transload("verify", {"--schema", "one"}).exit_code, 6);
  EXPECT_EQ(Transload("verify", {"--schema", "two"}).exit_code, 0);
  EXPECT_EQ(Transload("verify", {"--exclude", "*"}).exit_code, 3);
}

TEST_F(AskedFor, AConditionThatTheSourceDoesNotUnderstandIsRefused) {
  const std::string database = rig::FreshDatabase(mariadb_);
  const std::string postgres = rig::FreshDatabase(target_);
  mariadb_.Execute(kTables, database);
  target_.Execute(kTables, postgres);
  rig::MakeSqliteFile(folder_ / "s.db", kTables);
  const std::string odbc = "odbc:Driver={MariaDB Unicode};Socket=" + mariadb_.socket() +
                           ";UID=root;Database=" + database;
  for (const std::string& source :
       {"sqlite://" + (folder_ / "s.db"), mariadb_.Url(database), target_.Url(postgres), odbc}) {
    source_ = source;
    std::string config = Config("[table.kept]\nwhere = 'nonsense'\n");
    for (const char* command : {"plan", "preflight", "run"}) {
      const TransloadRun run = Transload(command, {"-c", config});
      EXPECT_EQ(run.exit_code, 3) << source << run.out << run.err;
      EXPECT_THAT(run.out + run.err, AllOf(HasSubstr("kept: where = \"nonsense\": ")));
    }
    config = Config("[table.kept]\nwhere = 'id > 1 -- all but the first'\n");
    EXPECT_EQ(Transload("plan", {"-c", config}).exit_code, 0) << source;
  }
}

TEST_F(AskedFor, ARenameThatCannotBeHadIsRefusedWithItsLine) {
  rig::MakeSqliteFile(folder_ / "s.db", kTables);
  source_ = "sqlite://" + (folder_ / "s.db");
  for (const char* column : {"v]\nrename = 'id'", "id]\nrename = 'v'", "v]\nrename = 'xmin'"}) {
    const TransloadRun plan =
        Transload("plan", {"-c", Config(std::string("[table.kept.column.") + column)});
    EXPECT_EQ(plan.exit_code, 2) << plan.out;
    EXPECT_THAT(plan.err, HasSubstr("c.toml:2: rename = "));
  }
  const std::string swapped =
      "[table.kept.column.id]\nrename = 'v'\n[table.kept.column.v]\nrename = 'id'\n";
  EXPECT_EQ(Transload("plan", {"-c", Config(swapped)}).exit_code, 0);
}

TEST_F(AskedFor, AKeyThatRowsBreakIsReportedOnceAndAsUnvalidated) {
  rig::MakeSqliteFile(folder_ / "s.db",
                      "create table parent (id integer primary key); insert into parent values (1);"
                      "create table child (id integer primary key, p int references parent (id));"
                      "insert into child values (1, 1), (2, 7), (3, 8)");
  source_ = "sqlite://" + (folder_ / "s.db");
  const TransloadRun run = Transload("run");
  EXPECT_EQ(run.exit_code, 7) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("constraints that stand NOT VALID (1)"),
                             HasSubstr("without a parent in public.parent: 2"),
                             HasSubstr("1 constraint stands NOT VALID, which rows break"),
                             Not(HasSubstr("could not be created"))));
  const TransloadRun json = Transload("verify", {"--format", "json"});
  EXPECT_EQ(json.exit_code, 0);
}

TEST_F(AskedFor, AFileThatWasReplacedMeanwhileIsTold) {
  const std::string path = folder_ / "s.db";
  rig::MakeSqliteFile(path,
                      "create table t (id integer primary key, v text); with recursive n(i) as "
                      "(select 1 union all select i + 1 from n where i < 20000) insert into t "
                      "select i, hex(zeroblob(200)) from n");
  rig::MakeSqliteFile(path + ".new", "create table t (id integer primary key)");
  source_ = "sqlite://" + path;
  std::thread replacer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    std::filesystem::rename(path + ".new", path);
  });
  const TransloadRun run = Transload("run", {"--max-rate", "2MB/s"});
  replacer.join();
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("not what stands there now"));
}

// A line of the log begins with a time; a name with a line break in it makes no such line.
TEST_F(AskedFor, ANameMakesNoLineOfTheLog) {
  rig::MakeSqliteFile(folder_ / "s.db",
                      "create table \"a\n12:00:00 error   forged\" (id integer primary key, v "
                      "text); insert into \"a\n12:00:00 error   forged\" values (1, char(0))");
  source_ = "sqlite://" + (folder_ / "s.db");
  const TransloadRun run = Transload("run", {"-v", "-v"});
  EXPECT_EQ(run.exit_code, 4) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("forged"), Not(HasSubstr("\n12:00:00 error"))));
}

}  // namespace
}  // namespace transload
