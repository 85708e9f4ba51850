#include "extract/mysql/sql_text.h"

#include "core/ascii.h"
#include "core/error.h"
#include "core/hex.h"
#include "core/sql_quotes.h"

namespace transload::mysql {
namespace {

unsigned HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  c = LowerAscii(c);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  throw BugError("a binary key bound holds something else than hexadecimal digits");
}

}  // namespace

std::string QuoteName(std::string_view name) { return Quoted(name, '`'); }

std::string QuoteTable(std::string_view schema, std::string_view table) {
  if (schema.empty()) return QuoteName(table);
  return QuoteName(schema) + "." + QuoteName(table);
}

std::string QuoteText(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\0') {
      quoted += "\\0";
      continue;
    }
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

std::string HexLiteral(std::string_view bytes) { return "x'" + LowerHex(bytes) + "'"; }

std::string FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) throw BugError("a binary key bound has an odd number of digits");
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(HexDigit(hex[i]) << 4 | HexDigit(hex[i + 1]));
  }
  return bytes;
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) joined += separator;
    joined += part;
  }
  return joined;
}

}  // namespace transload::mysql
