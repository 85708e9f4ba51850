// What becomes of a character set's text on its way to UTF-8. The server writes a question mark, or
// U+FFFD, for whatever has no character in Unicode, and says nothing.
#ifndef TRANSLOAD_EXTRACT_MYSQL_CHARSET_H_
#define TRANSLOAD_EXTRACT_MYSQL_CHARSET_H_

#include <string>
#include <string_view>

namespace transload::mysql {

// All that a column of this character set can hold comes to UTF-8, and back as the same bytes.
bool ComesBackTheSame(std::string_view charset);

// SQL for the bytes of a text in UTF-8. CAST of MariaDB makes NULL of what is longer than
// max_allowed_packet; this does not.
std::string Utf8BytesSql(const std::string& text);

// SQL that is true where text loses characters on its way to UTF-8. `text`: SQL of this character
// set.
std::string LosesCharactersSql(const std::string& text, const std::string& charset);

// SQL for text as bytes of UTF-8, with the byte FF, which no UTF-8 has, for each character lost.
std::string MarkedUtf8Sql(const std::string& text, const std::string& charset);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_CHARSET_H_
