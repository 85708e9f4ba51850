// SQLite's values, each with a type of its own, into columns that have one.
#include <gtest/gtest.h>

#include <limits>

#include "tests/transform/encoding.h"

namespace transload {
namespace {

using encoding::Case;
using encoding::Dynamic;
using encoding::EncodeCell;
using encoding::Raw;
using encoding::Shown;

std::string Int(std::int64_t value) { return Dynamic(DynamicClass::kInteger, Raw(value)); }
std::string Real(double value) { return Dynamic(DynamicClass::kReal, Raw(value)); }
std::string Text(std::string_view value) { return Dynamic(DynamicClass::kText, value); }
std::string Blob(std::string_view value) { return Dynamic(DynamicClass::kBlob, value); }

Case Into(std::string target, std::string policy = "") {
  return {.format = CellFormat::kDynamic,
          .target = std::move(target),
          .policy = std::move(policy),
          .safe = true};
}

TEST(DynamicEncoder, WritesEveryClassAsText) {
  EXPECT_EQ(Shown(Into("text"), Int(5)), "5");
  EXPECT_EQ(Shown(Into("text"), Real(1.5)), "1.5");
  EXPECT_EQ(Shown(Into("text"), Text("5x")), "5x");
  EXPECT_EQ(Shown(Into("text"), Blob(std::string(1, '\0'))), "\\x00");
  EXPECT_EQ(EncodeCell(Into("text"), Blob("a")).coerced(), "sqlite=blob_as_hex");
  Case as_text = Into("text");
  as_text.decode = "blob_text";
  EXPECT_EQ(Shown(as_text, Blob("plain")), "plain");
}

TEST(DynamicEncoder, TakesWholeRealsAsIntegers) {
  EXPECT_EQ(Shown(Into("bigint"), Int(INT64_MAX)), "9223372036854775807");
  EXPECT_EQ(Shown(Into("bigint"), Real(3.0)), "3");
  EXPECT_TRUE(Shown(Into("bigint"), Real(3.5)).starts_with("misfit:"));
  EXPECT_TRUE(Shown(Into("bigint"), Text("5x")).starts_with("misfit:"));
  EXPECT_TRUE(Shown(Into("bigint"), Blob("5")).starts_with("misfit: blob value"));
  EXPECT_TRUE(Shown(Into("smallint"), Int(40000)).starts_with("misfit:"));
}

TEST(DynamicEncoder, WritesNumbers) {
  EXPECT_EQ(Shown(Into("double precision"), Real(-0.0)), "-0");
  EXPECT_EQ(Shown(Into("double precision"), Int(7)), "7");
  EXPECT_EQ(Shown(Into("double precision"), Real(std::numeric_limits<double>::infinity())),
            "Infinity");
  EXPECT_EQ(Shown(Into("numeric"), Real(1.1)), "1.1");
  EXPECT_EQ(Shown(Into("numeric(10,2)"), Real(1.1)), "1.10");
  EXPECT_TRUE(Shown(Into("numeric(10,2)"), Real(1.125)).starts_with("misfit:"));
  EXPECT_EQ(Shown(Into("numeric"), Text("12.50")), "12.50");
}

TEST(DynamicEncoder, ReadsBooleans) {
  EXPECT_EQ(Shown(Into("boolean"), Int(1)), "t");
  EXPECT_EQ(Shown(Into("boolean"), Text("off")), "f");
  EXPECT_TRUE(Shown(Into("boolean"), Int(2)).starts_with("misfit:"));
  EXPECT_TRUE(Shown(Into("boolean"), Text("maybe")).starts_with("misfit:"));
}

TEST(DynamicEncoder, ReadsIsoTextAsTimes) {
  EXPECT_EQ(Shown(Into("date"), Text("2024-05-06")), "2024-05-06");
  EXPECT_EQ(Shown(Into("timestamp"), Text("2024-05-06T07:08:09.123")), "2024-05-06 07:08:09.123");
  EXPECT_EQ(Shown(Into("timestamp"), Text("2024-05-06t07:08")), "2024-05-06 07:08:00");
  EXPECT_EQ(Shown(Into("timestamptz"), Text("2024-05-06 07:08:09 -05:30")),
            "2024-05-06 12:38:09+00");
  EXPECT_EQ(Shown(Into("time"), Text("07:08")), "07:08:00");
  EXPECT_EQ(Shown(Into("timestamp"), Text("2024-05-06 07:08:09.1234567")),
            "2024-05-06 07:08:09.123456");
  for (const char* bad : {"2024-5-6", "06.05.2024", "2024-05-06 25:00", "2024-05-06x", "now", ""}) {
    EXPECT_TRUE(Shown(Into("timestamp"), Text(bad)).starts_with("misfit:")) << bad;
  }
}

TEST(DynamicEncoder, TakesNumbersAsTimesOnlyWhenTold) {
  EXPECT_TRUE(Shown(Into("timestamp"), Int(0)).starts_with("misfit: integer value 0"));
  EXPECT_EQ(Shown(Into("timestamp", "sqlite_epoch=unix_s"), Int(1714979289)),
            "2024-05-06 07:08:09");
  EXPECT_EQ(Shown(Into("timestamptz", "sqlite_epoch=unix_ms"), Int(-1)),
            "1969-12-31 23:59:59.999+00");
  EXPECT_EQ(Shown(Into("timestamp", "sqlite_epoch=unix_us"), Int(1)), "1970-01-01 00:00:00.000001");
  EXPECT_EQ(Shown(Into("timestamp", "sqlite_epoch=unix_s"), Real(0.5)), "1970-01-01 00:00:00.5");
  EXPECT_EQ(Shown(Into("timestamp", "sqlite_epoch=julian"), Real(2451545.0)),
            "2000-01-01 12:00:00");
  EXPECT_EQ(Shown(Into("timestamp", "sqlite_epoch=julian"), Real(2460436.797326389)),
            "2024-05-06 07:08:09");
  EXPECT_EQ(Shown(Into("date", "sqlite_epoch=unix_s"), Int(86400)), "1970-01-02");
  EXPECT_TRUE(
      Shown(Into("timestamp", "sqlite_epoch=unix_s"), Int(INT64_MAX)).starts_with("misfit:"));
  EXPECT_TRUE(
      Shown(Into("timestamp", "sqlite_epoch=unix_us"), Int(INT64_MIN)).starts_with("misfit:"));
}

TEST(DynamicEncoder, ReadsDocumentsUuidsAndBytes) {
  EXPECT_EQ(Shown(Into("jsonb"), Text("{\"a\":1}")), "{\"a\":1}");
  EXPECT_EQ(Shown(Into("jsonb"), Int(5)), "5");
  EXPECT_TRUE(Shown(Into("jsonb"), Text("{a:1}")).starts_with("misfit:"));
  EXPECT_EQ(Shown(Into("uuid"), Text("00112233-4455-6677-8899-aabbccddeeff")),
            Shown(Into("uuid"), Blob(encoding::FromHex("00112233445566778899aabbccddeeff"))));
  EXPECT_EQ(Shown(Into("bytea"), Blob("")), "\\x");
  EXPECT_EQ(Shown(Into("bytea"), Text("ab")), "\\x6162");
  EXPECT_TRUE(Shown(Into("bytea"), Int(1)).starts_with("misfit:"));
}

TEST(DynamicEncoder, ChecksTextLikeAnyOther) {
  EXPECT_TRUE(Shown(Into("text"), Text(std::string("a\0b", 3))).starts_with("fault:"));
  EXPECT_TRUE(Shown(Into("text"), Text("\xED\xA0\x80")).starts_with("fault:"));
}

}  // namespace
}  // namespace transload
