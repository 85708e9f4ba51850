// verify --repair on targets that are no plain tables with a key, and by a role that may not do
// everything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/conformance/transload_run.h"
#include "tests/faults/live_run.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::HasSubstr;
using testing::Not;

class RepairTargets : public testing::Test {
 protected:
  TransloadRun Verify(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"verify", server_.Url(source_), url_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunTransload(arguments, environment_);
  }

  void ExpectRepaired() {
    const TransloadRun before = Verify();
    EXPECT_EQ(before.exit_code, 6) << before.out << before.err;
    const TransloadRun repaired = Verify({"--repair"});
    EXPECT_EQ(repaired.exit_code, 0) << repaired.out << repaired.err;
    const TransloadRun after = Verify();
    EXPECT_EQ(after.exit_code, 0) << after.out << after.err;
  }

  rig::MariaDbServer& server_ = rig::SharedMariaDb();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  const std::string source_ = rig::FreshDatabase(server_);
  const std::string database_ = rig::FreshDatabase(target_);
  std::string url_ = target_.Url(database_);
  std::map<std::string, std::string> environment_;
};

// The server writes its log when a commit asks for it, and otherwise not for as long as this test.
TEST(Repair, OutlivesACrashOfTheTarget) {
  const rig::TemporaryDir dir;
  rig::MakeSqliteFile(dir / "a.db",
                      "create table t (id integer primary key, v text); insert into t values "
                      "(1, 'a'), (2, 'b')");
  rig::PostgresServer target =
      rig::PostgresServer::Start({.settings = {{"wal_writer_delay", "10s"}}});
  const std::string source = "sqlite://" + dir / "a.db";
  ASSERT_EQ(RunTransload({"run", source, target.Url()}).exit_code, 0);
  rig::MakeSqliteFile(dir / "a.db", "insert into t values (3, 'c')");
  ASSERT_EQ(RunTransload({"verify", source, target.Url(), "--repair"}).exit_code, 0);
  target.Restart(rig::StopMode::kImmediate);
  EXPECT_EQ(target.QueryValue("select count(*) from t"), "3");
}

TEST_F(RepairTargets, APartitionedTableIsPutRightInItsPartitions) {
  server_.Execute(
      "create table events (id int, day date, note text, primary key (id, day));insert into events "
      "select seq, '2020-01-01' + interval seq day, concat('n', seq) from seq_1_to_700",
      source_);
  target_.Execute(
      "create table events (id int, day date, note text, primary key (id, day)) partition by range "
      "(day);create table e0 partition of events for values from (minvalue) to ('2021-01-01') "
      "partition by range (id);create table e00 partition of e0 for values from (minvalue) to "
      "(100);create table e01 partition of e0 for values from (100) to (maxvalue);"
      "create table e1 partition of events for values from ('2021-01-01') to (maxvalue);"
      "insert into events select i, '2020-01-01'::date + i, 'n' || i from generate_series(1, 700) "
      "i;create function no() returns trigger language plpgsql as $$ begin raise 'fired'; end $$;"
      "update events set note = 'changed' where id in (50, 300, 600);delete from events where id "
      "in "
      "(60, 699);insert into events values (9000, '2030-01-01', 'new'), (3, '1999-01-01', 'old');"
      "create trigger t before insert or delete on e1 for each row execute function no()",
      database_);
  ExpectRepaired();
  EXPECT_EQ(target_.QueryValue("select tableoid::regclass from events where id = 60", database_),
            "e00");
  EXPECT_EQ(target_.QueryValue("select count(*) from e1", database_), "335");
}

TEST_F(RepairTargets, StatementsForAPartitionedTableDoTheSame) {
  server_.Execute(
      "create table events (id int primary key, note text);insert into events select seq, 'x' from "
      "seq_1_to_100",
      source_);
  target_.Execute(
      "create table events (id int primary key, note text) partition by hash (id);create table e0 "
      "partition of events for values with (modulus 2, remainder 0);create table e1 partition of "
      "events for values with (modulus 2, remainder 1);insert into events select i, 'x' from "
      "generate_series(2, 101) i;update events set note = null where id = 7",
      database_);
  const rig::TemporaryDir folder;
  EXPECT_EQ(Verify({"--repair=sql", "--report", folder / "report"}).exit_code, 6);
  std::ifstream file(folder / "report/repair.sql");
  std::ostringstream sql;
  sql << file.rdbuf();
  target_.Execute(sql.str(), database_);
  const TransloadRun after = Verify();
  EXPECT_EQ(after.exit_code, 0) << after.out << sql.str();
}

