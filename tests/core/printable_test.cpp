#include "core/printable.h"

#include <gtest/gtest.h>

namespace transload {
namespace {

TEST(Printable, KeepsTextOfEveryScript) {
  for (std::string text : {"größe", "日本", "שלום", "😀", "a\xC2\xA0z"})
    EXPECT_EQ(Printable(text), text);
}

TEST(Printable, WritesControlCharactersOut) {
  EXPECT_EQ(Printable("a\x1b[31m\x7f\n\t"), "a\\x1b[31m\\x7f\\n\\t");
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\x00");
}

// U+009B is to a terminal what ESC [ is.
TEST(Printable, WritesControlCharactersBeyondAsciiOut) {
  EXPECT_EQ(Printable("\xC2\x9B"
                      "31m"),
            "\\x9b31m");
  EXPECT_EQ(Printable("\xC2\x80\xC2\x9F"), "\\x80\\x9f");
}

TEST(Printable, WritesReorderingOut) {
  EXPECT_EQ(Printable("a\u202Egnp.\u2069"), "a\\u202egnp.\\u2069");
  EXPECT_EQ(Printable("\u2029\u202F\u2065\u206A"), "\u2029\u202F\u2065\u206A");
}

TEST(Printable, WritesBytesThatAreNoTextOut) {
  EXPECT_EQ(Printable("\xFF"
                      "a\x9B\xE2\x80"),
            "\\xffa\\x9b\\xe2\\x80");
}

TEST(PrintableLines, KeepsLinesAndTabs) {
  EXPECT_EQ(PrintableLines("one\n\ttwo\r\x1b"), "one\n\ttwo\\x0d\\x1b");
}

}  // namespace
}  // namespace transload
