// Names, literals, versions, grants, option files: the small texts of the MySQL adapter.
#include <gtest/gtest.h>

#include "core/hex.h"
#include "extract/mysql/grants.h"
#include "extract/mysql/option_file.h"
#include "extract/mysql/server_version.h"
#include "extract/mysql/session.h"
#include "extract/mysql/sql_text.h"

namespace transload::mysql {
namespace {

TEST(MySqlText, QuotesNamesWithBackticksQuotesNewlinesAndEmoji) {
  EXPECT_EQ(QuoteName("a`b"), "`a``b`");
  EXPECT_EQ(QuoteName("it's \"x\"\n\xF0\x9F\x98\x80"), "`it's \"x\"\n\xF0\x9F\x98\x80`");
  EXPECT_EQ(QuoteTable("s", "t"), "`s`.`t`");
}

TEST(MySqlText, QuotesTextSoThatNothingEscapes) {
  EXPECT_EQ(QuoteText("it's"), "'it''s'");
  EXPECT_EQ(QuoteText("a\\b"), "'a\\\\b'");
  EXPECT_EQ(QuoteText(std::string_view("a\0b", 3)), "'a\\0b'");
}

TEST(MySqlText, WritesBytesAsHexAndBack) {
  std::string bytes("\x00\xff\x1a", 3);
  EXPECT_EQ(HexLiteral(bytes), "x'00ff1a'");
  EXPECT_EQ(FromHex(LowerHex(bytes)), bytes);
}

TEST(MySqlVersion, TellsServersApart) {
  ServerVersion maria = ServerVersion::Parse("10.11.6-MariaDB-0+deb12u1-log");
  EXPECT_TRUE(maria.mariadb);
  EXPECT_EQ(maria.number, 101106);
  EXPECT_EQ(ServerVersion::Parse("5.5.5-10.3.39-MariaDB").number, 100339);
  EXPECT_TRUE(ServerVersion::Parse("9.7.0").MySqlSince(80030));
  EXPECT_TRUE(ServerVersion::Parse("5.6.51-log").supported());
  EXPECT_FALSE(ServerVersion::Parse("5.5.62").supported());
  EXPECT_FALSE(ServerVersion::Parse("10.2.44-MariaDB").supported());
}

TEST(MySqlSession, AsksForNoVariableThatTheServerLacks) {
  auto has = [](const char* version, std::string_view variable) {
    for (const SessionSetting& setting : SessionSettings(ServerVersion::Parse(version))) {
      if (setting.variable == variable) return true;
    }
    return false;
  };
  EXPECT_TRUE(has("5.6.51", "tx_isolation"));
  EXPECT_FALSE(has("5.6.51", "max_execution_time"));
  EXPECT_TRUE(has("9.7.0", "transaction_isolation"));
  EXPECT_TRUE(has("9.7.0", "information_schema_stats_expiry"));
  EXPECT_TRUE(has("10.11.6-MariaDB", "tx_isolation"));
  EXPECT_TRUE(has("10.11.6-MariaDB", "max_statement_time"));
  EXPECT_FALSE(has("10.11.6-MariaDB", "max_execution_time"));
}

TEST(MySqlGrants, ReadsScopesListsAndPatterns) {
  Grants grants;
  grants.Add("GRANT SELECT, INSERT (`a`, `b`), SHOW VIEW ON `shop`.* TO `u`@`%`");
  grants.Add("GRANT TRIGGER ON `s\\_1`.* TO `u`@`%`");
  grants.Add("GRANT EVENT ON `shop`.`t` TO `u`@`%`");
  grants.Add("GRANT PROCESS, RELOAD ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD 'x'");
  grants.Add("GRANT `role` TO `u`@`%`");
  EXPECT_TRUE(grants.Has("SELECT", "shop"));
  EXPECT_TRUE(grants.Has("SHOW VIEW", "shop"));
  EXPECT_FALSE(grants.Has("SELECT", "other"));
  EXPECT_FALSE(grants.Has("EVENT", "shop")) << "a grant on one table is no grant on all";
  EXPECT_TRUE(grants.Has("TRIGGER", "s_1"));
  EXPECT_FALSE(grants.Has("TRIGGER", "sx1"));
  EXPECT_TRUE(grants.Has("RELOAD", ""));
  EXPECT_FALSE(grants.Has("SELECT", "")) << "a grant on a database is none on the server";
}

TEST(MySqlGrants, AllPrivilegesAreAll) {
  Grants grants;
  grants.Add("GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION");
  EXPECT_TRUE(grants.Has("LOCK TABLES", "any"));
  EXPECT_TRUE(grants.Has("RELOAD", ""));
}

TEST(MySqlOptionFile, ReadsTheClientSectionOnly) {
  OptionFile file = ParseOptionFile(
      "user = outside\n"
      "[mysqld]\nport = 1\n"
      "# a comment\n; another\n"
      "[client]\n"
      "user = app   # who\n"
      "password=\"p#w \\\" \\\\ x\" # not this\n"
      "host='db one'\r\n"
      "port=3307\n"
      "[mysql]\nuser=no\n"
      "[client]\nsocket=/a\\sb\n");
  EXPECT_EQ(file.user, "app");
  EXPECT_EQ(file.password, "p#w \" \\ x");
  EXPECT_EQ(file.host, "db one");
  EXPECT_EQ(file.port, "3307");
  EXPECT_EQ(file.socket, "/a b");
}

TEST(MySqlOptionFile, ReadsWhatItSaysOfTls) {
  OptionFile file = ParseOptionFile(
      "[client]\nssl_mode=VERIFY_IDENTITY\nssl-ca = /c.pem\nssl-cert=/d.pem\nssl_key=/k.pem\n");
  EXPECT_EQ(file.ssl_mode, "VERIFY_IDENTITY");
  EXPECT_EQ(file.ssl_ca, "/c.pem");
  EXPECT_EQ(file.ssl_cert, "/d.pem");
  EXPECT_EQ(file.ssl_key, "/k.pem");
  EXPECT_EQ(ParseOptionFile("[client]\nssl-verify-server-cert # always\n").ssl_mode,
            "verify_identity");
  EXPECT_FALSE(ParseOptionFile("[client]\nssl-verify-server-cert=Off\n").ssl_mode.has_value());
}

TEST(MySqlOptionFile, TakesTheLastOfTwoAndAnEmptyValue) {
  OptionFile file = ParseOptionFile("[client]\nuser=a\nuser=b\npassword=\n");
  EXPECT_EQ(file.user, "b");
  EXPECT_EQ(file.password, "");
  EXPECT_FALSE(file.host.has_value());
}

}  // namespace
}  // namespace transload::mysql