TEST_F(RepairTargets, ATableThatOthersInheritFromIsTakenAlone) {
  server_.Execute(
      "create table base (id int primary key, note text);insert into base select seq, 'x' from "
      "seq_1_to_50",
      source_);
  target_.Execute(
      "create table base (id int primary key, note text);create table kid (more int) inherits "
      "(base);insert into base select i, 'x' from generate_series(1, 49) i;update base set note = "
      "'y' where id = 5;insert into base values (99, 'new');insert into kid values (5, 'kid', 1), "
      "(50, 'kid', 2), (99, 'kid', 3)",
      database_);
  ExpectRepaired();
  EXPECT_EQ(
      target_.QueryValue("select string_agg(id || note, ',' order by id) from kid", database_),
      "5kid,50kid,99kid");
}

// Rows are told apart by all they hold, of types without equality too, and only those at fault
// change.
TEST_F(RepairTargets, ATableWithoutAKeyIsPutRightRowByRow) {
  server_.Execute(
      "create table loose (a int, j json, p point, f float, b blob);insert into loose select seq % "
      "5, json_object('n', seq % 5), point(seq % 5, 1), 0.1, 'x' from seq_1_to_40",
      source_);
  const TransloadRun run = RunTransload({"run", server_.Url(source_), url_});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  target_.Execute(
      "delete from loose where ctid in (select ctid from loose where a = 1 limit 3);"
      "insert into loose select * from loose where a = 2 limit 2;"
      "update loose set f = null where ctid in (select ctid from loose where a = 3 limit 1);"
      "create table seen as select ctid as at, xmin as version from loose",
      database_);
  ExpectRepaired();
  EXPECT_EQ(target_.QueryValue("select count(*) from loose l join seen s on s.at = l.ctid and "
                               "s.version = l.xmin",
                               database_),
            "36");  // 40, less 3 lost, less 1 changed
}

TEST_F(RepairTargets, StatementsPutATableWithoutAKeyRight) {
  server_.Execute(
      "create table loose (a int, note text);insert into loose select seq % 5, 'x' from "
      "seq_1_to_40",
      source_);
  target_.Execute(
      "create table loose (a int, note text);insert into loose select i % 5, 'x' from "
      "generate_series(1, 39) i;insert into loose values (2, 'x'), (2, 'x'), (3, null)",
      database_);
  const rig::TemporaryDir folder;
  EXPECT_EQ(Verify({"--repair=sql", "--report", folder / "report"}).exit_code, 6);
  std::ifstream file(folder / "report/repair.sql");
  std::ostringstream sql;
  sql << file.rdbuf();
  target_.Execute(sql.str(), database_);
  const TransloadRun after = Verify();
  EXPECT_EQ(after.exit_code, 0) << after.out << sql.str();
}

