#include "extract/mysql/charset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace transload::mysql {
namespace {

// True of NULL too.
std::string ComesBackSql(const std::string& text, const std::string& charset) {
  return fmt::format(
      "CONVERT(CONVERT(CONVERT({0} USING utf8mb4) USING {1}) USING binary) <=> CONVERT({0} USING "
      "binary)",
      text, charset);
}

// With question marks for all that got lost.
std::string PlainlyLostSql(const std::string& text) {
  return fmt::format("REPLACE({}, x'efbfbd', '?')", Utf8BytesSql(text));
}

// Some characters merely come back as others that are equal to them. As bytes: to many collations a
// full-width question mark is equal to a question mark.
std::string HoldsLostSql(const std::string& text) {
  return fmt::format("LOCATE('?', {}) > 0",
                     PlainlyLostSql(fmt::format("REPLACE({}, '?', '')", text)));
}

}  // namespace

bool ComesBackTheSame(std::string_view charset) {
  constexpr std::array<std::string_view, 20> kSame = {
      "utf8mb4", "utf8mb3", "utf8",    "latin1", "latin2",   "latin5", "latin7",
      "ucs2",    "utf16",   "utf16le", "utf32",  "cp850",    "cp852",  "cp866",
      "koi8r",   "koi8u",   "keybcs2", "macce",  "macroman", "binary"};
  return std::find(kSame.begin(), kSame.end(), charset) != kSame.end();
}

std::string Utf8BytesSql(const std::string& text) {
  return fmt::format("CONVERT(CONVERT({} USING utf8mb4) USING binary)", text);
}

std::string LosesCharactersSql(const std::string& text, const std::string& charset) {
  return fmt::format("NOT ({}) AND {}", ComesBackSql(text, charset), HoldsLostSql(text));
}

std::string MarkedUtf8Sql(const std::string& text, const std::string& charset) {
  // The text's own question marks stand aside as U+0001. REPLACE gives NULL beyond
  // max_allowed_packet: such a text is a bad one too.
  const std::string aside = fmt::format("REPLACE({}, '?', _utf8mb4 x'01')", text);
  return fmt::format(
      "IF({0}, {1}, IF(COALESCE({2}, TRUE), COALESCE(REPLACE(REPLACE({3}, '?', x'ff'), x'01', "
      "'?'), x'ff'), {1}))",
      ComesBackSql(text, charset), Utf8BytesSql(text), HoldsLostSql(text), PlainlyLostSql(aside));
}

}  // namespace transload::mysql
