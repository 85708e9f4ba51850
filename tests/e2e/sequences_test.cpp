// Identities and sequences of the target are in use once a run has set them: whatever start comes
// later moves them forward only.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/conformance/transload_run.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

class Sequences : public testing::Test {
 protected:
  TransloadRun Run(const std::string& source, const std::vector<std::string>& more,
                   const std::map<std::string, std::string>& environment = {}) {
    std::vector<std::string> arguments = {"run", source, target_.Url(database_)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunTransload(arguments, environment);
  }
  long Next(const std::string& sequence) {
    return std::stol(target_.QueryValue("select nextval('" + sequence + "')", database_));
  }

  // Table t of the source has ten rows and goes on with 11 (and a sequence `s` likewise, if any).
  void NeverSetBack(const std::string& source, const std::function<void()>& insert_600,
                    const std::vector<std::string>& sequences) {
    const TransloadRun killed = Run(source, {}, {{"TRANSLOAD_FAULT", "verify-begun:1:kill"}});
    ASSERT_EQ(killed.exit_code, kKilledExit) << killed.err;
    auto use = [&](int values) {
      for (const std::string& sequence : sequences) {
        target_.Execute(
            fmt::format("select nextval('{}') from generate_series(1, {})", sequence, values),
            database_);
      }
    };
    for (const std::string& sequence : sequences) EXPECT_EQ(Next(sequence), 11) << sequence;
    use(89);
    const TransloadRun resumed = Run(source, {});
    EXPECT_EQ(resumed.exit_code, 0) << resumed.out << resumed.err;
    for (const std::string& sequence : sequences) EXPECT_EQ(Next(sequence), 101) << sequence;
    const TransloadRun refreshed = Run(source, {"--refresh-sequences"});
    EXPECT_EQ(refreshed.exit_code, 0) << refreshed.out << refreshed.err;
    for (const std::string& sequence : sequences) EXPECT_EQ(Next(sequence), 102) << sequence;
    const TransloadRun reloaded = Run(source, {"--reload", "t"});
    EXPECT_EQ(reloaded.exit_code, 0) << reloaded.out << reloaded.err;
    for (const std::string& sequence : sequences) EXPECT_EQ(Next(sequence), 103) << sequence;
    insert_600();
    const TransloadRun forward = Run(source, {"--refresh-sequences"});
    EXPECT_EQ(forward.exit_code, 0) << forward.out << forward.err;
    for (const std::string& sequence : sequences) EXPECT_EQ(Next(sequence), 601) << sequence;
  }

  rig::PostgresServer& target_ = rig::SharedPostgres();
  const std::string database_ = rig::FreshDatabase(target_);
};

constexpr const char* kMariaDbTable =
    "create table t (id bigint auto_increment primary key, a int);"
    "insert into t select seq, seq from seq_1_to_10";

TEST_F(Sequences, OfMariaDbAreNeverSetBack) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  const std::string source = rig::FreshDatabase(server);
  server.Execute(kMariaDbTable, source);
  server.Execute("create sequence s start with 11 nocache", source);
  NeverSetBack(
      server.Url(source),
      [&] { server.Execute("insert into t values (600, 1);select setval(s, 600)", source); },
      {"t_id_seq", "s"});
}

TEST_F(Sequences, OfSqliteAreNeverSetBack) {
  const rig::TemporaryDir dir;
  const std::string file = dir / "shop.db";
  rig::MakeSqliteFile(file,
                      "create table t (id integer primary key autoincrement, a int);"
                      "with recursive n(i) as (select 1 union all select i + 1 from n where i < 10)"
                      " insert into t (a) select i from n");
  NeverSetBack("sqlite://" + file,
               [&] { rig::MakeSqliteFile(file, "insert into t values (600, 1)"); }, {"t_id_seq"});
}

TEST_F(Sequences, BehindOdbcAreNeverSetBack) {
  rig::MariaDbServer& server = rig::SharedMariaDb();
  const std::string source = rig::FreshDatabase(server);
  server.Execute(kMariaDbTable, source);
  NeverSetBack(fmt::format("odbc:Driver={{MariaDB Unicode}};Socket={};UID=root;Database={}",
                           server.socket(), source),
               [&] { server.Execute("insert into t values (600, 1)", source); }, {"t_id_seq"});
}

}  // namespace
}  // namespace transload
