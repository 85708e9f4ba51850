#include "core/utf8.h"

#include <gtest/gtest.h>

#include <random>

namespace transload {
namespace {

// The definition of RFC 3629, by decoding: slow and independent.
bool WellFormedWithoutNul(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::uint32_t lead = static_cast<std::uint8_t>(text[i]);
    std::size_t length = 0;
    std::uint32_t code = 0;
    if (lead < 0x80) length = 1, code = lead;
    if (lead >= 0xC0 && lead < 0xE0) length = 2, code = lead & 0x1F;
    if (lead >= 0xE0 && lead < 0xF0) length = 3, code = lead & 0x0F;
    if (lead >= 0xF0 && lead < 0xF8) length = 4, code = lead & 0x07;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      const std::uint32_t tail = static_cast<std::uint8_t>(text[i + k]);
      if ((tail & 0xC0) != 0x80) return false;
      code = code << 6 | (tail & 0x3F);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
    if (code == 0) return false;
    i += length;
  }
  return true;
}

TEST(FindBadText, AgreesWithTheDefinitionOnAllShortSequences) {
  // Every lead byte with tails around each boundary.
  const std::uint8_t tails[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
  for (int lead = 0; lead < 256; ++lead) {
    for (const std::uint8_t a : tails) {
      for (const std::uint8_t b : tails) {
        for (const std::uint8_t c : tails) {
          const char bytes[] = {static_cast<char>(lead), static_cast<char>(a), static_cast<char>(b),
                                static_cast<char>(c)};
          for (std::size_t size = 1; size <= 4; ++size) {
            const std::string_view text(bytes, size);
            ASSERT_EQ(FindBadText(text) == size, WellFormedWithoutNul(text))
                << lead << ' ' << int{a} << ' ' << int{b} << ' ' << int{c} << " size " << size;
          }
        }
      }
    }
  }
}

TEST(FindBadText, FindsABadByteAtEveryPosition) {
  for (std::size_t size = 1; size < 70; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char bad : {'\0', '\xFF', '\x80'}) {
        std::string text(size, 'a');
        text[at] = bad;
        ASSERT_EQ(FindBadText(text), at) << size;
      }
    }
  }
}

TEST(FindBadText, AgreesWithTheDefinitionOnRandomText) {
  const std::uint32_t seed = 77;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    const std::size_t pieces = random() % 12;
    for (std::size_t k = 0; k < pieces; ++k) {
      switch (random() % 4) {
        case 0:
          text.append(random() % 20, 'x');
          break;
        case 1:
          AppendUtf8(text, random() % 0x110000);
          break;
        case 2:
          text += "é漢😀";
          break;
        default:
          if (random() % 8 == 0) text += static_cast<char>(random());
      }
    }
    ASSERT_EQ(FindBadText(text) == text.size(), WellFormedWithoutNul(text));
  }
}

TEST(FindBadText, TakesWhatPostgresqlTakes) {
  for (const char* good : {"\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF", "\x01\x1F\x7F", "\xEE\x80\x80"}) {
    EXPECT_EQ(FindBadText(good), std::string_view(good).size());
  }
  for (const char* bad : {"\xED\xA0\x80", "\xC0\x80", "\xF4\x90\x80\x80", "\xE9", "\xF8"}) {
    EXPECT_EQ(FindBadText(bad), 0u);
  }
}

TEST(Utf16ToUtf8, KeepsPairsAndMarksLoneSurrogates) {
  std::string out;
  Utf16ToUtf8({"\x3D\xD8\x00\xDE"
               "a\0",
               6},
              out);
  EXPECT_EQ(out, "😀a");
  Utf16ToUtf8({"\x3D\xD8"
               "a\0",
               4},
              out);
  EXPECT_EQ(out,
            "\xED\xA0\xBD"
            "a");
  Utf16ToUtf8({"\x00\xDE", 2}, out);
  EXPECT_EQ(FindBadText(out), 0u);
}

}  // namespace
}  // namespace transload
