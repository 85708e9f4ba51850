// The torture values on every version of PostgreSQL: copied there from MariaDB, and read from there
// again, they are called equal by both witnesses.
#include <gtest/gtest.h>

#include "tests/conformance/transload_run.h"
#include "tests/e2e/postgres_pair.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/shared_servers.h"

namespace transload {
namespace {

// Where the values stand in MariaDB, and in the PostgreSQL that others are compared with.
struct Origin {
  std::string source;
  std::string reference;
};

const Origin& TheOrigin() {
  static const Origin origin = [] {
    rig::MySqlFamilyServer& server = rig::SharedMariaDb();
    const std::string database = rig::FreshDatabase(server);
    server.Execute(rig::Slurp(TRANSLOAD_E2E "/torture.sql"), database);
    rig::PostgresServer& target = rig::SharedPostgres();
    Origin made{server.Url(database), target.Url(rig::FreshDatabase(target))};
    const TransloadRun run = RunTransload({"run", made.source, made.reference, "--verify", "full"});
    EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
    return made;
  }();
  return origin;
}

void ExpectEqual(const std::string& source, const std::string& target) {
  const TransloadRun verify = RunTransload({"verify", source, target, "--verify", "full"});
  EXPECT_EQ(verify.exit_code, 0) << verify.command << "\n" << verify.out << verify.err;
}

TEST(EveryVersion, HoldsTheTortureValuesOnDebiansOwn) {
  const Origin& origin = TheOrigin();
  ExpectEqual(origin.source, origin.reference);
}

class EveryVersionMatrix : public testing::TestWithParam<const char*> {};

TEST_P(EveryVersionMatrix, HoldsTheTortureValuesAndGivesThemBack) {
  const Origin& origin = TheOrigin();
  rig::PostgresServer& server = rig::SharedPostgres(GetParam());
  const std::string there = server.Url(rig::FreshDatabase(server));
  const TransloadRun run = RunTransload({"run", origin.source, there, "--verify", "full"});
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  ExpectEqual(there, origin.reference);
  ExpectEqual(origin.reference, there);
}

INSTANTIATE_TEST_SUITE_P(Versions, EveryVersionMatrix,
                         testing::Values("10", "11", "12", "13", "14", "16", "17", "18"),
                         [](const auto& param) { return "v" + std::string(param.param); });

}  // namespace
}  // namespace transload
