// One source, one target, and commands that are to fail without changing anything.
#ifndef TRANSLOAD_TESTS_E2E_BAD_INPUT_H_
#define TRANSLOAD_TESTS_E2E_BAD_INPUT_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/conformance/transload_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/shared_servers.h"

namespace transload {

using Environment = std::map<std::string, std::string>;

class BadInput : public testing::Test {
 protected:
  rig::MySqlFamilyServer& server_ = rig::SharedMariaDb();
  rig::PostgresServer& target_ = rig::SharedPostgres();
  std::string schema_ = rig::FreshDatabase(server_);
  std::string database_ = rig::FreshDatabase(target_);

  std::string Source() const { return server_.Url(schema_); }
  std::string TargetUrl() const { return target_.Url(database_); }
  void MakeTable() const {
    server_.Execute("create table t (id int primary key, v int); insert into t values (1,1),(2,2)",
                    schema_);
  }
  std::string Tables() const {
    return target_.QueryValue("select count(*) from pg_tables where schemaname = 'public'",
                              database_);
  }
  void Expect(const std::vector<std::string>& arguments, int code, const std::string& text,
              const Environment& environment = {}) const {
    const std::string before = Tables();
    TransloadRun run = RunTransload(arguments, environment);
    EXPECT_EQ(run.exit_code, code) << run.command << "\n" << run.err;
    EXPECT_THAT(run.err, testing::HasSubstr(text)) << run.command;
    EXPECT_THAT(run.out + run.err, testing::Not(testing::HasSubstr("sesame")))
        << "a password was shown";
    EXPECT_EQ(Tables(), before) << run.command;
  }
};

}  // namespace transload

#endif  // TRANSLOAD_TESTS_E2E_BAD_INPUT_H_
