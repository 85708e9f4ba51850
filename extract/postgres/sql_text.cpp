#include "extract/postgres/sql_text.h"

#include "core/sql_quotes.h"

namespace transload::postgres {

std::string QuoteName(std::string_view name) { return QuoteIdent(name); }
std::string QuoteText(std::string_view text) { return QuoteLiteral(text); }
std::string QuoteTable(std::string_view schema, std::string_view name) {
  return QuoteName(schema) + "." + QuoteName(name);
}

}  // namespace transload::postgres
