// Every case of tests/conformance/cases against every engine it names, through the executable.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <regex>

#include "extract/odbc/endpoint.h"
#include "extract/odbc/query.h"
#include "tests/conformance/case_file.h"
#include "tests/conformance/transload_run.h"
#include "tests/rig/mysql_server.h"
#include "tests/rig/postgres_server.h"
#include "tests/rig/shared_servers.h"
#include "tests/rig/slurp.h"
#include "tests/rig/sqlite_file.h"
#include "tests/rig/temporary_dir.h"

namespace transload {
namespace {

// The URL of a SQL Server that a person has named for tests, or nothing: Debian has none to start.
// It ends in "/": each case makes a database of its own behind it, and leaves it there.
std::string SqlServerUrl() {
  const char* url = std::getenv("TRANSLOAD_TEST_MSSQL_URL");
  return url == nullptr ? "" : url;
}

std::string MakeSqlServerSource(const std::string& sql) {
  static int number = 0;
  const std::string database = fmt::format("transload_test_{}_{}", getpid(), ++number);
  auto execute = [](const std::string& url, const std::string& statement) {
    Options options;
    options.source_url = url;
    auto connection = odbc::Connect(odbc::ReadEndpoint(options), nullptr);
    odbc::Execute(*connection, statement);
  };
  execute(SqlServerUrl() + "master", "CREATE DATABASE " + database);
  execute(SqlServerUrl() + "master",
          "ALTER DATABASE " + database + " SET ALLOW_SNAPSHOT_ISOLATION ON");
  execute(SqlServerUrl() + database, sql);
  return SqlServerUrl() + database;
}

// A source with the case's schema in it; its URL.
std::string MakeSource(const ConformanceCase& c, const std::string& engine,
                       const rig::TemporaryDir& dir) {
  if (engine == "sqlite") {
    const std::string path = dir / "source.db";
    rig::MakeSqliteFile(path, c.SourceFor(engine));
    return "sqlite://" + path;
  }
  if (engine == "mssql") return MakeSqlServerSource(c.SourceFor(engine));
  if (engine == "odbc-sqlite") {
    const std::string path = dir / "source.db";
    rig::MakeSqliteFile(path, c.SourceFor(engine));
    return "odbc:Driver=SQLite3;Database=" + path;
  }
  if (engine == "odbc-postgres") {
    rig::PostgresServer& source = rig::SharedPostgres();
    const std::string database = rig::FreshDatabase(source);
    source.Execute(c.SourceFor(engine), database);
    return fmt::format(
        "odbc:Driver={{PostgreSQL Unicode}};Server={};Port={};UID=postgres;Database={}",
        source.socket_dir(), source.port(), database);
  }
  if (engine == "odbc-mariadb") {
    const std::string database = rig::FreshDatabase(rig::SharedMariaDb());
    rig::SharedMariaDb().Execute(c.SourceFor(engine), database);
    return fmt::format("odbc:Driver={{MariaDB Unicode}};Socket={};UID=root;Database={}",
                       rig::SharedMariaDb().socket(), database);
  }
  if (engine.starts_with("postgres")) {
    rig::PostgresServer& source = rig::SharedPostgres(engine.substr(8));
    const std::string database = rig::FreshDatabase(source);
    source.Execute(c.SourceFor(engine), database);
    return source.Url(database);
  }
  rig::MySqlFamilyServer& server = engine == "mariadb"
                                       ? static_cast<rig::MySqlFamilyServer&>(rig::SharedMariaDb())
                                       : rig::SharedMySql(engine == "mysql9" ? "9" : "5.6");
  const std::string database = rig::FreshDatabase(server);
  server.Execute(c.SourceFor(engine), database);
  return server.Url(database);
}

std::string Printed(const rig::Rows& rows) {
  std::string text;
  for (const rig::Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += (i > 0 ? "|" : "") + row[i].value_or("\\N");
    }
    text += "\n";
  }
  return text;
}

class CaseTest : public testing::Test {
 public:
  CaseTest(ConformanceCase c, std::string engine)
      : case_(std::move(c)), engine_(std::move(engine)) {}

  void TestBody() override {
    rig::TemporaryDir dir;
    rig::PostgresServer& target = rig::SharedPostgres();
    const std::string database = rig::FreshDatabase(target);
    const std::string report = dir / "report";
    std::vector<std::string> arguments = {"run", MakeSource(case_, engine_, dir),
                                          target.Url(database), "--report", report};
    arguments.insert(arguments.end(), case_.arguments.begin(), case_.arguments.end());
    if (!case_.target.empty()) target.Execute(case_.target, database);
    if (!case_.config.empty()) {
      const std::string config = dir / "transload.toml";
      std::ofstream(config) << case_.config;
      arguments.insert(arguments.end(), {"-c", config});
    }
    TransloadRun run = RunTransload(arguments);
    ASSERT_EQ(run.exit_code, case_.exit_code) << run.command << "\n" << run.out << run.err;
    // Before the queries, some of which add rows.
    VerifyAgain(arguments[1], target.Url(database));
    for (const CaseQuery& query : case_.queries) {
      EXPECT_EQ(Printed(target.Query(query.sql, database)), query.expected) << query.sql << run.err;
    }
    for (const std::string& expected : case_.errors) {
      EXPECT_TRUE(std::regex_search(run.out + run.err, std::regex(expected))) << expected << "\n"
                                                                              << run.err;
    }
    const std::string json = case_.reports.empty() ? "" : rig::Slurp(report + "/report.json");
    for (const std::string& expected : case_.reports) {
      EXPECT_TRUE(std::regex_search(json, std::regex(expected))) << expected << "\n" << json;
    }
  }

 private:
  // What is equal is never reported different: not by checksums and not by the second witness,
  // which may have nothing to say of some columns.
  void VerifyAgain(const std::string& source, const std::string& target) const {
    if (case_.exit_code != 0) return;
    // This driver makes NULL of a zero date, which the count of the system behind it can't know.
    if (engine_ == "odbc-mariadb" && case_.name == "m019_zero_dates") return;
    const TransloadRun verify = RunTransload({"verify", source, target, "--verify", "full"});
    EXPECT_TRUE(verify.exit_code == 0 || verify.exit_code == 7) << verify.out << verify.err;
    EXPECT_EQ(verify.out.find("mismatch"), std::string::npos) << verify.out;
  }

  ConformanceCase case_;
  std::string engine_;
};

// Registered at start-up, one test per case and engine, so that a filter can pick one.
const bool kRegistered = [] {
  for (const ConformanceCase& c : ReadCases(TRANSLOAD_CASES)) {
    for (const char* engine :
         {"mariadb", "sqlite", "postgres", "postgres12", "postgres14", "odbc-mariadb",
          "odbc-postgres", "odbc-sqlite", "mssql", "mysql9", "mysql56"}) {
      if (!c.RunsOn(engine)) continue;
      const std::string name = engine;
      if (name == "mssql" && SqlServerUrl().empty()) continue;
      const bool matrix = name.starts_with("mysql") || name == "postgres12" || name == "postgres14";
      std::string suite = std::string(matrix ? "ConformanceMatrix_" : "Conformance_") + engine;
      std::replace(suite.begin(), suite.end(), '-', '_');
      testing::RegisterTest(suite.c_str(), c.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [c, engine]() -> CaseTest* { return new CaseTest(c, engine); });
    }
  }
  return true;
}();

}  // namespace
}  // namespace transload
