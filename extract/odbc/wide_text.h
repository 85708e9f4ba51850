// Text between transload (UTF-8) and ODBC's wide functions (UTF-16, whatever the machine's locale).
#ifndef TRANSLOAD_EXTRACT_ODBC_WIDE_TEXT_H_
#define TRANSLOAD_EXTRACT_ODBC_WIDE_TEXT_H_

#include <string>
#include <string_view>

namespace transload::odbc {

// Ill-formed parts become U+FFFD: for SQL, names and messages. Values of rows don't come this way;
// their encoder decides what becomes of a lone surrogate.
std::u16string ToUtf16(std::string_view utf8);
std::string ToUtf8(std::u16string_view utf16);

}  // namespace transload::odbc

#endif  // TRANSLOAD_EXTRACT_ODBC_WIDE_TEXT_H_
