#include "extract/odbc/driver_quirks.h"

#include <gtest/gtest.h>
#include <sql.h>
#include <sqlext.h>

#include "extract/odbc/column_width.h"
#include "extract/odbc/dbms_traits.h"
#include "extract/odbc/naming.h"

namespace transload::odbc {
namespace {

TEST(OdbcQuirks, AreFoundByTheDriversFile) {
  EXPECT_EQ(QuirksOf("libmaodbc.so").name, "MariaDB Connector/ODBC");
  EXPECT_EQ(QuirksOf("psqlodbcw.so").name, "psqlodbc");
  EXPECT_EQ(QuirksOf("sqlite3odbc.so").name, "sqliteodbc");
  EXPECT_EQ(QuirksOf("libmsodbcsql-18.3.so.2.1").name, "Microsoft ODBC Driver for SQL Server");
  EXPECT_EQ(QuirksOf("libtdsodbc.so").name, "FreeTDS");
  EXPECT_EQ(QuirksOf("libclouderaimpalaodbc64.so").name, "");
}

TEST(OdbcTraits, AreFoundByTheSystemsName) {
  EXPECT_FALSE(TraitsOf("MariaDB").lock.empty());
  EXPECT_FALSE(TraitsOf("MySQL").lock.empty());
  EXPECT_FALSE(TraitsOf("PostgreSQL").exported.empty());
  EXPECT_FALSE(TraitsOf("SQLite").commit_counter.empty());
  EXPECT_TRUE(TraitsOf("Microsoft SQL Server").sql_server);
  EXPECT_TRUE(TraitsOf("DB2/LINUXX8664").method.empty());
  EXPECT_EQ(TraitsOf("DB2/LINUXX8664").name, "");
}

TEST(OdbcNaming, QuotesAreDoubledAndPatternsEscaped) {
  Naming naming;
  EXPECT_EQ(naming.Quote("a\"b"), "\"a\"\"b\"");
  naming.quote = "[";
  EXPECT_EQ(naming.Quote("a]b"), "[a]]b]");
  naming.has_schemas = true;
  EXPECT_EQ(naming.Table("s", "t"), "[s].[t]");
  naming.pattern_escape = "\\";
  EXPECT_EQ(naming.Pattern("a_b%"), "a\\_b\\%");
  naming.quote.clear();
  EXPECT_EQ(naming.Quote("plain_1"), "plain_1");
  EXPECT_THROW(naming.Quote("two words"), Error);
  EXPECT_EQ(QuoteText("it's"), "'it''s'");
}

TEST(OdbcWidths, ComeFromTheDescriptionOnlyWhereItHolds) {
  const DriverQuirks& plain = QuirksOf("unknown");
  EXPECT_EQ(BytesByDescription(CellFormat::kUtf16, {SQL_WVARCHAR, 20}, plain), 80u);
  EXPECT_EQ(BytesByDescription(CellFormat::kBytes, {SQL_VARBINARY, 20}, plain), 20u);
  EXPECT_FALSE(BytesByDescription(CellFormat::kUtf16, {SQL_WLONGVARCHAR, 0}, plain));
  EXPECT_FALSE(BytesByDescription(CellFormat::kUtf16, {SQL_WVARCHAR, 1'000'000}, plain));
  // Lengths of SQLite's types are not kept to.
  const DriverQuirks& sqlite = QuirksOf("libsqlite3odbc.so");
  EXPECT_FALSE(BytesByDescription(CellFormat::kText, {SQL_VARCHAR, 5}, sqlite));
  EXPECT_GE(BytesByOctets(CellFormat::kUtf16, 10), 22u);
}

TEST(OdbcWidths, AColumnThatOverflowedComesInPieces) {
  WidthCache cache;
  EXPECT_FALSE(cache.Find("t"));
  cache.Store("t", {80u, std::nullopt, 16u});
  cache.Unbind("t", 0);
  cache.Store("t", {80u, 80u, 80u});  // what another reader measured comes too late
  EXPECT_EQ(*cache.Find("t"), (ColumnWidths{std::nullopt, std::nullopt, 16u}));
}

}  // namespace
}  // namespace transload::odbc
