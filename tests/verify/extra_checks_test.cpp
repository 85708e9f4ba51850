// The checks beside the rows, on a target that was tampered with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/conformance/transload_run.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::HasSubstr;

class ExtraChecks : public testing::Test {
 protected:
  void SetUp() override {
    server_.Execute(
        "create table parent (id int auto_increment primary key, v varchar(9) unique);"
        "create table child (id int auto_increment primary key, p int, c varchar(20), key (p), "
        "foreign key (p) references parent (id));"
        "insert into parent (v) values ('a'), ('b');"
        "insert into child (p, c) values (1, 'x'), (2, 'y'), (null, 'z')",
        source_);
    std::ofstream(config_) << "[[check]]\nname = \"children\"\n"
                              "source_sql = \"select c, p * 1.0 from child order by id\"\n"
                              "target_sql = \"select c, p from child order by id\"\n";
    const TransloadRun run = Transload("run");
    ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
    EXPECT_THAT(run.out, HasSubstr("checks beside the rows: all match"));
  }

  TransloadRun Transload(const std::string& verb) {
    return RunTransload(
        {verb, server_.Url(source_), target_.Url(database_), "--verify", "full", "-c", config_});
  }

  rig::MariaDbServer& server_ = rig::SharedMariaDb();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  const std::string source_ = rig::FreshDatabase(server_);
  const std::string database_ = rig::FreshDatabase(target_);
  const rig::TemporaryDir folder_;
  const std::string config_ = folder_ / "c.toml";
};

TEST_F(ExtraChecks, NameWhatIsWrongInTheTarget) {
  EXPECT_EQ(Transload("verify").exit_code, 0);
  target_.Execute(
      "alter table child drop constraint child_ibfk_1; update child set p = 77 where id = 2;"
      "do $$ begin execute (select 'drop index ' || indexrelid::regclass from pg_index where "
      "indrelid = 'child'::regclass and not indisprimary); end $$; alter table parent alter id "
      "restart with 2;"
      "update child set c = 'other' where id = 3",
      database_);
  const TransloadRun verify = Transload("verify");
  EXPECT_EQ(verify.exit_code, 6) << verify.err;
  EXPECT_THAT(verify.out, HasSubstr("public.child p=77"));
  EXPECT_THAT(verify.out, HasSubstr("1 orphans"));
  EXPECT_THAT(verify.out, HasSubstr("sequence of public.parent.id: source above the highest value, "
                                    "2, target next value 2"));
  EXPECT_THAT(verify.out, HasSubstr("indexes of public.child"));
  EXPECT_THAT(verify.out, HasSubstr("constraints of public.child"));
  EXPECT_THAT(verify.out, HasSubstr("check children row 3"));
  EXPECT_THAT(verify.out, HasSubstr("look-ups by key in public.child: source 3 rows, target 1"));
}

// Each alone, at a level of verification that makes none of itself.
TEST_F(ExtraChecks, AreMadeOneByOne) {
  auto names = [&](const std::vector<std::string>& checks) {
    std::vector<std::string> arguments = {
        "verify", server_.Url(source_), target_.Url(database_), "--format", "json", "-c", config_};
    for (const std::string& check : checks) {
      arguments.push_back("--checks");
      arguments.push_back(check);
    }
    const TransloadRun verify = RunTransload(arguments);
    EXPECT_EQ(verify.exit_code, 0) << verify.out << verify.err;
    std::set<std::string> kinds;
    const nlohmann::json report = nlohmann::json::parse(verify.out);
    for (const nlohmann::json& check : report["checks"]) {
      const std::string name = check["name"];
      kinds.insert(name.substr(0, name.find(' ')));
    }
    return kinds;
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(names({}), Names{"children"});
  EXPECT_EQ(names({"none"}), Names{});
  EXPECT_EQ(names({"queries"}), Names{"children"});
  EXPECT_EQ(names({"foreign-keys"}), Names{"foreign"});
  EXPECT_EQ(names({"sequences"}), Names{"sequence"});
  EXPECT_EQ(names({"indexes"}), Names{"indexes"});
  EXPECT_EQ(names({"constraints"}), Names{"constraints"});
  EXPECT_EQ(names({"look-ups"}), Names{"look-ups"});
  EXPECT_EQ(names({"look-ups,indexes", "queries"}), (Names{"look-ups", "indexes", "children"}));
  EXPECT_EQ(names({"all"}),
            (Names{"foreign", "sequence", "indexes", "constraints", "look-ups", "children"}));
}

// Rows from all over a table, whatever its key: half of it damaged behind its beginning is noticed.
TEST_F(ExtraChecks, LookUpRowsOfTheWholeTable) {
  server_.Execute(
      "create table big (id int primary key, v varchar(200));insert into big select seq * 3, "
      "repeat('x', 150) from seq_1_to_30000;"
      "create table named (k varchar(20) primary key, v varchar(200));insert into named select "
      "concat('k', seq), repeat('x', 150) from seq_1_to_30000;analyze table big, named",
      source_);
  const std::string database = rig::FreshDatabase(target_);
  const std::vector<std::string> both = {server_.Url(source_), target_.Url(database)};
  const TransloadRun moved = RunTransload({"run", both[0], both[1]});
  ASSERT_EQ(moved.exit_code, 0) << moved.err;
  target_.Execute(
      "update big set v = 'y' where id > 45000;update named set v = 'y' where substr(k, 2)::int > "
      "15000",
      database);
  for (const std::string table : {"big", "named"}) {
    const TransloadRun verify =
        RunTransload({"verify", both[0], both[1], "--verify", "count", "--checks", "look-ups",
                      "--format", "json", "--include", table});
    EXPECT_EQ(verify.exit_code, 6) << verify.out << verify.err;
    const nlohmann::json report = nlohmann::json::parse(verify.out);
    const nlohmann::json& check = report["checks"].at(0);
    EXPECT_EQ(check["source"], "20 rows");
    const int found = std::stoi(check["target"].get<std::string>());
    EXPECT_GE(found, 3) << table;
    EXPECT_LE(found, 17) << table;
  }
}

TEST_F(ExtraChecks, SayWhatCouldNotBeAsked) {
  std::ofstream(config_) << "[[check]]\nname = \"broken\"\nsource_sql = \"select no_such\"\n"
                            "target_sql = \"select 1/0\"\n";
  const TransloadRun verify = Transload("verify");
  EXPECT_EQ(verify.exit_code, 7) << verify.out << verify.err;
  EXPECT_THAT(verify.out, HasSubstr("division by zero"));
}

}  // namespace
}  // namespace transload
