// Names and texts between quotes, those within doubled. A backslash means nothing: where it does,
// as in MySQL's texts, the adapter writes them.
#ifndef TRANSLOAD_CORE_SQL_QUOTES_H_
#define TRANSLOAD_CORE_SQL_QUOTES_H_

#include <string>
#include <string_view>

namespace transload {

inline std::string Quoted(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}

// "b""x" and 'it''s', as PostgreSQL reads them under standard_conforming_strings, which every
// session sets.
inline std::string QuoteIdent(std::string_view name) { return Quoted(name, '"'); }
inline std::string QuoteLiteral(std::string_view text) { return Quoted(text, '\''); }

}  // namespace transload

#endif  // TRANSLOAD_CORE_SQL_QUOTES_H_
