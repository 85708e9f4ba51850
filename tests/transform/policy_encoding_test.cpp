// What becomes of values that PostgreSQL cannot hold, policy by policy.
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/transform/encoding.h"

namespace transload {
namespace {

using encoding::Case;
using encoding::Civil;
using encoding::EncodeCell;
using encoding::Outcome;
using encoding::Raw;
using encoding::Shown;

Case Timestamp(std::string policy, std::string target = "timestamp") {
  return {.format = CellFormat::kCivil,
          .target = std::move(target),
          .source_type = "datetime",
          .policy = std::move(policy)};
}

TEST(ZeroDatePolicy, DecidesOverWholeZeroDates) {
  const std::string zero = Civil(0, 0, 0);
  EXPECT_EQ(Shown(Timestamp(""), zero), "NULL");
  EXPECT_EQ(EncodeCell(Timestamp(""), zero).coerced(), "zero_date=null");
  EXPECT_EQ(Shown(Timestamp("zero_date=neg_infinity"), zero), "-infinity");
  EXPECT_EQ(Shown(Timestamp("zero_date=neg_infinity", "date"), zero), "-infinity");
  EXPECT_EQ(Shown(Timestamp("zero_date=epoch:1970-01-01"), zero), "1970-01-01 00:00:00");
  EXPECT_EQ(Shown(Timestamp("zero_date=epoch:1900-01-02", "date"), zero), "1900-01-02");
  EXPECT_EQ(EncodeCell(Timestamp("zero_date=epoch:1970-01-01"), zero).coerced(),
            "zero_date=epoch:1970-01-01");
  EXPECT_TRUE(Shown(Timestamp("zero_date=error"), zero).starts_with("fault: a zero date"));
}

TEST(ZeroDatePolicy, RefusesAnEpochThatIsNoDate) {
  EXPECT_THROW(EncodeCell(Timestamp("zero_date=epoch:1970-13-01"), Civil(0, 0, 0)), Error);
  EXPECT_THROW(EncodeCell(Timestamp("zero_date=epoch:never"), Civil(0, 0, 0)), Error);
}

TEST(ZeroDatePolicy, CannotMakeNullOfANotNullColumn) {
  Case c = Timestamp("");
  c.not_null = true;
  const Outcome outcome = EncodeCell(c, Civil(0, 0, 0));
  EXPECT_NE(outcome.fault, "");
  EXPECT_TRUE(outcome.coercions.empty()) << "the row is not there, and nothing in it was changed";
}

TEST(KeyPolicies, NameOnlyValuesThatHelpInAKey) {
  Case c = Timestamp("zero_date=error");
  c.never_null = true;
  EXPECT_EQ(EncodeCell(c, Civil(0, 0, 0)).fault,
            "a zero date in a key; allow with the policy zero_date=neg_infinity or "
            "zero_date=epoch:...");
  EXPECT_EQ(EncodeCell(c, Civil(2020, 2, 31)).fault,
            "2020-02-31 is no whole date; allow with the policy partial_date=clamp_first or "
            "partial_date=text");
  Case label{.source_type = "enum", .policy = "enum_zero=error", .labels = {"a"}};
  label.never_null = true;
  EXPECT_EQ(EncodeCell(label, "").fault,
            "ENUM index 0, the mark of an invalid insert; allow with enum_zero=empty");
}

TEST(PartialDatePolicy, DecidesOverMissingPartsAndDaysThatAreNone) {
  EXPECT_TRUE(Shown(Timestamp(""), Civil(2020, 0, 15)).starts_with("fault: 2020-00-15"));
  EXPECT_EQ(Shown(Timestamp("partial_date=null"), Civil(2020, 0, 15)), "NULL");
  const Case clamp = Timestamp("partial_date=clamp_first", "date");
  EXPECT_EQ(Shown(clamp, Civil(2020, 0, 15)), "2020-01-15");
  EXPECT_EQ(Shown(clamp, Civil(2020, 2, 0)), "2020-02-01");
  EXPECT_EQ(Shown(clamp, Civil(2020, 2, 31)), "2020-02-29");
  EXPECT_EQ(Shown(clamp, Civil(2019, 2, 29)), "2019-02-28");
  // A time of day makes a zero date a partial one.
  EXPECT_TRUE(Shown(Timestamp(""), Civil(0, 0, 0, 1)).starts_with("fault: 0000-00-00"));
  EXPECT_TRUE(Shown(clamp, Civil(2020, 13, 1)).starts_with("fault: 2020-13-01 is no date"));
}

TEST(YearZeroPolicy, NeverTakesYearNineForZero) {
  EXPECT_EQ(Shown(Timestamp("", "date"), Civil(9, 12, 4)), "0009-12-04");
  EXPECT_EQ(Shown(Timestamp("", "date"), Civil(1, 1, 1)), "0001-01-01");
  EXPECT_TRUE(Shown(Timestamp("", "date"), Civil(0, 1, 1)).starts_with("fault: year 0"));
  EXPECT_EQ(Shown(Timestamp("year0=bc", "date"), Civil(0, 1, 1)), "0001-01-01 BC");
  EXPECT_EQ(Shown(Timestamp("year0=bc", "date"), Civil(0, 2, 29)), "0001-02-29 BC");
  EXPECT_EQ(Shown(Timestamp("year0=null", "date"), Civil(0, 1, 1)), "NULL");
}

TEST(TsExcessPolicy, CutsRoundsOrRefuses) {
  const std::string nanos = Civil(9999, 12, 31, 23, 59, 59, 999'999'900);
  EXPECT_EQ(Shown(Timestamp(""), nanos), "9999-12-31 23:59:59.999999");
  EXPECT_EQ(EncodeCell(Timestamp(""), nanos).coerced(), "ts_excess=truncate");
  EXPECT_EQ(Shown(Timestamp("ts_excess=round"), nanos), "10000-01-01 00:00:00");
  EXPECT_NE(EncodeCell(Timestamp("ts_excess=error"), nanos).fault, "");
  const Case millis = Timestamp("ts_excess=round", "timestamp(3)");
  EXPECT_EQ(Shown(millis, Civil(2024, 1, 1, 0, 0, 0, 999'600'000)), "2024-01-01 00:00:01");
  EXPECT_EQ(Shown(millis, Civil(2024, 1, 1, 0, 0, 0, 500'000)), "2024-01-01 00:00:00.001");
  EXPECT_EQ(Shown(Timestamp("", "timestamp(3)"), Civil(2024, 1, 1, 0, 0, 0, 999'600'000)),
            "2024-01-01 00:00:00.999");
  EXPECT_TRUE(EncodeCell(millis, Civil(2024, 1, 1, 0, 0, 0, 7'000'000)).coercions.empty());
}

TEST(NulBytePolicy, StripsReplacesOrRefuses) {
  const std::string text("a\0b", 3);
  EXPECT_TRUE(Shown({.target = "text"}, text).starts_with("fault: NUL byte in text at byte 1"));
  const Outcome stripped = EncodeCell({.policy = "nul_byte=strip"}, text);
  EXPECT_EQ(*stripped.field, "ab");
  EXPECT_EQ(stripped.coerced(), "nul_byte=strip");
  EXPECT_EQ(stripped.coercions.begin()->second.samples.at(0), "a\\0b");
  const Outcome replaced = EncodeCell({.policy = "nul_byte=replace:U+2400"}, text);
  EXPECT_EQ(*replaced.field, "a\u2400b");
  EXPECT_EQ(replaced.coerced(), "nul_byte=replace:U+2400");
  // Many of them, and more bytes than the cell had.
  const Outcome many = EncodeCell({.policy = "nul_byte=replace:U+2400"}, std::string(5000, '\0'));
  EXPECT_EQ(many.field->size(), 15000u);
  EXPECT_EQ(*EncodeCell({.target = "bytea"}, text).field, text);
}

TEST(BadUtf8Policy, ReplacesReadsAsLatin1OrRefuses) {
  EXPECT_TRUE(Shown({}, "a\xE9").starts_with("fault: text is not UTF-8 at byte 1 (0xe9)"));
  const Outcome replaced = EncodeCell({.policy = "bad_utf8=replace"}, "a\xE9z\xF0\x9F\x98!");
  EXPECT_EQ(*replaced.field, "a\uFFFDz\uFFFD!");
  EXPECT_EQ(replaced.coerced(), "bad_utf8=replace");
  EXPECT_EQ(*EncodeCell({.policy = "bad_utf8=replace"}, "\xED\xA0\x80").field, "\uFFFD");
  const Outcome latin1 = EncodeCell({.policy = "bad_utf8=latin1"}, "\xE9\xC3\xA9");
  EXPECT_EQ(*latin1.field, "\u00e9\u00c3\u00a9");
  EXPECT_EQ(latin1.coerced(), "bad_utf8=latin1");
  EXPECT_TRUE(EncodeCell({.policy = "bad_utf8=latin1"}, "é").coercions.empty());
  EXPECT_NE(EncodeCell({.policy = "bad_utf8=latin1"}, std::string_view("\xE9\0", 2)).fault, "");
}

TEST(BadUtf8Policy, DoesNotTakeWhatHasNoUnicodeForLatin1) {
  const std::string_view lost = "A\xFF\u042F";
  for (const char* policy : {"bad_utf8=error", "bad_utf8=latin1"}) {
    const Outcome refused = EncodeCell({.policy = policy, .charset = "cp1251"}, lost);
    EXPECT_NE(refused.fault.find("a character of cp1251 that has no Unicode"), std::string::npos)
        << refused.fault;
  }
  EXPECT_EQ(*EncodeCell({.policy = "bad_utf8=replace", .charset = "cp1251"}, lost).field,
            "A\uFFFD\u042F");
}

TEST(BadUtf8Policy, ALabelThatLostACharacterIsNoOtherLabel) {
  const Case c{.target = "mood", .source_type = "enum", .charset = "cp1251", .labels = {"a", "b?"}};
  EXPECT_EQ(*EncodeCell(c, "b?").field, "b?");
  const Outcome lost = EncodeCell(c, "b\xFF");
  EXPECT_NE(lost.fault.find("cp1251 that has no Unicode"), std::string::npos) << lost.fault;
}

TEST(Latin1IsUtf8, IsDecidedPerValue) {
  const Case c{.decode = "latin1_is_utf8"};
  const Outcome repaired = EncodeCell(c, "\u00c3\u00a9t\u00c3\u00a9");
  EXPECT_EQ(*repaired.field, "été");
  EXPECT_EQ(repaired.coerced(), "latin1_is_utf8=repaired");
  const Outcome kept = EncodeCell(c, "é");
  EXPECT_EQ(*kept.field, "é");
  EXPECT_EQ(kept.coerced(), "latin1_is_utf8=kept");
  EXPECT_TRUE(EncodeCell(c, "plain").coercions.empty());
  // Through the part of windows-1252 that is not latin1: E2 82 AC stored, € meant.
  EXPECT_EQ(*EncodeCell(c, "\u00e2\u201a\u00ac").field, "€");
}

TEST(NumOverflowPolicy, MakesNullOrRefuses) {
  const Case refuse{.format = CellFormat::kUnsigned, .target = "bigint", .safe = true};
  EXPECT_EQ(Shown(refuse, Raw(~std::uint64_t{0})),
            "misfit: value 18446744073709551615 does not fit bigint");
  Case null = refuse;
  null.policy = "num_overflow=null";
  EXPECT_EQ(Shown(null, Raw(~std::uint64_t{0})), "NULL");
  EXPECT_EQ(EncodeCell(null, Raw(~std::uint64_t{0})).coerced(), "num_overflow=null");
}

TEST(BoolOtherPolicy, TellsAMisfitUnlessTrueWillDo) {
  Case c{.format = CellFormat::kSigned, .target = "boolean", .safe = true};
  EXPECT_EQ(Shown(c, Raw(std::int8_t{0})), "f");
  EXPECT_EQ(Shown(c, Raw(std::int8_t{1})), "t");
  EXPECT_EQ(Shown(c, Raw(std::int8_t{2})), "misfit: value 2 does not fit boolean");
  c.policy = "bool_other=nonzero_true";
  EXPECT_EQ(Shown(c, Raw(std::int8_t{-1})), "t");
  EXPECT_EQ(EncodeCell(c, Raw(std::int8_t{-1})).coerced(), "bool_other=nonzero_true");
  c.policy = "bool_other=error";
  EXPECT_EQ(Shown(c, Raw(std::int8_t{2})), "fault: value 2 does not fit boolean");
}

TEST(EnumZeroPolicy, KeepsIndexZeroApartFromAnEmptyLabel) {
  Case c{.format = CellFormat::kUnsigned,
         .target = "mood",
         .source_type = "enum",
         .labels = {"", "a,b", "it's"},
         .safe = true};
  EXPECT_EQ(*EncodeCell(c, Raw(std::uint16_t{1})).field, "");
  EXPECT_TRUE(EncodeCell(c, Raw(std::uint16_t{1})).coercions.empty());
  EXPECT_EQ(*EncodeCell(c, Raw(std::uint16_t{3})).field, "it's");
  EXPECT_EQ(Shown(c, Raw(std::uint16_t{0})), "NULL");
  EXPECT_EQ(EncodeCell(c, Raw(std::uint16_t{0})).coerced(), "enum_zero=null");
  c.policy = "enum_zero=empty";
  EXPECT_EQ(*EncodeCell(c, Raw(std::uint16_t{0})).field, "");
  c.policy = "enum_zero=error";
  EXPECT_TRUE(Shown(c, Raw(std::uint16_t{0})).starts_with("misfit: ENUM index 0"));
  EXPECT_TRUE(Shown(c, Raw(std::uint16_t{4})).starts_with("misfit: ENUM index 4"));
}

TEST(EnumZeroPolicy, KnowsIndexZeroByItsText) {
  Case c{.target = "mood", .source_type = "enum", .labels = {"a", "b"}};
  EXPECT_EQ(*EncodeCell(c, "b").field, "b");
  EXPECT_EQ(Shown(c, ""), "NULL");
  c.target = "text";
  EXPECT_EQ(EncodeCell(c, "").hex(), "NULL");
  c.target = "smallint";
  EXPECT_EQ(Shown(c, "b"), "2");
}

TEST(Misfit, IsToldOnlyWhereAWiderTypeWaits) {
  Case c{.format = CellFormat::kDuration, .target = "time", .safe = true};
  const std::string day_and_hour = Raw(std::int64_t{25} * 3600 * 1'000'000'000);
  EXPECT_TRUE(Shown(c, day_and_hour).starts_with("misfit: 25:00:00"));
  c.safe = false;
  EXPECT_TRUE(Shown(c, day_and_hour).starts_with("fault: 25:00:00"));
}

}  // namespace
}  // namespace transload