// Between two PostgreSQL databases: their types are as many as the server has.
class RepairStatements : public testing::Test {
 protected:
  std::vector<std::string> With(std::vector<std::string> words,
                                const std::vector<std::string>& more = {}) {
    words.insert(words.end(), {server_.Url(source_), server_.Url(target_)});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  void Fill(const std::string& sql) {
    server_.Execute(sql, source_);
    const TransloadRun run = RunTransload(With({"run"}, {"--verify", "full"}));
    ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  }
  void ExpectToRepair(const std::string& damage) {
    server_.Execute(damage, target_);
    const rig::TemporaryDir folder;
    const TransloadRun verify =
        RunTransload(With({"verify"}, {"--repair=sql", "--report", folder / "report"}));
    EXPECT_EQ(verify.exit_code, 6) << verify.out << verify.err;
    std::ifstream file(folder / "report/repair.sql");
    std::ostringstream sql;
    sql << file.rdbuf();
    server_.Execute(sql.str(), target_);
    const TransloadRun after = RunTransload(With({"verify"}));
    EXPECT_EQ(after.exit_code, 0) << after.out << sql.str();
  }

  rig::PostgresServer& server_ = rig::SharedPostgres();
  const std::string source_ = rig::FreshDatabase(server_);
  const std::string target_ = rig::FreshDatabase(server_);
};

// Keys that are looked up by --verify full, too.
TEST_F(RepairStatements, HoldNumbersAndBitsOfAnyLength) {
  Fill(
      "create table large (k numeric primary key, bits varbit, v text);insert into large values "
      "(1e287, repeat('10', 300)::varbit, 'a'), (1e-320, '', 'b'), ('NaN', '1', 'c')");
  ExpectToRepair("update large set v = 'x', bits = '0';delete from large where k = 'NaN'");
}

TEST_F(RepairStatements, HoldCompositeValues) {
  Fill(
      "create type pair as (a int, b text);"
      "create table whole (id int primary key, p pair, many pair[]);insert into whole values (1, "
      "row(1, 'it''s'), array[row(1, null)::pair]), (2, row(2, ''), '{}'), (3, null, null);"
      "create table loose (p pair);insert into loose values (row(1, 'a')), (row(1, 'a')), (null)");
  ExpectToRepair(
      "update whole set p = row(1, null) where id = 1;update whole set many = null where id = 2;"
      "update whole set p = row(null, null) where id = 3;delete from loose where ctid = '(0,1)';"
      "insert into loose values (row(1, 'b'))");
}

TEST_F(RepairStatements, MakeRoomForRowsWhoseKeyChanged) {
  Fill(
      "create table lasting (k interval primary key, v int);insert into lasting values ('1 day', "
      "1), ('1 mon', 2);"
      "create table moved (id int primary key, u text unique);insert into moved values (1, 'u'), "
      "(2, 'w')");
  ExpectToRepair(
      "update lasting set k = '24:00:00' where v = 1;update moved set id = 5 where id = 1");
}

const char* const kRelated =
    "create table a (id int auto_increment primary key, b_id int, code varchar(10) unique, twice "
    "int "
    "generated always as (b_id * 2) stored);"
    "create table b (id int primary key, a_id int);"
    "create table c (id int primary key, b_id int not null);"
    "insert into a (id, code) select seq, concat('c', seq) from seq_1_to_30;"
    "insert into b select seq, seq from seq_1_to_30;update a set b_id = id;"
    "insert into c select seq, seq from seq_1_to_30;"
    "alter table a add foreign key (b_id) references b (id);"
    "alter table b add foreign key (a_id) references a (id);"
    "alter table c add foreign key (b_id) references b (id);";

// Identity columns that take no values, generated ones, tables that refer to each other, values of
// a unique column that changed places, triggers.
const char* const kDamage =
    "alter table a alter id set generated always;set session_replication_role = replica;"
    "update a set b_id = 9 where id = 8;delete from a where id = 29;"
    "update b set a_id = 9 where id = 8;delete from b where id = 30;delete from c where id = 30;"
    "insert into b values (77, 1);insert into c values (77, 77);"
    "create table fired (what text);create function tell() returns trigger language plpgsql as $$ "
    "begin insert into fired values (tg_op); return new; end $$;"
    "create trigger t after insert or update or delete on b for each row execute function tell();"
    "grant all on fired to public;";

TEST_F(RepairTargets, RelatedTablesArePutRightWithoutTheirTriggers) {
  server_.Execute(kRelated, source_);
  const TransloadRun run = RunTransload({"run", server_.Url(source_), url_});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  target_.Execute(kDamage, database_);
  target_.Execute(
      "update a set code = 'gone' where id = 3;update a set code = 'c3' where id = 4;"
      "update a set code = 'c4' where id = 3",
      database_);
  ExpectRepaired();
  EXPECT_EQ(target_.QueryValue("select count(*) from fired", database_), "0");
}

// Foreign keys are the server's business then: several passes, each as far as they allow.
TEST_F(RepairTargets, APlainOwnerPutsRelatedTablesRight) {
  server_.Execute(kRelated, source_);
  target_.CreateUser("mender", "geheim", "nosuperuser");
  target_.Execute("alter database " + database_ + " owner to mender");
  target_.Execute("alter schema public owner to mender", database_);
  url_ = target_.TcpUrl(database_, "mender");
  environment_ = {{"TRANSLOAD_TARGET_PASSWORD", "geheim"}};
  const TransloadRun run = RunTransload({"run", server_.Url(source_), url_}, environment_);
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  target_.Execute(kDamage, database_);
  ExpectRepaired();
  EXPECT_EQ(target_.QueryValue("select count(*) from fired", database_), "0");
}

// Several rows may have one name: rows without a key that begin alike, keys too long to be shown.
TEST_F(RepairTargets, RowsNamedLikeRejectedOnesAreBroughtBack) {
  server_.Execute(
      "create table loose (a int, b int, c int, note text);insert into loose select 1, 1, 1, "
      "if(seq "
      "= 5, char(0), concat('x', seq)) from seq_1_to_10;"
      "create table long_key (k varchar(400) primary key, note text);insert into long_key select "
      "concat(repeat('k', 300), lpad(seq, 5, '0')), if(seq = 5, char(0), 'x') from seq_1_to_10",
      source_);
  const TransloadRun run =
      RunTransload({"run", server_.Url(source_), url_, "--on-bad-row", "reject"});
  ASSERT_EQ(run.exit_code, 5) << run.out << run.err;
  target_.Execute("delete from loose where note = 'x7';delete from long_key where k like '%7'",
                  database_);
  EXPECT_EQ(Verify().exit_code, 6);
  const TransloadRun repaired = Verify({"--repair"});
  EXPECT_EQ(repaired.exit_code, 5) << repaired.out << repaired.err;
  EXPECT_EQ(
      target_.QueryValue("select (select count(*) from loose) || ',' || (select count(*) from "
                         "long_key)",
                         database_),
      "9,9");
}

// The lost row begins like the rejected one, which has left the source.
TEST_F(RepairTargets, ARejectDoesNotStandForAnotherRow) {
  server_.Execute(
      "create table loose (a int, b int, c int, note text);insert into loose select 1, 1, 1, "
      "if(seq = 5, char(0), concat('x', seq)) from seq_1_to_10",
      source_);
  const TransloadRun run =
      RunTransload({"run", server_.Url(source_), url_, "--on-bad-row", "reject"});
  ASSERT_EQ(run.exit_code, 5) << run.out << run.err;
  server_.Execute("delete from loose where note = char(0)", source_);
  target_.Execute("delete from loose where note = 'x7'", database_);
  const TransloadRun found = Verify();
  EXPECT_EQ(found.exit_code, 6) << found.out << found.err;
  EXPECT_THAT(found.out, HasSubstr("1 rows missing in the target"));
  EXPECT_EQ(Verify({"--repair"}).exit_code, 0);
  EXPECT_EQ(target_.QueryValue("select count(*) from loose", database_), "9");
}

// The server refused one row; another one with the same name was lost.
TEST_F(RepairTargets, TheLostRowIsBroughtBackNotTheRefusedOne) {
  server_.Execute(
      "create table loose (a int, b int, c int, note text);insert into loose select 1, 1, 1, "
      "concat('x', seq) from seq_1_to_10",
      source_);
  target_.Execute(
      "create table loose (a int, b int, c int, note text check (note not in ('x2', 'x9')))",
      database_);
  const TransloadRun run = RunTransload({"run", server_.Url(source_), url_, "--data-only",
                                         "--on-existing", "truncate", "--on-bad-row", "reject"});
  ASSERT_EQ(run.exit_code, 5) << run.out << run.err;
  ASSERT_EQ(target_.QueryValue("select count(*) from loose", database_), "8") << run.out << run.err;
  target_.Execute("delete from loose where note = 'x5'", database_);
  EXPECT_EQ(Verify().exit_code, 6);
  const TransloadRun repaired = Verify({"--repair"});
  EXPECT_EQ(repaired.exit_code, 5) << repaired.out << repaired.err;
  EXPECT_EQ(
      target_.QueryValue("select string_agg(note, ',') from loose where note = 'x5'", database_),
      "x5");
}

TEST_F(RepairTargets, FiguresOfAMismatchCountRejectedRowsThatAreValidNow) {
  server_.Execute(
      "create table t (id int primary key, note text);insert into t select seq, if(seq % 10 = 0, "
      "char(0), 'x') from seq_1_to_500",
      source_);
  const TransloadRun run =
      RunTransload({"run", server_.Url(source_), url_, "--on-bad-row", "reject"});
  ASSERT_EQ(run.exit_code, 5) << run.out << run.err;
  server_.Execute(
      "update t set note = 'valid' where id = 10;delete from t where id = 20;update t set note = "
      "'other' where id = 31",
      source_);
  const TransloadRun found = Verify();
  EXPECT_EQ(found.exit_code, 6) << found.out << found.err;
  EXPECT_THAT(found.out, HasSubstr("0 rows missing in the target, 0 only there, 1 different"));
  EXPECT_THAT(found.out, Not(HasSubstr("the target should hold")));
  EXPECT_THAT(found.out, HasSubstr("49 rows rejected"));
}

// What can't be put right is said, and leaves the rest alone.
// Nobody has loaded it, so no run's lock keeps two repairs from adding the same rows.
TEST_F(RepairTargets, OneRepairAtATimeOfATargetWithoutALedger) {
  server_.Execute("create table t (a int);insert into t values (1), (2)", source_);
  target_.Execute("create table t (a int)", database_);
  OpenSession holder(target_.LibpqConninfo(database_));
  holder.Exec("begin;lock table t in share mode");
  LiveRun first({"verify", server_.Url(source_), url_, "--repair"});
  EXPECT_TRUE(first.WaitUntil([&] {
    return target_.QueryValue(
               "select count(*) from pg_locks where not granted and relation = "
               "'t'::regclass",
               database_) == "1";
  }));
  const TransloadRun second = Verify({"--repair"});
  EXPECT_EQ(second.exit_code, 3) << second.out << second.err;
  EXPECT_THAT(second.err, HasSubstr("another transload is at work"));
  holder.Exec("rollback");
  EXPECT_EQ(first.Finish().exit_code, 0);
  EXPECT_EQ(target_.QueryValue("select string_agg(a::text, ',' order by a) from t", database_),
            "1,2");
}

TEST_F(RepairTargets, ARepairWhoseBackendEndsIsTriedAgain) {
  server_.Execute("create table t (a int);insert into t values (1), (2)", source_);
  target_.Execute("create table t (a int)", database_);
  OpenSession holder(target_.LibpqConninfo(database_));
  holder.Exec("begin;lock table t in share mode");
  LiveRun repair({"verify", server_.Url(source_), url_, "--repair"});
  EXPECT_TRUE(repair.WaitUntil([&] {
    return target_.QueryValue(
               "select count(pg_terminate_backend(pid)) from pg_locks where not "
               "granted and relation = 't'::regclass",
               database_) == "1";
  }));
  holder.Exec("rollback");
  const TransloadRun done = repair.Finish();
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_EQ(target_.QueryValue("select count(*) from t", database_), "2");
}

TEST_F(RepairTargets, ATargetThatTakesNoWritesIsRefused) {
  server_.Execute("create table t (a int);insert into t values (1), (2)", source_);
  EXPECT_EQ(RunTransload({"run", server_.Url(source_), url_}).exit_code, 0);
  target_.Execute(
      "delete from t;alter database " + database_ + " set default_transaction_read_only = on",
      database_);
  for (const TransloadRun& refused : {Verify({"--repair"}), RunTransload({"undo", url_})}) {
    EXPECT_EQ(refused.exit_code, 3) << refused.out << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("default_transaction_read_only is on"));
  }
}

