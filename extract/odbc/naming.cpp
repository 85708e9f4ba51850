#include "extract/odbc/naming.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/ascii.h"
#include "core/digits.h"
#include "core/error.h"
#include "core/sql_quotes.h"

namespace transload::odbc {
namespace {

bool IsPlainName(std::string_view name) {
  const bool word = std::all_of(name.begin(), name.end(),
                                [](char c) { return IsLetter(c) || IsDigit(c) || c == '_'; });
  return word && !name.empty() && !IsDigit(name[0]);
}

}  // namespace

std::string Naming::Quote(std::string_view name) const {
  if (name.find('\0') != std::string_view::npos) throw Error("a name of the source holds U+0000");
  if (quote.empty()) {
    if (!IsPlainName(name)) {
      throw Error(fmt::format(
          "the driver cannot quote names, and '{}' needs it: leave the table out with --exclude",
          name));
    }
    return std::string(name);
  }
  const std::string close = quote == "[" ? "]" : quote;
  std::string out = quote;
  for (const char c : name) {
    out += c;
    if (std::string_view(&c, 1) == close) out += c;
  }
  return out + close;
}

std::string Naming::Table(std::string_view schema, std::string_view table) const {
  if (schema.empty() || (!has_schemas && !has_catalogs)) return Quote(table);
  if (!has_schemas && catalog_last) return Quote(table) + separator + Quote(schema);
  return Quote(schema) + (has_schemas ? "." : separator) + Quote(table);
}

std::string Naming::Pattern(std::string_view name) const {
  if (pattern_escape.empty()) return std::string(name);
  std::string out;
  for (const char c : name) {
    if (c == '%' || c == '_' || std::string_view(&c, 1) == pattern_escape) out += pattern_escape;
    out += c;
  }
  return out;
}

Naming ReadNaming(const Connection& connection) {
  Naming naming;
  naming.quote = connection.InfoText(SQL_IDENTIFIER_QUOTE_CHAR);
  if (naming.quote == " ") naming.quote.clear();
  const std::string separator = connection.InfoText(SQL_CATALOG_NAME_SEPARATOR);
  if (!separator.empty()) naming.separator = separator;
  naming.catalog_last = connection.InfoShort(SQL_CATALOG_LOCATION) == SQL_CL_END;
  naming.has_catalogs = (connection.InfoNumber(SQL_CATALOG_USAGE) & SQL_CU_DML_STATEMENTS) != 0;
  naming.has_schemas = (connection.InfoNumber(SQL_SCHEMA_USAGE) & SQL_SU_DML_STATEMENTS) != 0;
  naming.pattern_escape = connection.InfoText(SQL_SEARCH_PATTERN_ESCAPE);
  return naming;
}

std::string QuoteText(std::string_view text) { return QuoteLiteral(text); }

std::string Join(const std::vector<std::string>& parts, std::string_view between) {
  return fmt::format("{}", fmt::join(parts, between));
}

std::string Fill(std::string_view pattern, std::string_view what) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t hole; (hole = pattern.find("{}", at)) != std::string_view::npos;) {
    out.append(pattern.substr(at, hole - at)).append(what);
    at = hole + 2;
  }
  return out.append(pattern.substr(at));
}

}  // namespace transload::odbc
