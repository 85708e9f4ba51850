#include "extract/odbc/wide_text.h"

#include <gtest/gtest.h>

namespace transload::odbc {
namespace {

TEST(OdbcWideText, CharactersBeyondTheFirstPlaneAreSurrogatePairs) {
  EXPECT_EQ(ToUtf16("a€😀"), u"a€😀");
  EXPECT_EQ(ToUtf16("😀").size(), 2u);
  EXPECT_EQ(ToUtf8(u"a€😀"), "a€😀");
}

TEST(OdbcWideText, IllFormedPartsAreReplaced) {
  EXPECT_EQ(ToUtf16("a\xFF"
                    "b"),
            u"a\uFFFDb");
  EXPECT_EQ(ToUtf16("\xE2\x82"), u"\uFFFD");
  const char16_t lone[] = {u'a', 0xD83D, u'b'};
  EXPECT_EQ(ToUtf8({lone, 3}),
            "a\xEF\xBF\xBD"
            "b");
}

}  // namespace
}  // namespace transload::odbc