TEST_F(RepairTargets, ATableThatTakesNoRowsIsNamed) {
  server_.Execute(
      "create table good (id int primary key);insert into good values (1), (2);"
      "create table bad (id int primary key);insert into bad values (1), (2)",
      source_);
  target_.Execute(
      "create table good (id int primary key);create table bad (id int primary key check (id < "
      "2));insert into bad values (1);insert into good values (1), (3)",
      database_);
  const TransloadRun repaired = Verify({"--repair"});
  EXPECT_EQ(repaired.exit_code, 6) << repaired.out;
  EXPECT_THAT(repaired.out, HasSubstr("public.bad could not be repaired"));
  EXPECT_EQ(target_.QueryValue("select string_agg(id::text, ',' order by id) from good", database_),
            "1,2");
}

TEST_F(RepairTargets, ATableWithoutOneOfItsColumnsIsNotVerified) {
  server_.Execute(
      "create table good (id int primary key);insert into good values (1), (2);"
      "create table narrow (id int primary key, v int);insert into narrow values (1, 1)",
      source_);
  target_.Execute(
      "create table good (id int primary key);create table narrow (id int primary key, v int "
      "generated always as (id) stored);insert into good values (1);insert into narrow values (1)",
      database_);
  const TransloadRun repaired = Verify({"--repair"});
  EXPECT_EQ(repaired.exit_code, 7) << repaired.out << repaired.err;
  EXPECT_THAT(repaired.out, HasSubstr("public.narrow.v is generated"));
  EXPECT_EQ(target_.QueryValue("select count(*) from good", database_), "2");
}

}  // namespace
}  // namespace transload
