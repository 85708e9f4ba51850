#include "core/url.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace transload {
namespace {

TEST(ParseUrl, TakesAMysqlUrlApart) {
  Url url = ParseUrl(
      "mysql://app:p%40ss%2Fw%3Ard@db1:3307/shop?ssl-mode=verify_identity&socket=%2Frun%2Fm.sock");
  EXPECT_EQ(url.scheme, "mysql");
  EXPECT_EQ(url.user, "app");
  EXPECT_EQ(url.password, "p@ss/w:rd");
  EXPECT_EQ(url.host, "db1");
  EXPECT_EQ(url.port, 3307);
  EXPECT_EQ(url.database, "shop");
  ASSERT_EQ(url.parameters.size(), 2u);
  EXPECT_EQ(*url.FindParameter("SSL-Mode"), "verify_identity");
  EXPECT_EQ(*url.FindParameter("socket"), "/run/m.sock");
  EXPECT_EQ(url.FindParameter("ssl-ca"), nullptr);
}

struct Display {
  std::string text;
  std::string scheme;
  std::string host;
  int port;
  std::string database;
  std::string redacted;
};

class UrlForms : public testing::TestWithParam<Display> {};

TEST_P(UrlForms, AreReadAndShownWithoutSecrets) {
  const Display& want = GetParam();
  Url url = ParseUrl(want.text);
  EXPECT_EQ(url.scheme, want.scheme);
  EXPECT_EQ(url.host, want.host);
  EXPECT_EQ(url.port, want.port);
  EXPECT_EQ(url.database, want.database);
  EXPECT_EQ(Redacted(url), want.redacted);
  EXPECT_EQ(Redacted(want.text), want.redacted);
  EXPECT_EQ(url.original, want.text);
  EXPECT_EQ(Redacted(url).find("hunter2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    All, UrlForms,
    testing::Values(
        Display{"mysql://app@db1/shop", "mysql", "db1", 0, "shop", "mysql://app@db1/shop"},
        Display{"MariaDB://app:hunter2@db1:3306/shop", "mysql", "db1", 3306, "shop",
                "MariaDB://app:***@db1:3306/shop"},
        Display{"mysql://a:@h/d", "mysql", "h", 0, "d", "mysql://a:***@h/d"},
        Display{"mysql://[::1]:3306/d", "mysql", "::1", 3306, "d", "mysql://[::1]:3306/d"},
        Display{"mysql:///d?socket=/s&password=hunter2", "mysql", "", 0, "d",
                "mysql:///d?socket=/s&password=***"},
        Display{"mssql://sa:hunter2@h:1433/db?driver=FreeTDS", "mssql", "h", 1433, "db",
                "mssql://sa:***@h:1433/db?driver=FreeTDS"},
        Display{"mssql://sa@h\\SQLEXPRESS/db", "mssql", "h\\SQLEXPRESS", 0, "db",
                "mssql://sa@h\\SQLEXPRESS/db"},
        Display{"sqlite:shop.db", "sqlite", "", 0, "shop.db", "sqlite:shop.db"},
        Display{"sqlite:dir/a%20b.db", "sqlite", "", 0, "dir/a b.db", "sqlite:dir/a%20b.db"},
        Display{"sqlite:///var/shop.db", "sqlite", "", 0, "/var/shop.db", "sqlite:///var/shop.db"},
        Display{"sqlite:/var/shop.db?x=1", "sqlite", "", 0, "/var/shop.db",
                "sqlite:/var/shop.db?x=1"},
        Display{"postgresql://u:hunter2@h/d?sslpassword=hunter2&sslmode=require", "postgresql", "h",
                0, "d", "postgresql://u:***@h/d?sslpassword=***&sslmode=require"},
        Display{"postgres://a:5432,b:5433/d", "postgresql", "a:5432,b:5433", 0, "d",
                "postgres://a:5432,b:5433/d"},
        Display{"host=db1 dbname=shop password='hun\\'ter 2' port=5433", "postgresql", "db1", 5433,
                "shop", "host=db1 dbname=shop password=*** port=5433"},
        Display{"service = x  password = hunter2", "postgresql", "", 0, "",
                "service = x  password = ***"},
        Display{"odbc:DSN=x;UID=sa;PWD=hunter2;Database=d", "odbc", "", 0, "d",
                "odbc:DSN=x;UID=sa;PWD=***;Database=d"},
        Display{"odbc:Driver={My; Driver};Server=h;Pwd={hun;t}}er2};Encrypt=yes", "odbc", "h", 0,
                "", "odbc:Driver={My; Driver};Server=h;Pwd=***;Encrypt=yes"},
        Display{"local:pg data", "local", "", 0, "pg data", "local:pg data"},
        Display{"local:///srv/pg", "local", "", 0, "/srv/pg", "local:///srv/pg"}));

TEST(ParseUrl, ReadsThePasswordsOfKeywordAndOdbcStrings) {
  EXPECT_EQ(ParseUrl("host=h password='a\\'b c'").password, "a'b c");
  EXPECT_EQ(ParseUrl("odbc:DSN=x;PWD={a;b}}c}").password, "a;b}c");
}

struct WrongUrl {
  std::string text;
  std::string said;
};

class WrongUrls : public testing::TestWithParam<WrongUrl> {};

TEST_P(WrongUrls, AreRefusedWithAReasonAndWithoutThePassword) {
  try {
    ParseUrl(GetParam().text);
    FAIL() << GetParam().text;
  } catch (const Error& error) {
    std::string what = error.what();
    EXPECT_EQ(error.exit_code, ExitCode::kUsage);
    EXPECT_NE(what.find(GetParam().said), std::string::npos) << what;
    EXPECT_EQ(what.find("hun"), std::string::npos) << what;
    EXPECT_EQ(what.find("ter2"), std::string::npos) << what;
  }
  EXPECT_EQ(Redacted(GetParam().text).find("hun"), std::string::npos);
  EXPECT_EQ(Redacted(GetParam().text).find("ter2"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongUrls,
    testing::Values(
        WrongUrl{"", "empty"}, WrongUrl{"oracle://h/d", "unknown scheme 'oracle:'"},
        WrongUrl{"oracle://h/d", "mariadb://"}, WrongUrl{"shop.db", "sqlite:name.db"},
        WrongUrl{"mysql://u:hun@ter2@h/d", "%40"}, WrongUrl{"mysql://u:hun/ter2@h/d", "%2F"},
        WrongUrl{"mysql://u:hun?ter2@h/d", "%3F"}, WrongUrl{"mysql://u:hun#ter2@h/d", "%23"},
        WrongUrl{"mysql://u:hun%ter2@h/d", "%25"}, WrongUrl{"mysql://u:p%00@h/d", "%25"},
        WrongUrl{"mysql://h:99999/d", "65535"}, WrongUrl{"mysql://h:x/d", "port"},
        WrongUrl{"mysql://::1/d", "brackets"}, WrongUrl{"mysql://[::1/d", "']'"},
        WrongUrl{"mysql://a,b/d", "one host"}, WrongUrl{"mysql:host/d", "'//'"},
        WrongUrl{"mysql://h/a/b", "one name"}, WrongUrl{"mysql://h/d?x", "name=value"},
        WrongUrl{"sqlite:", "path"}, WrongUrl{"sqlite://x.db", "sqlite:///absolute.db"},
        WrongUrl{"sqlite::memory:", "file"}, WrongUrl{"odbc:", "empty"},
        WrongUrl{"odbc:DSN", "name=value"}, WrongUrl{"odbc:DSN=x;PWD={hunter2", "'{'"},
        WrongUrl{"odbc:PWD={hun}ter2};DSN=x", "'}}'"}, WrongUrl{"local:", "directory"},
        WrongUrl{"host=h password='hunter2", "never ends"},
        WrongUrl{"host=h hunter2", "keyword=value"},
        WrongUrl{"dbname=postgresql://u:hunter2@h/d", "the URL alone"}));

TEST(Redacted, HidesEverythingOfATextThatCannotBeRead) {
  EXPECT_EQ(Redacted("mysql://u:a@b@h/d"), "mysql:***");
  EXPECT_EQ(Redacted("what is this"), "***");
}

}  // namespace
}  // namespace transload
