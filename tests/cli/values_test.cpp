#include "cli/values.h"

#include <gtest/gtest.h>

namespace transload {
namespace {

TEST(Values, ReadsSizesRatesAndTimeSpans) {
  EXPECT_EQ(ParseSize("64MiB"), std::uint64_t{64} << 20);
  EXPECT_EQ(ParseSize("1.5kB"), 1500u);
  EXPECT_EQ(ParseSize("1000000"), 1'000'000u);
  EXPECT_EQ(ParseRate("50MB/s"), 50'000'000u);
  EXPECT_EQ(ParseRate("50 MB"), 50'000'000u);
  EXPECT_EQ(ParseDuration("500ms"), 500u);
  EXPECT_EQ(ParseDuration("2h"), 7'200'000u);
  EXPECT_DOUBLE_EQ(ParsePercent("0.5%"), 0.5);
  EXPECT_EQ(ParseMaxRejects("100").rows, 100u);
  EXPECT_DOUBLE_EQ(*ParseMaxRejects("2%").percent, 2.0);
}

TEST(Values, RefusesWhatHasNoUnitOrNoSense) {
  for (const char* text : {"", "MB", "-1MB", "0", "5XB", "nan", "inf", "1e300GB"}) {
    EXPECT_THROW(ParseSize(text), Error) << text;
  }
  for (const char* text : {"", "5", "0s", "-1s", "5 parsecs", "9999h"}) {
    EXPECT_THROW(ParseDuration(text), Error) << text;
  }
  for (const char* text : {"5", "0%", "101%", "x%"}) EXPECT_THROW(ParsePercent(text), Error);
  for (const char* text : {"", "x", "-1", "1.5"}) EXPECT_THROW(ParseMaxRejects(text), Error);
  for (const char* text : {"0", "257", "1x", ""}) EXPECT_THROW(ParseInteger(text, 1, 256), Error);
}

TEST(Values, ReadsTypeAndColumnMaps) {
  EXPECT_EQ(ParseMap("tinyint(1)=smallint").type, "tinyint(1)");
  EXPECT_EQ(ParseMap("enum('a=b')=text").type, "enum('a=b')");
  MapRule rule = ParseMap("col:shop.orders.meta=jsonb");
  EXPECT_EQ(rule.column, "shop.orders.meta");
  EXPECT_EQ(rule.to, "jsonb");
  for (const char* text : {"x", "=text", "x=", "col:meta=text", "col:a.=text"}) {
    EXPECT_THROW(ParseMap(text), Error) << text;
  }
}

TEST(NearMiss, FindsATypingErrorAndNothingElse) {
  EXPECT_EQ(NearMiss("jbos", {"jobs", "report"}), "jobs");
  EXPECT_EQ(NearMiss("max_rejcts", {"max_rate", "max_rejects"}), "max_rejects");
  EXPECT_EQ(NearMiss("elephant", {"jobs", "report"}), "");
}

}  // namespace
}  // namespace transload
