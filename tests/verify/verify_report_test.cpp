// What verify and sync leave in the report's folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/conformance/transload_run.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;

std::string Content(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class VerifyReport : public testing::Test {
 protected:
  void SetUp() override {
    server_.Execute(
        "create table t (id int primary key, v int);insert into t select seq, seq from "
        "seq_1_to_1000",
        source_);
    const TransloadRun run = RunTransload({"run", server_.Url(source_), target_.Url(database_)});
    ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
    target_.Execute("update t set v = -1 where id = 77", database_);
  }

  // All five forms; returns report.json.
  nlohmann::json Make(const std::vector<std::string>& words, int exit_code) {
    std::vector<std::string> arguments = {
        words[0], server_.Url(source_), target_.Url(database_), "-j",
        "1",      "--report",           folder_ / words[0]};
    arguments.insert(arguments.end(), words.begin() + 1, words.end());
    const TransloadRun run = RunTransload(arguments);
    EXPECT_EQ(run.exit_code, exit_code) << run.out << run.err;
    const std::string table = source_ + ".t";
    const std::string folder = folder_ / words[0];
    EXPECT_THAT(run.out, HasSubstr(table));
    EXPECT_THAT(Content(folder + "/report.md"), HasSubstr(table));
    EXPECT_THAT(Content(folder + "/junit.xml"), HasSubstr("<testcase"));
    const std::string html = Content(folder + "/report.html");
    EXPECT_THAT(html, HasSubstr("transload " + words[0]));
    EXPECT_THAT(html, HasSubstr("<svg"));
    EXPECT_THAT(html, HasSubstr(">source 1<"));
    return nlohmann::json::parse(Content(folder + "/report.json"));
  }

  static std::set<std::string> Lines(const nlohmann::json& report) {
    std::set<std::string> lines;
    for (const nlohmann::json& span : report["timeline"]) {
      EXPECT_LE(span["from"].get<double>(), span["to"].get<double>());
      EXPECT_LE(span["to"].get<double>(), report["run"]["seconds"].get<double>() + 0.1);
      lines.insert(span["lane"].get<std::string>());
    }
    return lines;
  }

  rig::MariaDbServer& server_ = rig::SharedMariaDb();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  const std::string source_ = rig::FreshDatabase(server_);
  const std::string database_ = rig::FreshDatabase(target_);
  const rig::TemporaryDir folder_;
};

TEST_F(VerifyReport, OfVerifyShowsPhasesConnectionsAndDifferences) {
  const nlohmann::json report = Make({"verify", "--verify", "full"}, 6);
  EXPECT_THAT(Lines(report),
              IsSupersetOf({"phases", "source 1", "target 1", "differences", "witness"}));
  EXPECT_THAT(Content(folder_ / "verify/report.html"), HasSubstr("id=77"));
  EXPECT_THAT(Content(folder_ / "verify/report.md"), HasSubstr("id=77"));
  EXPECT_THAT(Content(folder_ / "verify/junit.xml"), HasSubstr("<failure"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "verify/differences.jsonl.zst"));
}

TEST_F(VerifyReport, OfSyncShowsAllRounds) {
  const nlohmann::json report = Make({"sync"}, 0);
  EXPECT_THAT(Lines(report),
              IsSupersetOf({"phases", "source 1", "target 1", "differences", "repair"}));
  EXPECT_EQ(report["run"]["command"], "sync");
  int snapshots = 0;
  for (const nlohmann::json& span : report["timeline"]) snapshots += span["text"] == "snapshot";
  EXPECT_EQ(snapshots, 2);
  EXPECT_THAT(Content(folder_ / "sync/report.md"), HasSubstr("round 2: 0 rows"));
}

}  // namespace
}  // namespace transload
