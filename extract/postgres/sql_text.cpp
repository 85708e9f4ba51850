#include "extract/postgres/sql_text.h"

namespace transload::postgres {
namespace {

std::string Quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

}  // namespace

std::string QuoteName(std::string_view name) { return Quoted(name, '"'); }
std::string QuoteText(std::string_view text) { return Quoted(text, '\''); }
std::string QuoteTable(std::string_view schema, std::string_view name) {
  return QuoteName(schema) + "." + QuoteName(name);
}

}  // namespace transload::postgres
