// Two databases of one PostgreSQL server, the one to be moved into the other by the executable.
#ifndef TRANSLOAD_TESTS_E2E_POSTGRES_PAIR_H_
#define TRANSLOAD_TESTS_E2E_POSTGRES_PAIR_H_

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/conformance/transload_run.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/process.h"
#include "tests/rig/programs.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/slurp.h"

namespace transload {

// pg_dump -s without what differs by itself: comments, settings, the key of \restrict.
inline std::string SchemaOf(const rig::PostgresServer& server, const std::string& database,
                            const std::string& bin_dir) {
  const std::string text = rig::RunToEnd({.argv = {bin_dir + "/pg_dump", "-s", "-N", "transload",
                                                   "-d", server.LibpqConninfo(database)}});
  std::string kept;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("--") || line.starts_with("\\") ||
        line.starts_with("SET ")) {
      continue;
    }
    kept += line + "\n";
  }
  return kept;
}

constexpr char kDebianBin[] = "/usr/lib/postgresql/15/bin";

class PostgresPair : public testing::Test {
 protected:
  rig::PostgresServer& server_ = rig::SharedPostgres();
  std::string source_ = rig::FreshDatabase(server_);
  std::string target_ = rig::FreshDatabase(server_);

  TransloadRun Run(const std::vector<std::string>& more = {},
                   const std::map<std::string, std::string>& environment = {}) const {
    std::vector<std::string> words = {"run", server_.Url(source_), server_.Url(target_)};
    words.insert(words.end(), more.begin(), more.end());
    return RunTransload(words, environment);
  }
  std::string Value(const std::string& sql) const { return server_.QueryValue(sql, target_); }
  std::string SourceLocksWaitedFor() const {
    return server_.QueryValue(
        "select count(*) from pg_locks l join pg_database d on d.oid = l.database where not "
        "granted and mode = 'AccessShareLock' and datname = '" +
            source_ + "'",
        source_);
  }
  std::string TargetSchema() const { return SchemaOf(server_, target_, kDebianBin); }
  void ExpectSameSchemas() const {
    EXPECT_EQ(SchemaOf(server_, source_, kDebianBin), TargetSchema());
  }
  // `before`: TargetSchema() before the run.
  TransloadRun UndoesTo(const std::string& before) const {
    TransloadRun undo = RunTransload({"undo", server_.Url(target_)});
    EXPECT_EQ(undo.exit_code, 0) << undo.out << undo.err;
    EXPECT_EQ(TargetSchema(), before);
    return undo;
  }
  // Roles are the server's, and stay from test to test.
  void MakeRole(const std::string& name) const {
    server_.Execute("do $$ begin create role " + name +
                    "; exception when duplicate_object then null; end $$");
  }
};

}  // namespace transload

#endif  // TRANSLOAD_TESTS_E2E_POSTGRES_PAIR_H_
