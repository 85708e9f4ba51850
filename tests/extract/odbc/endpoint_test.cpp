#include "extract/odbc/endpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "core/error.h"
#include "tests/rig/temporary_dir.h"

namespace transload::odbc {
namespace {

const std::vector<OdbcDriver> kFreeTdsOnly = {{"FreeTDS", "libtdsodbc.so", "FreeTDS", ""}};
const std::vector<OdbcDriver> kBoth = {
    {"FreeTDS", "libtdsodbc.so", "FreeTDS", ""},
    {"ODBC Driver 17 for SQL Server", "libmsodbcsql-17.so", "", ""},
    {"ODBC Driver 18 for SQL Server", "libmsodbcsql-18.so", "", ""}};

std::string SqlServer(const std::string& url, const std::vector<OdbcDriver>& drivers) {
  return ConnectionString(SqlServerAttributes(ParseUrl(url), drivers));
}

TEST(OdbcEndpoint, SqlServerTakesMicrosoftsNewestDriver) {
  EXPECT_EQ(SqlServer("mssql://sa:p%3Bw@db1/shop?TrustServerCertificate=yes", kBoth),
            "Driver={ODBC Driver 18 for SQL Server};Server={tcp:db1,1433};Database=shop;UID=sa;"
            "PWD={p;w};TrustServerCertificate=yes;");
}

TEST(OdbcEndpoint, SqlServerFallsBackToFreeTds) {
  EXPECT_EQ(SqlServer("mssql://sa@db1:1444/shop", kFreeTdsOnly),
            "Driver={FreeTDS};Server=db1;Port=1444;Database=shop;UID=sa;");
}

TEST(OdbcEndpoint, ADriverCanBeNamed) {
  EXPECT_EQ(SqlServer("mssql://sa@db1/shop?driver=FreeTDS", kBoth),
            "Driver={FreeTDS};Server=db1;Port=1433;Database=shop;UID=sa;");
}

TEST(OdbcEndpoint, WithoutADriverThePackagesAreNamed) {
  try {
    SqlServer("mssql://sa:secret@db1/shop", {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code, ExitCode::kRefused);
    const std::string text = error.what();
    EXPECT_NE(text.find("msodbcsql18"), std::string::npos);
    EXPECT_NE(text.find("tdsodbc"), std::string::npos);
    EXPECT_EQ(text.find("secret"), std::string::npos);
  }
}

TEST(OdbcEndpoint, AFileDsnStandsForWhatItHolds) {
  const rig::TemporaryDir dir;
  std::ofstream(dir / "shop.dsn") << "[ODBC]\r\n; a comment\nDRIVER = {MariaDB Unicode}\n"
                                     "SERVER=db1\nPWD={p;w}}d}\n[other]\nUID=nobody\n";
  const Attributes given = {{"FileDSN", dir / "shop.dsn"}, {"Server", "db2"}};
  EXPECT_EQ(ConnectionString(WithFileDsn(given)),
            "Server=db2;DRIVER={MariaDB Unicode};PWD={p;w}}d};");
  try {
    WithFileDsn({{"FILEDSN", dir / "gone.dsn"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code, ExitCode::kRefused);
    EXPECT_NE(std::string(error.what()).find("gone.dsn: No such file"), std::string::npos);
  }
}

TEST(OdbcEndpoint, QuirksFillWhatTheUserLeftOpen) {
  const Attributes given = {{"Driver", "MariaDB Unicode"}, {"Option", "4"}, {"charset", "latin1"}};
  EXPECT_EQ(ConnectionString(WithQuirks(given, QuirksOf("libmaodbc.so"))),
            "Driver={MariaDB Unicode};Option=3145732;charset=latin1;");
}

TEST(OdbcEndpoint, AMissingDriverIsARefusalWithEveryRecord) {
  Options options;
  options.source_url = "odbc:Driver={No Such Driver};PWD=geheim";
  try {
    Connect(ReadEndpoint(options), nullptr);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code, ExitCode::kRefused);
    const std::string text = error.what();
    EXPECT_NE(text.find("transload drivers"), std::string::npos) << text;
    EXPECT_NE(text.find("SQLSTATE"), std::string::npos) << text;
    EXPECT_EQ(text.find("geheim"), std::string::npos) << text;
  }
}

TEST(OdbcEndpoint, AWrongDsnIsARefusal) {
  Options options;
  options.source_url = "odbc:DSN=no_such_data_source";
  try {
    Connect(ReadEndpoint(options), nullptr);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "IM002");
    EXPECT_EQ(error.exit_code, ExitCode::kRefused);
  }
}

TEST(OdbcEndpoint, FreeTdsTellsThatNoServerAnswers) {
  setenv("TRANSLOAD_SOURCE_PASSWORD", "geheim", 1);
  Options options;
  options.source_url = "mssql://sa@127.0.0.1:1/shop?driver=FreeTDS";
  try {
    Connect(ReadEndpoint(options), &QuirksOf("libtdsodbc.so"));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code, ExitCode::kRefused);
    EXPECT_TRUE(error.retryable);
    EXPECT_EQ(std::string(error.what()).find("geheim"), std::string::npos) << error.what();
  }
  unsetenv("TRANSLOAD_SOURCE_PASSWORD");
}

TEST(OdbcDrivers, InstalledOnesAreListedWithWhatIsKnown) {
  const OdbcInstallation found = FindOdbcInstallation();
  const auto maria =
      std::find_if(found.drivers.begin(), found.drivers.end(),
                   [](const OdbcDriver& driver) { return driver.name == "MariaDB Unicode"; });
  ASSERT_NE(maria, found.drivers.end());
  EXPECT_EQ(maria->file, "libmaodbc.so");
  EXPECT_EQ(maria->known, "MariaDB Connector/ODBC");
}

}  // namespace
}  // namespace transload::odbc
