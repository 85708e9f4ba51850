#include "load/conninfo.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "core/error.h"

namespace transload {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Conninfo, ShowsUrlsWithoutPassword) {
  Conninfo conninfo("postgresql://ann:s3cret@db1:5433/shop", 10'000, 300'000);
  EXPECT_EQ(conninfo.display_url(), "postgresql://ann:***@db1:5433/shop");
  EXPECT_THAT(conninfo.ConnectionString(), HasSubstr("password='s3cret'"));
}

TEST(Conninfo, ShowsKeywordStringsWithoutPassword) {
  Conninfo conninfo("host=/run/pg dbname=shop user=ann password='it\\'s'", 10'000, 300'000);
  EXPECT_THAT(conninfo.display_url(), Not(HasSubstr("it's")));
}

TEST(Conninfo, NeverRepeatsWhatItCannotParse) {
  try {
    Conninfo conninfo("postgresql://ann:s3c%ret@db1/shop", 10'000, 300'000);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code, ExitCode::kUsage);
    EXPECT_THAT(error.what(), Not(HasSubstr("s3c")));
  }
}

TEST(Conninfo, LooksForThePasswordAnewEachTime) {
  Conninfo conninfo("postgresql://ann@db1/shop", 10'000, 300'000);
  ::setenv("TRANSLOAD_TARGET_PASSWORD", "one", 1);
  EXPECT_THAT(conninfo.ConnectionString(), HasSubstr("password='one'"));
  ::setenv("TRANSLOAD_TARGET_PASSWORD", "t'wo\\", 1);
  EXPECT_THAT(conninfo.ConnectionString(), HasSubstr("password='t\\'wo\\\\'"));
  ::unsetenv("TRANSLOAD_TARGET_PASSWORD");
  EXPECT_THAT(conninfo.ConnectionString(), Not(HasSubstr("password")));
}

TEST(Conninfo, SetsLimitsThatAreNeverZero) {
  for (const auto& [name, value] : SessionSettings(60'000)) {
    EXPECT_NE(value, "0") << name;
  }
}

}  // namespace
}  // namespace transload
