#include "transform/text_rules.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace transload {
namespace {

// MySQL's latin1 is windows-1252, with its five holes read as C1 controls. These are the code
// points of 0x80 to 0x9F.
constexpr std::array<std::uint16_t, 32> kCp1252 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

std::uint32_t DecodeSequence(const char* at, std::size_t length) {
  auto byte = [at](std::size_t i) { return static_cast<std::uint32_t>(at[i]) & 0xFF; };
  switch (length) {
    case 2:
      return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3:
      return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    case 4:
      return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 |
             (byte(3) & 0x3F);
    default:
      return byte(0);
  }
}

// The byte of MySQL's latin1 for a code point, or -1.
int Latin1Byte(std::uint32_t code) {
  for (std::size_t i = 0; i < kCp1252.size(); ++i) {
    if (kCp1252[i] == code) return static_cast<int>(0x80 + i);
  }
  return code < 0x80 || (code >= 0xA0 && code < 0x100) ? static_cast<int>(code) : -1;
}

// MySQL's text arrives as UTF-8 whatever its character set, with FF for what has no Unicode.
bool IsOtherCharset(std::string_view charset) {
  return !charset.empty() && !charset.starts_with("utf8");
}

bool IsAscii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<signed char>(c) < 0) return false;
  }
  return true;
}

}  // namespace

TextRules::TextRules(const ColumnPlan& column)
    : nul_byte_(column.policies.nul_byte),
      bad_utf8_(column.policies.bad_utf8),
      charset_(column.source.charset),
      latin1_is_utf8_(column.decode == "latin1_is_utf8") {
  if (nul_byte_ == NulByte::kReplace) {
    nul_replacement_ = NulReplacementUtf8(column.policies);
    replace_rule_ = "nul_byte=" + PolicyValue(column.policies, "nul_byte");
  }
}

bool TextRules::Repair(EncodeContext& context, std::string_view& text, std::size_t bad) const {
  std::string repaired(text.substr(0, bad));
  const char* at = text.data() + bad;
  const char* const end = text.data() + text.size();
  bool nul = false;
  bool ill_formed = false;
  while (at < end) {
    const std::size_t length = Utf8SequenceLength(at, end);
    if (length > 0 && *at != '\0') {
      repaired.append(at, length);
      at += length;
    } else if (length > 0) {
      if (nul_byte_ == NulByte::kError || nul_byte_ == NulByte::kBytea) {
        return context.Fault(fmt::format(
            "NUL byte in text at byte {}; allow with the policy nul_byte=strip or a map to bytea",
            at - text.data()));
      }
      nul = true;
      repaired += nul_replacement_;
      ++at;
    } else if (*at == '\xFF' && bad_utf8_ != BadUtf8::kReplace && IsOtherCharset(charset_)) {
      return context.Fault(
          fmt::format("a character of {} that has no Unicode, at byte {} of the text; mend it in "
                      "the source, or allow with the policy bad_utf8=replace",
                      charset_, at - text.data()));
    } else if (bad_utf8_ == BadUtf8::kLatin1 && !ill_formed) {
      // The whole value is read as latin1, or it would be half one and half the other.
      ill_formed = true;
      nul = false;
      repaired.clear();
      for (at = text.data(); at < end; ++at) {
        if (*at == '\0' && nul_byte_ != NulByte::kStrip && nul_byte_ != NulByte::kReplace) {
          return context.Fault("NUL byte in text that is not UTF-8; set the policy nul_byte too");
        }
        if (*at == '\0') {
          nul = true;
          repaired += nul_replacement_;
        } else {
          AppendUtf8(repaired, static_cast<std::uint8_t>(*at));
        }
      }
    } else if (bad_utf8_ == BadUtf8::kReplace) {
      ill_formed = true;
      repaired += "\xEF\xBF\xBD";
      at += IllFormedLength(at, end);
    } else {
      return context.Fault(fmt::format(
          "text is not UTF-8 at byte {} (0x{:02x}); allow with the policy bad_utf8=replace or "
          "bad_utf8=latin1, or a map to bytea",
          at - text.data(), static_cast<std::uint8_t>(*at)));
    }
  }
  if (nul) context.Coerced(nul_byte_ == NulByte::kStrip ? "nul_byte=strip" : replace_rule_);
  if (ill_formed) {
    context.Coerced(bad_utf8_ == BadUtf8::kLatin1 ? "bad_utf8=latin1" : "bad_utf8=replace");
  }
  context.text = std::move(repaired);
  context.Reserve(context.text.size());
  text = context.text;
  return true;
}

// UTF-8 that was stored in a latin1 column and converted to UTF-8 once more on the way here. Each
// value is decided for itself: one that does not read as UTF-8 was stored right, and stays.
void TextRules::UndoDoubleEncoding(EncodeContext& context, std::string_view& text) const {
  if (IsAscii(text)) return;
  std::string bytes;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const std::size_t length = Utf8SequenceLength(at, end);
    const int byte = length == 0 ? -1 : Latin1Byte(DecodeSequence(at, length));
    if (byte < 0) {
      context.Coerced("latin1_is_utf8=kept");
      return;
    }
    bytes += static_cast<char>(byte);
    at += length;
  }
  if (FindBadText(bytes) != bytes.size()) {
    context.Coerced("latin1_is_utf8=kept");
    return;
  }
  context.Coerced("latin1_is_utf8=repaired");
  context.text = std::move(bytes);
  text = context.text;
}

}  // namespace transload
