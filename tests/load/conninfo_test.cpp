#include "load/conninfo.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "core/error.h"

namespace transload {
namespace {

using testing::AllOf;
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

std::string ErrorOf(const std::string& url) {
  try {
    Conninfo conninfo(url, 10'000, 300'000);
  } catch (const Error& error) {
    return error.exit_code == ExitCode::kUsage ? error.what() : "another kind of error";
  }
  return "accepted";
}

TEST(Conninfo, NamesAParameterThatThereIsNotUnlessItMayBePartOfAPassword) {
  EXPECT_THAT(ErrorOf("postgresql://ann@db1/shop?sslmod=require"),
              HasSubstr("no parameter sslmod"));
  EXPECT_THAT(ErrorOf("host=db1 usr=ann"), HasSubstr("no parameter usr"));
  for (const char* url :
       {"postgresql://db1/shop?cret=x&user=a@b", "host=db1 password=se cret=1",
        "postgresql://ann@db1/shop?password=se&cret=1", "postgresql://db1/shop?cret%2F=1"}) {
    EXPECT_THAT(ErrorOf(url), AllOf(HasSubstr("the target is not"), Not(HasSubstr("cret")))) << url;
  }
}

TEST(Conninfo, KnowsTheValuesOfSslmode) {
  EXPECT_THAT(ErrorOf("postgresql://ann@db1/shop?sslmode=bogus"), HasSubstr("sslmode=bogus"));
  EXPECT_EQ(ErrorOf("postgresql://ann@db1/shop?sslmode=verify-full"), "accepted");
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
  for (const auto& [name, value] : CommonSettings(60'000)) {
    EXPECT_NE(value, "0") << name;
  }
}

}  // namespace
}  // namespace transload
