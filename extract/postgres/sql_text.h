// Names and values as PostgreSQL reads them.
#ifndef TRANSLOAD_EXTRACT_POSTGRES_SQL_TEXT_H_
#define TRANSLOAD_EXTRACT_POSTGRES_SQL_TEXT_H_

#include <string>
#include <string_view>

namespace transload::postgres {

std::string QuoteName(std::string_view name);
// Under standard_conforming_strings, which every session sets.
std::string QuoteText(std::string_view text);
std::string QuoteTable(std::string_view schema, std::string_view name);

}  // namespace transload::postgres

#endif  // TRANSLOAD_EXTRACT_POSTGRES_SQL_TEXT_H_
