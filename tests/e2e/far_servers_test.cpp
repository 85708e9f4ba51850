// Servers whose answers take their time: what plan makes of the way to them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/postgres_pair.h"
#include "tests/rig/proxy.h"

namespace transload {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class FarServers : public PostgresPair {
 protected:
  FarServers() {
    server_.Execute("create table t (id int primary key); insert into t values (1)", source_);
  }

  // To the target the way leads over the proxy.
  std::vector<std::string> Words(const std::string& command,
                                 const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {command, server_.Url(source_),
                                      server_.TcpUrl(target_, "postgres", proxy_.port())};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  rig::Proxy proxy_ = rig::Proxy::ToTcp(server_.port());
};

TEST_F(FarServers, PlanTellsTheWayToThemAndWhatFollowsFromIt) {
  proxy_.Delay(milliseconds(3));  // in each direction
  const TransloadRun plan = RunTransload(Words("plan"));
  ASSERT_EQ(plan.exit_code, 0) << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("partitions of at most 256 MiB of source data (4 times the "
                                  "usual: answers take "));

  const auto json = nlohmann::json::parse(RunTransload(Words("plan", {"--format", "json"})).out);
  EXPECT_GE(json["round_trip_ms"]["target"].get<double>(), 6.0);
  EXPECT_LT(json["round_trip_ms"]["source"].get<double>(),
            json["round_trip_ms"]["target"].get<double>());
  EXPECT_EQ(json["partition_bytes"], 268'435'456);
  EXPECT_EQ(json["batch_bytes"], 262'144);
}

TEST_F(FarServers, MayBeWorthMoreLanes) {
  proxy_.Delay(milliseconds(12));
  EXPECT_THAT(RunTransload(Words("plan")).out, HasSubstr("with far servers more may pay"));
  const TransloadRun told = RunTransload(Words("plan", {"-j", "3", "--partition-size", "1MiB"}));
  EXPECT_THAT(told.out, HasSubstr("3 lanes (--jobs; "));
  EXPECT_THAT(told.out, HasSubstr("partitions of at most 1 MiB of source data (--partition-size)"));
}

TEST_F(FarServers, AreMigratedInto) {
  proxy_.Delay(milliseconds(1));
  const TransloadRun run = RunTransload(Words("run"));
  ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
  EXPECT_EQ(Value("select options ->> 'partition_bytes' from transload.run"), "268435456");
}

}  // namespace
}  // namespace transload
