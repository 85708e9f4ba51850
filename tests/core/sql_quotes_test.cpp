#include "core/sql_quotes.h"

#include <gtest/gtest.h>

namespace transload {
namespace {

TEST(SqlQuotes, StandTwiceWithin) {
  EXPECT_EQ(QuoteIdent("b\"x"), "\"b\"\"x\"");
  EXPECT_EQ(QuoteLiteral("it's"), "'it''s'");
  EXPECT_EQ(Quoted("`", '`'), "````");
  EXPECT_EQ(QuoteLiteral(""), "''");
}

TEST(SqlQuotes, LeaveTheRestAsItIs) {
  EXPECT_EQ(QuoteIdent("it's \\ é\n"), "\"it's \\ é\n\"");
  EXPECT_EQ(QuoteLiteral("b\"x \\n"), "'b\"x \\n'");
}

}  // namespace
}  // namespace transload
