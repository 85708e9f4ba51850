// Names and literals as MySQL and MariaDB read them, for sessions pinned as session.h pins them:
// backslash escapes on, ANSI_QUOTES off, connection character set utf8mb4.
#ifndef TRANSLOAD_EXTRACT_MYSQL_SQL_TEXT_H_
#define TRANSLOAD_EXTRACT_MYSQL_SQL_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

namespace transload::mysql {

std::string QuoteName(std::string_view name);
std::string QuoteTable(std::string_view schema, std::string_view table);
std::string QuoteText(std::string_view text);
// x'0aff'
std::string HexLiteral(std::string_view bytes);
// Throws BugError for anything that is not pairs of hexadecimal digits.
std::string FromHex(std::string_view hex);
std::string Join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace transload::mysql

#endif  // TRANSLOAD_EXTRACT_MYSQL_SQL_TEXT_H_
