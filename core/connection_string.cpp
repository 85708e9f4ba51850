#include "core/connection_string.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "core/ascii.h"
#include "core/error.h"

namespace transload {
namespace {

using url_text::IsSpace;
using url_text::Redactor;
using url_text::Trim;

// One value of a keyword string, from `at` on: bare, or {in braces} with }} for }, or 'quoted' with
// backslashes. Moves `at` behind it; `raw` is what stood there.
struct Value {
  std::string text;
  std::string_view raw;
};

Value BracedValue(std::string_view all, std::size_t& at) {
  Value value;
  std::size_t start = at++;
  while (true) {
    if (at >= all.size()) throw UsageError("odbc: a value starts with '{' and never ends with '}'");
    if (all[at] != '}') {
      value.text += all[at++];
    } else if (at + 1 < all.size() && all[at + 1] == '}') {
      value.text += '}';
      at += 2;
    } else {
      ++at;
      break;
    }
  }
  value.raw = all.substr(start, at - start);
  return value;
}

void TakeAttribute(const std::string& name, const std::string& value, Url& url) {
  std::string key = LowerAscii(name);
  if (key == "uid" || key == "user" || key == "username") url.user = value;
  if (key == "pwd" || key == "password") url.password = value;
  if (key == "database" || key == "dbname") url.database = value;
  if (key == "server" || key == "host" || key == "servername") url.host = value;
  if (key == "port") {
    int port = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), port);
    if (error == std::errc() && end == value.data() + value.size()) url.port = port;
  }
  url.parameters.emplace_back(name, value);
}

// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE
Value LibpqValue(std::string_view all, std::size_t& at) {
  Value value;
  std::size_t start = at;
  bool quoted = at < all.size() && all[at] == '\'';
  if (quoted) ++at;
  while (at < all.size() && (quoted ? all[at] != '\'' : !IsSpace(all[at]))) {
    if (all[at] == '\\' && at + 1 < all.size()) ++at;
    value.text += all[at++];
  }
  if (quoted) {
    if (at >= all.size()) {
      throw UsageError(
          "postgresql: a quoted value of the connection string never ends; write a "
          "quote in it as \\'");
    }
    ++at;
  }
  value.raw = all.substr(start, at - start);
  return value;
}

}  // namespace

void ReadOdbc(std::string_view rest, Url& url, Redactor& redactor) {
  std::size_t at = 0;
  while (at < rest.size()) {
    while (at < rest.size() && (IsSpace(rest[at]) || rest[at] == ';')) ++at;
    if (at >= rest.size()) break;
    std::size_t equals = rest.find('=', at);
    std::string_view name =
        equals == std::string_view::npos ? "" : Trim(rest.substr(at, equals - at));
    if (name.empty() || name.find(';') != std::string_view::npos) {
      throw UsageError(
          "odbc: attributes have the form name=value and are joined by ';'; a value that holds "
          "';', '{' or '}' stands in braces, with '}' doubled");
    }
    at = equals + 1;
    while (at < rest.size() && IsSpace(rest[at])) ++at;
    Value value;
    if (at < rest.size() && rest[at] == '{') {
      value = BracedValue(rest, at);
      while (at < rest.size() && IsSpace(rest[at])) ++at;
      if (at < rest.size() && rest[at] != ';') {
        throw UsageError(
            "odbc: after a value in braces a ';' must follow; write '}' in it as '}}'");
      }
    } else {
      std::size_t end = std::min(rest.find(';', at), rest.size());
      value.raw = rest.substr(at, end - at);
      value.text = std::string(Trim(value.raw));
      at = end;
    }
    if (IsSecretParameter(name)) redactor.Hide(value.raw);
    TakeAttribute(std::string(name), value.text, url);
  }
  if (url.parameters.empty()) {
    throw UsageError(
        "odbc: the connection string is empty; write odbc:DSN=name or "
        "odbc:Driver={...};Server=...;Database=...");
  }
}

void ReadKeywords(std::string_view text, Url& url, Redactor& redactor) {
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && IsSpace(text[at])) ++at;
    if (at >= text.size()) return;
    std::size_t equals = text.find('=', at);
    std::string_view name =
        equals == std::string_view::npos ? "" : Trim(text.substr(at, equals - at));
    if (name.empty() || std::any_of(name.begin(), name.end(), IsSpace)) {
      throw UsageError(
          "postgresql: a connection string holds keyword=value pairs with blanks between them; "
          "a value with a blank stands in single quotes");
    }
    at = equals + 1;
    while (at < text.size() && IsSpace(text[at])) ++at;
    Value value = LibpqValue(text, at);
    if (IsSecretParameter(name)) redactor.Hide(value.raw);
    // libpq does not look into it, and shows it whole when there is no such database.
    if (name == "dbname" && value.text.find("://") != std::string::npos) {
      throw UsageError(
          "postgresql: dbname= holds a URL where the name of a database belongs; write the URL "
          "alone");
    }
    TakeAttribute(std::string(name), value.text, url);
  }
}

}  // namespace transload
