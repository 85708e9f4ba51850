#include "transform/json_scan.h"

#include <gtest/gtest.h>

#include "tests/transform/encoding.h"
#include "transform/canonical.h"

namespace transload {
namespace {

std::string Canonical(std::string_view text) {
  ByteBuffer out;
  JsonFindings findings;
  if (!ScanJsonb(text, out, findings)) return "refused: " + findings.why;
  return std::string(out.view());
}
bool IsJson(std::string_view text) {
  JsonFindings findings;
  return ScanJson(text, findings);
}
bool IsJsonb(std::string_view text) { return !Canonical(text).starts_with("refused"); }

TEST(ScanJson, TakesAndRefusesWhatPostgresqlDoes) {
  for (const char* good :
       {"1", " \t\r\n-0.5e+10 ", "\"a\"", "[]", "{}", "[1,[2,{\"a\":[]}]]", "null",
        "{\"a\":1,\"a\":2}", "[true,false]", "\"\\u00e9\\n\\/\"", "0e0", "\"\x7F\""}) {
    EXPECT_TRUE(IsJson(good)) << good;
    EXPECT_TRUE(IsJsonb(good)) << good;
  }
  for (const char* bad :
       {"",          " ",          "1.",   ".5",       "01",      "+1",          "-",
        "1e",        "nul",        "True", "[1,]",     "[,1]",    "{\"a\"}",     "{\"a\":}",
        "{a:1}",     "{\"a\":1,}", "\"",   "\"\t\"",   "\"\\x\"", "\"\\u12g4\"", "1 2",
        "[1",        "{\"a\":1",   "NaN",  "Infinity", "'a'",     "1x",          "[1}",
        "{\"a\":1]", "\"\xFF\"",   "12a",  "nullx"}) {
    EXPECT_FALSE(IsJson(bad)) << bad;
    EXPECT_FALSE(IsJsonb(bad)) << bad;
  }
}

TEST(ScanJson, LeavesToJsonbWhatOnlyJsonbRefuses) {
  for (const char* text : {"\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800x\"",
                           "\"\\ud800\\u0041\"", "1e200000", "1e-20000"}) {
    EXPECT_TRUE(IsJson(text)) << text;
    EXPECT_FALSE(IsJsonb(text)) << text;
  }
  EXPECT_TRUE(IsJsonb("\"\\ud83d\\ude00\""));
  EXPECT_TRUE(IsJsonb("1e131071"));
}

TEST(ScanJsonb, ComparesByValue) {
  EXPECT_EQ(Canonical("{\"b\":1,\"a\":2}"), Canonical(" { \"a\" : 2.0 , \"b\" : 1e0 } "));
  EXPECT_EQ(Canonical("100"), Canonical("1E+2"));
  EXPECT_EQ(Canonical("-0"), Canonical("0"));
  EXPECT_EQ(Canonical("\"\\u00e9\\t\""), Canonical("\"é\\u0009\""));
  EXPECT_EQ(Canonical("\"\\ud83d\\ude00\""), Canonical("\"😀\""));
  EXPECT_EQ(Canonical("{\"a\":1,\"a\":{\"y\":1,\"x\":2}}"), Canonical("{\"a\":{\"x\":2,\"y\":1}}"));
  EXPECT_EQ(Canonical("{\"aa\":1,\"b\":2}"), Canonical("{\"b\":2,\"aa\":1}"));
}

TEST(ScanJsonb, TellsDifferentValuesApart) {
  const char* values[] = {"1",
                          "\"1\"",
                          "[1]",
                          "[[1]]",
                          "{}",
                          "[]",
                          "null",
                          "\"\"",
                          "true",
                          "false",
                          "{\"a\":1}",
                          "{\"a\":2}",
                          "[1,2]",
                          "[2,1]",
                          "[12]",
                          "{\"a\":{}}",
                          "{\"a\":[]}",
                          "1.1",
                          "-1",
                          "[[],[]]",
                          "[[[]]]",
                          "{\"a\":null}",
                          "[\"a\",\"b\"]",
                          "[\"ab\"]",
                          "10",
                          "{\"b\":1}",
                          "{\"a\":1,\"b\":1}"};
  for (const char* a : values) {
    for (const char* b : values) {
      if (a != b) {
        EXPECT_NE(Canonical(a), Canonical(b)) << a << " " << b;
      }
    }
  }
}

TEST(ScanJsonb, ReportsWhatItNormalisesAway) {
  auto findings_of = [](std::string_view text) {
    ByteBuffer out;
    JsonFindings findings;
    EXPECT_TRUE(ScanJsonb(text, out, findings)) << findings.why;
    return findings;
  };
  EXPECT_TRUE(findings_of("{\"a\":1,\"b\":2,\"a\":3}").duplicate_keys);
  EXPECT_TRUE(findings_of("[{\"a\":{\"k\":1,\"k\":1}}]").duplicate_keys);
  EXPECT_FALSE(findings_of("{\"a\":1,\"b\":{\"a\":3}}").duplicate_keys);
  EXPECT_TRUE(findings_of("[-0.0]").negative_zero);
  EXPECT_FALSE(findings_of("[-1,0]").negative_zero);
}

TEST(ScanJsonb, GoesAsDeepAsMemory) {
  const std::size_t depth = 200000;
  const std::string deep = std::string(depth, '[') + std::string(depth, ']');
  EXPECT_EQ(Canonical(deep), deep);
}

TEST(ScanJsonb, HasTheDocumentedForm) {
  // docs/checksums.md shows these bytes.
  EXPECT_EQ(encoding::Hex(Canonical("{\"bb\":null,\"a\":[1.50,true]}")),
            "7b73000000016"
            "15b64000200000000000000011388745d7300000002"
            "62626e7d");
}

TEST(JsonbEncoder, WritesTheVersionAndKeepsTheText) {
  const encoding::Case jsonb{.target = "jsonb"};
  const encoding::Outcome outcome = encoding::EncodeCell(jsonb, "{\"b\":1.0,\"a\":1e2}");
  EXPECT_EQ(*outcome.field, "\1{\"b\":1.0,\"a\":1e2}");
  // As PostgreSQL sends the same document back.
  RowCanonicaliser canonicaliser({encoding::TargetOf(jsonb)}, 7);
  RowChecksum back;
  ByteBuffer scratch;
  RowBatch batch;
  batch.BeginRow();
  batch.AppendCell("\1{\"a\": 100, \"b\": 1.0}");
  canonicaliser.AddRow(batch.Row(0), back, scratch);
  EXPECT_EQ(back, outcome.checksum);
}

TEST(JsonbEncoder, CountsDuplicateKeysAndNegativeZero) {
  const encoding::Case jsonb{.target = "jsonb"};
  EXPECT_EQ(encoding::EncodeCell(jsonb, "{\"a\":1,\"a\":2}").coerced(), "jsonb=duplicate_keys");
  EXPECT_EQ(encoding::EncodeCell(jsonb, "-0").coerced(), "jsonb=negative_zero");
}

TEST(JsonbEncoder, FollowsItsPolicy) {
  EXPECT_NE(encoding::EncodeCell({.target = "jsonb"}, "").fault, "");
  EXPECT_NE(encoding::EncodeCell({.target = "jsonb"}, "\"\\u0000\"").fault, "");
  const encoding::Outcome null =
      encoding::EncodeCell({.target = "jsonb", .policy = "json_bad=null"}, "1.");
  EXPECT_EQ(null.hex(), "NULL");
  EXPECT_EQ(null.coerced(), "json_bad=null");
  const encoding::Outcome stripped = encoding::EncodeCell(
      {.target = "jsonb", .policy = "json_bad=strip_nul"}, "\"a\\u0000b\\\\u0000\"");
  EXPECT_EQ(*stripped.field, "\1\"ab\\\\u0000\"");
  EXPECT_EQ(stripped.coerced(), "json_bad=strip_nul");
  EXPECT_NE(encoding::EncodeCell({.target = "jsonb", .policy = "json_bad=strip_nul"}, "1.").fault,
            "");
  EXPECT_EQ(*encoding::EncodeCell({.target = "json"}, "{\"a\":\"\\u0000\", \"a\":1}").field,
            "{\"a\":\"\\u0000\", \"a\":1}");
}

}  // namespace
}  // namespace transload
